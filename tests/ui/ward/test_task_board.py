"""The board and the count in the top bar, on the real window."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.bootstrap import Services, start_services
from app.controllers.autosave import local_now
from app.core.board import TaskKind
from app.core.entities import Sex
from app.core.notes import NoteKind
from app.core.people import Person, Role
from app.core.provenance import AiSpan, Origin
from app.core.signing import ActKind
from app.infra.paths import Paths
from app.storage.repositories import Repositories
from app.ui.kit.theme import Appearance
from app.ui.main_window import MainWindow
from app.ui.ward.task_board import NOTHING, TaskBoard
from tests.helpers.records import DOCTOR, NOW, a_patient, a_stay, an_encounter
from tests.helpers.storage import ask


class Clock:
    """A clock that a test sets on."""

    def __init__(self) -> None:
        self.passed = timedelta(0)

    def __call__(self) -> datetime:
        return local_now() + self.passed


@pytest.fixture
def services(tmp_path: Path, qapp: object) -> Iterator[Services]:
    paths = Paths(tmp_path / "data", tmp_path / "cache")
    paths.data_dir.mkdir()
    services = start_services(paths, ())
    yield services
    services.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def window(services: Services, appearance: Appearance, qtbot: QtBot, clock: Clock) -> MainWindow:
    window = MainWindow(services.controllers, appearance, clock)
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
    return window


def opened_board(window: MainWindow, qtbot: QtBot) -> TaskBoard:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    with qtbot.waitSignal(window._controllers.board.changed):
        qtbot.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert window.tasks.dialog is not None
    return window.tasks.dialog


def test_the_count_grows_late_as_time_passes(
    window: MainWindow, services: Services, qtbot: QtBot, clock: Clock
) -> None:
    notes = services.controllers.notes
    with qtbot.waitSignal(services.controllers.board.changed):
        notes.add_encounter(name="测试甲", sex=Sex.MALE, age="65岁", bed="3", mrn="ZY1", department="心内科", ward="")
    assert (window.tasks.button.text(), window.tasks.button.property("late")) == ("待办 1", False)
    board = opened_board(window, qtbot)
    assert board.view.item(0).text() == "□ 剩 7 小时 · 首次病程记录待书写\n    3床　测试甲　男 65岁　心内科"
    clock.passed = timedelta(hours=9)
    with qtbot.waitSignal(services.controllers.board.changed):
        window.tasks.tick()
    assert (window.tasks.button.text(), window.tasks.button.property("late")) == ("待办 1 · 超时 1", True)
    assert board.view.item(0).text().startswith("■ 已超时 1 小时")
    board.reject()


def test_enter_opens_the_document_or_begins_it(window: MainWindow, services: Services, qtbot: QtBot) -> None:
    notes = services.controllers.notes

    def store(repositories: Repositories) -> str:
        patient = a_patient("测试乙")
        encounter = an_encounter(patient)
        repositories.encounters.add(patient, encounter, local_now())
        note = repositories.notes.open(encounter.encounter_id, NoteKind.FIRST_PROGRESS, local_now())
        repositories.notes.save(note.note_id, dict.fromkeys(note.sections, "已写"), local_now())
        repositories.notes.set_recorded_at(note.note_id, local_now() - timedelta(days=4))
        return note.note_id

    note_id = ask(qtbot, services.storage, store)
    board = opened_board(window, qtbot)
    kinds = [board.view.item(row).text().split("\n")[0] for row in range(board.view.count())]
    assert kinds == ["■ 已超时 24 小时 · 日常病程记录（稳定）待书写", "□ 未签名 · 首次病程记录（4 天前）"]
    board.view.setCurrentRow(1)
    with qtbot.waitSignal(notes.opened):
        qtbot.keyClick(board.view, Qt.Key.Key_Return)
    assert notes.open_note is not None
    assert notes.open_note.note.note_id == note_id
    board = opened_board(window, qtbot)
    with qtbot.waitSignals([notes.opened, notes.opened]):
        qtbot.keyClick(board.view, Qt.Key.Key_Return)
    assert notes.open_note.note.kind is NoteKind.DAILY_PROGRESS
    assert window.tasks.dialog is None


def test_an_empty_board_says_so(window: MainWindow, qtbot: QtBot) -> None:
    board = opened_board(window, qtbot)
    assert (board.heading.text(), board.view.count()) == (NOTHING, 0)
    qtbot.keyClick(board.view, Qt.Key.Key_Return)
    board.reject()


def test_what_is_signed_waits_on_the_senior_doctors_board_alone(
    window: MainWindow, services: Services, qtbot: QtBot
) -> None:
    board, people = services.controllers.board, services.controllers.people
    senior = ask(qtbot, services.storage, signed_by_another)
    with qtbot.waitSignal(board.changed):
        window.tasks.refresh()
    assert TaskKind.REVIEW not in [task.kind for task in board.tasks]
    with qtbot.waitSignal(board.changed):
        people.switch(senior, "", lambda _why: None)
    (task,) = [task for task in board.tasks if task.kind is TaskKind.REVIEW]
    assert (task.document, task.patient.name) == (NoteKind.FIRST_PROGRESS, "测试甲")


def test_ai_text_that_nobody_reviewed_is_on_the_board(window: MainWindow, services: Services, qtbot: QtBot) -> None:
    note_id = ask(qtbot, services.storage, with_a_models_sentence)
    board = opened_board(window, qtbot)
    lines = [board.view.item(row).text() for row in range(board.view.count())]
    assert any("AI 文字未审核 · 首次病程记录" in line for line in lines)
    notes = services.controllers.notes
    with qtbot.waitSignal(notes.opened):
        qtbot.keyClick(board.view, Qt.Key.Key_Down)
        qtbot.keyClick(board.view, Qt.Key.Key_Return)
    assert notes.open_note is not None
    assert notes.open_note.note.note_id == note_id


def signed_by_another(repositories: Repositories) -> Person:
    """A first note signed by a doctor; the senior doctor for whom it waits."""
    note = repositories.notes.get(a_stay(repositories).note_id)
    doctor = repositories.people.known_as(DOCTOR, NOW)
    repositories.signing.perform(ActKind.SIGNED, note, doctor, NOW)
    return repositories.people.add("李主任", Role.SENIOR, NOW)


def with_a_models_sentence(repositories: Repositories) -> str:
    """The id of a note with a sentence of a model."""
    note = repositories.notes.get(a_stay(repositories).note_id)
    span = AiSpan("plan", 0, 2, "监护", Origin("r", "模型", "1", NOW))
    return repositories.notes.save(note.note_id, {**note.sections, "plan": "监护"}, NOW, (span,)).note_id
