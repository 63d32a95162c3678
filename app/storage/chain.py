"""Hashes over rows, so that `db check` finds what SQLite's own checks cannot see.

Measured: 293 of 500 random corruptions pass both `quick_check` and `integrity_check`. Therefore rows that change carry
a `digest` of themselves, and rows of append-only tables carry a `row_hash` over themselves and the row before, with the
table's length and last hash kept in `chain_heads`: a row changed, removed, added or moved is found.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlite_utils

from app.storage.rows import Row, Value, insert, put, update

GENESIS = "0" * 64


class ConflictError(Exception):
    """An id was stored before with other content: a bug, since ids are made once."""


@dataclass(frozen=True, slots=True)
class ChainedTable:
    """An append-only table; `key` is the id that its callers make, so that storing twice changes nothing."""

    name: str
    key: str


CHAINED = (
    ChainedTable("note_versions", "version_id"),
    ChainedTable("comparisons", "comparison_id"),
    ChainedTable("runs", "run_id"),
    ChainedTable("generations", "generation_id"),
    ChainedTable("feedback_events", "event_id"),
    ChainedTable("moves", "move_id"),
    ChainedTable("note_acts", "act_id"),
    ChainedTable("export_receipts", "export_id"),
    ChainedTable("import_receipts", "import_id"),
    ChainedTable("reviews", "review_id"),
)
(
    NOTE_VERSIONS,
    COMPARISONS,
    RUNS,
    GENERATIONS,
    FEEDBACK_EVENTS,
    MOVES,
    NOTE_ACTS,
    EXPORT_RECEIPTS,
    IMPORT_RECEIPTS,
    REVIEWS,
) = CHAINED
SEALED = ("patients", "encounters", "notes", "orders", "results", "people", "schema_migrations")


def storable(row: Row) -> dict[str, Value]:
    """The row as SQLite will give it back: lone surrogates, which UTF-8 cannot hold, become question marks."""
    return {name: _clean(value) for name, value in row.items()}


def digest(row: Row, previous: str = "") -> str:
    """SHA-256 (hex) of a row's names and values, after `previous`."""
    values = {name: _plain(value) for name, value in row.items()}
    # `repr`: damage can turn a text into bytes.
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), default=repr)
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def sealed(row: Row) -> dict[str, Value]:
    """A row of a table that changes, with the digest of everything else in it."""
    clean = storable({name: value for name, value in row.items() if name != "digest"})
    return {**clean, "digest": digest(clean)}


def reseal_widened(
    database: sqlite_utils.Database, table: str, key: str, row: Row, added: Sequence[str], changes: Row
) -> None:
    """Seal a row anew after columns were added to its table; a row that was damaged before stays recognisable."""
    before = {name: value for name, value in row.items() if name not in added and name != "digest"}
    whole = digest(before) == row["digest"]
    update(database, table, key, {**sealed({**row, **changes}), **({} if whole else {"digest": row["digest"]})})


def append(database: sqlite_utils.Database, table: ChainedTable, row: Row) -> bool:
    """Add a row at the end of its chain, inside the caller's transaction; False if it was there already.

    Raises ConflictError if its id is there with other content.
    """
    clean = storable(row)
    if _stored_before(database, table, clean):
        return False
    length, previous = _head(database, table.name)
    clean["seq"] = length + 1
    row_hash = digest(clean, previous)
    insert(database, table.name, {**clean, "row_hash": row_hash})
    put(database, "chain_heads", "table_name", {"table_name": table.name, "length": length + 1, "hash": row_hash})
    return True


def chain_problems(database: sqlite_utils.Database, table: ChainedTable) -> Iterator[str]:
    """What is wrong with a chained table, as sentences without patient text; one per break."""
    previous, expected = GENESIS, 0
    for row in database.query(f"SELECT * FROM {table.name} ORDER BY seq"):
        expected += 1
        if row["seq"] != expected:
            yield f"{table.name}：第 {expected} 行缺失或顺序改变。"
            expected = row["seq"]
        row_hash = row.pop("row_hash")
        if digest(row, previous) != row_hash:
            yield f"{table.name}：第 {expected} 行的内容与其校验值不符。"
        previous = row_hash
    if _head(database, table.name) != (expected, previous):
        yield f"{table.name}：行数或末行与记录不符。"


def seal_problems(database: sqlite_utils.Database, table: str) -> Iterator[str]:
    """What is wrong with a table of sealed rows."""
    for row in database.query(f"SELECT rowid AS row_number, * FROM {table}"):
        number = row.pop("row_number")
        if digest({name: value for name, value in row.items() if name != "digest"}) != row["digest"]:
            yield f"{table}：第 {number} 行的内容与其校验值不符。"


def _stored_before(database: sqlite_utils.Database, table: ChainedTable, row: Row) -> bool:
    query = f"SELECT * FROM {table.name} WHERE {table.key} = ?"
    for stored in database.query(query, [row[table.key]]):
        same = {name: stored[name] for name in row}
        if digest(same) != digest(row):
            raise ConflictError(f"{table.name}: this id was stored before with other content")
        return True
    return False


def _head(database: sqlite_utils.Database, table: str) -> tuple[int, str]:
    for row in database.query("SELECT length, hash FROM chain_heads WHERE table_name = ?", [table]):
        return row["length"], row["hash"]
    return 0, GENESIS


def _clean(value: Value) -> Value:
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value


def _plain(value: Value) -> Value:
    """3 and 3.0 alike, since a REAL column gives back floats; NaN as SQLite keeps it (NULL)."""
    if isinstance(value, float):
        if math.isnan(value):
            return None
        if value.is_integer():
            return int(value)
    return value
