"""How three runs go, on stderr: bars in a terminal, a line at each end elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from app.cli import output
from app.cli.report import outcome_sentence
from app.core.runs import Comparison, Generation, RunPhase, RunProgress

if TYPE_CHECKING:
    from rich.console import Console

_WORDS = {
    RunPhase.QUEUED: "排队",
    RunPhase.LOADING: "载入模型",
    RunPhase.READING: "阅读病例",
    RunPhase.WRITING: "书写",
}


class Watcher(Protocol):
    """Who is told how a comparison goes."""

    def started(self, comparison: Comparison) -> None:
        """The runs are known."""

    def progressed(self, progress: RunProgress) -> None:
        """One run went on."""

    def finished(self, generation: Generation) -> None:
        """One run ended."""


class LineWatcher:
    """For a log or a pipe."""

    def __init__(self) -> None:
        self._titles: dict[str, str] = {}
        self._begun: set[tuple[str, int]] = set()

    def started(self, comparison: Comparison) -> None:
        """One line for all."""
        self._titles = {run.run_id: run.identity.title for run in comparison.runs}
        output.say(f"正在生成：{'、'.join(run.identity.title for run in comparison.runs)}")

    def progressed(self, progress: RunProgress) -> None:
        """A line when a stage begins; more would be too much for a log."""
        begun = (progress.run_id, progress.stage)
        if progress.stages > 1 and begun not in self._begun:
            self._begun.add(begun)
            output.say(f"{self._titles[progress.run_id]}：{_stage(progress).strip()}")

    def finished(self, generation: Generation) -> None:
        """One line each."""
        output.say(f"{generation.run.identity.title}：{outcome_sentence(generation.outcome)}")


class BarWatcher:
    """For a terminal; a context manager that leaves the bars as they ended."""

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[state]}", markup=False),
        )
        self._bars = Progress(*columns, TimeElapsedColumn(), console=console)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def started(self, comparison: Comparison) -> None:
        """A bar for each run."""
        for run in comparison.runs:
            self._tasks[run.run_id] = self._bars.add_task(run.identity.title, total=1.0, state=_WORDS[RunPhase.QUEUED])

    def progressed(self, progress: RunProgress) -> None:
        """The bar shows the phase's fraction, and moves to and fro where that is not known."""
        total = None if progress.fraction is None else 1.0
        self._bars.update(
            self._tasks[progress.run_id],
            total=total,
            completed=progress.fraction or 0.0,
            state=_state(progress),
        )

    def finished(self, generation: Generation) -> None:
        """A full bar and how it ended."""
        sentence = output.visible(outcome_sentence(generation.outcome))
        self._bars.update(self._tasks[generation.run.run_id], total=1.0, completed=1.0, state=sentence)


def _stage(progress: RunProgress) -> str:
    return f"第 {progress.stage}/{progress.stages} 段 " if progress.stages > 1 else ""


def _state(progress: RunProgress) -> str:
    words = _stage(progress) + _WORDS[progress.phase]
    if progress.phase is RunPhase.QUEUED and progress.estimated_wait_s is not None:
        return f"{words}，约 {progress.estimated_wait_s:.0f} 秒"
    if progress.phase is RunPhase.WRITING and progress.tokens_per_second is not None:
        return f"{words}，{progress.tokens_per_second:.1f} 词元/秒"
    return words
