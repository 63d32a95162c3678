from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.acts import ErrorReport
from app.core.diagnosis_table import DiagnosisEntry, DiagnosisTable
from app.core.events import ErrorSeverity, ErrorType, EventKind, FeedbackEvent, Vote
from app.learning.log import generations_of
from app.learning.records import ComparisonRecord
from app.learning.rows import Basis, DpoRow, GrpoRow, KtoRow, SftRow, TrainingRow, is_quarantined
from app.learning.views import training_rows
from tests.helpers.feedback_records import NOW, a_record, a_suggestion, a_vote_on, an_event, reported, shown, signed

BACKFILL = an_event(0, EventKind.BACKFILL, text="1. 诊断甲")
SEEN = shown(0, 1, 2)

orders = st.integers(0, 2)
actors = st.sampled_from(["甲", "乙"])
votes = st.builds(a_vote_on, orders, st.sampled_from(list(Vote)), actors)
acts = st.builds(an_event, orders, st.sampled_from([EventKind.SHOWN, EventKind.BACKFILL, EventKind.COPIED]), actors)
signings = st.builds(signed, orders, st.just("1. 诊断甲"), st.sampled_from(["", "1. 诊断甲", "1. 诊断丁"]))
judgements = st.builds(
    lambda kind, named: an_event(0, kind, generations=[f"g{order}" for order in sorted(named)]),
    st.sampled_from([EventKind.NONE_CORRECT, EventKind.ALL_ACCEPTABLE]),
    st.sets(orders),
)
reports = st.builds(
    lambda order, correction, severity, actor: reported(
        order, ErrorReport(0, 1, "1", ErrorType.FORMAT, severity, correction), actor
    ),
    orders,
    st.sampled_from(["", "一"]),
    st.sampled_from(list(ErrorSeverity)),
    actors,
)
logs = st.lists(
    st.one_of(*(one.map(lambda event: [event]) for one in (votes, acts, judgements, reports)), signings)
).map(lambda parts: [event for part in parts for event in part])


def rows(record: ComparisonRecord) -> list[TrainingRow]:
    return list(training_rows(record))


def kto(record: ComparisonRecord) -> list[tuple[str, bool, Basis]]:
    return [(row.suggestion.generation_id, row.label, row.basis) for row in rows(record) if isinstance(row, KtoRow)]


def dpo(record: ComparisonRecord) -> list[tuple[str, str, float]]:
    return [
        (row.suggestion.generation_id, row.sibling.generation_id if row.sibling else "", row.weight)
        for row in rows(record)
        if isinstance(row, DpoRow)
    ]


def test_a_choice_is_preferred_to_each_sibling() -> None:
    record = a_record([*SEEN, BACKFILL])
    assert dpo(record) == [("g0", "g1", 0.5), ("g0", "g2", 0.5)]
    assert kto(record) == [("g0", True, Basis.CHOICE)]


@pytest.mark.parametrize("missing", ["unshown", "unfinished", "late", "cut off", "two chosen", "other prompt", "alone"])
def test_what_was_no_choice_makes_no_pair(missing: str) -> None:
    late = replace(a_suggestion(1), finished_at=BACKFILL.occurred_at + timedelta(seconds=1))
    other_prompt = replace(a_suggestion(1), messages=a_suggestion(1).messages[:1])
    first, last = a_suggestion(0), a_suggestion(2)
    record = {
        "unshown": a_record([*shown(0, 1), BACKFILL]),
        "unfinished": a_record([*SEEN, BACKFILL], [first, a_suggestion(1, completed=False), last]),
        "late": a_record([*SEEN, BACKFILL], [first, late, last]),
        "cut off": a_record([*SEEN, BACKFILL], [first, last]),
        "two chosen": a_record([*SEEN, BACKFILL, an_event(1, EventKind.BACKFILL)]),
        "other prompt": a_record([*SEEN, BACKFILL], [first, other_prompt, last]),
        "alone": a_record([*SEEN, BACKFILL], [first], runs=1),
    }[missing]
    assert dpo(record) == []
    assert ("g0", True, Basis.CHOICE) in kto(record)


def test_identical_texts_are_dropped() -> None:
    same = a_suggestion(1, text=a_suggestion(0).output + "\n")
    assert dpo(a_record([*SEEN, BACKFILL], [a_suggestion(0), same, a_suggestion(2)])) == [("g0", "g2", 0.5)]


def test_a_choice_goes_before_a_vote() -> None:
    record = a_record([*SEEN, a_vote_on(0, Vote.DOWN), a_vote_on(1, Vote.DOWN), BACKFILL])
    assert kto(record) == [("g0", True, Basis.CHOICE), ("g1", False, Basis.VOTE)]


