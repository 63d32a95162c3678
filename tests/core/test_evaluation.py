from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.diagnosis_table import DiagnosisTable
from app.core.evaluation import (
    Answered,
    consensus_hits,
    exceeds,
    golds,
    has_the_form,
    hits,
    longest_run,
    rank_of_hit,
    repeats_itself,
    share,
    written,
)

TABLE = DiagnosisTable.parse("名称,别名,ICD-10,危急\n急性心肌梗死,急性心梗,I21,是\n")


def answer(*names: str) -> str:
    return "\n".join(f"{number}. **{name}**\n   - 支持点：胸痛" for number, name in enumerate(names, 1))


def test_a_records_diagnosis_is_split_into_what_counts_as_right() -> None:
    whole = "急性心肌梗死；高血压病合并糖尿病"
    assert golds(whole) == (whole, "急性心肌梗死", "高血压病", "糖尿病")
    assert golds(["肺炎", "肺炎"]) == ("肺炎",)


def test_other_names_count_and_parts_of_names_do_not() -> None:
    assert rank_of_hit(["肺炎", "急性心梗（可能）"], ["急性心肌梗死"], TABLE) == 2
    assert rank_of_hit(["支原体肺炎"], ["肺炎"], TABLE) is None


def test_hits_by_rank_of_models_and_of_what_most_named() -> None:
    cases = [
        Answered(("急性心肌梗死",), {"a": answer("肺炎", "急性心梗"), "b": answer("急性心肌梗死", "肺栓塞")}),
        Answered(("肺炎",), {"a": answer("肺炎")}),
        Answered(("肺癌",), {}),
    ]
    assert [one.value for one in hits(cases, "a", TABLE).values()] == [0.5, 1.0, 1.0]
    assert [one.value for one in hits(cases, "b", TABLE).values()] == [1.0, 1.0, 1.0]
    assert consensus_hits(cases, TABLE)[1].value == 1.0


@given(st.lists(st.booleans(), max_size=30))
def test_a_share_lies_within_its_interval(values: list[bool]) -> None:
    found = share(values)
    assert 0 <= found.low <= found.value <= found.high <= 1


@pytest.mark.parametrize(
    ("text", "repeated"),
    [
        (answer("肺炎", "肺癌"), False),
        (answer("肺炎", "肺炎"), True),
        ("1. **肺炎**\n   - 支持点：胸痛；胸痛", True),
        ("无\n" * 3, True),
        ("无\n" * 2, False),
    ],
)
def test_repetition_is_seen(text: str, repeated: bool) -> None:
    assert repeats_itself(text) is repeated


def test_form_and_number_are_seen() -> None:
    assert (has_the_form(answer("肺炎")), has_the_form("我不知道"), has_the_form("1. **肺炎**")) == (True, False, False)
    assert (exceeds(answer(*"甲乙丙丁戊")), exceeds(answer(*"甲乙丙丁戊己"))) == (False, True)


def test_what_was_written_is_counted_even_where_it_does_not_parse() -> None:
    assert [written(text) for text in (answer(*"甲乙丙丁戊己"), "我不知道", "1. **肺")] == [6, 0, 1]
    assert [longest_run(text) for text in ("", "甲\n乙", "甲\n乙\n\n 乙\n甲\n甲\n甲")] == [0, 1, 3]
