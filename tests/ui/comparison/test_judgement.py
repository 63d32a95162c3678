from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor

from app.core.acts import report_of
from app.core.events import ErrorSeverity, ErrorType, EventKind
from app.inference.engines.scripted import Script
from app.ui.comparison.judgement_acts import NO_SELECTION
from app.ui.comparison.report_dialog import ReportDialog
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
    dialog.reject()
    found = events(ward)
    (judged,) = [one for one in found if one.kind is EventKind.NONE_CORRECT]
    assert len(judged.data["generations"]) == 2  # type: ignore[arg-type]
    assert [one.data.get("reasons") for one in found if one.kind is EventKind.VOTE] == [None, ["依据不实"]]