def test_a_text_with_facts_that_its_prompt_lacks_is_marked() -> None:
    text = "血压186/102 mmHg，体温39.5℃"
    suggestions = [a_suggestion(0, text=text), a_suggestion(1), a_suggestion(2)]
    (row,) = [row for row in rows(a_record(signed(0, text, text), suggestions)) if isinstance(row, SftRow)]
    assert row.invented == 1 and is_quarantined(row)


def sft(record: ComparisonRecord) -> list[tuple[str, str, Basis]]:
    return [
        (row.suggestion.generation_id, row.completion, row.basis) for row in rows(record) if isinstance(row, SftRow)
    ]


def pairs(record: ComparisonRecord) -> list[tuple[str, str, Basis]]:
    return [(row.chosen, row.rejected, row.basis) for row in rows(record) if isinstance(row, DpoRow)]


def test_only_a_signed_text_is_imitated() -> None:
    assert sft(a_record([*SEEN, BACKFILL])) == []
    record = a_record([*SEEN, *signed(0, "1. 诊断甲", "1. 诊断甲")])
    assert sft(record) == [("g0", "1. 诊断甲", Basis.CHOICE)]
    assert len(pairs(record)) == 2


def test_an_edit_goes_before_all_else() -> None:
    events = [*SEEN, *signed(0, "1. 诊断甲", "1. 诊断甲，首先考虑"), a_vote_on(0, Vote.DOWN)]
    record = a_record(events)
    assert sft(record) == [("g0", "1. 诊断甲，首先考虑", Basis.EDIT)]
    assert pairs(record) == [("1. 诊断甲，首先考虑", "1. 诊断甲", Basis.EDIT)]
    assert kto(record) == []


def test_an_edit_that_invents_is_quarantined_whole() -> None:
    made = rows(a_record(signed(0, "1. 诊断甲", "1. 诊断甲，体温39.5℃")))
    assert [is_quarantined(row) for row in made] == [True, True]


@pytest.mark.parametrize(
    ("final", "new"),
    [
        ("1. 急性心肌梗死\n2. 肺栓塞", True),
        ("1. 急性心肌梗死\n2. 高血压急症", False),
        ("1. 急性心梗", False),
        ("1. 急性下壁心肌梗死（首先考虑）\n2. 急性心肌梗死", True),
        ("1. 急性心肌梗死（首先考虑）", False),
    ],
)
def test_a_diagnosis_from_elsewhere_is_quarantined(final: str, new: bool) -> None:
    """The prompt names high blood pressure by another name; a remark is no diagnosis."""
    table = DiagnosisTable(
        [DiagnosisEntry("急性心肌梗死", ("急性心梗",)), DiagnosisEntry("高血压急症", ("血压186/102",))]
    )
    text = "1. 急性心肌梗死"
    record = a_record(signed(0, text, final), [a_suggestion(0, text=text)], runs=1)
    made = list(training_rows(record, table))
    assert made and {is_quarantined(row) for row in made} == {new}


def test_a_part_that_was_signed_corrects_the_whole_but_is_no_answer_to_imitate() -> None:
    text = "1. 诊断甲\n   - 支持点：胸痛\n2. 诊断乙\n   - 支持点：血压升高"
    events = signed(0, "1. 诊断甲\n   - 支持点：胸痛", "1. 诊断甲\n   - 支持点：突发胸痛")
    record = a_record(events, [a_suggestion(0, text=text)], runs=1)
    assert pairs(record) == [(text.replace("：胸痛", "：突发胸痛"), text, Basis.EDIT)]
    assert sft(record) == []


def test_each_section_of_a_record_takes_its_edit() -> None:
    text = "【出院诊断】\n诊断甲确诊\n【诊疗经过】\n予抗感染治疗"
    diagnosis = signed(0, "诊断甲确诊", "诊断甲", "discharge_diagnosis")
    course = signed(0, "予抗感染治疗", "予抗感染及补液治疗", "course")
    events = [*diagnosis[:2], *course]
    final = "【出院诊断】\n诊断甲\n【诊疗经过】\n予抗感染及补液治疗"
    record = a_record(events, [a_suggestion(0, text=text)], runs=1)
    assert pairs(record) == [(final, text, Basis.EDIT)]


def test_what_its_author_left_nothing_of_was_bad() -> None:
    record = a_record([*SEEN, *signed(0, "1. 诊断甲", "")])
    assert kto(record) == [("g0", False, Basis.EDIT)]
    assert sft(record) == pairs(record) == []


def test_an_unsigned_edit_is_none() -> None:
    events = [event for event in signed(0, "1. 诊断甲", "1. 诊断乙") if event.kind is not EventKind.SIGNED]
    assert {row.basis for row in rows(a_record(events))} == {Basis.CHOICE}


