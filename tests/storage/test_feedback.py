from __future__ import annotations

import pytest

from app.core.events import EventKind, FeedbackEvent, Vote
from app.storage.chain import ConflictError
from app.storage.driver import sqlite3
from app.storage.feedback_source import FeedbackSource
from app.storage.repositories import Repositories
from tests.helpers.records import DOCTOR, NOW, a_full_comparison, a_stay, a_vote


def test_events_come_back_in_order(repositories: Repositories) -> None:
    _, generations = a_full_comparison(repositories, a_stay(repositories))
    run_id = generations[0].run.run_id
    events = (
        FeedbackEvent("1", run_id, EventKind.SHOWN, DOCTOR, NOW, data={"milliseconds": 1200}),
        FeedbackEvent("2", run_id, EventKind.BACKFILL, DOCTOR, NOW, item="differential", data={"text": "1. 心梗"}),
        a_vote(run_id, Vote.UP),
    )
    for event in events:
        repositories.feedback.append(event)
    assert repositories.feedback.events(run_id) == events


def test_an_event_counts_once(repositories: Repositories) -> None:
    _, generations = a_full_comparison(repositories, a_stay(repositories))
    run_id = generations[0].run.run_id
    event = a_vote(run_id, Vote.UP, event_id="once")
    repositories.feedback.append(event)
    repositories.feedback.append(event)
    assert repositories.feedback.events(run_id) == (event,)
    with pytest.raises(ConflictError):
        repositories.feedback.append(a_vote(run_id, Vote.DOWN, event_id="once"))


def test_the_last_vote_counts_and_can_be_withdrawn(repositories: Repositories) -> None:
    binding = a_stay(repositories)
    _, generations = a_full_comparison(repositories, binding)
    first, second, third = (generation.run.run_id for generation in generations)
    votes = [(first, Vote.UP), (first, Vote.DOWN), (second, Vote.UP), (second, Vote.WITHDRAWN)]
    for run_id, vote in votes:
        repositories.feedback.append(a_vote(run_id, vote))
    assert repositories.feedback.votes(binding.note_id, DOCTOR) == {first: Vote.DOWN}
    assert repositories.feedback.votes(binding.note_id, "李医师") == {}
    assert third not in repositories.feedback.votes(binding.note_id, DOCTOR)


def test_an_event_needs_its_run(repositories: Repositories) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        repositories.feedback.append(a_vote("no such run", Vote.UP))


def test_events_cannot_be_changed(repositories: Repositories) -> None:
    _, generations = a_full_comparison(repositories, a_stay(repositories))
    repositories.feedback.append(a_vote(generations[0].run.run_id, Vote.UP))
    sql = repositories.database.sql
    for statement in (
        "UPDATE feedback_events SET actor = 'x'",
        "DELETE FROM feedback_events",
        "INSERT OR REPLACE INTO feedback_events SELECT * FROM feedback_events",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            sql.execute(statement)


def test_two_records_of_one_person_that_were_merged_are_one_patient(repositories: Repositories) -> None:
    kept, other, between = (a_stay(repositories, name) for name in ("测试甲", "测试乙", "测试丙"))
    for binding in (kept, between, other):
        a_full_comparison(repositories, binding)
    repositories.ward.merge(kept.patient_id, other.patient_id, DOCTOR, NOW)
    found = [row.about["patient_id"] for row in FeedbackSource(repositories.database).comparisons()]
    place = found.index(kept.patient_id)
    assert found[place : place + 2] == [kept.patient_id] * 2 and between.patient_id in found
