"""What SQLite's own checks do not see is found by the hashes."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from app.core.errors import DatabaseFault
from app.core.events import Vote
from app.core.notes import NoteKind, empty_sections
from app.core.stay import Order, Result
from app.storage.chain import CHAINED, SEALED
from app.storage.database import Database
from app.storage.driver import sqlite3
from app.storage.faults import fault_of
from app.storage.notes import VersionReason
from app.storage.repositories import Repositories
from tests.helpers.logs import ExpectedLogs
from tests.helpers.records import (
    DOCTOR,
    NOW,
    a_full_comparison,
    a_stay,
    a_vote,
    make_encrypted,
    raw_connection,
    repositories_in,
)

FLIPS = int(os.environ.get("WARDNOTE_TEST_FLIPS", "120"))

TAMPERING = {
    "a patient's name": "UPDATE patients SET name = '别人'",
    "a bed": "UPDATE encounters SET bed = '4床'",
    "a note's text": "UPDATE notes SET sections = replace(sections, '监护', '出院')",
    "a kept version": "UPDATE note_versions SET actor = 'x' WHERE seq = 1",
    "an answer": "UPDATE generations SET output = output || '。' WHERE seq = 2",
    "a number": "UPDATE generations SET duration_ms = duration_ms + 1 WHERE seq = 2",
    "a vote": 'UPDATE feedback_events SET data = \'{"vote":"down"}\' WHERE seq = 1',
    "an event in the middle": "DELETE FROM feedback_events WHERE seq = 2",
    "the last event": "DELETE FROM feedback_events WHERE seq = 3",
    "the order": "UPDATE feedback_events SET seq = 9 - seq",
    "a chain's head": "UPDATE chain_heads SET length = length + 1 WHERE table_name = 'runs'",
    "how ill": "UPDATE encounters SET severity = '病危'",
    "an order": "UPDATE orders SET dose = '1g'",
    "a result": "UPDATE results SET value = '13'",
    "a move": "UPDATE moves SET actor = 'x' WHERE seq = 1",
    "the history": "UPDATE schema_migrations SET app_version = '9'",
}


def fill(repositories: Repositories) -> None:
    for number in range(3):
        binding = a_stay(repositories, f"测试{number}", f"{number}床")
        sections = {**empty_sections(NoteKind.FIRST_PROGRESS), "plan": f"监护 {number}"}
        repositories.notes.checkpoint(binding.note_id, sections, VersionReason.SAVED, DOCTOR, NOW)
        _, generations = a_full_comparison(repositories, binding)
        repositories.feedback.append(a_vote(generations[0].run.run_id, Vote.UP))
        repositories.stays.add_orders(binding.encounter_id, [Order("2025-03-01", "吸氧")], DOCTOR, NOW)
        repositories.stays.add_results(binding.encounter_id, [Result("2025-03-01", "血钾", "3.1")], DOCTOR, NOW)


@pytest.fixture(params=["plain", "encrypted"])
def full(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A database with three stays, closed."""
    if request.param == "encrypted":
        make_encrypted(tmp_path / "data")
    repositories = repositories_in(tmp_path / "data")
    fill(repositories)
    repositories.close()
    return tmp_path / "data" / "wardnote.sqlite3"


def test_a_sound_database_has_no_problems(full: Path) -> None:
    database = Database.open(full)
    report = database.check()
    database.close()
    assert report.ok
    assert report.rows["generations"] == 9
    assert set(report.rows) == {*SEALED, *(table.name for table in CHAINED)}


@pytest.mark.parametrize("statement", TAMPERING.values(), ids=TAMPERING.keys())
def test_tampering_is_found(full: Path, statement: str) -> None:
    before = problems(full)
    connection = raw_connection(full)
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    assert connection.execute(statement).rowcount > 0
    for _, sql in triggers:
        connection.execute(sql)
    connection.commit()
    connection.close()
    assert before == ()
    assert problems(full)
    assert not any("测试" in problem or "监护" in problem for problem in problems(full))


def test_a_missing_trigger_is_found(full: Path) -> None:
    connection = raw_connection(full)
    connection.execute("DROP TRIGGER generations_no_update")
    connection.close()
    assert any("generations_no_update" in problem for problem in problems(full))


def test_an_added_table_is_found(full: Path) -> None:
    connection = raw_connection(full)
    connection.execute("CREATE TABLE stranger (x)")
    connection.close()
    assert any("多余" in problem for problem in problems(full))


def test_a_broken_reference_is_found(full: Path) -> None:
    connection = raw_connection(full)
    connection.execute("DELETE FROM patients")
    connection.commit()
    connection.close()
    assert any("引用" in problem for problem in problems(full))


def test_a_random_flip_is_found_or_changes_nothing(full: Path, tmp_path: Path, expected_logs: ExpectedLogs) -> None:
    """Each flipped bit is refused at opening, found by the check, or not part of any stored value."""
    expected_logs.expect("database fault")
    rng = random.Random(FLIPS)
    content, sound = full.read_bytes(), dump(full)
    found = 0
    for number in range(FLIPS):
        damaged = tmp_path / f"flip-{number}" / "wardnote.sqlite3"
        damaged.parent.mkdir()
        position, bit = rng.randrange(len(content)), rng.randrange(8)
        flipped = bytearray(content)
        flipped[position] ^= 1 << bit
        damaged.write_bytes(flipped)
        if is_found(damaged):
            found += 1
        else:
            assert dump(damaged) == sound, f"bit {bit} of byte {position} changed a value unseen"
        shutil.rmtree(damaged.parent)
    assert found > 0


def is_found(path: Path) -> bool:
    try:
        return bool(problems(path))
    except sqlite3.Error as error:
        raise AssertionError("an error of SQLite reached the caller") from error
    except DatabaseFault:
        return True


def problems(path: Path) -> tuple[str, ...]:
    database = Database.open(path)
    try:
        return database.check().problems
    finally:
        database.close()


def dump(path: Path) -> list[object]:
    connection = raw_connection(path)
    try:
        entries = connection.execute("SELECT * FROM sqlite_master ORDER BY type, name").fetchall()
        tables = [entry[1] for entry in entries if entry[0] == "table"]
        return [*entries, *(connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables)]
    finally:
        connection.close()


def test_errors_of_the_program_are_no_faults() -> None:
    for error in (sqlite3.IntegrityError("UNIQUE"), sqlite3.ProgrammingError("bad"), sqlite3.OperationalError("x")):
        assert fault_of(error) is None
