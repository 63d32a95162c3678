import os
import signal

import pytest
from PySide6.QtCore import QCoreApplication, QLibraryInfo, QTranslator
from PySide6.QtGui import QClipboard
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.core.errors import EnvironmentFault
from app.ui.desktop import (
    TerminationSignals,
    choose_input_methods,
    clear_own_clipboard,
    make_application,
    require_display,
    speak_english,
)


def test_without_a_screen_the_way_out_is_said() -> None:
    with pytest.raises(EnvironmentFault, match="wardnote suggest"):
        require_display({}, "linux")
    with pytest.raises(EnvironmentFault, match="图形桌面 :4711 没有应答"):
        require_display({"DISPLAY": ":4711"}, "linux")
    require_display({"DISPLAY": "elsewhere:10.0"}, "linux")
    require_display({"WAYLAND_DISPLAY": "wayland-0"}, "linux")
    require_display({}, "win32")


@pytest.mark.parametrize(
    ("environment", "platform", "running", "chosen", "portal"),
    [
        ({}, "linux", "", "fcitx;ibus", None),
        ({}, "linux", "fcitx5", "fcitx;ibus", "1"),
        ({"QT_IM_MODULE": "fcitx"}, "linux", "", "fcitx;ibus", "1"),
        ({"XMODIFIERS": "@im=fcitx"}, "linux", "", "fcitx;ibus", "1"),
        ({"XMODIFIERS": "@im=ibus"}, "linux", "", "fcitx;ibus", None),
        ({"QT_IM_MODULES": "ibus", "XMODIFIERS": "@im=fcitx"}, "linux", "fcitx5", "ibus", None),
        ({"QT_IM_MODULE": "fcitx", "IBUS_USE_PORTAL": "0"}, "linux", "", "fcitx;ibus", "0"),
        ({}, "win32", "fcitx5", None, None),
    ],
)
def test_qt_is_led_to_the_input_method_that_runs(
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    platform: str,
    running: str,
    chosen: str | None,
    portal: str | None,
) -> None:
    monkeypatch.setattr("app.ui.desktop._runs", lambda program: program == running)
    choose_input_methods(environment, platform)
    assert (environment.get("QT_IM_MODULES"), environment.get("IBUS_USE_PORTAL")) == (chosen, portal)


def test_qts_own_words_are_chinese_or_english(qapp: QApplication) -> None:
    application = make_application()
    assert application is qapp
    translator = QTranslator(qapp)
    translator.setObjectName("chinese")
    assert translator.load("qtbase_zh_CN", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
    qapp.installTranslator(translator)
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "取消"
    speak_english(qapp)
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "Cancel"
    translator.setParent(None)
    translator.deleteLater()


class Clipboard:
    """A clipboard of a desktop with a selection; the offscreen platform does not know what it owns."""

    def __init__(self, owned: set[QClipboard.Mode]) -> None:
        self.owned = owned
        self.cleared: set[QClipboard.Mode] = set()
        self.clear = self.cleared.add

    def ownsClipboard(self) -> bool:  # noqa: N802
        return QClipboard.Mode.Clipboard in self.owned

    def ownsSelection(self) -> bool:  # noqa: N802
        return QClipboard.Mode.Selection in self.owned

    def supportsSelection(self) -> bool:  # noqa: N802
        return True


@pytest.mark.parametrize(
    "owned", [set(), {QClipboard.Mode.Clipboard}, {QClipboard.Mode.Selection, QClipboard.Mode.Clipboard}]
)
def test_the_clipboard_is_cleared_only_while_it_is_ours(owned: set[QClipboard.Mode]) -> None:
    clipboard = Clipboard(owned)
    clear_own_clipboard(clipboard)  # type: ignore[arg-type]
    assert clipboard.cleared == owned


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_program_in_order(
    qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    quits: list[int] = []
    signals = TerminationSignals(qapp)
    monkeypatch.setattr(signals, "_application", type("App", (), {"quit": lambda self: quits.append(1)})())
    before = signal.getsignal(number)
    os.kill(os.getpid(), number)
    qtbot.waitUntil(lambda: quits == [1])
    signals.restore()
    assert signal.getsignal(number) is not before