def a_report(quote: str, correction: str, severity: ErrorSeverity = ErrorSeverity.MAJOR) -> ErrorReport:
    start = "1. 诊断甲".index(quote)
    return ErrorReport(start, start + len(quote), quote, ErrorType.DIAGNOSIS, severity, correction)


def test_a_severe_error_makes_a_bad_example_and_its_correction_a_pair() -> None:
    record = a_record([*SEEN, BACKFILL, reported(0, a_report("甲", "丁"))])
    assert kto(record) == [("g0", False, Basis.REPORT)]
    assert pairs(record) == [("1. 诊断丁", "1. 诊断甲", Basis.REPORT)]
    assert sft(record) == []


def test_a_minor_error_without_correction_changes_nothing() -> None:
    minor = reported(0, a_report("甲", "", ErrorSeverity.MINOR))
    assert rows(a_record([*SEEN, BACKFILL, minor])) == rows(a_record([*SEEN, BACKFILL]))


def test_a_correction_is_imitated_after_a_second_reader() -> None:
    report = a_report("甲", "丁")
    agreed = a_record([reported(0, report), reported(0, report, "乙")])
    assert sft(agreed) == [("g0", "1. 诊断丁", Basis.REPORT)]
    other = a_record([reported(0, report), reported(0, a_report("甲", "戊"), "乙")])
    assert sft(other) == []
    open_error = [reported(0, report), reported(0, report, "乙"), reported(0, a_report("1", ""))]
    assert sft(a_record(open_error)) == []


def test_the_last_report_of_a_span_counts() -> None:
    first = reported(0, a_report("甲", "丁"))
    second = reported(0, a_report("甲", "丁", ErrorSeverity.MINOR))
    assert kto(a_record([first, replace(second, event_id="later")])) == []


def judged(kind: EventKind, *orders: int) -> FeedbackEvent:
    return an_event(orders[0], kind, generations=[f"g{order}" for order in orders])


def test_a_judgement_of_all_is_a_word_on_each_that_a_later_vote_changes() -> None:
    none = judged(EventKind.NONE_CORRECT, 0, 1, 2)
    assert [label for _, label, _ in kto(a_record([none]))] == [False, False, False]
    assert [label for _, label, _ in kto(a_record([none, a_vote_on(1, Vote.UP)]))] == [False, True, False]
    assert len(kto(a_record([none, a_vote_on(1, Vote.WITHDRAWN)]))) == 2


def test_a_judgement_that_was_withdrawn_or_changed_was_never_said() -> None:
    none = judged(EventKind.NONE_CORRECT, 0, 1, 2)
    back = an_event(0, EventKind.NONE_CORRECT, generations=["g0", "g1", "g2"], withdrawn=True)
    assert kto(a_record([none, back])) == []
    assert [label for _, label, _ in kto(a_record([a_vote_on(1, Vote.UP), none, back]))] == [True]
    changed = a_record([*SEEN, BACKFILL, judged(EventKind.ALL_ACCEPTABLE, 0, 1, 2), none])
    assert len(pairs(changed)) == 2
    assert [label for _, label, _ in kto(a_record([none, back, none]))] == [False, False, False]


def test_where_all_would_do_a_choice_prefers_none() -> None:
    record = a_record([*SEEN, BACKFILL, judged(EventKind.ALL_ACCEPTABLE, 0, 1, 2)])
    assert pairs(record) == []
    assert [label for _, label, _ in kto(record)] == [True, True, True]


def test_the_closed_record_gives_the_prompt_its_diagnosis_and_each_model_its_rank() -> None:
    told = an_event(0, EventKind.FINAL_DIAGNOSIS, generations=["g0", "g1", "g2"], diagnoses=["诊断乙", "高血压"])
    suggestions = [a_suggestion(0, "1. 诊断甲\n2. 诊断乙（待排）"), a_suggestion(1), a_suggestion(2)]
    (row,) = rows(a_record([told], suggestions))
    assert isinstance(row, GrpoRow) and row.diagnoses == ("诊断乙", "高血压")
    assert dict(row.ranks) == {"g0": 2, "g1": 1, "g2": None}


def test_a_vote_on_one_diagnosis_is_none_on_the_suggestion() -> None:
    assert rows(a_record([replace(a_vote_on(0, Vote.UP), item="急性心肌梗死")])) == []


@settings(deadline=None)
@given(logs, st.randoms(use_true_random=False))
def test_only_the_places_in_the_log_count_not_the_order_of_reading(
    log: list[FeedbackEvent], shuffle: random.Random
) -> None:
    record = a_record(log)
    events = list(record.events)
    shuffle.shuffle(events)
    assert rows(replace(record, events=tuple(events))) == rows(record)


