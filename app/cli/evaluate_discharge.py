"""Discharge records against references: ROUGE-L, coverage, unsupported facts, for each model in one table.

ROUGE-L is the F1 of the longest common subsequence (Lin 2004), by rouge_chinese, over characters; of the finished
record, since that is what a doctor gets. Coverage is of what the model itself wrote.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import fmean

from app.cli.discharge_report import DischargeReport
from app.core.discharge.draft import WRITTEN, is_whole
from app.core.discharge.finish import Record
from app.core.runs import Generation, RunStatus

_WIDTH = 160


@dataclass
class _Scores:
    """What is known of one model."""

    title: str
    rouge: dict[str, list[float]] = field(default_factory=lambda: {section.key: [] for section in WRITTEN})
    coverage: list[float] = field(default_factory=list)
    unsupported: Counter[str] = field(default_factory=Counter)
    removed: int = 0
    whole: int = 0
    runs: int = 0
    first_word_ms: list[float] = field(default_factory=list)

    def add(self, generation: Generation, record: Record, reference: Mapping[str, str]) -> None:
        self.runs += 1
        self.whole += is_whole(record.sections) and generation.outcome.is_whole
        for key, expected in reference.items():
            self.rouge[key].append(rouge_l(record.sections.get(key, ""), expected))
        self.coverage.append(record.prose_coverage.share)
        self.unsupported.update(fact.kind for fact in record.unsupported)
        self.removed += len(record.removed)
        if generation.outcome.ttft_ms is not None:
            self.first_word_ms.append(generation.outcome.ttft_ms)

    def document(self) -> dict[str, object]:
        return {
            "title": self.title,
            "runs": self.runs,
            "whole": self.whole,
            "rouge_l": {section.title: _mean(self.rouge[section.key]) for section in WRITTEN},
            "rouge_l_mean": _mean([score for scores in self.rouge.values() for score in scores]),
            "coverage": _mean(self.coverage),
            "unsupported_per_record": round(self.unsupported.total() / max(self.runs, 1), 2),
            "unsupported": dict(sorted(self.unsupported.items())),
            "removed": self.removed,
            "ttft_ms": _mean(self.first_word_ms),
        }


class Evaluation:
    """Collects records and tells the scores."""

    def __init__(self) -> None:
        self._models: dict[str, _Scores] = {}
        self.all_completed = True

    def add(self, report: DischargeReport, reference: Mapping[str, str]) -> None:
        """Take the records of one stay; `reference` by section key. A run that failed scores with what it wrote."""
        for generation, record in zip(report.generations, report.records, strict=True):
            identity = generation.run.identity
            self._models.setdefault(identity.model, _Scores(identity.title)).add(generation, record, reference)
        statuses = {generation.outcome.status for generation in report.generations}
        self.all_completed &= statuses == {RunStatus.COMPLETED}

    def document(self) -> dict[str, object]:
        """The scores as JSON: ROUGE-L and coverage from 0 to 1."""
        return {"task": "discharge", "models": {name: scores.document() for name, scores in self._models.items()}}

    def text(self) -> str:
        """The table."""
        heads = ["模型", "完整", *(section.title for section in WRITTEN), "ROUGE-L", "覆盖", "无依据/份", "去掉"]
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


def _mean(values: list[float]) -> float:
    return round(fmean(values), 3) if values else 0.0
