"""An export's database read back: the records that it was made from, without people."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from app.core.errors import EnvironmentFault, UsageFault
from app.core.events import EventKind, FeedbackEvent
from app.learning.records import ComparisonRecord, Identities, LoggedEvent, Suggestion
from app.learning.tables import SQLITE_FILE

MANIFEST = "manifest.json"


def read_export(folder: Path) -> tuple[ComparisonRecord, ...]:
    """The comparisons of an export folder that has the format `sqlite`, in the order in which they were made.

    Raises UsageFault if it is none, or is not as it was written; EnvironmentFault if it cannot be read.
    """
    file = folder / SQLITE_FILE
    try:
        _check(folder, file)
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return tuple(_records(connection))
    except OSError as error:
        raise EnvironmentFault(f"无法读取导出文件夹 {folder}：请检查路径和权限。") from error
    except (sqlite3.DatabaseError, ValueError, TypeError, KeyError, IndexError) as error:
        raise UsageFault(f"{file} 不是完整的反馈导出（{type(error).__name__}）：请重新导出 sqlite 格式。") from error


def _check(folder: Path, file: Path) -> None:
    if not file.is_file() or not (folder / MANIFEST).is_file():
        raise UsageFault(f"{folder} 不是 sqlite 格式的反馈导出：其中应有 {SQLITE_FILE} 和 {MANIFEST}。")
    files = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
    expected = {str(one["path"]): str(one["sha256"]) for one in files}
    with file.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if expected.get(SQLITE_FILE) != found:
        raise UsageFault(f"{file} 与导出时的校验值不符，没有导入：请重新取得这份导出。")


def _records(connection: sqlite3.Connection) -> Iterator[ComparisonRecord]:
    for about in connection.execute("SELECT * FROM comparisons ORDER BY rowid"):
        key = [about["comparison_id"]]
        generations = connection.execute(
            "SELECT * FROM generations WHERE comparison_id = ? ORDER BY display_order, rowid", key
        ).fetchall()
        events = connection.execute(
            """SELECT e.* FROM events e JOIN generations g USING (generation_id)
            WHERE g.comparison_id = ? ORDER BY e.sequence""",
            key,
        )
        yield ComparisonRecord(
            comparison_id=about["comparison_id"],
            patient=about["patient"],
            encounter=about["encounter"],
            department=about["department"],
            task=about["task"],
            created_at=datetime.fromisoformat(about["created_at"]),
            runs=about["runs"],
            suggestions=tuple(Suggestion.of_row(row, completed=bool(row["completed"])) for row in generations),
            events=tuple(LoggedEvent(row["sequence"], _event(row)) for row in events),
            identities=Identities(),
            chief_complaint=about["chief_complaint"],
            case_features=about["case_features"],
        )


def _event(row: Mapping[str, Any]) -> FeedbackEvent:
    return FeedbackEvent(
        event_id=row["event_id"],
        generation_id=row["generation_id"],
        kind=EventKind(row["kind"]),
        actor=row["doctor"],
        occurred_at=datetime.fromisoformat(row["occurred_at"]),
        item=row["item"],
        data=json.loads(row["data"]),
    )