@settings(deadline=None)
@given(st.lists(votes, max_size=12))
def test_the_last_vote_of_a_doctor_counts_and_no_vote_is_none(log: list[FeedbackEvent]) -> None:
    last = {(event.generation_id, event.actor): Vote(str(event.data["vote"])) for event in log}
    expected = {(*key, vote is Vote.UP) for key, vote in last.items() if vote is not Vote.WITHDRAWN}
    made = [row for row in rows(a_record(log)) if isinstance(row, KtoRow)]
    assert {(row.suggestion.generation_id, row.actor, row.label) for row in made} == expected
    assert len(made) == len(expected) == len(rows(a_record(log)))


@settings(deadline=None)
@given(logs)
def test_every_generation_has_one_basis_and_no_row_but_from_its_own_events(log: list[FeedbackEvent]) -> None:
    made = rows(a_record(log))
    kinds = (EventKind.VOTE, EventKind.BACKFILL, EventKind.ERROR_REPORTED)
    touched = {event.generation_id for event in log if event.kind in kinds}
    touched |= {one for event in log for one in generations_of(event)}
    assert {row.suggestion.generation_id for row in made} <= touched
    for generation_id in touched:
        assert len({row.basis for row in made if row.suggestion.generation_id == generation_id}) <= 1
    assert all(row.chosen.strip() != row.rejected.strip() for row in made if isinstance(row, DpoRow))


@settings(deadline=None)
@given(logs)
def test_the_strongest_basis_is_the_one(log: list[FeedbackEvent]) -> None:
    made = rows(a_record(log))
    order = [Basis.EDIT, Basis.REPORT, Basis.CHOICE, Basis.VOTE]
    for generation_id in ("g0", "g1", "g2"):
        alone = {
            basis
            for basis in order
            if any(row.basis is basis for row in _rows_without_stronger(log, basis, generation_id))
        }
        bases = {row.basis for row in made if row.suggestion.generation_id == generation_id}
        assert bases == set(sorted(alone, key=order.index)[:1])


def _rows_without_stronger(log: list[FeedbackEvent], basis: Basis, generation_id: str) -> list[TrainingRow]:
    """The rows of a generation if nothing stronger than this had happened to it."""
    stronger = {
        Basis.EDIT: (),
        Basis.REPORT: (EventKind.EDITED,),
        Basis.CHOICE: (EventKind.EDITED, EventKind.ERROR_REPORTED),
        Basis.VOTE: (EventKind.EDITED, EventKind.ERROR_REPORTED, EventKind.BACKFILL),
    }[basis]
    left = [event for event in log if event.generation_id != generation_id or event.kind not in stronger]
    return [row for row in rows(a_record(left)) if row.suggestion.generation_id == generation_id]


@settings(deadline=None)
@given(logs, st.sets(orders))
def test_nothing_is_learnt_from_what_did_not_end_well(log: list[FeedbackEvent], broken: set[int]) -> None:
    suggestions = [a_suggestion(order, completed=order not in broken) for order in range(3)]
    made = rows(a_record(log, suggestions))
    assert all(row.suggestion.completed for row in made)
    if broken:
        assert not [row for row in made if isinstance(row, DpoRow) and row.sibling]


def test_a_clock_set_back_changes_no_vote() -> None:
    earlier = replace(a_vote_on(0, Vote.DOWN), occurred_at=NOW - timedelta(days=1))
    assert kto(a_record([a_vote_on(0, Vote.UP), earlier])) == [("g0", False, Basis.VOTE)]


def test_several_insertions_into_one_section_are_all_put_right() -> None:
    """Only the last of a section was read: the others' edits were lost, and what was kept looked like a part."""
    output = "1. 诊断甲\n2. 诊断乙"
    (first, one, _), (second, other, last) = signed(0, "1. 诊断甲", "1. 诊断甲"), signed(0, "2. 诊断乙", "2. 诊断丁")
    record = a_record([first, second, one, other, last], [a_suggestion(0, output)], runs=1)
    assert [row.completion for row in rows(record) if isinstance(row, SftRow)] == ["1. 诊断甲\n2. 诊断丁"]


def test_only_the_latest_signature_tells_what_was_left() -> None:
    """A section that the amendment no longer has from the model stayed as it had been signed before."""
    first = [*signed(0, "1. 诊断甲", "1. 诊断丙"), *signed(0, "1. 诊断甲", "1. 诊断甲", "plan")[1:2]]
    before = [first[0], first[1], first[3], first[2]]
    record = a_record([*before, *signed(0, "1. 诊断甲", "1. 诊断甲")[1:]], [a_suggestion(0)], runs=1)
    assert [row.basis for row in rows(record)] == [Basis.CHOICE, Basis.CHOICE]
