"""What encryption costs: an acknowledged save, opening, reading everything; plain and encrypted take turns.

`pytest tests/benchmarks/encryption.py -s`. Absolute times depend on the disk; the ratio is of medians of one run.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median

from app.core.notes import NoteKind
from app.storage.board import read_board
from app.storage.repositories import Repositories
from tests.helpers.records import DOCTOR, NOW, a_stay, make_encrypted, repositories_in

STAYS, ROUNDS, SAVES = 400, 15, 20
MOST = {"save": 2.0, "open": 4.0, "read": 4.0}

Times = dict[str, dict[str, list[float]]]


def test_plain_and_encrypted(tmp_path: Path) -> None:
    folders = {kind: tmp_path / kind for kind in ("plain", "encrypted")}
    make_encrypted(folders["encrypted"])
    notes = {kind: filled(folder) for kind, folder in folders.items()}
    times: Times = {what: {kind: [] for kind in folders} for what in MOST}
    for _ in range(ROUNDS):
        for kind, folder in folders.items():
            measure(folder, notes[kind], {what: times[what][kind] for what in MOST})
    for what, most in MOST.items():
        plain, encrypted = (median(times[what][kind]) for kind in ("plain", "encrypted"))
        print(f"\n{what}: plain {plain:.2f} ms, encrypted {encrypted:.2f} ms, ratio {encrypted / plain:.2f}", end="")
        assert encrypted / plain < most
    print()


def filled(folder: Path) -> str:
    """A ward; one of its notes."""
    with closing(repositories_in(folder)) as repositories:
        with repositories.database.transaction():
            for number in range(STAYS):
                binding = a_stay(repositories, f"测试{number}", f"{number}床", f"ZY{number}")
                note = repositories.notes.open(binding.encounter_id, NoteKind.FIRST_PROGRESS, NOW, DOCTOR)
                repositories.notes.save(note.note_id, dict.fromkeys(note.sections, "已写。" * 100), NOW)
        return binding.note_id


def measure(folder: Path, note_id: str, times: dict[str, list[float]]) -> None:
    opened: list[Repositories] = []
    times["open"].append(milliseconds(lambda: opened.append(repositories_in(folder))))
    with closing(opened[0]) as repositories:
        times["read"].append(milliseconds(lambda: read_board(repositories.database)))
        sections = repositories.notes.get(note_id).sections
        for number in range(SAVES):
            written = {**sections, "plan": f"{number}" + "监护。" * 200}
            times["save"].append(milliseconds(lambda text=written: repositories.notes.save(note_id, text, NOW)))


def milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return 1_000 * (time.perf_counter() - started)
