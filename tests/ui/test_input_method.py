"""A Chinese input method at work: while it composes, no key starts, fills in, votes, reports or closes anything."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.core.acts import report_of
from app.core.events import EventKind
from app.core.notes import PRELIMINARY_DIAGNOSIS
from app.inference.engines.scripted import Script
from app.ui.comparison.report_dialog import ReportDialog
from app.ui.kit.composition import TAIL_MS
from tests.ui.comparison.test_items import FEATURES, FIRST, SECOND, events
from tests.ui.test_main_window import ALT, CONTROL, NONE, SHIFT, Ward, open_ward

__all__ = ["open_ward"]

PINYIN = "xinji"
# What an input method uses itself, or a doctor presses while it is open: candidates, commit, cancel.
KEYS = (
    (Qt.Key.Key_Return, NONE),
    (Qt.Key.Key_Return, CONTROL),
    (Qt.Key.Key_Escape, NONE),
    *((key, CONTROL) for key in (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_9, Qt.Key.Key_0)),
    (Qt.Key.Key_2, CONTROL | SHIFT),
    (Qt.Key.Key_D, CONTROL | SHIFT),
    (Qt.Key.Key_Up, CONTROL),
    (Qt.Key.Key_E, CONTROL),
)


def compose(widget: QWidget, preedit: str = PINYIN, commit: str = "") -> None:
    event = QInputMethodEvent(preedit, [])
    event.setCommitString(commit)
    QApplication.sendEvent(widget, event)


def press_all(ward: Ward, on: QWidget) -> None:
    for key, modifiers in KEYS:
        compose(on)
        ward.press(key, modifiers, on=on)


@pytest.fixture
def ward(open_ward: Callable[..., Ward]) -> Ward:
    """Two finished answers about one case."""
    ward = open_ward(Script(FIRST, token_ms=0), Script(SECOND, token_ms=0))
    ward.open(ward.admit("张某", "3床"))
    ward.write_input("胸痛3小时", FEATURES)
    ward.run_to_the_end()
    return ward


def nothing_happened(ward: Ward) -> bool:
    return ward.differential == "" and {one.kind for one in events(ward)} <= {EventKind.SHOWN}


def test_in_the_note_only_what_was_chosen_is_text_and_saved(ward: Ward) -> None:
    plan = ward.window.editor.editors["plan"]
    plan.setFocus()
    press_all(ward, plan)
    compose(plan, commit="心肌")
    compose(plan)
    assert plan.text().replace("\n", "") == "心肌"
    assert not ward.services.controllers.comparisons.busy
    assert nothing_happened(ward)
    repositories = ward.stored()
    assert PINYIN not in repositories.notes.get(ward.window.editor.note.note.note_id).sections["plan"]  # type: ignore[union-attr]
    repositories.close()


def test_in_a_covered_comparison_pinyin_is_no_diagnosis(open_ward: Callable[..., Ward]) -> None:
    ward = open_ward(Script(FIRST, token_ms=0), Script(SECOND, token_ms=0))
    ward.open(ward.admit("张某", "3床"))
    ward.write_input("胸痛3小时", FEATURES)
    ward.press(Qt.Key.Key_D, CONTROL | SHIFT)
    ward.run_to_the_end()
    own = ward.window.editor.editors[PRELIMINARY_DIAGNOSIS.key]
    own.setFocus()
    press_all(ward, own)
    assert ward.window.commit.hides
    compose(own, "", "心肌梗死")
    ward.bot.wait(TAIL_MS + 20)
    ward.press(Qt.Key.Key_D, CONTROL | SHIFT, on=own)
    assert not ward.window.commit.hides


def test_in_the_report_enter_ends_the_composition_and_not_the_dialog(ward: Ward) -> None:
    ward.press(Qt.Key.Key_1, ALT)
    ward.press(Qt.Key.Key_E, CONTROL)
    dialog = ward.window.judgements.dialog
    assert isinstance(dialog, ReportDialog)
    for field, words in ((dialog.correction, "心悸"), (dialog.comment, "更正")):
        field.setFocus()
        press_all(ward, field)
        compose(field, "", words)
        ward.press(Qt.Key.Key_Return, on=field)  # the key that chose the words comes late
        ward.press(Qt.Key.Key_Escape, on=field)
        assert dialog.isVisible() and field.text() == words
    ward.bot.wait(TAIL_MS + 20)
    ward.press(Qt.Key.Key_Return, on=dialog.comment)
    assert not dialog.isVisible()
    (report,) = [report_of(one) for one in events(ward) if one.kind is EventKind.ERROR_REPORTED]
    assert (report.correction, report.comment) == ("心悸", "更正")


def test_in_the_search_pinyin_opens_and_clears_nothing(ward: Ward) -> None:
    other = ward.admit("李某", "5床")
    search = ward.window.patients.search
    search.setFocus()
    press_all(ward, search)
    compose(search, "", "李")
    ward.press(Qt.Key.Key_Return, on=search)
    ward.press(Qt.Key.Key_Escape, on=search)
    assert search.text() == "李"
    open_note = ward.services.controllers.notes.open_note
    assert open_note is not None and open_note.encounter.encounter_id != other
    ward.bot.wait(TAIL_MS + 20)
    with ward.bot.waitSignal(ward.services.controllers.notes.opened):
        ward.press(Qt.Key.Key_Return, on=search)
    open_note = ward.services.controllers.notes.open_note
    assert open_note is not None and open_note.encounter.encounter_id == other
    assert nothing_happened(ward)
