"""What a department can act on: how much the suggestions are used, taken, changed and faulted, and how fast they come.

Numbers below five are hidden: a rate of few stays would tell about persons.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

SMALLEST_TOLD = 5


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def hidden(self) -> bool:
        """Too few to be told."""
        return self.whole < SMALLEST_TOLD or 0 < self.part < SMALLEST_TOLD

    @property
    def rate(self) -> float | None:
        """0-1; None if it is hidden."""
        return None if self.hidden else self.part / self.whole


@dataclass(frozen=True, slots=True)
class Usage:
    """Stays of a department admitted in a month (`2025-03`), and those in which a task was generated for."""

    task: str
    department: str
    month: str
    stays: Share


@dataclass(frozen=True, slots=True)
class ModelRun:
    """One ended generation as it is counted. `model` names the weights; times in milliseconds."""

    model: str
    ttft_ms: float | None
    duration_ms: float
    backfilled: bool
    votes_up: int
    votes_down: int
    errors: int
    edit: float | None


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """One version of a model. None: too few to be told.

    `edit`: mean characters added and struck before signing, as a share of what was inserted; times are medians.
    """

    model: str
    generations: int
    adoption: Share
    approval: Share
    errors: Share
    edit: float | None
    ttft_ms: float | None
    duration_ms: float | None


@dataclass(frozen=True, slots=True)
class Statistics:
    """Everything that the page shows."""

    usage: tuple[Usage, ...]
    models: tuple[ModelFigures, ...]
    error_types: Mapping[str, int]


def usage_by(usage: Iterable[Usage], key: Callable[[Usage], str]) -> dict[str, Share]:
    """Shares added up by department, month or whatever `key` says, by its order."""
    parts, wholes = Counter[str](), Counter[str]()
    for one in usage:
        parts[key(one)] += one.stays.part
        wholes[key(one)] += one.stays.whole
    return {name: Share(parts[name], wholes[name]) for name in sorted(wholes)}


def model_figures(runs: Iterable[ModelRun]) -> tuple[ModelFigures, ...]:
    """The figures of each model, by its name."""
    by_model: dict[str, list[ModelRun]] = {}
    for run in runs:
        by_model.setdefault(run.model, []).append(run)
    return tuple(_figures(model, by_model[model]) for model in sorted(by_model))


def _figures(model: str, runs: Sequence[ModelRun]) -> ModelFigures:
    up, down = sum(run.votes_up for run in runs), sum(run.votes_down for run in runs)
    return ModelFigures(
        model=model,
        generations=len(runs),
        adoption=Share(sum(run.backfilled for run in runs), len(runs)),
        approval=Share(up, up + down),
        errors=Share(sum(run.errors > 0 for run in runs), len(runs)),
        edit=_told(fmean, [run.edit for run in runs if run.edit is not None]),
        ttft_ms=_told(median, [run.ttft_ms for run in runs if run.ttft_ms is not None]),
        duration_ms=_told(median, [run.duration_ms for run in runs]),
    )


def _told(average: Callable[[Sequence[float]], float], values: Sequence[float]) -> float | None:
    return average(values) if len(values) >= SMALLEST_TOLD else None
