"""Discharge records against references: ROUGE-L, coverage, unsupported facts, for each model in one table.

ROUGE-L is the F1 of the longest common subsequence (Lin 2004), by rouge_chinese, over characters; of the finished
record, since that is what a doctor gets. Coverage is of what the model itself wrote. The time to the first whole
section is told as a multiple of the time to the first token, in which the input is read once (the median of the stays).
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import fmean, median

from app.cli.evaluate_stays import StayAnswer
from app.core.discharge.draft import WRITTEN, is_whole, parse_draft
from app.core.discharge.finish import Finisher, Record

_WIDTH = 160


@dataclass
class _Scores:
    """What is known of one model."""

    title: str
    engine: str
    rouge: dict[str, list[float]] = field(default_factory=lambda: {section.key: [] for section in WRITTEN})
    coverage: list[float] = field(default_factory=list)
    unsupported: Counter[str] = field(default_factory=Counter)
    removed: int = 0
    completed: int = 0
    whole: int = 0
    runs: int = 0
    first_word_ms: list[float] = field(default_factory=list)
    first_section_ms: list[float] = field(default_factory=list)
    first_section_share: list[float] = field(default_factory=list)
    duration_ms: list[float] = field(default_factory=list)

    def add(self, answer: StayAnswer, record: Record) -> None:
        self.runs += 1
        self.completed += not answer.error
        self.whole += is_whole(record.sections) and answer.is_whole
        for key, expected in answer.case.reference.items():
            self.rouge[key].append(rouge_l(record.sections.get(key, ""), expected))
        self.coverage.append(record.prose_coverage.share)
        self.unsupported.update(fact.kind for fact in record.unsupported)
        self.removed += len(record.removed)
        self._add_times(answer)

    def _add_times(self, answer: StayAnswer) -> None:
        for times, time in (
            (self.first_word_ms, answer.ttft_ms),
            (self.first_section_ms, answer.first_section_ms),
            (self.duration_ms, answer.duration_ms),
        ):
            if time is not None:
                times.append(time)
        if answer.first_section_ms is not None and answer.ttft_ms:
            self.first_section_share.append(answer.first_section_ms / answer.ttft_ms)

    def document(self) -> dict[str, object]:
        return {
            "title": self.title,
            "engine": self.engine,
            "runs": self.runs,
            "completed": self.completed,
            "whole": self.whole,
            "rouge_l": {section.title: _mean(self.rouge[section.key]) for section in WRITTEN},
            "rouge_l_mean": _mean([score for scores in self.rouge.values() for score in scores]),
            "coverage": _mean(self.coverage),
            "unsupported_per_record": round(self.unsupported.total() / max(self.runs, 1), 2),
            "unsupported": dict(sorted(self.unsupported.items())),
            "removed": self.removed,
            "ttft_ms": _mean(self.first_word_ms),
            "first_section_ms": _mean(self.first_section_ms),
            "first_section_of_reading": _median(self.first_section_share),
            "duration_ms": _mean(self.duration_ms),
        }


class Evaluation:
    """The scores of these answers. One that failed scores with what it wrote."""

    def __init__(self, answers: Iterable[StayAnswer]) -> None:
        self._models: dict[str, _Scores] = {}
        finishers: dict[str, Finisher] = {}
        for answer in answers:
            identity, case = answer.model.identity, answer.case
            scores = self._models.setdefault(identity.model, _Scores(identity.title, identity.engine))
            finisher = finishers.setdefault(case.case_id, Finisher(case.stay))
            scores.add(answer, finisher.finish(parse_draft(answer.text)))

    @property
    def all_completed(self) -> bool:
        """No run failed or was cancelled."""
        return all(scores.completed == scores.runs for scores in self._models.values())

    def document(self) -> dict[str, object]:
        """The scores as JSON: ROUGE-L and coverage from 0 to 1."""
        return {"task": "discharge", "models": {name: scores.document() for name, scores in self._models.items()}}

    def text(self) -> str:
        """The table."""
        sections = (section.title for section in WRITTEN)
        heads = ["模型", "完整", *sections, "ROUGE-L", "覆盖", "无依据/份", "去掉", "首段/阅读"]
        return _table(heads, map(_row, self._models.values()))


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(*heads, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for row in rows:
        table.add_row(*row)
    page = io.StringIO()
    Console(file=page, width=_WIDTH, color_system=None).print(table)
    return page.getvalue().strip("\n")


def rouge_l(written: str, expected: str) -> float:
    """ROUGE-L F1 over characters, 0 to 1; white space and line breaks do not count."""
    from rouge_chinese import Rouge

    hypothesis, reference = (" ".join("".join(text.split())) for text in (written, expected))
    if not hypothesis or not reference:
        return 0.0
    return float(Rouge(metrics=["rouge-l"]).get_scores(hypothesis, reference)[0]["rouge-l"]["f"])


def _row(scores: _Scores) -> Iterable[str]:
    yield scores.title
    yield f"{scores.whole}/{scores.runs}"
    for section in WRITTEN:
        yield f"{_mean(scores.rouge[section.key]):.3f}"
    yield f"{_mean([score for section in scores.rouge.values() for score in section]):.3f}"
    yield f"{_mean(scores.coverage):.0%}"
    yield f"{scores.unsupported.total() / max(scores.runs, 1):.1f}"
    yield str(scores.removed)
    yield f"{_median(scores.first_section_share):.2f}"


def _median(values: list[float]) -> float:
    return round(median(values), 3) if values else 0.0


def _mean(values: list[float]) -> float:
    return round(fmean(values), 3) if values else 0.0
