from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.controllers.feedback import FeedbackController
from app.core import acts
from app.core.acts import ErrorReport
from app.core.events import ErrorSeverity, ErrorType, EventKind, FeedbackEvent, Vote
from app.storage.repositories import Repositories
from app.workers.storage_thread import StorageThread
from tests.helpers.logs import ExpectedLogs
from tests.helpers.records import DOCTOR, a_full_comparison, a_stay
from tests.helpers.storage import allow_pages, ask, storage

__all__ = ["storage"]


@pytest.fixture
def run_id(storage: StorageThread, qtbot: QtBot) -> str:
    def past(repositories: Repositories) -> str:
        comparison, _ = a_full_comparison(repositories, a_stay(repositories))
        return comparison.runs[0].run_id

    return ask(qtbot, storage, past)


def events(qtbot: QtBot, storage: StorageThread, run_id: str) -> tuple[FeedbackEvent, ...]:
    return ask(qtbot, storage, lambda repositories: repositories.feedback.events(run_id))


def test_every_act_becomes_an_event(storage: StorageThread, run_id: str, qtbot: QtBot) -> None:
    feedback = FeedbackController(storage, DOCTOR)
    feedback.shown(run_id, 1500)
    feedback.copied(run_id)
    feedback.backfilled(run_id, "differential", "1. 急性心肌梗死")
    feedback.vote(run_id, Vote.UP)
    stored = events(qtbot, storage, run_id)
    assert [(event.kind, event.item, dict(event.data)) for event in stored] == [
        (EventKind.SHOWN, "", {"milliseconds": 1500}),
        (EventKind.COPIED, "", {}),
        (EventKind.BACKFILL, "differential", {"text": "1. 急性心肌梗死"}),
        (EventKind.VOTE, "", {"vote": "up"}),
    ]
    assert {event.actor for event in stored} == {DOCTOR}
    assert len({event.event_id for event in stored}) == 4


def test_an_act_of_any_kind_is_recorded(storage: StorageThread, run_id: str, qtbot: QtBot) -> None:
    feedback = FeedbackController(storage, DOCTOR)
    report = ErrorReport(3, 9, "急性心肌梗死", ErrorType.DIAGNOSIS, ErrorSeverity.MAJOR, correction="主动脉夹层")
    every = [
        *(acts.edited("differential", "1. 甲", "1. 乙"), acts.error_reported(report), acts.signed("n", 3)),
        *(
            acts.none_correct([run_id]),
            acts.all_acceptable([run_id]),
            acts.rerun([run_id], {"chief_complaint": (3, 0)}),
        ),
        *(acts.final_diagnosis([run_id], ["主动脉夹层"]), acts.voted(Vote.DOWN, "急性心肌梗死", ["遗漏"])),
    ]
    for act in every:
        feedback.record(run_id, act)
    stored = events(qtbot, storage, run_id)
    assert [(event.kind, event.item, dict(event.data)) for event in stored] == [
        (act.kind, act.item, dict(act.data)) for act in every
    ]
    assert acts.report_of(stored[1]) == report


def test_a_vote_is_told_after_it_was_stored(storage: StorageThread, run_id: str, qtbot: QtBot) -> None:
    feedback = FeedbackController(storage, DOCTOR)
    with qtbot.waitSignal(feedback.vote_stored) as signal:
        feedback.vote(run_id, Vote.DOWN)
    assert signal.args == [run_id, Vote.DOWN]
    assert len(events(qtbot, storage, run_id)) == 1


def test_a_bug_is_told_without_details(storage: StorageThread, qtbot: QtBot, expected_logs: ExpectedLogs) -> None:
    expected_logs.expect("storage work failed")
    feedback = FeedbackController(storage, DOCTOR)
    with qtbot.waitSignal(feedback.failed) as signal:
        feedback.vote("no such run", Vote.UP)
    assert signal.args is not None
    assert "FOREIGN" not in signal.args[0]


def test_a_vote_on_a_full_disk_is_told_and_stored_later(
    storage: StorageThread, run_id: str, qtbot: QtBot, expected_logs: ExpectedLogs
) -> None:
    expected_logs.expect("database fault: SQLITE_FULL")
    feedback = FeedbackController(storage, DOCTOR)
    ask(qtbot, storage, lambda repositories: allow_pages(repositories, 0))
    with qtbot.waitSignal(feedback.failed) as signal:
        feedback.backfilled(run_id, "differential", "长" * 50_000)
    assert signal.args is not None
    assert "磁盘已满" in signal.args[0]
    ask(qtbot, storage, lambda repositories: allow_pages(repositories, 1000))
    feedback.vote(run_id, Vote.UP)
    assert [event.kind for event in events(qtbot, storage, run_id)] == [EventKind.BACKFILL, EventKind.VOTE]
