"""How long 100,000 feedback events take to export and to count, and how much memory: the long form of a harness.

    python -m tests.benchmarks.feedback [--events 100000] [--json OUT.json]

A database with planted identities is filled without the controllers (so that it takes seconds), exported in all formats
by `wardnote feedback export` in a process of its own, and searched for every planted identity.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from pathlib import Path

from app.core import acts
from app.core.acts import Act, ErrorReport
from app.core.entities import Encounter, Patient, Sex
from app.core.events import ErrorSeverity, ErrorType, Vote
from app.core.notes import NoteKind
from app.core.runs import Binding, Comparison, Generation, Message, Run
from app.learning.filters import FORMAT_NAMES
from app.storage.database import Database
from app.storage.repositories import Repositories
from app.storage.statistics import StatisticsRepository
from tests.helpers.planted import UNKNOWN_KINDS, PlantedNote, planted_notes
from tests.helpers.records import NOW, a_generation, a_run, repositories_in

EVENTS_PER_COMPARISON = 20
_ID = re.compile(rb"(?<![0-9a-f])(?=[0-9]*[a-f])(?:[0-9a-f]{24}|[0-9a-f]{32}|[0-9a-f]{64})(?![0-9a-f])")
DOCTORS = ("王建医", "王国医", "王志医", "王强医")
DEPARTMENTS = ("心血管内科", "呼吸内科", "普通外科", "神经内科", "消化内科")
ANSWER = """1. **急性心肌梗死**
   - 支持点：突发胸痛，心电图改变
   - 不支持点：否认高血压
   - 建议检查：心肌酶谱、冠脉造影
2. **主动脉夹层**
   - 支持点：血压升高
   - 缺什么：增强CT
3. **肺栓塞**
   - 建议检查：D-二聚体
