from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.controllers.note import EncounterSummary, OpenNote
from app.core.entities import Severity
from app.ui.kit.theme import Appearance
from app.ui.ward.patient_items import MARKS_ROLE, STATE_ROLE, URGENCY_ROLE, Urgency
from app.ui.ward.patient_list import PatientList


@pytest.fixture
def patients(qtbot: QtBot, appearance: Appearance, now: Callable[[], datetime]) -> PatientList:
    patients = PatientList(appearance, now)
    qtbot.addWidget(patients)
    patients.resize(220, 500)
    patients.show()
    return patients


@pytest.fixture
def summaries(make_note: Callable[..., OpenNote]) -> list[EncounterSummary]:
    notes = [make_note(3, "张某"), make_note(5, "李<b>某</b>"), make_note(12, "王某")]
    return [
        EncounterSummary(
            note.encounter,
            note.patient,
            note.note.note_id,
            "首次病程记录",
            note.note.updated_at - timedelta(hours=2),
            empty=note.encounter.bed == "12床",
            complete=note.encounter.bed != "12床",
        )
        for note in notes
    ]


def shown(patients: PatientList) -> list[str]:
    model = patients.view.model()
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ["张某", "李<b>某</b>", "王某"]),
        ("12床", ["王某"]),
        ("zy003", ["张某"]),
        ("李", ["李<b>某</b>"]),
        ("赵", []),
    ],
)
def test_search_by_bed_name_and_number(
    patients: PatientList, summaries: list[EncounterSummary], text: str, names: list[str]
) -> None:
    patients.replace(summaries)
    patients.search.setText(text)
    assert shown(patients) == names


def test_enter_opens_the_first_hit(patients: PatientList, summaries: list[EncounterSummary], qtbot: QtBot) -> None:
    patients.replace(summaries)
    patients.focus_search()
    qtbot.keyClicks(patients.search, "5")
    with qtbot.waitSignal(patients.chosen) as chosen:
        qtbot.keyClick(patients.search, Qt.Key.Key_Return)
    assert chosen.args == ["e5"]
    assert patients.search.text() == ""


