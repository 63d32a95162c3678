"""Orders and results of stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import uuid4

import sqlite_utils

from app.core.errors import UsageFault
from app.core.stay import Order, Result, Stay
from app.storage.chain import sealed
from app.storage.codec import time_text, to_json
from app.storage.database import Database
from app.storage.rows import Value, insert, put
from app.storage.whole_stay import read_orders, read_results, whole_stay

_KEYS = {"orders": "order_id", "results": "result_id"}


class StayRepository:
    """Orders and results in the database. A mistaken entry is withdrawn, never removed."""

    def __init__(self, database: Database) -> None:
        """Nothing is read yet."""
        self._database = database

    def add_orders(self, encounter_id: str, orders: Sequence[Order], actor: str, now: datetime) -> None:
        """Store orders, all or none; each gets an id of its own unless it has one."""
        self._add("orders", encounter_id, [_order_columns(order) for order in orders], actor, now)

    def add_results(self, encounter_id: str, results: Sequence[Result], actor: str, now: datetime) -> None:
        """Store results, as `add_orders`."""
        self._add("results", encounter_id, [_result_columns(result) for result in results], actor, now)

    def orders(self, encounter_id: str) -> tuple[Order, ...]:
        """A stay's orders by date, without the withdrawn ones."""
        with self._database.snapshot() as sql:
            return read_orders(sql, encounter_id)

    def results(self, encounter_id: str) -> tuple[Result, ...]:
        """A stay's results by date, without the withdrawn ones."""
        with self._database.snapshot() as sql:
            return read_results(sql, encounter_id)

    def whole(self, encounter_id: str, record: Mapping[str, str]) -> Stay:
        """All that a discharge record is made from, as `whole_stay`."""
        with self._database.snapshot() as sql:
            return whole_stay(sql, encounter_id, record)

    def stop_order(self, order_id: str, until: str) -> None:
        """The order runs until then (ISO 8601)."""
        self._change("orders", order_id, {"until": until})

    def withdraw_order(self, order_id: str) -> None:
        """The order was entered by mistake."""
        self._change("orders", order_id, {"withdrawn": 1})

    def withdraw_result(self, result_id: str) -> None:
        """The result was entered by mistake."""
        self._change("results", result_id, {"withdrawn": 1})

    def _add(
        self, table: str, encounter_id: str, rows: Sequence[Mapping[str, Value]], actor: str, now: datetime
    ) -> None:
        about: dict[str, Value] = {"withdrawn": 0, "actor": actor, "created_at": time_text(now)}
        with self._database.transaction() as sql:
            for row in rows:
                insert(sql, table, sealed({"encounter_id": encounter_id, **row, **about}))

    def _change(self, table: str, entry_id: str, columns: Mapping[str, Value]) -> None:
        key = _KEYS[table]
        with self._database.transaction() as sql:
            row = _stored(sql, table, key, entry_id)
            put(sql, table, key, sealed({**row, **columns}))


def _stored(sql: sqlite_utils.Database, table: str, key: str, entry_id: str) -> Mapping[str, Value]:
    for row in sql.query(f"SELECT * FROM {table} WHERE {key} = ? AND withdrawn = 0", [entry_id]):
        return dict(row)
    raise UsageFault("这一条已被撤回，请刷新后再操作。")


def _order_columns(order: Order) -> Mapping[str, Value]:
    return {
        "order_id": order.entry_id or uuid4().hex,
        "date": order.date,
        "name": order.name,
        "dose": order.dose,
        "route": order.route,
        "frequency": order.frequency,
        "until": order.until,
        "extra": to_json(dict(order.extra)),
    }


def _result_columns(result: Result) -> Mapping[str, Value]:
    return {
        "result_id": result.entry_id or uuid4().hex,
        "date": result.date,
        "name": result.name,
        "value": result.value,
        "unit": result.unit,
        "range": result.range,
        "abnormal": result.abnormal.value,
        "extra": to_json(dict(result.extra)),
    }
