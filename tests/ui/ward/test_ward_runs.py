"""What moves and merges mean for models at work: no text of one record reaches another's note."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.bootstrap import Services, start_services
from app.core.entities import Sex
from app.core.moves import MoveKind, in_bed
from app.core.notes import CASE_FEATURES, CHIEF_COMPLAINT, DIFFERENTIAL
from app.inference.engines.scripted import Script, scripted_model
from app.infra.paths import Paths
from app.ui.kit.theme import Appearance
from app.ui.main_window import MainWindow

CONTROL = Qt.KeyboardModifier.ControlModifier
ANSWER = "1. **急性心肌梗死**\n   - 支持点：持续胸痛3小时\n" * 6
LONG_MS = 30_000


@pytest.fixture
def services(tmp_path: Path, qapp: object) -> Iterator[Services]:
    model = scripted_model(tmp_path / "model.json", Script(ANSWER, token_ms=10), name="model1")
    started = start_services(Paths(tmp_path / "data", tmp_path / "cache"), (model,))
    yield started
    started.close()


@pytest.fixture
def window(services: Services, appearance: Appearance, qtbot: QtBot) -> Iterator[MainWindow]:
    """The note of 甲 in 3床 is open, and a model is writing its differential."""
    shown = MainWindow(services.controllers, appearance, lambda: datetime.now(UTC))
    qtbot.addWidget(shown)
    with qtbot.waitActive(shown):
        shown.show()
    notes = services.controllers.notes
    stay = admit(services, qtbot, "甲", "3床")
    with qtbot.waitSignal(notes.opened):
        notes.open(stay)
    shown.editor.editors[CHIEF_COMPLAINT.key].replace_whole("胸痛3小时")
    shown.editor.editors[CASE_FEATURES.key].replace_whole("持续胸痛3小时。")
    with qtbot.waitSignal(services.controllers.comparisons.text_arrived, timeout=LONG_MS):
        qtbot.keyClick(shown, Qt.Key.Key_Return, CONTROL)
    yield shown
    shown.close()


def admit(services: Services, qtbot: QtBot, name: str, bed: str) -> str:
    notes = services.controllers.notes
    with qtbot.waitSignal(notes.encounters_changed):
        return notes.add_encounter(name=name, sex=Sex.MALE, age="65岁", bed=bed, mrn=bed, department="", ward="")


def finish_and_backfill(services: Services, window: MainWindow, qtbot: QtBot) -> str:
    comparisons = services.controllers.comparisons
    if comparisons.busy:
        with qtbot.waitSignal(comparisons.comparison_finished, timeout=LONG_MS):
            pass
    qtbot.keyClick(window, Qt.Key.Key_1, CONTROL)
    return window.editor.editors[DIFFERENTIAL.key].text()


def test_another_bed_while_a_model_writes_is_named_on_the_button(
    services: Services, window: MainWindow, qtbot: QtBot
) -> None:
    notes = services.controllers.notes
    note = notes.open_note
    assert note is not None
    with qtbot.waitSignal(notes.stay_changed):
        services.controllers.ward.move(note.encounter, in_bed(note.encounter, "9床"), MoveKind.BED, "已换床。")
    assert "9床 甲" in window.area.panes[0].acts.backfill_button.text()
    assert "急性心肌梗死" in finish_and_backfill(services, window, qtbot)


def test_a_merge_while_a_model_writes_refuses_what_was_asked_before(
    services: Services, window: MainWindow, qtbot: QtBot
) -> None:
    notes = services.controllers.notes
    note = notes.open_note
    assert note is not None
    other = admit(services, qtbot, "甲", "5床")
    kept = next(
        one.patient.patient_id for one in window.patients.items.summaries if one.encounter.encounter_id == other
    )
    with qtbot.waitSignal(notes.stay_changed):
        services.controllers.ward.merge(kept, note.patient.patient_id, "已合并。")
    assert finish_and_backfill(services, window, qtbot) == ""
    assert "合并病案之前" in window.area.notice.sentence.text()
    with qtbot.waitSignal(notes.opened):
        notes.open(other)
    assert window.editor.editors[DIFFERENTIAL.key].text() == ""
    assert window.area.panes[0].run_id is None
