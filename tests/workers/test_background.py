from __future__ import annotations

import threading
from functools import partial

from pytestqt.qtbot import QtBot

from app.workers.background import BackgroundWorker
from tests.helpers.logs import ExpectedLogs


def test_results_come_in_order_on_the_callers_thread(qtbot: QtBot) -> None:
    worker = BackgroundWorker()
    seen: list[tuple[int, bool, bool]] = []

    def told(number: int, worked_here: bool) -> None:
        seen.append((number, worked_here, threading.current_thread() is threading.main_thread()))

    for number in range(3):
        worker.submit(lambda: threading.current_thread() is threading.main_thread(), partial(told, number))
    qtbot.waitUntil(lambda: len(seen) == 3)
    worker.close()
    assert seen == [(number, False, True) for number in range(3)]


def test_after_closing_nothing_is_done_any_more(qtbot: QtBot) -> None:
    worker = BackgroundWorker()
    begun, may_end = threading.Event(), threading.Event()
    done: list[str] = []
    worker.submit(lambda: begun.set() or may_end.wait(), lambda _: None)
    worker.submit(lambda: done.append("waiting"), lambda _: None)
    assert begun.wait(5)
    threading.Timer(0.05, may_end.set).start()
    worker.close()
    worker.submit(lambda: done.append("late"), lambda _: None)
    worker.close()
    assert done == []


def test_a_bug_in_the_work_is_logged_and_the_next_piece_is_done(qtbot: QtBot, expected_logs: ExpectedLogs) -> None:
    expected_logs.expect("background work failed")
    worker = BackgroundWorker()
    done: list[float] = []
    worker.submit(lambda: 1 / 0, done.append)
    worker.submit(lambda: 2.0, done.append)
    qtbot.waitUntil(lambda: done == [2.0])
    worker.close()
