"""What the program asks of the desktop before it has a window: input methods, words of Qt, signals, the clipboard."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import sys
from collections.abc import MutableMapping
from pathlib import Path
from types import FrameType

from PySide6.QtCore import QLibraryInfo, QLocale, QObject, QSocketNotifier, QTranslator, Signal
from PySide6.QtGui import QClipboard, QIcon
from PySide6.QtWidgets import QApplication

from app.core.errors import EnvironmentFault
from app.infra.resources import resource_path

_CHINESE = "chinese"


def require_display(environment: MutableMapping[str, str], platform: str = sys.platform) -> None:
    """Raises EnvironmentFault where Qt would abort the process for want of a screen."""
    if not platform.startswith("linux") or environment.get("QT_QPA_PLATFORM") or environment.get("WAYLAND_DISPLAY"):
        return
    display = environment.get("DISPLAY", "")
    if not display or not _answers(display):
        found = f"图形桌面 {display} 没有应答" if display else "没有找到图形桌面（DISPLAY 未设置）"
        raise EnvironmentFault(
            f"{found}，无法打开窗口：请在桌面环境中运行 wardnote，或用 wardnote suggest --case CASE.json 在终端中生成。"
        )


def _answers(display: str) -> bool:
    """Whether this machine's X server of that number takes connections; other machines' are left to Qt."""
    local = re.fullmatch(r"(?:unix)?:(\d+)(?:\.\d+)?", display)
    if local is None:
        return True
    path = f"/tmp/.X11-unix/X{local[1]}"
    return any(_connects(address) for address in (path, f"\0{path}"))


def _connects(address: str) -> bool:
    with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(OSError):
        client.connect(address)
        return True
    return False


def choose_input_methods(environment: MutableMapping[str, str], platform: str = sys.platform) -> None:
    """Let Qt reach fcitx or ibus, whichever runs; to be called before QApplication.

    This Qt has a plugin for ibus alone. fcitx 5 answers it, but only as ibus's portal; a desktop that names fcitx in
    its variables would otherwise leave the window without Chinese input. What names another method stays.
    """
    qt = environment.get("QT_IM_MODULES") or environment.get("QT_IM_MODULE", "")
    uses_fcitx = "fcitx" in (qt or environment.get("XMODIFIERS", "")) or (not qt and _runs("fcitx5"))
    if platform.startswith("linux") and (uses_fcitx or not qt):
        environment["QT_IM_MODULES"] = "fcitx;ibus"
        if uses_fcitx:
            environment.setdefault("IBUS_USE_PORTAL", "1")


def _runs(program: str) -> bool:
    """Whether a process of that name runs."""
    for name in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):
            if name.read_text(encoding="utf-8", errors="replace").strip() == program:
                return True
    return False


def make_application() -> QApplication:
    """The QApplication, speaking Chinese in Qt's own dialogs and menus too; the one that runs, if one does."""
    running = QApplication.instance()
    if isinstance(running, QApplication):
        return running
    require_display(os.environ)
    choose_input_methods(os.environ)
    application = QApplication(["wardnote"])
    application.setApplicationName("wardnote")
    application.setDesktopFileName("wardnote")
    application.setWindowIcon(QIcon(str(resource_path("icons", "wardnote.svg"))))
    QLocale.setDefault(QLocale(QLocale.Language.Chinese, QLocale.Country.China))
    translator = QTranslator(application)
    translator.setObjectName(_CHINESE)
    if translator.load("qtbase_zh_CN", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        application.installTranslator(translator)
    return application


def speak_english(application: QApplication) -> None:
    """Let Qt's own dialogs and menus be English; dates and numbers stay as the ward writes them."""
    translator = application.findChild(QTranslator, _CHINESE)
    if translator is not None:
        application.removeTranslator(translator)


def clear_own_clipboard(clipboard: QClipboard) -> None:
    """Leave no patient text behind: what this program put on the clipboard goes with it."""
    if clipboard.ownsClipboard():
        clipboard.clear(QClipboard.Mode.Clipboard)
    if clipboard.supportsSelection() and clipboard.ownsSelection():
        clipboard.clear(QClipboard.Mode.Selection)


class TerminationSignals(QObject):
    """Turns SIGINT and SIGTERM into an orderly end: Python sees a signal only when Qt lets it run.

    `came` is for what waits in a loop of its own, before the program's: Qt's quit does not reach it.
    """

    came = Signal()

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.setblocking(False)
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_wakeup)
        self._wakeup_before = signal.set_wakeup_fd(self._writer.fileno())
        self._handlers = {number: signal.signal(number, _ignore) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore(self) -> None:
        """Give the signals back."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup_before)
        self._notifier.setEnabled(False)
        self._reader.close()
        self._writer.close()

    def _on_wakeup(self) -> None:
        self._reader.recv(64)
        self.came.emit()
        self._application.quit()


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """The wake-up does the work."""
