"""The schema's history. Each step is one named function; a released step never changes.

All pending steps run in one transaction, so a database is either at its old schema or at the new one. `user_version`
counts the steps, and `schema_migrations` keeps which program version took each: a program that meets steps it does not
know can say which version knows them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlite_utils

import app
from app.storage.chain import sealed
from app.storage.driver import sqlite3
from app.storage.faults import is_refused_statement
from app.storage.rows import Row, insert
from app.storage.schema.answers import create_comparisons_and_feedback, create_receipts, create_reviews
from app.storage.schema.documents import add_documents, create_people_and_note_acts, guard_signed_notes
from app.storage.schema.ward import create_stays, create_ward


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema."""

    name: str
    apply: Callable[[sqlite_utils.Database], None]


MIGRATIONS = (
    Migration("create_ward", create_ward),
    Migration("create_comparisons_and_feedback", create_comparisons_and_feedback),
    Migration("add_documents", add_documents),
    Migration("create_stays", create_stays),
    Migration("create_people_and_note_acts", create_people_and_note_acts),
    Migration("create_receipts", create_receipts),
    Migration("guard_signed_notes", guard_signed_notes),
    Migration("create_reviews", create_reviews),
)
SCHEMA_VERSION = len(MIGRATIONS)


def migrate(database: sqlite_utils.Database, now: datetime) -> None:
    """Take the steps that this database lacks, inside the caller's transaction."""
    if not database.table("schema_migrations").exists():
        _create_history(database)
    for number in range(user_version(database) + 1, SCHEMA_VERSION + 1):
        migration = MIGRATIONS[number - 1]
        migration.apply(database)
        insert(database, "schema_migrations", _history_row(number, migration.name, now))
        database.execute(f"PRAGMA user_version = {number}")


def user_version(database: sqlite_utils.Database) -> int:
    """How many steps this database has taken."""
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def history(database: sqlite_utils.Database) -> list[tuple[str, str]]:
    """The steps taken, in order, each with the program version that took it; empty if there is no such table."""
    try:
        rows = database.execute("SELECT name, app_version FROM schema_migrations ORDER BY number").fetchall()
    except sqlite3.OperationalError as error:
        if not is_refused_statement(error):
            raise
        return []
    return [(name, app_version) for name, app_version in rows]


def _history_row(number: int, name: str, now: datetime) -> Row:
    return sealed({"number": number, "name": name, "app_version": app.__version__, "applied_at": now.isoformat()})


def _create_history(database: sqlite_utils.Database) -> None:
    database.execute(
        """CREATE TABLE schema_migrations (
            number INTEGER NOT NULL PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            app_version TEXT NOT NULL,
            applied_at TEXT NOT NULL,
            digest TEXT NOT NULL
        ) STRICT"""
    )
