"""What models said of notes that they were asked to review; written once, when the review ended."""

from __future__ import annotations

from app.core.runs import Binding, Generation
from app.storage import codec
from app.storage.chain import REVIEWS, append
from app.storage.comparisons import ended_columns, generation_of, run_of
from app.storage.database import Database


class ReviewRepository:
    """Reviews in the database."""

    def __init__(self, database: Database) -> None:
        """Nothing is read yet."""
        self._database = database

    def add(self, review: Generation, actor: str) -> None:
        """Keep a review that ended, and who asked for it; twice changes nothing."""
        run = review.run
        row = {
            "review_id": run.run_id,
            "patient_id": run.binding.patient_id,
            "encounter_id": run.binding.encounter_id,
            "note_id": run.binding.note_id,
            "note_version": run.binding.note_version,
            "input_hash": run.binding.input_hash,
            "actor": actor,
            "started_at": codec.time_text(run.started_at),
            "identity": codec.identity_json(run.identity),
            "prompt": codec.prompt_json(run.prompt),
            "decoding": codec.decoding_json(run.decoding),
            **ended_columns(review),
        }
        with self._database.transaction() as sql:
            append(sql, REVIEWS, row)

    def newest(self, note_id: str) -> Generation | None:
        """The last review of a note."""
        query = """SELECT *, review_id AS run_id, review_id AS comparison_id, 0 AS display_order
            FROM reviews WHERE note_id = ? ORDER BY seq DESC LIMIT 1"""
        with self._database.snapshot() as sql:
            for row in sql.query(query, [note_id]):
                where = (row["patient_id"], row["encounter_id"], row["note_id"])
                binding = Binding(*where, row["note_version"], row["input_hash"])
                return generation_of(row, run_of(row, binding))
        return None
