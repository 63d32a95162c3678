"""What left the hospital in which export, and what of it came back as used for training."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core.errors import UsageFault
from app.storage.chain import EXPORT_RECEIPTS, IMPORT_RECEIPTS, append
from app.storage.codec import time_text, to_json
from app.storage.database import Database
from app.storage.rows import Row

_UNKNOWN_EXPORT = "这份回执所说的导出（export_id）不是由这个数据库导出的：请检查文件和 --data-dir。"
_UNKNOWN_ROWS = "回执中有不属于这次导出的行（row_id）：没有登记任何一行，请检查文件。"


@dataclass(frozen=True, slots=True)
class ExportReceipt:
    """One export. `rows`: the ids of the training rows that it has and no export before it had."""

    export_id: str
    created_at: datetime
    formats: Sequence[str]
    filters: Mapping[str, object]
    rows: frozenset[str]
    manifest_sha256: str


class ReceiptRepository:
    """Receipts in the database."""

    def __init__(self, database: Database) -> None:
        """Nothing is read yet."""
        self._database = database

    def exported_rows(self) -> frozenset[str]:
        """The ids of all rows that ever left."""
        with self._database.snapshot() as sql:
            return frozenset(row_id for (row_id,) in sql.execute("SELECT row_id FROM exported_rows"))

    @contextmanager
    def recorded(self, receipt: ExportReceipt) -> Iterator[None]:
        """Stored if the block ends well, and not if it does not: the export gets its name within.

        A power cut in between exports a row twice; it never loses one.
        """
        row: Row = {
            "export_id": receipt.export_id,
            "created_at": time_text(receipt.created_at),
            "formats": to_json(list(receipt.formats)),
            "filters": to_json(dict(receipt.filters)),
            "row_count": len(receipt.rows),
            "manifest_sha256": receipt.manifest_sha256,
        }
        with self._database.transaction() as sql:
            append(sql, EXPORT_RECEIPTS, row)
            known = "INSERT INTO exported_rows VALUES (?, ?) ON CONFLICT DO NOTHING"
            sql.conn.executemany(known, ((row_id, receipt.export_id) for row_id in sorted(receipt.rows)))
            yield

    def mark_returned(
        self, import_id: str, export_id: str, model: str, rows: Iterable[str] | None, now: datetime
    ) -> int:
        """Mark rows of an export (None: all of them) as used for a model; how many. Twice changes nothing.

        Raises UsageFault for an export or a row that is none of this database's.
        """
        with self._database.transaction() as sql:
            if not sql.execute("SELECT 1 FROM export_receipts WHERE export_id = ?", [export_id]).fetchone():
                raise UsageFault(_UNKNOWN_EXPORT)
            query = "SELECT row_id FROM exported_rows WHERE export_id = ?"
            known = {row_id for (row_id,) in sql.execute(query, [export_id])}
            used = known if rows is None else set(rows)
            if not used <= known:
                raise UsageFault(_UNKNOWN_ROWS)
            row: Row = {
                "import_id": import_id,
                "export_id": export_id,
                "returned_at": time_text(now),
                "model": model,
                "row_count": len(used),
            }
            if sql.execute("SELECT 1 FROM import_receipts WHERE import_id = ?", [import_id]).fetchone():
                return len(used)
            append(sql, IMPORT_RECEIPTS, row)
            insert = "INSERT INTO returned_rows VALUES (?, ?) ON CONFLICT DO NOTHING"
            sql.conn.executemany(insert, ((row_id, import_id) for row_id in sorted(used)))
            return len(used)

    def exports(self) -> list[Mapping[str, Any]]:
        """All exports, newest first, each with how many of its rows came back as used."""
        query = """SELECT e.export_id, e.created_at, e.formats, e.filters, e.row_count,
                (SELECT count(DISTINCT r.row_id) FROM returned_rows r JOIN exported_rows x USING (row_id)
                    WHERE x.export_id = e.export_id) AS returned
            FROM export_receipts e ORDER BY e.seq DESC"""
        with self._database.snapshot() as sql:
            return list(sql.query(query))
