"""A model's thread with a real child process: what it tells, in which order, and that it ends."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from pytestqt.qtbot import QtBot

from app.core.runs import Decoding, Message, RunOutcome, RunStatus
from app.inference.engine import GenerationRequest
from app.inference.engines.scripted import LOADING, FaultKind, Script, scripted_model
from app.inference.prepared import PreparedModel
from app.inference.supervisor import ModelHost
from app.workers.model_thread import ModelThread
from tests.helpers.leaks import child_processes
from tests.helpers.logs import ExpectedLogs

ANSWER = "急性冠脉综合征；主动脉夹层；肺栓塞。"
BAD = "坏"


class Story:
    """Everything a thread told, in order."""

    def __init__(self, thread: ModelThread) -> None:
        self.events: list[tuple[object, ...]] = []
        for name in ("loading", "ready", "load_failed", "lost", "run_reading", "run_text"):
            getattr(thread, name).connect(self._keeper(name))
        thread.run_finished.connect(self._keeper("run_finished"))

    def _keeper(self, name: str) -> Callable[..., None]:
        return lambda *arguments: self.events.append((name, *arguments))

    def names(self) -> list[str]:
        """The kinds of events, each once in the order of its first coming."""
        return list(dict.fromkeys(str(event[0]) for event in self.events))

    def outcomes(self) -> list[RunOutcome]:
        """The ends of runs."""
        return [event[1] for event in self.events if isinstance(event[1], RunOutcome)]


@pytest.fixture
def make_thread(tmp_path: Path, qapp: object) -> Iterator[Callable[[Script], ModelThread]]:
    threads: list[ModelThread] = []

    def make(script: Script) -> ModelThread:
        threads.append(ModelThread(scripted_model(tmp_path / "script.json", script)))
        return threads[-1]

    yield make
    assert all(thread.close() for thread in threads)


MakeThread = Callable[[Script], ModelThread]


def ask(content: str = "胸痛") -> GenerationRequest:
    return GenerationRequest((Message("user", content),), Decoding(max_tokens=2000))


def child() -> psutil.Process:
    (process,) = child_processes()
    return process


def test_a_load_is_told_from_start_to_end(qtbot: QtBot, make_thread: MakeThread) -> None:
    thread = make_thread(Script(ANSWER, load_ms=200))
    story = Story(thread)
    with qtbot.waitSignal(thread.ready):
        thread.load()
    assert story.names() == ["loading", "ready"]


def test_a_run_loads_reads_writes_and_finishes_last(qtbot: QtBot, make_thread: MakeThread) -> None:
    thread = make_thread(Script(ANSWER, token_ms=10))
    story = Story(thread)
    with qtbot.waitSignal(thread.run_finished):
        thread.generate("r", ask())
    assert story.names() == ["loading", "ready", "run_reading", "run_text", "run_finished"]
    text = "".join(str(event[2]) for event in story.events if event[0] == "run_text")
    assert [outcome.text for outcome in story.outcomes()] == [text] == [ANSWER]


def test_signals_arrive_in_the_receivers_thread(qtbot: QtBot, make_thread: MakeThread) -> None:
    from PySide6.QtCore import QObject, QThread

    class Receiver(QObject):
        where: object = None

        def take(self, outcome: object) -> None:
            self.where = QThread.currentThread()

    thread, receiver = make_thread(Script(ANSWER)), Receiver()
    thread.run_finished.connect(receiver.take)
    with qtbot.waitSignal(thread.run_finished):
        thread.generate("r", ask())
    qtbot.waitUntil(lambda: receiver.where is not None)
    assert receiver.where == receiver.thread()


def test_a_cancelled_engine_that_does_not_obey_is_lost_and_loads_again(qtbot: QtBot, make_thread: MakeThread) -> None:
    thread = make_thread(Script(ANSWER * 50, token_ms=20, ignore_cancel=True))
    thread.run_text.connect(thread.cancel)
    story = Story(thread)
    with qtbot.waitSignal(thread.lost):
        thread.generate("r", ask())
    assert [outcome.status for outcome in story.outcomes()] == [RunStatus.CANCELLED]
    assert not child_processes()
    with qtbot.waitSignal(thread.ready):
        thread.load()


def test_a_crash_is_told_as_lost_after_the_run(qtbot: QtBot, make_thread: MakeThread) -> None:
    thread = make_thread(Script(ANSWER, fault=FaultKind.EXIT, fault_at_token=1, fault_when=BAD))
    story = Story(thread)
    with qtbot.waitSignal(thread.lost):
        thread.generate("r", ask(BAD))
    assert story.names()[-2:] == ["run_finished", "lost"]


def test_the_death_of_an_idle_process_is_noticed(qtbot: QtBot, make_thread: MakeThread) -> None:
    thread = make_thread(Script(ANSWER))
    with qtbot.waitSignal(thread.ready):
        thread.load()
    with qtbot.waitSignal(thread.lost):
        os.kill(child().pid, signal.SIGKILL)


def test_a_refused_load_fails_load_and_run_alike(qtbot: QtBot, make_thread: MakeThread) -> None:
    thread = make_thread(Script(ANSWER, fault=FaultKind.REFUSE, fault_at_token=LOADING))
    with qtbot.waitSignal(thread.load_failed) as failed:
        thread.load()
    assert "此模型的格式不受支持" in failed.args[1]
    story = Story(thread)
    with qtbot.waitSignal(thread.load_failed):
        thread.generate("r", ask())
    assert [outcome.status for outcome in story.outcomes()] == [RunStatus.FAILED]
    assert "lost" not in story.names()


def test_a_restart_is_allowed_after_too_many_crashes(qtbot: QtBot, make_thread: MakeThread) -> None:
    thread = make_thread(Script(ANSWER, fault=FaultKind.EXIT, fault_at_token=0, fault_when=BAD))
    for number in range(3):
        with qtbot.waitSignal(thread.lost):
            thread.generate(str(number), ask(BAD))
    with qtbot.waitSignal(thread.load_failed):
        thread.load()
    with qtbot.waitSignal(thread.ready):
        thread.restart()


def test_close_ends_running_and_waiting_runs_and_the_process(qtbot: QtBot, make_thread: MakeThread) -> None:
    thread = make_thread(Script(ANSWER * 50, token_ms=20))
    story = Story(thread)
    with qtbot.waitSignal(thread.run_text):
        thread.generate("1", ask())
        thread.generate("2", ask())
        thread.load()
    assert thread.close()
    assert not child_processes()
    qtbot.waitUntil(lambda: len(story.outcomes()) == 2)
    assert {outcome.status for outcome in story.outcomes()} == {RunStatus.CANCELLED}
    assert "load_failed" not in story.names()


def test_close_does_not_wait_for_a_loading_engine(qtbot: QtBot, make_thread: MakeThread) -> None:
    thread = make_thread(Script(ANSWER, load_ms=60_000))
    with qtbot.waitSignal(thread.loading):
        thread.load()
    assert thread.close()


def test_a_run_takes_over_a_load_and_can_be_cancelled_in_it(qtbot: QtBot, make_thread: MakeThread) -> None:
    thread = make_thread(Script(ANSWER, load_ms=1500))
    story = Story(thread)
    with qtbot.waitSignal(thread.loading):
        thread.load()
    with qtbot.waitSignal(thread.run_finished):
        thread.generate("r", ask())
        thread.cancel("r")
    assert [outcome.status for outcome in story.outcomes()] == [RunStatus.CANCELLED]
    assert "ready" not in story.names()
    pid = child().pid
    with qtbot.waitSignal(thread.ready):
        thread.load()
    assert child().pid == pid


def test_a_thread_never_used_never_starts(make_thread: MakeThread) -> None:
    thread = make_thread(Script(ANSWER))
    assert thread.close()
    thread.load()
    assert not thread.isRunning()


def test_a_bug_ends_the_run_and_not_the_thread(qtbot: QtBot, tmp_path: Path, expected_logs: ExpectedLogs) -> None:
    class BuggyHost(ModelHost):
        def generate(self, run_id: str, generation: GenerationRequest, observer: object) -> RunOutcome:
            raise KeyError("a bug")

    def make_host(model: PreparedModel) -> ModelHost:
        return BuggyHost(model)

    expected_logs.expect("run of scripted failed")
    thread = ModelThread(scripted_model(tmp_path / "script.json", Script(ANSWER)), make_host)
    for run_id in ("1", "2"):
        with qtbot.waitSignal(thread.run_finished) as finished:
            thread.generate(run_id, ask())
        assert (finished.args[0].run_id, finished.args[0].status) == (run_id, RunStatus.FAILED)
    assert thread.close()
