"""The comparison controller with real models, driven step by step by a script or a test, with every moment noted."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

import psutil
from PySide6.QtCore import QEventLoop, QTimer

from app.controllers.comparison import ComparisonController, ComparisonRequest
from app.core.case import Case
from app.core.notes import input_hash
from app.core.prompts import PromptTemplate, differential_prompt
from app.core.runs import Binding, Comparison, Decoding, Generation, Prompt, RunPhase, RunProgress
from app.inference.patience import Limits
from app.inference.prepared import PreparedModel
from app.inference.supervisor import ModelHost
from app.infra.resources import resource_path, resource_text
from app.workers.model_thread import ModelThread

TEMPLATE = PromptTemplate.parse(resource_text("prompts", "differential.md"))


def sample_cases() -> list[Case]:
    """The invented cases that come with the program."""
    files = sorted(resource_path("samples").glob("*.json"))
    return [Case.parse(file.read_text(encoding="utf-8")) for file in files]


class Forgetful:
    """A journal that says of everything that it is stored."""

    def record_comparison(self, comparison: Comparison, done: Callable[[Exception | None], None]) -> None:
        """See ComparisonJournal."""
        done(None)

    def record_generation(self, generation: Generation, done: Callable[[Exception | None], None]) -> None:
        """See ComparisonJournal."""
        done(None)


@dataclass
class Timeline:
    """When what happened in a comparison, on the monotonic clock; by model."""

    started_at: float = 0.0
    ended_at: float = 0.0
    first_text_at: dict[str, float] = field(default_factory=dict)
    finished_at: dict[str, float] = field(default_factory=dict)
    generations: dict[str, Generation] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """From the request to the end of all."""
        return self.ended_at - self.started_at

    def to_first_text(self, model: str) -> float:
        """Seconds from the request to this model's first token."""
        return self.first_text_at[model] - self.started_at

    def statuses(self) -> dict[str, str]:
        """How each run ended."""
        return {model: str(generation.outcome.status) for model, generation in self.generations.items()}


class Desk:
    """Some models behind one controller, as the window has them."""

    def __init__(
        self, models: Sequence[PreparedModel], decoding: Decoding = TEMPLATE.decoding, limits: Limits | None = None
    ) -> None:
        self.hosts: dict[str, ModelHost] = {}
        self._limits = limits
        self._models: dict[str, str] = {}
        self._timeline = Timeline()
        self._on_progress: Callable[[str, RunPhase], None] = lambda model, phase: None
        self.controller = ComparisonController(models, Forgetful(), _prompt, decoding, make_thread=self._make_thread)
        self.controller.comparison_started.connect(self._on_started)
        self.controller.run_progressed.connect(self._on_progressed)
        self.controller.text_arrived.connect(self._on_text)
        self.controller.run_finished.connect(self._on_finished)
        self.controller.comparison_finished.connect(self._on_all_finished)

    def load(self, timeout: float = 120) -> None:
        """Load every model."""
        self.controller.preload()
        wait_until(lambda: all(host.is_ready for host in self.hosts.values()), timeout)

    def compare(
        self, case: Case, on_progress: Callable[[str, RunPhase], None] = lambda model, phase: None, timeout: float = 600
    ) -> Timeline:
        """Ask all models, and wait for the end; `on_progress` is told a model and its phase and may act."""
        self._on_progress, self._timeline = on_progress, (timeline := Timeline())
        said = input_hash(case.chief_complaint, case.case_features)
        binding = Binding(uuid4().hex, uuid4().hex, uuid4().hex, 1, said)
        timeline.started_at = time.monotonic()
        self.controller.start(
            ComparisonRequest(binding, case.chief_complaint, case.case_features, case.patient.context)
        )
        wait_until(lambda: timeline.ended_at, timeout)
        return timeline

    def cancel(self, model: str) -> None:
        """Stop that model's run."""
        self.controller.cancel_run(next(run_id for run_id, name in self._models.items() if name == model))

    def strike(self, model: str, name: str) -> None:
        """Send a signal to that model's process."""
        pid = self.hosts[model].pid
        assert pid is not None
        os.kill(pid, getattr(signal, name))

    def close(self) -> None:
        """End threads and processes."""
        self.controller.close()

    def _make_thread(self, model: PreparedModel) -> ModelThread:
        return ModelThread(model, self._make_host)

    def _make_host(self, model: PreparedModel) -> ModelHost:
        return self.hosts.setdefault(model.identity.model, ModelHost(model, limits=self._limits))

    def _on_started(self, comparison: Comparison) -> None:
        self._models = {run.run_id: run.identity.model for run in comparison.runs}

    def _on_progressed(self, progress: RunProgress) -> None:
        self._on_progress(self._models[progress.run_id], progress.phase)

    def _on_text(self, run_id: str, delta: str) -> None:
        self._timeline.first_text_at.setdefault(self._models[run_id], time.monotonic())

    def _on_finished(self, generation: Generation) -> None:
        model = generation.run.identity.model
        self._timeline.finished_at[model] = time.monotonic()
        self._timeline.generations[model] = generation

    def _on_all_finished(self, _: str) -> None:
        self._timeline.ended_at = time.monotonic()


def wait_until(condition: Callable[[], object], timeout: float) -> None:
    """Run the event loop until the condition holds. Raises TimeoutError."""
    deadline = time.monotonic() + timeout
    loop, timer = QEventLoop(), QTimer()
    timer.timeout.connect(lambda: loop.quit() if condition() or time.monotonic() > deadline else None)
    timer.start(10)
    loop.exec()
    timer.stop()
    if not condition():
        raise TimeoutError("waited in vain")


def seconds_until_idle(pid: int, since: float, timeout: float = 5.0) -> float:
    """Seconds from `since` until that process last used the processor (or ended), watched until it rests 0.5 s."""
    last_busy, used = since, _cpu_seconds(pid)
    while used is not None and time.monotonic() - last_busy < 0.5 and time.monotonic() - since < timeout:
        time.sleep(0.02)
        now_used = _cpu_seconds(pid)
        # The clock of the accounting ticks every 10 ms; a heartbeat may take one tick.
        if now_used is None or now_used - used > 0.011:
            last_busy = time.monotonic()
        used = now_used
    return last_busy - since


def _cpu_seconds(pid: int) -> float | None:
    try:
        process = psutil.Process(pid)
        times = process.cpu_times()
        return None if process.status() == psutil.STATUS_ZOMBIE else times.user + times.system
    except psutil.NoSuchProcess:
        return None


def _prompt(request: ComparisonRequest) -> Prompt:
    return differential_prompt(TEMPLATE, request.patient_context, request.chief_complaint, request.case_features)
