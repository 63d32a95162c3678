from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.core.errors import DatabaseFault
from app.core.events import Vote
from app.storage.faults import DatabaseBusy
from app.storage.repositories import Repositories
from app.workers import storage_thread
from app.workers.storage_thread import StorageThread
from tests.helpers.logs import ExpectedLogs
from tests.helpers.records import a_comparison, a_generation, a_stay, a_vote, repositories_in
from tests.helpers.storage import allow_pages, storage

__all__ = ["storage"]


def nothing(_: object) -> None:
    pass


class Answers:
    """Collects callbacks with the thread they came on."""

    def __init__(self) -> None:
        self.all: list[Any] = []
        self.threads: set[int] = set()

    def __call__(self, value: Any) -> None:
        self.all.append(value)
        self.threads.add(threading.get_ident())


def test_work_is_done_in_order_and_told_on_the_callers_thread(storage: StorageThread, qtbot: QtBot) -> None:
    answers, workers = Answers(), set[int]()

    def work(number: int) -> Callable[[Repositories], int]:
        def run(_: Repositories) -> int:
            workers.add(threading.get_ident())
            return number

        return run

    for number in range(20):
        storage.submit(work(number), answers, pytest.fail)
    qtbot.waitUntil(lambda: len(answers.all) == 20)
    assert answers.all == list(range(20))
    assert answers.threads == {threading.get_ident()}
    assert len(workers) == 1
    assert workers != answers.threads


