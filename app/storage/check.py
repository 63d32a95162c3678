"""What `wardnote db check` finds: SQLite's own checks, the schema, and the hashes of every row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

import sqlite_utils

from app.storage.chain import CHAINED, SEALED, chain_problems, seal_problems
from app.storage.driver import sqlite3
from app.storage.migrations import migrate, user_version

MAX_PROBLEMS = 100

_OTHER_SCHEMA = "数据库结构与程序不符"

Schema: TypeAlias = Sequence[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """`problems`: Chinese sentences without patient text (at most 100 of a kind); `rows`: each table's count."""

    schema_version: int
    problems: tuple[str, ...]
    rows: Mapping[str, int]

    @property
    def ok(self) -> bool:
        """Nothing was found."""
        return not self.problems


def check(sql: sqlite_utils.Database) -> CheckReport:
    """Check everything; damage that stops a part of the check is a problem of that part."""
    problems: list[str] = []
    for part in (_integrity(sql), _foreign_keys(sql), _schema(sql)):
        problems += _up_to(MAX_PROBLEMS, part)
    # Rows can be read by name only where the tables are as the program made them.
    if not any(problem.startswith(_OTHER_SCHEMA) for problem in problems):
        for part in _rows(sql):
            problems += _up_to(MAX_PROBLEMS - len(problems), part)
    return CheckReport(user_version(sql), tuple(problems), _counts(sql))


def schema_of(sql: sqlite_utils.Database) -> Schema:
    """Tables, indexes and triggers as they were created, in a fixed order."""
    query = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name"
    return [tuple(row) for row in sql.execute(query).fetchall()]


def _rows(sql: sqlite_utils.Database) -> Iterator[Iterator[str]]:
    for table in SEALED:
        yield seal_problems(sql, table)
    for chained in CHAINED:
        yield chain_problems(sql, chained)


def _up_to(limit: int, problems: Iterator[str]) -> list[str]:
    found: list[str] = []
    try:
        for problem in problems:
            if len(found) >= limit:
                break
            found.append(problem)
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        found.append(f"数据库的一部分无法读取（{getattr(error, 'sqlite_errorname', '文本编码')}）。")
    return found


def _integrity(sql: sqlite_utils.Database) -> Iterator[str]:
    for (line,) in sql.execute(f"PRAGMA integrity_check({MAX_PROBLEMS})"):
        if line != "ok":
            yield f"SQLite 完整性检查：{line}。"


def _foreign_keys(sql: sqlite_utils.Database) -> Iterator[str]:
    for table, row, parent, _ in sql.execute("PRAGMA foreign_key_check"):
        yield f"{table} 第 {row} 行引用的 {parent} 不存在。"


def _schema(sql: sqlite_utils.Database) -> Iterator[str]:
    found, expected = schema_of(sql), _expected_schema()
    for entry in expected:
        if entry not in found:
            yield f"{_OTHER_SCHEMA}：{entry[0]} {entry[1]} 缺失或不同。"
    if len(found) > len(expected):
        yield f"{_OTHER_SCHEMA}：有多余的表、索引或触发器。"


def _expected_schema() -> Schema:
    connection = sqlite3.connect(":memory:")
    try:
        sql = sqlite_utils.Database(connection)
        migrate(sql, datetime.now(UTC))
        return schema_of(sql)
    finally:
        connection.close()


def _counts(sql: sqlite_utils.Database) -> dict[str, int]:
    counts: dict[str, int] = {}
    for table in (*SEALED, *(chained.name for chained in CHAINED)):
        try:
            counts[table] = int(sql.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            continue
    return counts
