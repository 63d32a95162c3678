"""Steps of the schema: what models wrote, and what became of it. A released step never changes."""

from __future__ import annotations

import sqlite_utils

from app.storage.schema.statements import append_only, run_all


def create_comparisons_and_feedback(database: sqlite_utils.Database) -> None:
    """What was asked of the models, what they wrote, and what the doctor did with it."""
    run_all(
        database,
        """CREATE TABLE comparisons (
            seq INTEGER NOT NULL PRIMARY KEY,
            comparison_id TEXT NOT NULL UNIQUE,
            patient_id TEXT NOT NULL REFERENCES patients(patient_id),
            encounter_id TEXT NOT NULL REFERENCES encounters(encounter_id),
            note_id TEXT NOT NULL REFERENCES notes(note_id),
            note_version INTEGER NOT NULL,
            input_hash TEXT NOT NULL,
            chief_complaint TEXT NOT NULL,
            case_features TEXT NOT NULL,
            created_at TEXT NOT NULL,
            row_hash TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX comparisons_note ON comparisons(note_id)",
        """CREATE TABLE runs (
            seq INTEGER NOT NULL PRIMARY KEY,
            run_id TEXT NOT NULL UNIQUE,
            comparison_id TEXT NOT NULL REFERENCES comparisons(comparison_id),
            display_order INTEGER NOT NULL,
            started_at TEXT NOT NULL,
            identity TEXT NOT NULL,
            prompt TEXT NOT NULL,
            decoding TEXT NOT NULL,
            row_hash TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX runs_comparison ON runs(comparison_id)",
        """CREATE TABLE generations (
            seq INTEGER NOT NULL PRIMARY KEY,
            generation_id TEXT NOT NULL UNIQUE REFERENCES runs(run_id),
            request_id TEXT NOT NULL,
            comparison_id TEXT NOT NULL REFERENCES comparisons(comparison_id),
            task TEXT NOT NULL,
            model TEXT NOT NULL,
            model_title TEXT NOT NULL,
            model_sha256 TEXT NOT NULL,
            base TEXT NOT NULL,
            adapter_sha256 TEXT,
            engine TEXT NOT NULL,
            engine_version TEXT NOT NULL,
            quantisation TEXT NOT NULL,
            template_id TEXT NOT NULL,
            template_version TEXT NOT NULL,
            template_hash TEXT NOT NULL,
            messages TEXT NOT NULL,
            messages_hash TEXT NOT NULL,
            temperature REAL NOT NULL,
            top_p REAL NOT NULL,
            top_k INTEGER NOT NULL,
            repetition_penalty REAL NOT NULL,
            max_tokens INTEGER NOT NULL,
            seed INTEGER NOT NULL,
            stop TEXT NOT NULL,
            status TEXT NOT NULL,
            finish_reason TEXT NOT NULL,
            input_tokens INTEGER NOT NULL,
            output_tokens INTEGER NOT NULL,
            ttft_ms REAL,
            duration_ms REAL NOT NULL,
            load_ms REAL,
            tokens_per_second REAL,
            output TEXT NOT NULL,
            output_hash TEXT NOT NULL,
            error TEXT,
            app_version TEXT NOT NULL,
            schema_version INTEGER NOT NULL,
            started_at TEXT NOT NULL,
            finished_at TEXT NOT NULL,
            doctor_pseudonym TEXT NOT NULL,
            patient_pseudonym TEXT NOT NULL,
            encounter_pseudonym TEXT NOT NULL,
            pseudonym_key_id TEXT NOT NULL,
            department TEXT NOT NULL,
            display_order INTEGER NOT NULL,
            note_id TEXT NOT NULL REFERENCES notes(note_id),
            note_version INTEGER NOT NULL,
            input_hash TEXT NOT NULL,
            row_hash TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX generations_comparison ON generations(comparison_id)",
        """CREATE TABLE feedback_events (
            seq INTEGER NOT NULL PRIMARY KEY,
            event_id TEXT NOT NULL UNIQUE,
            generation_id TEXT NOT NULL REFERENCES runs(run_id),
            kind TEXT NOT NULL,
            actor TEXT NOT NULL,
            occurred_at TEXT NOT NULL,
            item TEXT NOT NULL,
            data TEXT NOT NULL,
            row_hash TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX feedback_events_generation ON feedback_events(generation_id)",
    )
    append_only(database, "comparisons", "runs", "generations", "feedback_events")


def create_receipts(database: sqlite_utils.Database) -> None:
    """What left in which export, and what of it came back as used; what counting the feedback needs."""
    run_all(
        database,
        """CREATE TABLE export_receipts (
            seq INTEGER NOT NULL PRIMARY KEY,
            export_id TEXT NOT NULL UNIQUE,
            created_at TEXT NOT NULL,
            formats TEXT NOT NULL,
            filters TEXT NOT NULL,
            row_count INTEGER NOT NULL,
            manifest_sha256 TEXT NOT NULL,
            row_hash TEXT NOT NULL
        ) STRICT""",
        """CREATE TABLE exported_rows (
            row_id TEXT NOT NULL PRIMARY KEY,
            export_id TEXT NOT NULL REFERENCES export_receipts(export_id)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE import_receipts (
            seq INTEGER NOT NULL PRIMARY KEY,
            import_id TEXT NOT NULL UNIQUE,
            export_id TEXT NOT NULL REFERENCES export_receipts(export_id),
            returned_at TEXT NOT NULL,
            model TEXT NOT NULL,
            row_count INTEGER NOT NULL,
            row_hash TEXT NOT NULL
        ) STRICT""",
        """CREATE TABLE returned_rows (
            row_id TEXT NOT NULL REFERENCES exported_rows(row_id),
            import_id TEXT NOT NULL REFERENCES import_receipts(import_id),
            PRIMARY KEY (row_id, import_id)
        ) STRICT, WITHOUT ROWID""",
        """CREATE INDEX feedback_events_votes
            ON feedback_events(generation_id, actor, seq, json_extract(data, '$.vote'))
            WHERE kind = 'vote' AND item = ''""",
        "CREATE INDEX feedback_events_kind ON feedback_events(kind, generation_id)",
        """CREATE INDEX feedback_events_outcomes ON feedback_events(generation_id, kind,
            (json_extract(data, '$.added') + json_extract(data, '$.struck')) * 1.0
                / max(1, length(json_extract(data, '$.inserted'))))
            WHERE kind IN ('backfill', 'edited', 'error_reported')""",
        """CREATE INDEX generations_figures
            ON generations(generation_id, model_title, model_sha256, ttft_ms, duration_ms)""",
        "CREATE INDEX generations_tasks ON generations(task, comparison_id)",
    )
    append_only(database, "export_receipts", "exported_rows", "import_receipts", "returned_rows")


def create_reviews(database: sqlite_utils.Database) -> None:
    """What a model said of a note when it was asked to review it: who asked, which model, of which version."""
    run_all(
        database,
        """CREATE TABLE reviews (
            seq INTEGER NOT NULL PRIMARY KEY,
            review_id TEXT NOT NULL UNIQUE,
            patient_id TEXT NOT NULL REFERENCES patients(patient_id),
            encounter_id TEXT NOT NULL REFERENCES encounters(encounter_id),
            note_id TEXT NOT NULL REFERENCES notes(note_id),
            note_version INTEGER NOT NULL,
            input_hash TEXT NOT NULL,
            actor TEXT NOT NULL,
            started_at TEXT NOT NULL,
            identity TEXT NOT NULL,
            prompt TEXT NOT NULL,
            decoding TEXT NOT NULL,
            status TEXT NOT NULL,
            finish_reason TEXT NOT NULL,
            input_tokens INTEGER NOT NULL,
            output_tokens INTEGER NOT NULL,
            ttft_ms REAL,
            duration_ms REAL NOT NULL,
            load_ms REAL,
            tokens_per_second REAL,
            output TEXT NOT NULL,
            output_hash TEXT NOT NULL,
            error TEXT,
            finished_at TEXT NOT NULL,
            row_hash TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX reviews_note ON reviews(note_id)",
    )
    append_only(database, "reviews")
