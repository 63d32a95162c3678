"""What happened to stays: an append-only table of its own."""

from __future__ import annotations

import json
from datetime import datetime

import sqlite_utils

from app.core.moves import Move, MoveKind
from app.storage.chain import MOVES, append
from app.storage.codec import time_text, to_json


def append_move(sql: sqlite_utils.Database, move: Move) -> None:
    """Keep a move, inside the caller's transaction; twice changes nothing."""
    row = {
        "move_id": move.move_id,
        "encounter_id": move.encounter_id,
        "kind": move.kind.value,
        "actor": move.actor,
        "occurred_at": time_text(move.occurred_at),
        "before": to_json(dict(move.before)),
        "after": to_json(dict(move.after)),
    }
    append(sql, MOVES, row)


def read_moves(sql: sqlite_utils.Database, encounter_id: str) -> tuple[Move, ...]:
    """A stay's moves, oldest first (by the order in which they were stored)."""
    rows = sql.query("SELECT * FROM moves WHERE encounter_id = ? ORDER BY seq", [encounter_id])
    return tuple(
        Move(
            row["move_id"],
            row["encounter_id"],
            MoveKind(row["kind"]),
            row["actor"],
            datetime.fromisoformat(row["occurred_at"]),
            json.loads(row["before"]),
            json.loads(row["after"]),
        )
        for row in rows
    )
