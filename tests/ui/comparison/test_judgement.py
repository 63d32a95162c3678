from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor

from app.core.acts import JUDGEMENTS, report_of
from app.core.events import ErrorSeverity, ErrorType, EventKind
from app.inference.engines.scripted import Script
from app.ui.comparison.judgement_acts import NO_SELECTION, TAKEN_BACK
from app.ui.comparison.report_dialog import ReportDialog
from app.ui.comparison.shown_clock import MINIMUM_MS
from app.ui.feedback.my_feedback import MyFeedbackDialog
from tests.ui.comparison.test_items import FEATURES, FIRST, SECOND, body, events
from tests.ui.test_main_window import ALT, CONTROL, SHIFT, Ward, open_ward

__all__ = ["open_ward"]


@pytest.fixture
def ward(open_ward: Callable[..., Ward]) -> Ward:
    """Two finished answers about one case."""
    ward = open_ward(Script(FIRST, token_ms=0), Script(SECOND, token_ms=0))
    ward.open(ward.admit("张某", "3床"))
    ward.write_input("胸痛3小时", FEATURES)
    ward.run_to_the_end()
    return ward


def select(ward: Ward, words: str, occurrence: int = 1) -> None:
    view = body(ward)
    place = -1
    for _ in range(occurrence):
        place = view.toPlainText().index(words, place + 1)
    cursor = view.textCursor()
    cursor.setPosition(place)
    cursor.setPosition(place + len(words), QTextCursor.MoveMode.KeepAnchor)
    view.setTextCursor(cursor)


def test_a_selected_error_is_reported_by_keys_with_its_place_in_the_models_text(ward: Ward) -> None:
    ward.press(Qt.Key.Key_E, CONTROL)
    assert ward.notice == NO_SELECTION
    ward.press(Qt.Key.Key_1, ALT)
    select(ward, "胸骨后疼痛", 2)
    ward.press(Qt.Key.Key_E, CONTROL)
    dialog = ward.window.judgements.dialog
    assert isinstance(dialog, ReportDialog)
    dialog.types.button(3).click()
    dialog.severities.button(2).click()
    dialog.correction.setText("背痛")
    ward.press(Qt.Key.Key_Return, on=dialog.correction)
    (event,) = [one for one in events(ward) if one.kind is EventKind.ERROR_REPORTED]
    report = report_of(event)
    start = FIRST.rindex("胸骨后疼痛")
    assert (report.start, report.end, report.quote) == (start, start + 5, "胸骨后疼痛")
    assert (report.type, report.severity, report.correction) == (ErrorType.NEGATION, ErrorSeverity.DANGEROUS, "背痛")
    assert event.item == "主动脉夹层"
    assert report.corrected(FIRST) == FIRST[:start] + "背痛" + FIRST[start + 5 :]


def test_without_a_selection_the_point_under_the_keyboard_is_reported(ward: Ward) -> None:
    ward.press(Qt.Key.Key_1, ALT)
    ward.press(Qt.Key.Key_Down)
    ward.press(Qt.Key.Key_Down)
    ward.press(Qt.Key.Key_E, CONTROL)
    dialog = ward.window.judgements.dialog
    assert isinstance(dialog, ReportDialog)
    assert dialog.report().quote == "肌钙蛋白2.8ng/ml"
    dialog.reject()
    assert ward.window.judgements.dialog is None


def test_a_selection_across_lines_and_marks_is_found_in_the_models_text(ward: Ward) -> None:
    ward.press(Qt.Key.Key_1, ALT)
    drawn = body(ward).toPlainText()
    select(ward, drawn[drawn.index("体温39") : drawn.index("无咯血") + 3])
    quote = body(ward).quote()
    assert quote is not None
    assert quote.text == "体温39℃\n   - 不支持点：无咯血"
    assert FIRST[quote.start : quote.end] == quote.text


