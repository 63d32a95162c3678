"""How well people are taken out of notes: the long form of a harness.

    python -m tests.benchmarks.deidentification [--notes 300] [--json]

A corpus of invented notes with planted identities: per kind how many were removed, which were missed, and which
measurements, drugs and findings were damaged.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from app.learning.deidentify import PatientText
from app.learning.identities import KnownIdentities
from app.learning.records import Identities
from tests.helpers.planted import UNKNOWN_KINDS, PlantedNote, planted_notes

KNOWN_KINDS = ("本人姓名", "住院号", "床号")
_YEAR = 2024


@dataclass(slots=True)
class Found:
    """By kind: how many were planted, and the values that are still there; `damaged`: what should have stayed."""

    planted: Counter[str] = field(default_factory=Counter)
    missed: dict[str, list[str]] = field(default_factory=dict)
    kept: int = 0
    damaged: list[str] = field(default_factory=list)
    replaced: Counter[str] = field(default_factory=Counter)

    def recall(self, kind: str) -> float:
        """0-1."""
        return 1 - len(self.missed.get(kind, ())) / self.planted[kind]


def evaluate(notes: Sequence[PlantedNote]) -> Found:
    """Clean each note as its own patient's, and look what is left."""
    found = Found()
    nobody = KnownIdentities.of([], [])
    for number, note in enumerate(notes):
        text = PatientText(str(number), _keyed, nobody, found.replaced)
        _look(found, note, text.clean(note.text, Identities(note.name, note.mrn, note.bed), _YEAR))
    return found


def _look(found: Found, note: PlantedNote, cleaned: str) -> None:
    kinds = [*zip(KNOWN_KINDS, note.known, strict=True), *zip(UNKNOWN_KINDS, note.everything, strict=True)]
    for kind, value in kinds:
        if value in note.text:
            found.planted[kind] += 1
            if value in cleaned:
                found.missed.setdefault(kind, []).append(value)
    found.kept += len(note.kept)
    found.damaged += [value for value in note.kept if value not in cleaned]


def _keyed(kind: str, identifier: str) -> str:
    return sha256(f"benchmark:{kind}:{identifier}".encode()).hexdigest()


def main() -> None:
    """Evaluate and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notes", type=int, default=300)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = evaluate(planted_notes(options.notes))
    document = {
        "notes": options.notes,
        "recall": {kind: {"planted": count, "recall": found.recall(kind)} for kind, count in found.planted.items()},
        "missed": found.missed,
        "kept": found.kept,
        "damaged": found.damaged,
        "replaced": dict(found.replaced),
    }
    if options.json:
        print(json.dumps(document, ensure_ascii=False, indent=2))
        return
    for kind, count in found.planted.items():
        missed = "、".join(found.missed.get(kind, ())) or "-"
        print(f"{kind}\t{count}\t{found.recall(kind):.4f}\t{missed}")
    print(
        f"数值、药物、所见\t{found.kept}\t{1 - len(found.damaged) / found.kept:.4f}\t{'、'.join(found.damaged) or '-'}"
    )


if __name__ == "__main__":
    main()
