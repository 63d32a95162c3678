"""The rows that models are trained from, whatever file they end in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.learning.records import Suggestion


class Basis(StrEnum):
    """What a row was made from, the strongest first; each generation has one of the first four."""

    EDIT = "edit"
    REPORT = "report"
    CHOICE = "choice"
    VOTE = "vote"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class KtoRow:
    """Unpaired preference (TRL): a completion that a doctor accepted or did not."""

    suggestion: Suggestion
    label: bool
    basis: Basis
    actor: str


@dataclass(frozen=True, slots=True)
class DpoRow:
    """Preference (TRL): `chosen` over `rejected`, two answers to the suggestion's messages.

    `sibling` is the suggestion that `rejected` is from; None where both texts come from one suggestion, with what a
    doctor changed. `invented` as in SftRow.
    """

    suggestion: Suggestion
    chosen: str
    rejected: str
    weight: float
    basis: Basis
    actor: str
    sibling: Suggestion | None = None
    invented: int = 0


@dataclass(frozen=True, slots=True)
class SftRow:
    """A completion to be imitated. `invented` counts the facts that its prompt lacks: such a row is quarantined."""

    suggestion: Suggestion
    completion: str
    invented: int
    basis: Basis
    actor: str


@dataclass(frozen=True, slots=True)
class GrpoRow:
    """A prompt (that of `suggestion`) and what the closed record says the patient had (TRL's GRPO; for hit@k).

    `ranks`: for each finished suggestion the place, from 1, at which it names the first of the diagnoses; None if it
    does not.
    """

    suggestion: Suggestion
    diagnoses: tuple[str, ...]
    ranks: Mapping[str, int | None]
    actor: str
    basis: Basis = Basis.FINAL


TrainingRow = KtoRow | DpoRow | SftRow | GrpoRow


def is_quarantined(row: TrainingRow) -> bool:
    """Whether imitating the row would teach a model to invent."""
    return isinstance(row, SftRow | DpoRow) and row.invented > 0


def row_id(row: TrainingRow) -> str:
    """24 hexadecimal digits that are this row's in every export: a row that changed in any way is another."""
    told = [type(row).__name__, row.suggestion.generation_id, row.actor, row.basis.value, *_content(row)]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")).hexdigest()[:24]


def _content(row: TrainingRow) -> list[object]:
    match row:
        case KtoRow():
            return [row.suggestion.output, row.label]
        case DpoRow():
            return [row.chosen, row.rejected]
        case SftRow():
            return [row.completion]
        case GrpoRow():
            return list(row.diagnoses)
