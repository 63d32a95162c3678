"""The history of a note: its dialog on its own, and on the real controllers and a real database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.bootstrap import Services, start_services
from app.controllers.note import NoteController, NoteVersion, VersionReason
from app.core.entities import Sex
from app.core.notes import NoteKind, empty_sections
from app.infra.paths import Paths
from app.ui.kit.theme import Appearance
from app.ui.main_window import MainWindow
from app.ui.note.history_acts import NO_NOTE
from app.ui.note.history_dialog import NO_VERSIONS, REASONS, HistoryDialog
from tests.helpers.logs import ExpectedLogs
from tests.helpers.records import a_comparison, a_generation
from tests.helpers.storage import allow_pages, ask
from tests.ui.conftest import NOW

Show = Callable[..., HistoryDialog]


def texts(**sections: str) -> Mapping[str, str]:
    return {**empty_sections(NoteKind.FIRST_PROGRESS), **sections}


@pytest.fixture
def show(qtbot: QtBot, appearance: Appearance) -> Show:
    """Opens the dialog on these versions, oldest first, and the present text."""
    window = QWidget()
    qtbot.addWidget(window)

    def open_dialog(*kept: Mapping[str, str], present: Mapping[str, str]) -> HistoryDialog:
        versions = [NoteVersion("n3", number, VersionReason.SAVED, "王医师", NOW) for number in range(len(kept), 0, -1)]
        dialog = HistoryDialog("首次病程记录", NoteKind.FIRST_PROGRESS, versions, present, appearance, window)
        dialog.texts_wanted.connect(lambda numbers: dialog.add_texts({number: kept[number - 1] for number in numbers}))
        dialog.compare()
        with qtbot.waitExposed(dialog):
            dialog.show()
        return dialog

    return open_dialog


def test_every_reason_has_words() -> None:
    assert set(REASONS) == set(VersionReason)


def test_the_keys_go_through_the_versions(show: Show, qtbot: QtBot) -> None:
    dialog = show(texts(plan="监护"), texts(plan="监护。吸氧。"), present=texts(plan="监护。吸氧3升。"))
    assert dialog.summary.text() == "第 2 版 → 现在：新增 2 字（下划线）"
    assert "监护。吸氧3升。" in dialog.view.toPlainText()
    assert not dialog.restore_button.isEnabled()
    qtbot.keyClick(dialog.list, Qt.Key.Key_Down)
    assert dialog.summary.text() == "第 1 版 → 第 2 版：新增 4 字（下划线）"
    qtbot.keyClick(dialog.list, Qt.Key.Key_Down)
    assert dialog.summary.text() == "空白 → 第 1 版：新增 2 字（下划线）"
    assert dialog.restore_button.isEnabled()
    dialog.other.setCurrentIndex(dialog.other.findText("现在的文字"))
    assert dialog.summary.text() == "第 1 版 → 现在：新增 6 字（下划线）"
    dialog.list.setCurrentRow(0)
    assert dialog.summary.text() == "现在 → 现在：没有差别"


def test_enter_restores_nothing_and_the_mnemonic_does(show: Show, qtbot: QtBot) -> None:
    dialog = show(texts(plan="监护"), present=texts(plan="吸氧"))
    qtbot.keyClick(dialog.list, Qt.Key.Key_Down)
    with qtbot.assertNotEmitted(dialog.restore_wanted):
        qtbot.keyClick(dialog.list, Qt.Key.Key_Return)
    with qtbot.waitSignal(dialog.restore_wanted) as signal:
        qtbot.keyClick(dialog, Qt.Key.Key_R, Qt.KeyboardModifier.AltModifier)
    assert signal.args == [1, texts(plan="监护")]


def test_what_is_there_already_cannot_be_restored(show: Show, qtbot: QtBot) -> None:
    dialog = show(texts(plan="监护"), present=texts(plan="监护"))
    assert dialog.summary.text() == "第 1 版 → 现在：没有差别"
    qtbot.keyClick(dialog.list, Qt.Key.Key_Down)
    assert not dialog.restore_button.isEnabled()


def test_a_note_without_versions_says_when_they_come(show: Show) -> None:
    dialog = show(present=texts(plan="监护"))
    assert dialog.summary.text() == NO_VERSIONS
    assert "监护" in dialog.view.toPlainText()


def test_everything_has_a_name(show: Show) -> None:
    dialog = show(texts(), present=texts())
    for widget in (dialog.list, dialog.other, dialog.view, dialog.restore_button):
        assert widget.accessibleName() or widget.property("text")


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    paths = Paths(tmp_path / "data", tmp_path / "cache")
    paths.data_dir.mkdir()
    services = start_services(paths, ())
    yield services
    services.close()


@pytest.fixture
def window(services: Services, qtbot: QtBot, appearance: Appearance) -> MainWindow:
    window = MainWindow(services.controllers, appearance, lambda: datetime.now(UTC))
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
    return window


def admit(qtbot: QtBot, notes: NoteController, name: str = "张某", bed: str = "3") -> None:
    number = notes.add_encounter(name=name, sex=Sex.MALE, age="65岁", bed=bed, mrn="ZY3", department="", ward="")
    with qtbot.waitSignal(notes.opened):
        notes.open(number)


def keep(qtbot: QtBot, window: MainWindow, notes: NoteController, **sections: str) -> None:
    """Write this and keep it as a version."""
    for key, text in sections.items():
        window.editor.editors[key].replace_whole(text)
    with qtbot.waitSignal(notes.saved):
        notes.checkpoint()


def opened(qtbot: QtBot, window: MainWindow) -> HistoryDialog:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window.focusWidget() or window, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.history.dialog is not None)
    dialog = window.history.dialog
    assert dialog is not None
    return dialog


def test_an_old_version_is_restored_as_a_new_one_by_keys_alone(
    window: MainWindow, services: Services, qtbot: QtBot
) -> None:
    notes, plan = services.controllers.notes, window.editor.editors["plan"]
    admit(qtbot, notes)
    keep(qtbot, window, notes, plan="监护", chief_complaint="胸痛3小时")
    keep(qtbot, window, notes, plan="监护。吸氧")
    plan.replace_whole("全改了")
    dialog = opened(qtbot, window)
    qtbot.keyClick(dialog.list, Qt.Key.Key_End)
    qtbot.waitUntil(dialog.restore_button.isEnabled)
    assert dialog.summary.text().startswith("空白 → 第 1 版")
    qtbot.keyClick(dialog, Qt.Key.Key_R, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: window.editor.header.version.text() == "第 4 版")
    assert plan.text() == "监护"
    assert window.editor.chief_complaint == "胸痛3小时"
    assert window.area.notice.sentence.text() == "已恢复第 1 版的文字，留存为第 4 版；恢复前的文字在第 3 版。"
    plan.undo()
    assert plan.text() == "全改了", "one undo takes the whole restore of a section back"
    assert kept(qtbot, notes) == [
        (1, "保存", "监护"),
        (2, "保存", "监护。吸氧"),
        (3, "恢复旧版前", "全改了"),
        (4, "恢复旧版后", "监护"),
    ]


def test_restored_ai_text_carries_its_tint_again(window: MainWindow, services: Services, qtbot: QtBot) -> None:
    notes, editor = services.controllers.notes, window.editor.differential
    admit(qtbot, notes)
    assert notes.binding is not None
    comparison = a_comparison(notes.binding)
    generation = a_generation(comparison.runs[0], "1. **急性心肌梗死**：胸痛3小时")
    ask(qtbot, services.storage, lambda repositories: repositories.comparisons.record(comparison))
    ask(qtbot, services.storage, lambda repositories: repositories.comparisons.record_generation(generation))
    keep(qtbot, window, notes, differential="1. 急性心肌梗死：胸痛3小时")
    keep(qtbot, window, notes, differential="医师自己写的")
    with qtbot.waitSignal(notes.opened):
        notes.open(notes.binding.encounter_id)
    assert not editor.has_ai_lines()
    dialog = opened(qtbot, window)
    qtbot.keyClick(dialog.list, Qt.Key.Key_End)
    qtbot.waitUntil(dialog.restore_button.isEnabled)
    dialog.restore_button.click()
    qtbot.waitUntil(lambda: editor.text() == "1. 急性心肌梗死：胸痛3小时")
    assert editor.has_ai_lines()


def kept(qtbot: QtBot, notes: NoteController) -> list[tuple[int, str, str]]:
    """All versions, oldest first: number, reason, plan."""
    answers: list[list[tuple[int, str, str]]] = []

    def read(versions: tuple[NoteVersion, ...]) -> None:
        oldest_first = versions[::-1]
        notes.read_versions(
            [version.version for version in oldest_first],
            lambda texts: answers.append(
                [
                    (version.version, REASONS[version.reason], sections["plan"])
                    for version, sections in zip(oldest_first, texts, strict=True)
                ]
            ),
        )

    notes.list_versions(read)
    qtbot.waitUntil(lambda: bool(answers))
    return answers[0]


def test_the_version_in_the_header_opens_it(window: MainWindow, services: Services, qtbot: QtBot) -> None:
    admit(qtbot, services.controllers.notes)
    assert window.editor.header.version.text() == "版本历史"
    window.editor.header.version.click()
    qtbot.waitUntil(lambda: window.history.dialog is not None)
    assert window.history.dialog is not None
    qtbot.keyClick(window.history.dialog, Qt.Key.Key_Escape)
    assert window.history.dialog is None


def test_without_a_note_it_says_so(window: MainWindow) -> None:
    window.history.open()
    assert window.area.notice.sentence.text() == NO_NOTE
    assert window.history.dialog is None


def test_another_patient_closes_it(window: MainWindow, services: Services, qtbot: QtBot) -> None:
    notes = services.controllers.notes
    admit(qtbot, notes)
    keep(qtbot, window, notes, plan="甲的计划")
    opened(qtbot, window)
    admit(qtbot, notes, "李某", "5")
    assert window.history.dialog is None
    dialog = opened(qtbot, window)
    assert "李某" in dialog.findChild(QLabel, "dialogHeading").text()
    assert "甲的计划" not in dialog.view.toPlainText()
    assert dialog.list.count() == 1


def test_what_cannot_be_kept_first_is_not_replaced(
    window: MainWindow, services: Services, qtbot: QtBot, expected_logs: ExpectedLogs
) -> None:
    expected_logs.expect("SQLITE_FULL")
    notes, plan = services.controllers.notes, window.editor.editors["plan"]
    admit(qtbot, notes)
    keep(qtbot, window, notes, plan="监护")
    plan.replace_whole("长" * 40_000)
    dialog = opened(qtbot, window)
    qtbot.keyClick(dialog.list, Qt.Key.Key_End)
    qtbot.waitUntil(dialog.restore_button.isEnabled)
    ask(qtbot, services.storage, lambda repositories: allow_pages(repositories, 0))
    with qtbot.waitSignal(notes.save_failed):
        dialog.restore_button.click()
    assert plan.text().startswith("长长")
    ask(qtbot, services.storage, lambda repositories: allow_pages(repositories, 10_000))
