"""The main job: one request, one run per model, streamed side by side, stored before it is announced."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from app.controllers.comparison_request import ComparisonRequest, DischargeRequest, input_fault, new_comparison
from app.controllers.model_pool import ModelPool, ModelStatus
from app.controllers.reading_ahead import ReadingAhead
from app.controllers.run_monitor import RunMonitor
from app.core.discharge.asks import Ask
from app.core.errors import UsageFault, WardNoteError
from app.core.runs import Comparison, Decoding, Generation, Message, Prompt, Run, RunOutcome, RunProgress, RunStatus
from app.inference import engine
from app.inference.prepared import PreparedModel
from app.inference.scheduler import Habits, Job, RunQueue, slots_for
from app.workers.model_thread import ModelThread

__all__ = ["ComparisonController", "ComparisonJournal", "ComparisonRequest", "ModelStatus"]

log = logging.getLogger(__name__)

_REFRESH_MS = 1000

# A discharge record repeats the notes that it is made of.
_COPYING_TEMPLATES = frozenset({"discharge", "discharge_period"})


class ComparisonJournal(Protocol):
    """Where comparisons and their runs are stored. `done` is called once, on the caller's thread, now or later."""

    def record_comparison(self, comparison: Comparison, done: Callable[[Exception | None], None]) -> None:
        """Store a comparison that starts."""

    def record_generation(self, generation: Generation, done: Callable[[Exception | None], None]) -> None:
        """Store a run that has ended."""


@dataclass(eq=False)
class _Live:
    """The comparison under way. `announced` are the runs whose end was stored and told.

    `background`: nobody asked for it, so it gives way.
    """

    comparison: Comparison
    monitors: dict[str, RunMonitor]
    queue: RunQueue
    background: bool = False
    started: bool = False
    cancelled_early: list[str] = field(default_factory=list)
    announced: set[str] = field(default_factory=set)


