"""Every schema that was ever released opens, keeps its rows, and becomes the present one.

`schemas/N.sql` is a database as the program wrote it at schema N (both pragmas, then `iterdump`), and is never changed
once that schema was released.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
import sqlite_utils

from app.core.errors import DatabaseFault
from app.core.notes import NoteState
from app.storage import migrations
from app.storage.check import schema_of
from app.storage.database import Database
from app.storage.driver import sqlite3
from app.storage.migrations import MIGRATIONS, SCHEMA_VERSION, Migration
from tests.helpers.records import repositories_in

SCHEMAS = Path(__file__).with_name("schemas")


@pytest.fixture(params=range(1, SCHEMA_VERSION + 1))
def historic(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A data folder with a database of each historic schema."""
    connection = sqlite3.connect(tmp_path / "wardnote.sqlite3")
    connection.executescript((SCHEMAS / f"{request.param}.sql").read_text(encoding="utf-8"))
    connection.close()
    return tmp_path


def schema(path: Path) -> object:
    database = Database.open(path)
    try:
        return schema_of(database.sql)
    finally:
        database.close()


def test_every_historic_schema_opens_and_keeps_its_rows(historic: Path, tmp_path: Path) -> None:
    repositories = repositories_in(historic)
    try:
        report = repositories.database.check()
        (summary,) = repositories.encounters.summaries()
        assert summary.note_id is not None
        note = repositories.notes.get(summary.note_id)
        numbers = [version.version for version in repositories.notes.versions(summary.note_id)]
        versions = [repositories.notes.version_sections(summary.note_id, number) for number in numbers]
    finally:
        repositories.close()
    assert report.problems == ()
    assert report.schema_version == SCHEMA_VERSION
    assert note.sections["plan"] == "监护，吸氧"
    assert (note.state, note.recorded_at) == (NoteState.DRAFT, datetime.fromisoformat("2025-03-01T08:30:00+08:00"))
    assert [sections["plan"] for sections in versions] == ["监护"]


def test_every_historic_schema_becomes_the_present_one(historic: Path, tmp_path: Path) -> None:
    assert schema(historic / "wardnote.sqlite3") == schema(tmp_path / "fresh" / "wardnote.sqlite3")


def test_a_row_damaged_before_a_step_is_still_found_after_it(tmp_path: Path) -> None:
    path = tmp_path / "wardnote.sqlite3"
    connection = sqlite3.connect(path)
    connection.executescript((SCHEMAS / "2.sql").read_text(encoding="utf-8"))
    connection.execute("UPDATE notes SET sections = replace(sections, '吸氧', '吸烟')")
    connection.commit()
    connection.close()
    database = Database.open(path)
    try:
        assert any(problem.startswith("notes：") for problem in database.check().problems)
    finally:
        database.close()


def test_a_damaged_row_stays_found_after_the_migration(tmp_path: Path) -> None:
    path = tmp_path / "wardnote.sqlite3"
    connection = sqlite3.connect(path)
    connection.executescript((SCHEMAS / "2.sql").read_text(encoding="utf-8"))
    connection.execute("UPDATE encounters SET bed = '4床'")
    connection.commit()
    connection.close()
    database = Database.open(path)
    try:
        assert any("encounters" in problem for problem in database.check().problems)
    finally:
        database.close()


def test_a_step_that_fails_leaves_the_old_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "wardnote.sqlite3"
    before = schema(path)

    def half_done(database: sqlite_utils.Database) -> None:
        database.execute("CREATE TABLE half (done TEXT)")
        raise sqlite3.OperationalError("the step fails")

    with monkeypatch.context() as patched:
        longer = (*MIGRATIONS, Migration("half_done", half_done))
        for module in ("app.storage.migrations", "app.storage.database"):
            patched.setattr(f"{module}.MIGRATIONS", longer)
            patched.setattr(f"{module}.SCHEMA_VERSION", len(longer))
        with pytest.raises(sqlite3.OperationalError):
            Database.open(path)
    assert schema(path) == before


def test_a_newer_database_is_refused_and_names_the_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "wardnote.sqlite3"
    with monkeypatch.context() as later:
        later.setattr("app.__version__", "7.3.0")
        longer = (*MIGRATIONS, Migration("of_the_future", lambda database: None))
        for module in ("app.storage.migrations", "app.storage.database"):
            later.setattr(f"{module}.MIGRATIONS", longer)
            later.setattr(f"{module}.SCHEMA_VERSION", len(longer))
        Database.open(path).close()
    content = path.read_bytes()
    with pytest.raises(DatabaseFault, match=r"7\.3\.0") as caught:
        Database.open(path)
    assert "没有改动" in str(caught.value)
    assert path.read_bytes() == content


def test_a_newer_database_with_an_unknown_history_is_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "wardnote.sqlite3"
    Database.open(path).close()
    connection = sqlite3.connect(path)
    connection.executescript("DROP TABLE schema_migrations; PRAGMA user_version = 99;")
    connection.close()
    with pytest.raises(DatabaseFault, match="99"):
        Database.open(path)


def test_migrations_have_unique_names_and_docstrings() -> None:
    names = [migration.name for migration in migrations.MIGRATIONS]
    assert len(set(names)) == len(names)
    assert all(migration.apply.__doc__ for migration in migrations.MIGRATIONS)
