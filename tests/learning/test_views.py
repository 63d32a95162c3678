from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.events import EventKind, FeedbackEvent, Vote
from app.learning.records import ComparisonRecord
from app.learning.views import Basis, DpoRow, KtoRow, SftRow, TrainingRow, training_rows
from tests.helpers.feedback_records import NOW, a_record, a_suggestion, a_vote_on, an_event, shown

BACKFILL = an_event(0, EventKind.BACKFILL, text="1. 诊断甲")
SEEN = shown(0, 1, 2)

orders = st.integers(0, 2)
actors = st.sampled_from(["甲", "乙"])
votes = st.builds(a_vote_on, orders, st.sampled_from(list(Vote)), actors)
acts = st.builds(an_event, orders, st.sampled_from([EventKind.SHOWN, EventKind.BACKFILL, EventKind.COPIED]), actors)
logs = st.lists(st.one_of(votes, acts), max_size=12)


def rows(record: ComparisonRecord) -> list[TrainingRow]:
    return list(training_rows(record))


def kto(record: ComparisonRecord) -> list[tuple[str, bool, Basis]]:
    return [(row.suggestion.generation_id, row.label, row.basis) for row in rows(record) if isinstance(row, KtoRow)]


def dpo(record: ComparisonRecord) -> list[tuple[str, str, float]]:
    return [
        (row.suggestion.generation_id, row.rejected.generation_id, row.weight)
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
    suggestions = [a_suggestion(0, text="血压186/102 mmHg，体温39.5℃"), a_suggestion(1), a_suggestion(2)]
    (row,) = [row for row in rows(a_record([BACKFILL], suggestions)) if isinstance(row, SftRow)]
    assert row.invented == 1


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
    touched = {event.generation_id for event in log if event.kind in (EventKind.VOTE, EventKind.BACKFILL)}
    assert {row.suggestion.generation_id for row in made} <= touched
    for generation_id in touched:
        assert len({row.basis for row in made if row.suggestion.generation_id == generation_id}) <= 1
    assert all(row.suggestion.output.strip() != row.rejected.output.strip() for row in made if isinstance(row, DpoRow))


@settings(deadline=None)
@given(logs, st.sets(orders))
def test_nothing_is_learnt_from_what_did_not_end_well(log: list[FeedbackEvent], broken: set[int]) -> None:
    suggestions = [a_suggestion(order, completed=order not in broken) for order in range(3)]
    made = rows(a_record(log, suggestions))
    assert all(row.suggestion.completed for row in made)
    if broken:
        assert not [row for row in made if isinstance(row, DpoRow)]


def test_a_clock_set_back_changes_no_vote() -> None:
    earlier = replace(a_vote_on(0, Vote.DOWN), occurred_at=NOW - timedelta(days=1))
    assert kto(a_record([a_vote_on(0, Vote.UP), earlier])) == [("g0", False, Basis.VOTE)]
