from __future__ import annotations

from dataclasses import replace

import pytest

from app.core.backfill import Decision, check_backfill, merged_text, text_without
from app.core.notes import input_hash
from app.core.runs import Binding

OPEN = Binding("p1", "e1", "n1", 3, input_hash("胸痛3小时", "男，65岁"))


def test_the_same_note_and_input_is_allowed() -> None:
    assert check_backfill(OPEN, OPEN).decision is Decision.ALLOWED
    assert check_backfill(OPEN, OPEN).reason == ""


def test_an_older_version_with_the_same_input_is_allowed() -> None:
    assert check_backfill(replace(OPEN, note_version=1), OPEN).decision is Decision.ALLOWED


@pytest.mark.parametrize(
    ("other", "word"),
    [
        ({"patient_id": "p2"}, "合并病案之前"),
        ({"patient_id": "p2", "encounter_id": "e2", "note_id": "n2"}, "另一位患者"),
        ({"encounter_id": "e2"}, "另一次住院"),
        ({"note_id": "n2"}, "另一份"),
        ({"note_version": 4}, "版本"),
    ],
)
def test_what_was_made_for_something_else_is_refused(other: dict[str, object], word: str) -> None:
    verdict = check_backfill(replace(OPEN, **other), OPEN)  # type: ignore[arg-type]
    assert verdict.decision is Decision.REFUSED
    assert word in verdict.reason


def test_another_patient_is_refused_even_if_the_input_is_equal_and_old() -> None:
    stale = replace(OPEN, patient_id="p2", input_hash="old")
    assert check_backfill(stale, OPEN).decision is Decision.REFUSED


def test_a_changed_input_asks() -> None:
    changed = replace(OPEN, input_hash=input_hash("胸痛3天", "男，65岁"))
    verdict = check_backfill(OPEN, changed)
    assert verdict.decision is Decision.ASK
    assert "已经修改" in verdict.reason


@pytest.mark.parametrize(
    ("existing", "addition", "merged"),
    [
        ("", "1. 心梗\n", "1. 心梗"),
        ("  \n", "1. 心梗", "1. 心梗"),
        ("自己写的", "1. 心梗", "自己写的\n\n1. 心梗"),
        ("自己写的\n\n\n", "\n1. 心梗\n", "自己写的\n\n1. 心梗"),
        ("自己写的\n1. 心梗", "1. 心梗", "自己写的\n1. 心梗"),
        ("1. 心梗 ", "1. 心梗", "1. 心梗 "),
        ("前文1. 心梗", "1. 心梗", "前文1. 心梗\n\n1. 心梗"),
        ("自己写的", "  ", "自己写的"),
    ],
)
def test_a_suggestion_goes_after_a_blank_line_and_only_once(existing: str, addition: str, merged: str) -> None:
    assert merged_text(existing, addition) == merged
    assert merged_text(merged, addition) == merged


@pytest.mark.parametrize(
    ("around", "left"),
    [
        ("肺炎\n\n{}", "肺炎"),
        ("肺炎\n\n{}\n待查血培养", "肺炎\n\n待查血培养"),
        ("先记\n{}", "先记"),
        ("{}", ""),
    ],
)
def test_what_is_taken_out_leaves_what_was_written_around_it(around: str, left: str) -> None:
    assert text_without(around.format("1. **肺栓塞**\n   - 支持点：胸痛"), "1. **肺栓塞**\n   - 支持点：胸痛\n") == left


def test_what_was_changed_inside_is_not_taken_out() -> None:
    assert text_without("1. **肺栓塞？**", "1. **肺栓塞**") is None