class ComparisonController(QObject):
    """Runs one comparison at a time, and keeps the models loaded.

    Signals, in this order for a comparison:
        comparison_started: the Comparison with its runs in pane order, once it is stored.
        run_progressed: RunProgress of a run.
        text_arrived: a run's id and the text that was appended to its answer; not what it writes in earlier stages.
        run_finished: the Generation; exactly once for each run, after it was stored, and after all its text.
        comparison_finished: the comparison's id; last.
    At any time:
        model_changed: ModelStatus.
        gave_way: the id of a comparison in the background that is cancelled for what somebody asked for.
        refused: why a request was not started, as a sentence.
        storing_failed: what could not be stored, as a sentence; the runs go on and their text stays visible.
    """

    comparison_started = Signal(object)
    run_progressed = Signal(object)
    text_arrived = Signal(str, str)
    run_finished = Signal(object)
    comparison_finished = Signal(str)
    model_changed = Signal(object)
    gave_way = Signal(str)
    refused = Signal(str)
    storing_failed = Signal(str)

    def __init__(
        self,
        models: Sequence[PreparedModel],
        journal: ComparisonJournal,
        make_prompt: Callable[[ComparisonRequest], Prompt],
        decoding: Decoding,
        *,
        gain: float = 1.0,
        make_thread: Callable[[PreparedModel], ModelThread] = ModelThread,
        parent: QObject | None = None,
    ) -> None:
        """`models` in pane order; `gain` is how much all of them together raise this machine's throughput."""
        super().__init__(parent)
        self.models = tuple(models)
        self._journal = journal
        self._make_prompt = make_prompt
        self._decoding = decoding
        self._slots = slots_for(gain, len(self.models))
        self._habits = {model.identity.model: Habits.from_speed(model.speed) for model in self.models}
        self._live: _Live | None = None
        self._next: ComparisonRequest | DischargeRequest | None = None
        self._closed = False
        self._refresh = QTimer(self)
        self._refresh.setInterval(_REFRESH_MS)
        self._refresh.timeout.connect(self._on_refresh)
        self._pool = self._make_pool(make_thread)
        # Text leaves this computer when the doctor asks, not while it is typed.
        here = {one.identity.model: self._pool.threads[one.identity.model] for one in self.models if not one.server}
        self._ahead = ReadingAhead(here, self._pool.is_ready, self)
        self._ahead.was_read.connect(self._on_was_read)

    def _make_pool(self, make_thread: Callable[[PreparedModel], ModelThread]) -> ModelPool:
        pool = ModelPool(self.models, make_thread, self)
        pool.model_changed.connect(self._on_model_changed)
        for thread in pool.threads.values():
            thread.run_reading.connect(self._on_run_reading)
            thread.run_text.connect(self._on_run_text)
            thread.run_finished.connect(self._on_run_finished)
        return pool

    @property
    def busy(self) -> bool:
        """True from a request that was not refused until its `comparison_finished`."""
        return self._live is not None

    @property
    def is_taken(self) -> bool:
        """A comparison that somebody asked for is under way, or about to be: another one would be refused."""
        return self._live is not None and (not self._live.background or self._next is not None)

    @property
    def threads(self) -> Mapping[str, ModelThread]:
        """The models' threads by name, for other work that stands back for comparisons."""
        return self._pool.threads

    def preload(self) -> None:
        """Load the models in the background, one after another; requests go ahead."""
        self._pool.preload()

    def restart(self, model: str) -> None:
        """Start that model anew, even if it crashed so often that it is no longer started by itself."""
        self._pool.restart(model)

    def read_ahead(self, request: ComparisonRequest) -> None:
        """Let idle models read this while the doctor goes on typing; it stops at once when a comparison starts."""
        if self._refusal() or input_fault(request):
            return
        with suppress(UsageFault):
            self._ahead.wish(self._make_prompt(request).messages)

    def drop_ahead(self) -> None:
        """What was to be read ahead is no longer wanted: another note is open."""
        self._ahead.drop()

    def start(self, request: ComparisonRequest | DischargeRequest) -> None:
        """Start a comparison, or say in `refused` why not. One in the background gives way, and ends as cancelled."""
        fault = input_fault(request) if isinstance(request, ComparisonRequest) else None
        background = isinstance(request, DischargeRequest) and request.background
        if self._live is not None and not (fault or background or self.is_taken or self._closed):
            self.gave_way.emit(self._live.comparison.comparison_id)
            self.cancel_all()
            self._next = request
            return
        if refusal := self._refusal() or fault:
            self.refused.emit(refusal)
            return
        try:
            asks = self._asks(request)
        except UsageFault as fault:
            self.refused.emit(str(fault))
            return
        self._pool.hold()
        self._ahead.drop()
        comparison = new_comparison(request, asks, self._panes(request), _now())
        plans = request.plans if isinstance(request, DischargeRequest) else {}
        monitors = {
            run.run_id: RunMonitor(run, time.monotonic, plans.get(run.identity.model)) for run in comparison.runs
        }
        live = self._live = _Live(comparison, monitors, RunQueue(self._slots), background)
        self._journal.record_comparison(comparison, partial(self._on_recorded, live))

    def _panes(self, request: ComparisonRequest | DischargeRequest) -> Sequence[PreparedModel]:
        """The models in the order of their panes."""
        shuffled = isinstance(request, ComparisonRequest) and request.shuffled
        return random.sample(self.models, len(self.models)) if shuffled else self.models

    def _asks(self, request: ComparisonRequest | DischargeRequest) -> Mapping[str, Ask]:
        if isinstance(request, DischargeRequest):
            first = {name: plan.stage() for name, plan in request.plans.items()}
            return {name: stage.ask for name, stage in first.items() if stage}
        ask = Ask(self._make_prompt(request), self._decoding)
        return {model.identity.model: ask for model in self.models}

    def cancel_run(self, run_id: str) -> None:
        """End that run, whether it waits, loads, reads or writes; what it wrote stays."""
        live = self._live
        if live is None or run_id not in live.monitors or live.monitors[run_id].ended:
            return
        if not live.started:
            live.cancelled_early.append(run_id)
        elif any(job.run_id == run_id for job in live.queue.waiting):
            self._end(live, live.monitors[run_id].cancelled())
        else:
            self._pool.threads[live.monitors[run_id].run.identity.model].cancel(run_id)

    def cancel_all(self) -> None:
        """End every run, and begin none that waits for their end."""
        self._next = None
        if self._live is not None:
            for run in self._live.comparison.runs:
                self.cancel_run(run.run_id)

    def close(self) -> None:
        """End all runs (as cancelled, stored with their text), threads and processes; takes bounded time."""
        self._closed = True
        self._refresh.stop()
        self._ahead.drop()
        self.cancel_all()
        self._pool.close(self)
        if self._live is not None and self._live.started:
            for monitor in self._live.monitors.values():
                self._end(self._live, monitor.cancelled())

    def _refusal(self) -> str | None:
        if self._closed:
            return "程序正在关闭，不再开始新的生成。"
        if not self.models:
            return "没有可用的模型：请先运行命令 wardnote models prepare 准备模型，再重新打开本程序。"
        if self.busy:
            return "上一次生成还在进行：请等它完成，或按 Esc 停止后再试。"
        return None

    def _on_recorded(self, live: _Live, error: Exception | None) -> None:
        """The comparison is stored, or cannot be: its runs go on all the same."""
        if live.started:
            return
        live.started = True
        runs = [run for run in live.comparison.runs if run.run_id not in live.cancelled_early]
        live.queue = RunQueue(self._slots, tuple(map(self.job_of, runs)))
        self._tell_storing(error)
        self.comparison_started.emit(live.comparison)
        for run_id in live.cancelled_early:
            self._end(live, live.monitors[run_id].cancelled())
        if self._closed:
            self.cancel_all()
        elif self._live is live:
            self._refresh.start()
            self._advance(live)

    def job_of(self, run: Run) -> Job:
        """What this run will take, with what is known of its model's pace."""
        model = run.identity.model
        return self._habits[model].job(
            run.run_id, _prompt_text(run), run.decoding.max_tokens, loaded=self._pool.is_ready(model)
        )

    def _advance(self, live: _Live) -> None:
        """Start the runs whose turn it is; tell the others where they stand."""
        if live is not self._live or self._closed:
            return
        while job := live.queue.next_job():
            live.queue = live.queue.with_started(job.run_id, time.monotonic())
            self._start_run(live.monitors[job.run_id])
        self._tell_places(live)

    def _start_run(self, monitor: RunMonitor) -> None:
        run = monitor.run
        ready = self._pool.is_ready(run.identity.model)
        self._tell(monitor.reading(0, 0) if ready else monitor.loading(None))
        copies = run.prompt.template_id in _COPYING_TEMPLATES
        generation = engine.GenerationRequest(run.prompt.messages, run.decoding, copies)
        self._pool.threads[run.identity.model].generate(run.run_id, generation)

    def _on_run_reading(self, run_id: str, done: int, total: int) -> None:
        if monitor := self._monitor(run_id):
            self._tell(monitor.reading(done, total))

    def _on_run_text(self, run_id: str, delta: str, tokens: int) -> None:
        live, monitor = self._live, self._monitor(run_id)
        if live is None or monitor is None:
            return
        begins = not monitor.is_writing
        self._tell(monitor.writing(delta, tokens))
        if delta and monitor.in_last_stage:
            self.text_arrived.emit(run_id, delta)
        if begins:
            live.queue = live.queue.with_writing(run_id)
            self._advance(live)

    def _on_run_finished(self, outcome: RunOutcome) -> None:
        live, monitor = self._live, self._monitor(outcome.run_id)
        if live is None or monitor is None:
            return
        if monitor.in_last_stage or outcome.status is not RunStatus.COMPLETED or self._closed:
            self._end(live, outcome)
        else:
            monitor.enter_next_stage(outcome)
            self._start_run(monitor)

    def _monitor(self, run_id: str) -> RunMonitor | None:
        """The live run of this id; None for what comes late."""
        monitor = self._live.monitors.get(run_id) if self._live else None
        return None if monitor is None or monitor.ended else monitor

    def _end(self, live: _Live, outcome: RunOutcome) -> None:
        """A run ended: store it, then tell; the next may start."""
        monitor = live.monitors[outcome.run_id]
        if monitor.ended:
            return
        monitor.ended = True
        live.queue = live.queue.without(outcome.run_id)
        model = monitor.run.identity.model
        self._habits[model] = self._habits[model].after(outcome, _prompt_text(monitor.run))
        generation = Generation(monitor.run, monitor.end_of(outcome), _now())
        self._journal.record_generation(generation, partial(self._on_stored, live, generation))
        self._advance(live)

    def _on_stored(self, live: _Live, generation: Generation, error: Exception | None) -> None:
        run_id = generation.run.run_id
        if run_id in live.announced:
            return
        live.announced.add(run_id)
        self._tell_storing(error)
        self.run_finished.emit(generation)
        if len(live.announced) == len(live.monitors):
            self._finish(live)

    def _finish(self, live: _Live) -> None:
        self._refresh.stop()
        self._live = None
        self._pool.release()
        request, self._next = self._next, None
        self.comparison_finished.emit(live.comparison.comparison_id)
        if request is not None and not self._closed:
            self.start(request)

    def _on_model_changed(self, status: ModelStatus) -> None:
        self.model_changed.emit(status)
        if self._live is None or status.state != "loading":
            return
        for active in self._live.queue.active:
            monitor = self._live.monitors[active.job.run_id]
            if monitor.run.identity.model == status.model:
                self._tell(monitor.loading(status.fraction))

    def _on_was_read(self, model: str, messages: tuple[Message, ...]) -> None:
        text = "".join(message.content for message in messages)
        self._habits[model] = self._habits[model].having_read(text)

    def _on_refresh(self) -> None:
        if self._live is not None:
            self._tell_places(self._live)
            for active in self._live.queue.active:
                self._tell(self._live.monitors[active.job.run_id].reading_estimated(active.job.reading_s))

    def _tell_places(self, live: _Live) -> None:
        for place in live.queue.places(time.monotonic()):
            self._tell(live.monitors[place.run_id].queued(place))

    def _tell(self, progress: RunProgress | None) -> None:
        if progress is not None:
            self.run_progressed.emit(progress)

    def _tell_storing(self, error: Exception | None) -> None:
        if error is None:
            return
        if isinstance(error, WardNoteError):
            self.storing_failed.emit(str(error))
            return
        log.error("storing failed", exc_info=error)
        self.storing_failed.emit("程序内部错误，生成结果未能保存；文字仍在窗口中，请复制后另存。")


def _prompt_text(run: Run) -> str:
    return "".join(message.content for message in run.prompt.messages)


def _now() -> datetime:
    return datetime.now().astimezone()
