"""A finished answer with what the rules found about it: sources, unsupported facts, dangerous diagnoses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.core.diagnosis_table import DiagnosisTable
from app.core.differential import Diagnosis, Item, answer_items
from app.core.evidence import Evidence, EvidenceIndex, align
from app.core.unsupported import UnsupportedFact, unsupported_facts

# A page of an answer has at most some hundred characters; beyond these bounds nobody reads marks.
MAX_JUDGED = 6_000
MAX_FACTS = 100


@dataclass(frozen=True, slots=True)
class JudgedAnswer:
    """`keys` and `dangerous` (by index) are what the table of diagnoses says of the items."""

    text: str
    items: tuple[Item, ...]
    keys: tuple[str, ...]
    dangerous: frozenset[int]
    evidence: tuple[Evidence, ...]
    unsupported: tuple[UnsupportedFact, ...]

    @property
    def diagnoses(self) -> tuple[Diagnosis, ...]:
        """The diagnoses, in the model's order."""
        return tuple(item.diagnosis for item in self.items)

    @property
    def without_source(self) -> frozenset[tuple[int, str, int]]:
        """Points that come from nowhere in the input: diagnosis, field, point."""
        return frozenset((one.diagnosis, one.field, one.point) for one in self.evidence if not one.spans)


def judged(text: str, source: Mapping[str, str], index: EvidenceIndex, table: DiagnosisTable) -> JudgedAnswer:
    """Judge an answer against what its model was shown (`source`: texts by section, of which `index` was made)."""
    items = answer_items(text)
    diagnoses = [item.diagnosis for item in items]
    entries = [table.find(one.name) for one in diagnoses]
    return JudgedAnswer(
        text=text,
        items=items,
        keys=tuple(table.key(one.name) for one in diagnoses),
        dangerous=frozenset(index for index, entry in enumerate(entries) if entry is not None and entry.must_not_miss),
        evidence=align(diagnoses, index),
        unsupported=unsupported_facts(text[:MAX_JUDGED], "\n".join(source.values()), index)[:MAX_FACTS],
    )
