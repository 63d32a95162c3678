"""kill -9 at random moments: what was acknowledged is there, exactly once and whole.

`pytest -m long tests/storage/test_kill.py` is the long form: 1,000 kills, in parts.
"""

from __future__ import annotations

import multiprocessing
import random
import select
import signal
from collections.abc import Iterator
from itertools import cycle, islice
from multiprocessing import forkserver
from pathlib import Path

import pytest

from app.core.entities import Encounter
from app.core.moves import MoveKind
from app.storage.repositories import Repositories
from tests.helpers.records import make_encrypted, repositories_in
from tests.helpers.stored_acts import assert_acts_in_order, assert_moves_lead_here, assert_signed_as_kept

pytest.importorskip("PySide6", reason="the program that is killed uses the storage thread")

from tests.helpers.kill_child import CHECKPOINT_EVERY, FIRST_MRN, SECOND, number_of, run

KILLS = 8
LONG_PARTS, LONG_KILLS = 20, 50
FIRST_BED = 3
ACTS = {"edit", "generation", "event", "order", "result", "bed", "document", "signed", "amended", *SECOND}
MOST_LINES = 120
LONGEST_PAUSE_S = 0.02


@pytest.fixture(autouse=True)
def fork_server() -> Iterator[None]:
    """It has imported the program once, so that a thousand starts cost little; it ends with the test."""
    yield
    forkserver._forkserver._stop()


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
def test_what_was_acknowledged_survives_kill_9(tmp_path: Path, encrypted: bool) -> None:
    if encrypted:
        make_encrypted(tmp_path / "data")
    survives(tmp_path / "data", KILLS, seed=KILLS)


@pytest.mark.long
@pytest.mark.parametrize("part", range(LONG_PARTS))
def test_a_thousand_kills(tmp_path: Path, part: int) -> None:
    survives(tmp_path, LONG_KILLS, seed=part)


def survives(folder: Path, kills: int, seed: int) -> None:
    rng = random.Random(seed)
    acknowledged: list[tuple[str, str]] = []
    for kill in range(1, kills + 1):
        acknowledged += killed_at_random(folder, rng)
        repositories = repositories_in(folder)
        try:
            assert repositories.database.check().problems == ()
            assert_all_there(repositories, acknowledged, kill)
        finally:
            repositories.close()
    assert {kind for kind, _ in acknowledged} == ACTS
    print(f"\n{kills} kills, {len(acknowledged)} acknowledged acts: all there, each once")


def killed_at_random(folder: Path, rng: random.Random) -> list[tuple[str, str]]:
    """Start the program, kill it some time after some acknowledgement; everything that it acknowledged."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.helpers.kill_child"])
    reader, writer = context.Pipe(duplex=False)
    child = context.Process(target=run, args=(folder, writer), daemon=True)
    child.start()
    writer.close()
    with open(reader.fileno(), "rb", closefd=False) as said_on:
        lines = [said_on.readline() for _ in range(rng.randint(1, MOST_LINES))]
        select.select([], [], [], rng.random() * LONGEST_PAUSE_S)
        child.kill()
        lines += said_on.readlines()
    reader.close()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    # A last line without its end was being written, so nobody can have relied on it.
    said = [tuple(line.decode().split()) for line in lines if line.endswith(b"\n")]
    assert all(len(words) == 2 and words[0] != "failed" for words in said), said
    return [(words[0], words[1]) for words in said]


def assert_all_there(repositories: Repositories, acknowledged: list[tuple[str, str]], kills: int) -> None:
    sql = repositories.database.sql
    summary, second = sorted(repositories.encounters.summaries(), key=lambda one: one.encounter.mrn)
    assert summary.encounter.mrn == FIRST_MRN
    assert summary.note_id is not None
    said = number_of(repositories.notes.get(summary.note_id).sections["plan"])
    last = max(int(word) for kind, word in acknowledged if kind == "edit")
    assert said in (last, last + 1)
    generations = [row[0] for row in sql.execute("SELECT generation_id FROM generations")]
    events = [row[0] for row in sql.execute("SELECT event_id FROM feedback_events")]
    assert len(set(generations)) == len(generations)
    assert {word for kind, word in acknowledged if kind == "generation"} <= set(generations)
    assert {word for kind, word in acknowledged if kind == "event"} <= set(events)
    assert 0 <= len(generations) - len(events) <= kills
    numbers = [version.version for version in repositories.notes.versions(summary.note_id)]
    kept = [number_of(repositories.notes.version_sections(summary.note_id, number)["plan"]) for number in numbers]
    assert kept == list(range(CHECKPOINT_EVERY, said + 1, CHECKPOINT_EVERY))
    assert_stay_there(repositories, summary.encounter, acknowledged)
    assert_second_there(repositories, second.encounter, acknowledged)
    assert_signed_there(repositories, summary.note_id, acknowledged)


def assert_stay_there(repositories: Repositories, encounter: Encounter, acknowledged: list[tuple[str, str]]) -> None:
    said = {act: [word for kind, word in acknowledged if kind == act] for act in ACTS}
    orders = [order.entry_id for order in repositories.stays.orders(encounter.encounter_id)]
    results = [result.entry_id for result in repositories.stays.results(encounter.encounter_id)]
    documents = [document.note_id for document in repositories.notes.of_encounter(encounter.encounter_id)]
    for act, stored in (("order", orders), ("result", results), ("document", documents)):
        assert len(set(stored)) == len(stored)
        assert set(said[act]) <= set(stored)
    beds = [move.after["bed"] for move in repositories.ward.moves(encounter.encounter_id)]
    assert beds == [f"{number}床" for number in range(FIRST_BED, FIRST_BED + len(beds))], "every move once, in order"
    assert encounter.bed == beds[-1]
    assert {f"{number}床" for number in said["bed"]} <= set(beds)


def assert_second_there(repositories: Repositories, second: Encounter, acknowledged: list[tuple[str, str]]) -> None:
    assert_moves_lead_here(repositories.database.sql)
    moved = [move.kind for move in repositories.ward.moves(second.encounter_id)][1:]
    assert moved == list(islice(cycle(SECOND), len(moved))), "every act once, in order"
    said = [(kind, int(number)) for kind, number in acknowledged if kind in SECOND]
    assert set(said) <= {(kind, number) for number, kind in enumerate(moved, 1)}
    assert second.discharged == (
        sum(kind in (MoveKind.DISCHARGE, MoveKind.DISCHARGE_UNDONE) for kind in moved) % 2 == 1
    )


def assert_signed_there(repositories: Repositories, note_id: str, acknowledged: list[tuple[str, str]]) -> None:
    assert_signed_as_kept(repositories.database.sql)
    assert_acts_in_order(repositories.database.sql)
    acts = repositories.signing.acts(note_id)
    numbers = {
        version: number_of(repositories.notes.version_sections(note_id, version)["plan"])
        for version in {act.version for act in acts}
    }
    done = [(act.kind, numbers[act.version]) for act in acts]
    assert len(set(done)) == len(done), "no act twice"
    assert {(kind, int(number)) for kind, number in acknowledged if kind in ("signed", "amended")} <= set(done)