"""


@dataclass(frozen=True, slots=True)
class Filled:
    """What a data folder was filled with."""

    planted: tuple[str, ...]
    events: int


def fill(folder: Path, events: int, planted: int = 50) -> Filled:
    """So many events of comparisons with invented patients; the first notes carry the planted identities."""
    repositories = repositories_in(folder)
    draw = random.Random(3)
    notes = planted_notes(max(planted, events // EVENTS_PER_COMPARISON))
    done = 0
    try:
        with repositories.database.transaction():
            for number, note in enumerate(notes):
                left = min(EVENTS_PER_COMPARISON, events - done)
                for act, generation in islice(_acts(_compared(repositories, note, number), draw), left):
                    moment = generation.finished_at + timedelta(minutes=1)
                    event = act.event(f"event-{done}", generation.run.run_id, DOCTORS[done % len(DOCTORS)], moment)
                    repositories.feedback.append(event)
                    done += 1
    finally:
        repositories.close()
    known = [value for note in notes[:planted] for value in (*note.known, *_undated(note))]
    return Filled(tuple(dict.fromkeys(known)), done)


def _compared(repositories: Repositories, note: PlantedNote, number: int) -> list[Generation]:
    moment = NOW + timedelta(hours=number)
    patient = Patient(f"patient-{number}", note.name, Sex.MALE)
    department = DEPARTMENTS[number % len(DEPARTMENTS)]
    stay = Encounter(f"stay-{number}", patient.patient_id, note.mrn, "65岁", department, "一病区", note.bed, moment)
    repositories.encounters.add(patient, stay, moment)
    opened = repositories.notes.open(stay.encounter_id, NoteKind.FIRST_PROGRESS, moment)
    binding = Binding(patient.patient_id, stay.encounter_id, opened.note_id, opened.version, f"{number:064x}")
    runs = tuple(_run(f"comparison-{number}", binding, order, note.text) for order in range(3))
    repositories.comparisons.record(Comparison(f"comparison-{number}", binding, "胸痛", note.text, moment, runs))
    text = f"{ANSWER}患者{note.name}，{note.mrn}"
    generations = [
        replace(a_generation(run, f"{text}（{order}）"), finished_at=moment) for order, run in enumerate(runs)
    ]
    for generation in generations:
        repositories.comparisons.record_generation(generation)
    return generations


def _run(comparison_id: str, binding: Binding, order: int, text: str) -> Run:
    run = a_run(comparison_id, binding, order)
    messages = (
        Message("system", "你是一名经验丰富的医师，请写出鉴别诊断。"),
        Message("user", f"主诉：胸痛\n病例特点：{text}"),
    )
    return replace(run, run_id=f"{comparison_id}-{order}", prompt=replace(run.prompt, messages=messages))


def _acts(generations: Sequence[Generation], draw: random.Random) -> Iterator[tuple[Act, Generation]]:
    first = draw.choice(generations)
    text = first.outcome.text
    ids = [generation.run.run_id for generation in generations]
    yield from ((acts.shown(draw.randint(1000, 60000)), generation) for generation in generations)
    yield acts.backfilled("differential", text), first
    yield acts.edited("differential", text, text.replace("突发胸痛", "突发胸痛，家属李秀英代诉")), first
    yield acts.signed("n", 2), first
    yield acts.final_diagnosis(ids, ["主动脉夹层"]), first
    report = ErrorReport(5, 11, text[5:11], ErrorType.DIAGNOSIS, ErrorSeverity.MAJOR, "急性冠脉综合征")
    yield acts.error_reported(report), draw.choice(generations)
    while True:
        yield acts.voted(draw.choice(list(Vote))), draw.choice(generations)


def found_in(folder: Path, values: Sequence[str]) -> dict[str, list[str]]:
    """Where each value stands in a file (a database is dumped), also as JSON escapes: file and surroundings.

    A number of seven digits also comes up by chance within the random ids and hashes (24, 32 or 64 hexadecimal digits)
    of 100,000 events: measured, 2 of 1,000 numbers that were never planted. These ids are blotted out first.
    """
    files = {path.name: _ID.sub(b"<id>", _bytes(path)) for path in sorted(folder.rglob("*")) if path.is_file()}
    forms = {value: (value.encode(), json.dumps(value)[1:-1].encode()) for value in values}
    places = {
        value: [_place(name, content, one) for name, content in files.items() for one in set(written) if one in content]
        for value, written in forms.items()
    }
    return {value: found for value, found in places.items() if found}


def _bytes(path: Path) -> bytes:
    if path.suffix != ".sqlite3":
        return path.read_bytes()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA freelist_count").fetchone() == (0,), "deleted pages are in the file"
        return "\n".join(connection.iterdump()).encode()


def _place(name: str, content: bytes, value: bytes) -> str:
    at = content.index(value)
    return f"{name}: {content[max(0, at - 40) : at + 40].decode('utf-8', 'replace')}"


def export_in_process(data: Path, target: Path) -> dict[str, float]:
    """Seconds and peak MiB of the whole command, with all formats."""
    arguments = ["feedback", "export", "--format", ",".join(FORMAT_NAMES), "--output", target, "--data-dir", data]
    begun = time.monotonic()
    child = subprocess.Popen([sys.executable, "-m", "app", *map(str, arguments)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"the export ended with {child.returncode}")
    return {"seconds": round(time.monotonic() - begun, 1), "peak_mib": round(_mib(usage), 1)}


def counting(data: Path) -> list[int]:
    """Milliseconds of three counts for the statistics page, the first after opening the database."""
    database = Database.open(data / "wardnote.sqlite3")
    taken = []
    for _ in range(3):
        begun = time.monotonic()
        StatisticsRepository(database).read()
        taken.append(round((time.monotonic() - begun) * 1000))
    database.close()
    return taken


def _mib(usage: resource.struct_rusage) -> float:
    return usage.ru_maxrss / 1024


def _undated(note: PlantedNote) -> list[str]:
    """What only the text says, without its date: another patient's dates, shifted, may fall on the same day."""
    kinds = dict(zip(note.everything, UNKNOWN_KINDS, strict=True))
    return [value for value in note.unknown if kinds[value] != "日期"]


def main() -> None:
    """Fill, measure, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        filled = fill(folder / "data", options.events)
        print(f"{filled.events} events, {len(filled.planted)} planted identities", file=sys.stderr)
        figures: dict[str, object] = {
            "events": filled.events,
            "statistics_ms": counting(folder / "data"),
            "export": export_in_process(folder / "data", folder / "out"),
        }
        figures["planted_found"] = found_in(folder / "out", filled.planted)
    text = json.dumps(figures, ensure_ascii=False, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
