"""Plain INSERT and UPDATE of one row, within the caller's transaction.

Not sqlite-utils' own `insert`, `upsert` and `update`: its upsert probes SQLite's features by creating a table, takes a
full disk for a missing feature, and then writes with INSERT OR IGNORE, which drops the row without a word (seen with
4.2.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import sqlite_utils

Value: TypeAlias = str | int | float | None
Row: TypeAlias = Mapping[str, Value]


def insert(database: sqlite_utils.Database, table: str, row: Row, *, unless: str = "") -> None:
    """Add a row; with `unless`, do nothing if a row with the same value in that column is there."""
    names = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    conflict = f" ON CONFLICT ({unless}) DO NOTHING" if unless else ""
    database.execute(f"INSERT INTO {table} ({names}) VALUES ({values}){conflict}", dict(row))


def update(database: sqlite_utils.Database, table: str, key: str, row: Row) -> None:
    """Overwrite the row with the same key, which is there."""
    changes = ", ".join(f"{name} = :{name}" for name in row if name != key)
    database.execute(f"UPDATE {table} SET {changes} WHERE {key} = :{key}", dict(row))


def put(database: sqlite_utils.Database, table: str, key: str, row: Row) -> None:
    """Add a row, or overwrite the one with the same key."""
    names = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    changes = ", ".join(f"{name} = :{name}" for name in row if name != key)
    database.execute(
        f"INSERT INTO {table} ({names}) VALUES ({values}) ON CONFLICT ({key}) DO UPDATE SET {changes}", dict(row)
    )
