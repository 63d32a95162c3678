from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.entities import Severity
from app.core.errors import UsageFault
from app.core.moves import (
    MoveKind,
    discharge_undone,
    discharged,
    in_bed,
    move_between,
    transferred,
    with_severity,
)
from tests.helpers.records import DOCTOR, NOW, a_patient, an_encounter

STAY = an_encounter(a_patient(), "3床")
LATER = NOW + timedelta(days=5)


def test_each_act_changes_its_own_fields() -> None:
    moved = transferred(STAY, "神经内科", "神内病区", "7床")
    assert (moved.department, moved.ward, moved.bed) == ("神经内科", "神内病区", "7床")
    assert in_bed(STAY, " 5床 ").bed == "5床"
    assert with_severity(STAY, Severity.CRITICAL).severity is Severity.CRITICAL
    assert discharged(STAY, LATER, LATER).discharged_at == LATER
    assert discharge_undone(discharged(STAY, LATER, LATER)) == STAY


def test_who_has_left_is_moved_no_more() -> None:
    gone = discharged(STAY, LATER, LATER)
    for act in (
        lambda: in_bed(gone, "5床"),
        lambda: transferred(gone, "神经内科", "", ""),
        lambda: with_severity(gone, Severity.SERIOUS),
        lambda: discharged(gone, LATER, LATER),
    ):
        with pytest.raises(UsageFault, match="已经出院"):
            act()


def test_nobody_leaves_before_coming_or_in_the_future() -> None:
    with pytest.raises(UsageFault, match="早于入院"):
        discharged(STAY, NOW - timedelta(minutes=1), LATER)
    with pytest.raises(UsageFault, match="晚于现在"):
        discharged(STAY, LATER + timedelta(minutes=1), LATER)
    with pytest.raises(UsageFault, match="没有出院"):
        discharge_undone(STAY)


def test_an_act_that_changes_nothing_is_refused() -> None:
    with pytest.raises(UsageFault, match="换床"):
        transferred(STAY, STAY.department, STAY.ward, "9床")
    with pytest.raises(UsageFault):
        in_bed(STAY, "3床")
    with pytest.raises(UsageFault, match="床号"):
        in_bed(STAY, " ")


def test_a_move_keeps_what_changed_and_no_more() -> None:
    move = move_between("m", MoveKind.BED, STAY, in_bed(STAY, "5床"), DOCTOR, NOW)
    assert (move.before, move.after) == ({"bed": "3床"}, {"bed": "5床"})
    gone = move_between("m", MoveKind.DISCHARGE, STAY, discharged(STAY, LATER, LATER), DOCTOR, LATER)
    assert gone.before == {"discharged_at": ""}


def test_an_admission_keeps_everything_that_is_known() -> None:
    move = move_between("m", MoveKind.ADMIT, None, STAY, DOCTOR, NOW)
    assert move.before == {}
    assert (move.after["bed"], move.after["severity"], move.after["mrn"]) == ("3床", "稳定", "ZY0001")
    assert "diagnoses" not in move.after