def test_a_judgement_of_all_answers_is_taken_back_by_its_key_and_known_when_the_note_is_opened_again(
    ward: Ward,
) -> None:
    row = ward.window.area.consensus
    for kind, key in ((EventKind.ALL_ACCEPTABLE, Qt.Key.Key_9), (EventKind.NONE_CORRECT, Qt.Key.Key_0)):
        ward.press(key, CONTROL)
        ward.bot.waitUntil(
            lambda kind=kind: (row.acceptable if kind is EventKind.ALL_ACCEPTABLE else row.none_correct).isChecked()
        )
    assert not row.acceptable.isChecked()
    other = ward.admit("李某", "5床")
    first = ward.window.editor.note
    assert first is not None
    ward.open(other)
    assert not row.none_correct.isChecked()
    ward.open(first.encounter.encounter_id)
    ward.bot.waitUntil(row.none_correct.isChecked)
    ward.press(Qt.Key.Key_0, CONTROL)
    assert ward.notice == TAKEN_BACK[EventKind.NONE_CORRECT]
    ward.bot.waitUntil(lambda: not row.none_correct.isChecked())
    found = [one for one in events(ward) if one.kind in JUDGEMENTS]
    assert [one.data.get("withdrawn") for one in found] == [None, None, True]
    assert found[0].data["generations"] == found[2].data["generations"]


def test_how_long_each_diagnosis_was_in_view_is_kept(ward: Ward) -> None:
    names = [one.name for one in body(ward).answer.diagnoses]  # type: ignore[union-attr]
    ward.bot.wait(MINIMUM_MS + 300)
    found = [one for one in events(ward) if one.kind is EventKind.SHOWN]
    assert {one.item for one in found} >= {"", *names}
    assert all(one.data["milliseconds"] >= MINIMUM_MS for one in found)  # type: ignore[operator]


def test_asking_anew_is_kept_with_what_changed_in_the_input(ward: Ward) -> None:
    first = [pane.run_id for pane in ward.panes]
    ward.write_input("胸痛5小时", f"{FEATURES}无发热。")
    ward.run_to_the_end()
    (event,) = [one for one in events(ward) if one.kind is EventKind.RERUN]
    assert event.generation_id == first[0] and event.data["generations"] == first
    changed = {"chief_complaint": {"added": 1, "struck": 1}, "case_features": {"added": 4, "struck": 0}}
    assert event.data["changed"] == changed


def test_all_answers_are_judged_at_once_and_the_doctors_list_says_so(ward: Ward) -> None:
    feedback = ward.services.controllers.feedback
    ward.press(Qt.Key.Key_0, CONTROL)
    ward.press(Qt.Key.Key_1, ALT)
    with ward.bot.waitSignal(feedback.vote_stored):
        ward.press(Qt.Key.Key_Down, CONTROL)
    chips = ward.panes[0].acts.chips
    assert chips.isVisible()
    with ward.bot.waitSignal(feedback.vote_stored):
        ward.bot.mouseClick(chips.chips[1], Qt.MouseButton.LeftButton)
    assert chips.isVisible(), "more reasons can be given"
    ward.press(Qt.Key.Key_E, CONTROL | SHIFT)
    ward.bot.waitUntil(lambda: ward.window.judgements.dialog is not None)
    dialog = ward.window.judgements.dialog
    assert isinstance(dialog, MyFeedbackDialog)
    said = [dialog.table.item(row, 3).text() for row in range(dialog.table.rowCount())]
    assert said == ["不赞成整份建议；理由：依据不实", "不赞成整份建议", "无一正确"]
    assert dialog.table.item(0, 1).text() == "3床 张某"
    assert [dialog.table.item(row, 2).text() for row in range(3)] == ["脚本 model1", "脚本 model1", "各份建议"]
    dialog.reject()
    found = events(ward)
    (judged,) = [one for one in found if one.kind is EventKind.NONE_CORRECT]
    assert len(judged.data["generations"]) == 2  # type: ignore[arg-type]
    assert [one.data.get("reasons") for one in found if one.kind is EventKind.VOTE] == [None, ["依据不实"]]
