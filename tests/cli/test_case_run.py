from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot
from rich.console import Console

from app.cli.case_run import CaseRun
from app.cli.progress import BarWatcher, LineWatcher
from app.controllers.comparison import ComparisonController, ComparisonRequest
from app.core.case import Case
from app.core.errors import DatabaseFault, UsageFault
from app.core.runs import (
    Comparison,
    Decoding,
    FinishReason,
    Generation,
    ModelIdentity,
    Prompt,
    Run,
    RunOutcome,
    RunPhase,
    RunProgress,
    RunStatus,
)
from app.infra.paths import Paths
from app.storage.repositories import Repositories, open_repositories
from app.workers.storage_thread import StorageThread

NOW = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
CASE = Case.parse(json.dumps({"chief_complaint": "胸痛2小时", "case_features": "压榨样疼痛。"}))


class Answering(QObject):
    """Takes a comparison's request and answers at once, as its test says."""

    comparison_started = Signal(object)
    run_progressed = Signal(object)
    run_finished = Signal(object)
    comparison_finished = Signal(str)
    refused = Signal(str)
    storing_failed = Signal(str)

    refusal = ""
    storing_fault = ""

    def start(self, request: ComparisonRequest) -> None:
        if self.refusal:
            self.refused.emit(self.refusal)
            return
        identity = ModelIdentity("m", "模型", "sha", "base", "bigdl", "1", "int4")
        runs = [
            Run(f"r{order}", "c", request.binding, identity, Prompt((), "t", "1", "h"), Decoding(), order, NOW)
            for order in range(2)
        ]
        self.comparison_started.emit(
            Comparison("c", request.binding, request.chief_complaint, request.case_features, NOW, tuple(runs))
        )
        for run in reversed(runs):
            self.run_progressed.emit(RunProgress(run.run_id, RunPhase.WRITING, None, tokens_per_second=9.5))
            self._finish(run)
        self.comparison_finished.emit("c")

    def cancel_all(self) -> None:
        """Nothing runs for long here."""

    def _finish(self, run: Run) -> None:
        outcome = RunOutcome(run.run_id, RunStatus.COMPLETED, FinishReason.STOP, "答", 1, 1, 1.0, 2.0)
        if self.storing_fault:
            self.storing_failed.emit(self.storing_fault)
        self.run_finished.emit(Generation(run, outcome, NOW))


@pytest.fixture
def storage(data_dir: Path, qtbot: QtBot) -> Iterator[StorageThread]:
    paths = Paths.resolve(data_dir)
    thread = StorageThread(partial(open_repositories, paths.database, paths.pseudonym_key, "医师甲"))
    thread.start()
    yield thread
    assert thread.close()


def started(controller: Answering, storage: StorageThread) -> CaseRun:
    return CaseRun(cast(ComparisonController, controller), storage, LineWatcher())


def test_generations_come_in_pane_order_and_are_bound_to_a_stored_note(storage: StorageThread, qtbot: QtBot) -> None:
    comparison, generations = started(Answering(), storage).run(CASE, "医师甲")
    assert [one.run.run_id for one in generations] == ["r0", "r1"]
    found: list[object] = []

    def read(repositories: Repositories) -> object:
        return repositories.notes.get(comparison.binding.note_id)

    storage.submit(read, found.append, found.append)
    qtbot.waitUntil(lambda: bool(found))
    (note,) = found
    assert note.encounter_id == comparison.binding.encounter_id  # type: ignore[attr-defined]
    assert note.sections["case_features"] == "压榨样疼痛。"  # type: ignore[attr-defined]


def test_a_refusal_is_a_usage_fault(storage: StorageThread) -> None:
    controller = Answering()
    controller.refusal = "没有可用的模型。"
    with pytest.raises(UsageFault, match="没有可用的模型。"):
        started(controller, storage).run(CASE, "医师甲")


def test_what_could_not_be_stored_is_told_once_and_loses_no_text(storage: StorageThread) -> None:
    controller = Answering()
    controller.storing_fault = "磁盘已满。"
    case_run = started(controller, storage)
    _, generations = case_run.run(CASE, "医师甲")
    assert case_run.storing_faults == ("磁盘已满。",)
    assert [one.outcome.text for one in generations] == ["答", "答"]


def test_a_case_that_cannot_be_stored_starts_nothing(data_dir: Path, qtbot: QtBot) -> None:
    def refuse() -> Repositories:
        raise DatabaseFault("数据库被占用。")

    storage = StorageThread(refuse)
    storage.start()
    try:
        with pytest.raises(DatabaseFault, match="数据库被占用。"):
            started(Answering(), storage).run(CASE, "医师甲")
    finally:
        assert storage.close()


def test_a_bug_in_a_slot_ends_the_wait(storage: StorageThread) -> None:
    class Broken(LineWatcher):
        def finished(self, generation: Generation) -> None:
            raise ValueError("bug")

    with pytest.raises(ValueError, match="bug"):
        CaseRun(cast(ComparisonController, Answering()), storage, Broken()).run(CASE, "医师甲")


def test_a_terminal_gets_bars_that_end_with_how_the_run_ended(storage: StorageThread) -> None:
    screen = io.StringIO()
    with BarWatcher(Console(file=screen, force_terminal=True, width=120)) as watcher:
        CaseRun(cast(ComparisonController, Answering()), storage, watcher).run(CASE, "医师甲")
    assert screen.getvalue().count("完成：1 个词元") >= 2