def test_a_failure_is_told_and_the_next_work_goes_on(
    storage: StorageThread, qtbot: QtBot, expected_logs: ExpectedLogs
) -> None:
    expected_logs.expect("storage work failed")
    done, failed = Answers(), Answers()
    storage.submit(lambda _: 1 // 0, pytest.fail, failed)
    storage.submit(lambda repositories: repositories.encounters.is_empty(), done, pytest.fail)
    qtbot.waitUntil(lambda: bool(done.all))
    assert isinstance(failed.all[0], ZeroDivisionError)
    assert done.all == [True]


def test_closing_finishes_all_work_and_delivers_all_callbacks(tmp_path: Path, qapp: object) -> None:
    storage = StorageThread(lambda: repositories_in(tmp_path))
    answers = Answers()
    for _ in range(30):
        storage.submit(lambda repositories: a_stay(repositories), answers, pytest.fail)
    storage.start()
    assert storage.close()
    assert len(answers.all) == 30
    assert not storage.isRunning()


def test_work_that_a_callback_adds_while_closing_is_done_too(tmp_path: Path, qapp: object) -> None:
    storage = StorageThread(lambda: repositories_in(tmp_path))
    answers = Answers()
    storage.submit(lambda _: "first", lambda _: storage.submit(lambda _: "second", answers, pytest.fail), pytest.fail)
    storage.start()
    assert storage.close()
    assert answers.all == ["second"]


def test_work_after_closing_is_told_as_failed(storage: StorageThread, qtbot: QtBot) -> None:
    storage.close()
    failed = Answers()
    storage.submit(lambda _: 1, pytest.fail, failed)
    qtbot.waitUntil(lambda: bool(failed.all))
    assert isinstance(failed.all[0], DatabaseFault)


def test_work_that_hangs_does_not_hold_up_closing_for_ever(
    tmp_path: Path, qapp: object, expected_logs: ExpectedLogs
) -> None:
    expected_logs.expect("database fault: SQLITE_INTERRUPT")
    storage = StorageThread(lambda: repositories_in(tmp_path))
    failed = Answers()
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

    def hang(repositories: Repositories) -> None:
        with repositories.database.snapshot() as sql:
            sql.execute(endless).fetchone()

    storage.submit(hang, pytest.fail, failed)
    storage.submit(lambda _: 1, pytest.fail, failed)
    storage.start()
    assert storage.close(timeout_s=0.3), "interrupted, not terminated"
    assert [type(error) for error in failed.all] == [DatabaseFault, DatabaseFault]


def test_a_locked_database_is_tried_again(
    storage: StorageThread, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_thread, "BUSY_RETRIES_S", (0.01, 0.01, 0.01))
    attempts: list[int] = []

    def busy_twice(_: Repositories) -> str:
        attempts.append(1)
        if len(attempts) < 3:
            raise DatabaseBusy("占用")
        return "written"

    done = Answers()
    storage.submit(busy_twice, done, pytest.fail)
    qtbot.waitUntil(lambda: bool(done.all))
    assert done.all == ["written"]


def test_a_database_that_stays_locked_is_told(
    storage: StorageThread, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_thread, "BUSY_RETRIES_S", (0.01,))

    def always_busy(_: Repositories) -> None:
        raise DatabaseBusy("占用")

    failed = Answers()
    storage.submit(always_busy, pytest.fail, failed)
    qtbot.waitUntil(lambda: bool(failed.all))
    assert str(failed.all[0]) == "占用"


def test_a_database_that_cannot_be_opened_is_told_and_tried_again(
    tmp_path: Path, qtbot: QtBot, expected_logs: ExpectedLogs
) -> None:
    expected_logs.expect("database fault: SQLITE_NOTADB")
    path = tmp_path / "wardnote.sqlite3"
    path.write_bytes(b"no database" * 500)
    storage = StorageThread(lambda: repositories_in(tmp_path))
    storage.start()
    done, failed = Answers(), Answers()
    storage.submit(lambda repositories: repositories.encounters.is_empty(), pytest.fail, failed)
    qtbot.waitUntil(lambda: bool(failed.all))
    assert "已损坏" in str(failed.all[0])
    path.unlink()
    storage.submit(lambda repositories: repositories.encounters.is_empty(), done, pytest.fail)
    qtbot.waitUntil(lambda: bool(done.all))
    assert storage.close()


def test_a_comparison_and_its_end_are_recorded(storage: StorageThread, qtbot: QtBot) -> None:
    bindings, answers, told = Answers(), Answers(), Answers()
    storage.submit(a_stay, bindings, pytest.fail)
    qtbot.waitUntil(lambda: bool(bindings.all))
    comparison = a_comparison(bindings.all[0])
    generation = a_generation(comparison.runs[0])
    storage.record_comparison(comparison, told)
    storage.record_generation(generation, told)
    note_id = comparison.binding.note_id
    storage.submit(lambda repositories: repositories.comparisons.of_note(note_id), answers, pytest.fail)
    qtbot.waitUntil(lambda: bool(answers.all))
    assert told.all == [None, None]
    assert answers.all == [((comparison, (generation,)),)]


def test_records_that_a_full_disk_refused_are_stored_later_in_order(
    storage: StorageThread, qtbot: QtBot, expected_logs: ExpectedLogs
) -> None:
    expected_logs.expect("database fault: SQLITE_FULL")
    bindings, told, answers = Answers(), Answers(), Answers()
    storage.submit(a_stay, bindings, pytest.fail)
    qtbot.waitUntil(lambda: bool(bindings.all))
    comparison = a_comparison(bindings.all[0])
    generation = a_generation(comparison.runs[0], text="长" * 100_000)
    vote = a_vote(generation.run.run_id, Vote.UP)
    storage.submit(lambda repositories: allow_pages(repositories, 0), nothing, pytest.fail)
    for record in (
        lambda: storage.record_comparison(comparison, told),
        lambda: storage.record_generation(generation, told),
        lambda: storage.record(lambda repositories: repositories.feedback.append(vote), told),
    ):
        record()
    qtbot.waitUntil(lambda: len(told.all) == 3)
    storage.submit(lambda repositories: allow_pages(repositories, 10_000), nothing, pytest.fail)
    note_id = comparison.binding.note_id
    storage.submit(lambda repositories: repositories.comparisons.of_note(note_id), nothing, pytest.fail)
    storage.submit(
        lambda repositories: (
            repositories.comparisons.of_note(note_id),
            repositories.feedback.events(generation.run.run_id),
        ),
        answers,
        pytest.fail,
    )
    qtbot.waitUntil(lambda: bool(answers.all))
    assert answers.all == [(((comparison, (generation,)),), (vote,))]


def test_a_refused_record_goes_before_the_next_one(storage: StorageThread, qtbot: QtBot) -> None:
    order: list[str] = []
    told = Answers()

    def refused_once(_: Repositories) -> None:
        order.append("first")
        if len(order) == 1:
            raise DatabaseFault("磁盘已满")

    storage.record(refused_once, told)
    storage.record(lambda _: order.append("second"), told)
    qtbot.waitUntil(lambda: len(told.all) == 2)
    assert order == ["first", "first", "second"]
    assert [str(error) for error in told.all] == ["磁盘已满", "None"]


def test_what_is_refused_to_the_end_is_logged(
    storage: StorageThread, qtbot: QtBot, expected_logs: ExpectedLogs
) -> None:
    expected_logs.expect("1 records could not be stored")

    def always_refused(_: Repositories) -> None:
        raise DatabaseFault("磁盘已满")

    told = Answers()
    storage.record(always_refused, told)
    assert storage.close()
    assert len(told.all) == 1


def test_a_second_process_may_read_what_was_told_as_stored(
    storage: StorageThread, qtbot: QtBot, tmp_path: Path
) -> None:
    answers = Answers()
    storage.submit(a_stay, answers, pytest.fail)
    qtbot.waitUntil(lambda: bool(answers.all))
    reader = sqlite3.connect(tmp_path / "wardnote.sqlite3")
    assert reader.execute("SELECT count(*) FROM encounters").fetchone() == (1,)
    reader.close()