def test_a_click_opens_and_the_open_one_is_not_opened_again(
    patients: PatientList, summaries: list[EncounterSummary], qtbot: QtBot
) -> None:
    patients.replace(summaries)
    place = patients.view.visualRect(patients.view.model().index(1, 0)).center()
    with qtbot.waitSignal(patients.chosen) as chosen:
        qtbot.mouseClick(patients.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == ["e5"]
    patients.mark_open("e5")
    with qtbot.assertNotEmitted(patients.chosen):
        qtbot.mouseClick(patients.view.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_states_and_tips_are_words(patients: PatientList, summaries: list[EncounterSummary]) -> None:
    patients.replace(summaries)
    model = patients.view.model()
    assert [model.index(row, 0).data(STATE_ROLE) for row in range(3)] == ["2 小时前", "2 小时前", "首程 剩 8 小时"]
    spoken = model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "3床，张某，男 65岁，2 小时前"
    assert "ZY003" in model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)


@pytest.mark.parametrize(
    ("hours", "complete", "words", "urgency"),
    [
        (1, False, "首程 剩 7 小时", Urgency.NONE),
        (6.5, False, "首程 剩 1 小时", Urgency.SOON),
        (11, False, "首程 已超时 3 小时", Urgency.OVERDUE),
        (11, True, "2 小时前", Urgency.NONE),
    ],
)
def test_an_incomplete_note_says_when_it_is_due(
    patients: PatientList,
    summaries: list[EncounterSummary],
    hours: float,
    complete: bool,
    words: str,
    urgency: Urgency,
) -> None:
    admitted = summaries[0].encounter.admitted_at - timedelta(hours=hours)
    late = replace(summaries[0], encounter=replace(summaries[0].encounter, admitted_at=admitted), complete=complete)
    patients.replace([late, *summaries[1:]])
    index = patients.view.model().index(0, 0)
    assert (index.data(STATE_ROLE), index.data(URGENCY_ROLE)) == (words, urgency)
    assert words in index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert ("尚未写完" in index.data(Qt.ItemDataRole.ToolTipRole)) is not complete
    assert shown(patients)[0] == "张某", "the order by bed stays"


def test_samples_are_offered_only_while_there_is_nobody(
    patients: PatientList, summaries: list[EncounterSummary], qtbot: QtBot
) -> None:
    assert not patients.samples_button.isVisible(), "not before the list was read"
    patients.replace([])
    assert patients.samples_button.isVisible()
    with qtbot.waitSignal(patients.samples_wanted):
        qtbot.mouseClick(patients.samples_button, Qt.MouseButton.LeftButton)
    patients.replace(summaries)
    assert not patients.samples_button.isVisible()


def test_a_composition_in_the_search_keeps_its_keys(patients: PatientList) -> None:
    event = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    event.ignore()
    QApplication.sendEvent(patients.search, event)
    assert not event.isAccepted()
    QApplication.sendEvent(patients.search, QInputMethodEvent("zhang", []))
    QApplication.sendEvent(patients.search, event)
    assert event.isAccepted()
    QApplication.sendEvent(patients.search, QInputMethodEvent("", []))


def test_escape_clears_the_search(patients: PatientList, qtbot: QtBot) -> None:
    patients.search.setText("5")
    qtbot.keyClick(patients.search, Qt.Key.Key_Escape)
    assert patients.search.text() == ""


@pytest.mark.parametrize(
    ("days", "severity", "words", "urgency"),
    [
        (2, Severity.STABLE, "2 小时前", Urgency.NONE),
        (2.95, Severity.STABLE, "病程 剩 1 小时", Urgency.SOON),
        (4, Severity.STABLE, "病程 已超时 24 小时", Urgency.OVERDUE),
        (2, Severity.CRITICAL, "病程 已超时 24 小时", Urgency.OVERDUE),
    ],
)
def test_a_daily_note_that_is_due_is_said(
    patients: PatientList,
    summaries: list[EncounterSummary],
    now: Callable[[], datetime],
    days: float,
    severity: Severity,
    words: str,
    urgency: Urgency,
) -> None:
    written = replace(summaries[0], progress_at=now() - timedelta(days=days))
    patients.replace([with_stay(written, severity=severity), *summaries[1:]])
    index = patients.view.model().index(0, 0)
    assert (index.data(STATE_ROLE), index.data(URGENCY_ROLE)) == (words, urgency)


def test_the_open_patient_stays_in_sight_after_the_discharge(
    patients: PatientList, summaries: list[EncounterSummary], now: Callable[[], datetime]
) -> None:
    patients.replace(summaries)
    patients.mark_open(summaries[2].encounter.encounter_id)
    gone = [with_stay(summary, discharged_at=now()) for summary in summaries[1:]]
    patients.replace([summaries[0], *gone])
    assert shown(patients) == ["张某", "已出院 · 2 人", "王某"]
    assert patients.view.currentIndex().data() == "王某"
    patients.mark_open(summaries[0].encounter.encounter_id)
    assert shown(patients) == ["张某", "已出院 · 2 人"]


def with_stay(summary: EncounterSummary, **changes: object) -> EncounterSummary:
    return replace(summary, encounter=replace(summary.encounter, **changes))  # type: ignore[arg-type]


def test_several_wards_have_headings_and_who_has_left_is_folded_away(
    patients: PatientList, summaries: list[EncounterSummary], qtbot: QtBot, now: Callable[[], datetime]
) -> None:
    gone = with_stay(summaries[2], discharged_at=now() - timedelta(hours=3))
    other = with_stay(summaries[1], ward="神内病区")
    patients.replace([summaries[0], other, gone])
    headings = ["心内科 · 1 人", "张某", "神内病区 · 1 人", "李<b>某</b>", "已出院 · 1 人"]
    assert shown(patients) == headings
    patients.view.setCurrentIndex(patients.items.index(4))
    qtbot.keyClick(patients.view, Qt.Key.Key_Right)
    assert shown(patients) == [*headings, "王某"]
    assert patients.items.index(5).data(STATE_ROLE) == "出院记录 剩 21 小时"
    place = patients.view.visualRect(patients.items.index(0)).center()
    qtbot.mouseClick(patients.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert shown(patients)[:2] == ["心内科 · 1 人", "神内病区 · 1 人"]
    patients.search.setText("王")
    assert shown(patients) == ["王某"]


def test_the_ill_and_the_namesakes_are_marked(patients: PatientList, summaries: list[EncounterSummary]) -> None:
    ill = with_stay(summaries[0], severity=Severity.CRITICAL)
    namesake = replace(summaries[1], patient=replace(summaries[1].patient, name="张 某"))
    patients.replace([ill, namesake, summaries[2]])
    words = [[word for word, _ in patients.items.index(row).data(MARKS_ROLE)] for row in range(3)]
    assert words == [["病危", "同名"], ["同名"], []]
    assert "病危" in patients.items.index(0).data(Qt.ItemDataRole.AccessibleTextRole)


def test_enter_before_the_list_has_come_opens_the_first_hit_as_soon_as_it_does(
    patients: PatientList, summaries: list[EncounterSummary], qtbot: QtBot
) -> None:
    patients.search.setText("12床")
    qtbot.keyClick(patients.search, Qt.Key.Key_Return)
    with qtbot.waitSignal(patients.chosen) as chosen:
        patients.replace(summaries)
    assert chosen.args == [summaries[2].encounter.encounter_id]


def test_a_search_that_found_nobody_opens_nobody_later(
    patients: PatientList, summaries: list[EncounterSummary], qtbot: QtBot
) -> None:
    patients.replace(summaries[:2])
    patients.search.setText("12床")
    qtbot.keyClick(patients.search, Qt.Key.Key_Return)
    with qtbot.assertNotEmitted(patients.chosen):
        patients.replace(summaries)
