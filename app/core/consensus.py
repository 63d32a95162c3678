"""Where the models agree: the diagnoses of several differentials, counted by model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.core.diagnosis_table import DiagnosisEntry, DiagnosisTable, normalised_name
from app.core.differential import Diagnosis


@dataclass(frozen=True, slots=True)
class Agreement:
    """One diagnosis and the models that named it (in the order given).

    `name` is the table's, or as the first model wrote it; `key` finds it in each answer (DiagnosisTable.key).
    """

    name: str
    models: tuple[str, ...]
    key: str = ""
    icd10: str = ""
    must_not_miss: bool = False


def consensus(
    differentials: Mapping[str, Sequence[Diagnosis]], table: DiagnosisTable | None = None
) -> tuple[Agreement, ...]:
    """Every diagnosis once, the one that most models named first; among equals the one that stood higher.

    Names are compared by their keys, by equality alone: 急性胰腺炎 and 慢性胰腺炎 differ.
    """
    known = table or DiagnosisTable()
    names: dict[str, str] = {}
    ranks: dict[str, dict[str, int]] = {}
    for model, diagnoses in differentials.items():
        for rank, diagnosis in enumerate(diagnoses):
            key = known.key(diagnosis.name)
            if key:
                names.setdefault(key, diagnosis.name)
                ranks.setdefault(key, {}).setdefault(model, rank)
    ordered = sorted(ranks, key=lambda key: (-len(ranks[key]), sum(ranks[key].values()) / len(ranks[key])))
    return tuple(_agreement(key, names[key], tuple(ranks[key]), known.find(names[key])) for key in ordered)


def for_attention(agreements: Iterable[Agreement]) -> tuple[Agreement, ...]:
    """What needs a doctor's eye first: the dangerous ones, then those on which the models differ most."""
    return tuple(sorted(agreements, key=lambda one: (not one.must_not_miss, len(one.models))))


def _agreement(key: str, written: str, models: tuple[str, ...], entry: DiagnosisEntry | None) -> Agreement:
    if entry is None:
        return Agreement(written, models, key)
    has_side = key != normalised_name(entry.name)
    return Agreement(written if has_side else entry.name, models, key, entry.icd10, entry.must_not_miss)
