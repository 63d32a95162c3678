"""How good differentials are against known diagnoses: hit@k with bootstrap intervals, and how the form was kept."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean

from app.core.consensus import consensus
from app.core.diagnosis_table import DiagnosisTable
from app.core.differential import MAX_DIAGNOSES, parse_answer

RANKS = (1, 3, 5)
RESAMPLES = 2_000
_SEVERAL = re.compile(r"[、；;，,\n]|合并|伴有?|并发|\d[.．、)）]")
_LINE_TIMES = 3


@dataclass(frozen=True, slots=True)
class Answered:
    """One case: what is known to be right (any of these), and the completed answers by model."""

    gold: tuple[str, ...]
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Share:
    """A share of the cases, with the 95 % percentile interval of 2,000 bootstrap resamples of the cases."""

    value: float
    low: float
    high: float


def golds(diagnosis: str | Sequence[str]) -> tuple[str, ...]:
    """The single diagnoses of a record's final diagnosis; each counts as right."""
    texts = [diagnosis] if isinstance(diagnosis, str) else list(diagnosis)
    parts = [part.strip(" 。.（）()") for text in texts for part in (text, *_SEVERAL.split(text))]
    return tuple(dict.fromkeys(part for part in parts if len(part) > 1))


def rank_of_hit(names: Iterable[str], gold: Sequence[str], table: DiagnosisTable) -> int | None:
    """From 1: the first name that means one of the right diagnoses (equal after normalisation and aliases)."""
    right = {table.key(one) for one in gold}
    return next((rank for rank, name in enumerate(names, 1) if table.key(name) in right), None)


def hits(cases: Sequence[Answered], model: str, table: DiagnosisTable) -> Mapping[int, Share]:
    """hit@1, 3 and 5 of a model over the cases that it answered."""
    ranks = [
        rank_of_hit([one.name for one in parse_answer(case.answers[model])], case.gold, table)
        for case in cases
        if model in case.answers
    ]
    return _shares(ranks)


def consensus_hits(cases: Sequence[Answered], table: DiagnosisTable) -> Mapping[int, Share]:
    """hit@1, 3 and 5 of what most models named, over the cases that any model answered."""
    ranks = []
    for case in cases:
        named = {model: parse_answer(text) for model, text in case.answers.items()}
        if named:
            ranks.append(rank_of_hit([one.name for one in consensus(named, table)], case.gold, table))
    return _shares(ranks)


def repeats_itself(text: str) -> bool:
    """A diagnosis or a point of one field comes twice, or a line three times running."""
    lines = _lines(text)
    names = re.findall(r"^\s*\d+[.．、]\s*\*\*(.+?)\*\*", text, re.MULTILINE)
    fields = [re.split("[；;]", line.partition("：")[2]) for line in lines if "：" in line]
    return (
        longest_run(text) >= _LINE_TIMES
        or len(set(names)) < len(names)
        or any(len(set(points)) < len(points) for points in fields)
    )


def longest_run(text: str) -> int:
    """How many times running the most repeated line comes."""
    return max((len(list(run)) for _, run in groupby(_lines(text))), default=0)


def has_the_form(text: str) -> bool:
    """It parses into diagnoses, each of which has points."""
    found = parse_answer(text)
    return bool(found) and all(one.has_points for one in found)


def exceeds(text: str) -> bool:
    """More than five diagnoses were written."""
    return written(text) > MAX_DIAGNOSES


def written(text: str) -> int:
    """How many diagnoses were begun, whether or not they parse."""
    return len(re.findall(r"^\s*\d+[.．、]\s*\*\*", text, re.MULTILINE))


def share(values: Sequence[bool]) -> Share:
    """The share of true values, with its interval; zero of nothing."""
    if not values:
        return Share(0.0, 0.0, 0.0)
    chance = random.Random(0)
    means = sorted(fmean(chance.choices(values, k=len(values))) for _ in range(RESAMPLES))
    return Share(fmean(values), means[round(0.025 * RESAMPLES)], means[round(0.975 * RESAMPLES) - 1])


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _shares(ranks: Sequence[int | None]) -> Mapping[int, Share]:
    return {most: share([rank is not None and rank <= most for rank in ranks]) for most in RANKS}
