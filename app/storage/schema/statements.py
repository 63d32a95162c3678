"""Statements that steps share."""

from __future__ import annotations

import sqlite_utils


def append_only(database: sqlite_utils.Database, *tables: str) -> None:
    """No row of these tables is ever changed or taken out."""
    for table in tables:
        for act in ("UPDATE", "DELETE"):
            database.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def run_all(database: sqlite_utils.Database, *statements: str) -> None:
    """One after another."""
    for statement in statements:
        database.execute(statement)
