"""What each step of the schema's history does. A released step never changes."""

from __future__ import annotations

import sqlite_utils

from app.storage.chain import reseal_widened


def create_ward(database: sqlite_utils.Database) -> None:
    """Patients, encounters, notes (working text) and their kept versions."""
    _run_all(
        database,
        """CREATE TABLE patients (
            patient_id TEXT NOT NULL PRIMARY KEY,
            name TEXT NOT NULL,
            sex TEXT NOT NULL,
            sample INTEGER NOT NULL,
            created_at TEXT NOT NULL,
            digest TEXT NOT NULL
        ) STRICT""",
        """CREATE TABLE encounters (
            encounter_id TEXT NOT NULL PRIMARY KEY,
            patient_id TEXT NOT NULL REFERENCES patients(patient_id),
            mrn TEXT NOT NULL,
            age TEXT NOT NULL,
            department TEXT NOT NULL,
            ward TEXT NOT NULL,
            bed TEXT NOT NULL,
            admitted_at TEXT NOT NULL,
            attending TEXT NOT NULL,
            created_at TEXT NOT NULL,
            digest TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX encounters_patient ON encounters(patient_id)",
        """CREATE TABLE notes (
            note_id TEXT NOT NULL PRIMARY KEY,
            encounter_id TEXT NOT NULL REFERENCES encounters(encounter_id),
            kind TEXT NOT NULL,
            version INTEGER NOT NULL,
            characters INTEGER NOT NULL,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL,
            digest TEXT NOT NULL,
            sections TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX notes_encounter ON notes(encounter_id)",
        "CREATE UNIQUE INDEX notes_first_progress ON notes(encounter_id) WHERE kind = 'first_progress'",
        """CREATE TABLE note_versions (
            seq INTEGER NOT NULL PRIMARY KEY,
            version_id TEXT NOT NULL UNIQUE,
            note_id TEXT NOT NULL REFERENCES notes(note_id),
            version INTEGER NOT NULL,
            reason TEXT NOT NULL,
            actor TEXT NOT NULL,
            occurred_at TEXT NOT NULL,
            sections TEXT NOT NULL,
            row_hash TEXT NOT NULL,
            UNIQUE (note_id, version)
        ) STRICT""",
        """CREATE TABLE chain_heads (
            table_name TEXT NOT NULL PRIMARY KEY,
            length INTEGER NOT NULL,
            hash TEXT NOT NULL
        ) STRICT""",
    )
    _append_only(database, "note_versions")


def create_comparisons_and_feedback(database: sqlite_utils.Database) -> None:
    """What was asked of the models, what they wrote, and what the doctor did with it."""
    _run_all(
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
    _append_only(database, "comparisons", "runs", "generations", "feedback_events")


_NEW_IN_NOTES = ("recorded_at", "author", "state", "signed_version", "provenance")


def add_documents(database: sqlite_utils.Database) -> None:
    """Daily notes and discharge records; each document's date, author, state and signed version."""
    _run_all(
        database,
        "ALTER TABLE notes ADD COLUMN recorded_at TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE notes ADD COLUMN author TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE notes ADD COLUMN state TEXT NOT NULL DEFAULT 'draft'",
        "ALTER TABLE notes ADD COLUMN signed_version INTEGER",
        "ALTER TABLE notes ADD COLUMN provenance TEXT NOT NULL DEFAULT '[]'",
        "CREATE UNIQUE INDEX notes_discharge ON notes(encounter_id) WHERE kind = 'discharge'",
        """CREATE TRIGGER notes_signed_is_kept BEFORE UPDATE ON notes
            WHEN OLD.state = 'signed' AND (NEW.sections <> OLD.sections OR NEW.recorded_at <> OLD.recorded_at)
            BEGIN SELECT RAISE(ABORT, 'a signed note is amended, not changed'); END""",
        """CREATE TRIGGER notes_kept_no_delete BEFORE DELETE ON notes
            WHEN OLD.version > 0 OR OLD.characters > 0 OR OLD.state <> 'draft'
            BEGIN SELECT RAISE(ABORT, 'a written note is not deleted'); END""",
    )
    for row in list(database.query("SELECT * FROM notes")):
        reseal_widened(database, "notes", "note_id", row, _NEW_IN_NOTES, {"recorded_at": row["created_at"]})


_NEW_IN_ENCOUNTERS = ("severity", "diagnoses", "discharged_at")


def create_stays(database: sqlite_utils.Database) -> None:
    """How ill, since when and until when; orders and results; and every move of a stay."""
    _run_all(
        database,
        "ALTER TABLE encounters ADD COLUMN severity TEXT NOT NULL DEFAULT '稳定'",
        "ALTER TABLE encounters ADD COLUMN diagnoses TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE encounters ADD COLUMN discharged_at TEXT",
        """CREATE TABLE orders (
            order_id TEXT NOT NULL PRIMARY KEY,
            encounter_id TEXT NOT NULL REFERENCES encounters(encounter_id),
            date TEXT NOT NULL,
            name TEXT NOT NULL,
            dose TEXT NOT NULL,
            route TEXT NOT NULL,
            frequency TEXT NOT NULL,
            until TEXT NOT NULL,
            extra TEXT NOT NULL,
            withdrawn INTEGER NOT NULL,
            actor TEXT NOT NULL,
            created_at TEXT NOT NULL,
            digest TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX orders_encounter ON orders(encounter_id)",
        """CREATE TABLE results (
            result_id TEXT NOT NULL PRIMARY KEY,
            encounter_id TEXT NOT NULL REFERENCES encounters(encounter_id),
            date TEXT NOT NULL,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            unit TEXT NOT NULL,
            range TEXT NOT NULL,
            abnormal TEXT NOT NULL,
            extra TEXT NOT NULL,
            withdrawn INTEGER NOT NULL,
            actor TEXT NOT NULL,
            created_at TEXT NOT NULL,
            digest TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX results_encounter ON results(encounter_id)",
        """CREATE TABLE moves (
            seq INTEGER NOT NULL PRIMARY KEY,
            move_id TEXT NOT NULL UNIQUE,
            encounter_id TEXT NOT NULL REFERENCES encounters(encounter_id),
            kind TEXT NOT NULL,
            actor TEXT NOT NULL,
            occurred_at TEXT NOT NULL,
            before TEXT NOT NULL,
            after TEXT NOT NULL,
            row_hash TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX moves_encounter ON moves(encounter_id)",
    )
    _append_only(database, "moves")
    for row in list(database.query("SELECT * FROM encounters")):
        reseal_widened(database, "encounters", "encounter_id", row, _NEW_IN_ENCOUNTERS, {})


def create_people_and_note_acts(database: sqlite_utils.Database) -> None:
    """Who works here; and what was done to documents beside writing them: reviewed, signed, amended, returned."""
    _run_all(
        database,
        """CREATE TABLE people (
            person_id TEXT NOT NULL PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            role TEXT NOT NULL,
            pin TEXT NOT NULL,
            created_at TEXT NOT NULL,
            digest TEXT NOT NULL
        ) STRICT""",
        """CREATE TABLE note_acts (
            seq INTEGER NOT NULL PRIMARY KEY,
            act_id TEXT NOT NULL UNIQUE,
            note_id TEXT NOT NULL REFERENCES notes(note_id),
            version INTEGER NOT NULL,
            kind TEXT NOT NULL,
            person_id TEXT NOT NULL REFERENCES people(person_id),
            person TEXT NOT NULL,
            role TEXT NOT NULL,
            occurred_at TEXT NOT NULL,
            comment TEXT NOT NULL,
            text_hash TEXT NOT NULL,
            provenance TEXT NOT NULL,
            row_hash TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX note_acts_note ON note_acts(note_id)",
    )
    _append_only(database, "note_acts")


def create_receipts(database: sqlite_utils.Database) -> None:
    """What left in which export, and what of it came back as used; what counting the feedback needs."""
    _run_all(
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
    _append_only(database, "export_receipts", "exported_rows", "import_receipts", "returned_rows")


_LAST_ACT = "FROM note_acts WHERE note_id = OLD.note_id ORDER BY seq DESC LIMIT 1"


def guard_signed_notes(database: sqlite_utils.Database) -> None:
    """Nothing of a signed document changes, its provenance included, until an amendment is kept; none is signed or
    replaced beside the acts. REPLACE deletes without firing triggers against DELETE, so it is refused at the INSERT."""
    kept = [column.name for column in database.table("notes").columns if column.name not in ("state", "digest")]
    changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in kept)
    _run_all(
        database,
        "DROP TRIGGER notes_signed_is_kept",
        f"""CREATE TRIGGER notes_signed_is_kept BEFORE UPDATE ON notes WHEN OLD.state = 'signed' AND ({changed}
                OR (NEW.state <> 'signed' AND (SELECT kind {_LAST_ACT}) IS NOT 'amended'))
            BEGIN SELECT RAISE(ABORT, 'a signed note is amended, not changed'); END""",
        f"""CREATE TRIGGER notes_signed_by_act BEFORE UPDATE ON notes WHEN OLD.state <> 'signed'
                AND NEW.state = 'signed' AND NOT EXISTS (SELECT 1 FROM (SELECT kind, version, provenance {_LAST_ACT})
                    WHERE kind = 'signed' AND version = NEW.version AND provenance = NEW.provenance)
            BEGIN SELECT RAISE(ABORT, 'a note is signed by a person whose act is kept'); END""",
        """CREATE TRIGGER notes_no_replace BEFORE INSERT ON notes WHEN EXISTS (SELECT 1 FROM notes
                WHERE note_id = NEW.note_id
                    OR (encounter_id = NEW.encounter_id AND kind = NEW.kind AND kind <> 'daily_progress'))
            BEGIN SELECT RAISE(ABORT, 'a note is not replaced'); END""",
        """CREATE TRIGGER note_versions_no_replace BEFORE INSERT ON note_versions WHEN EXISTS (SELECT 1
                FROM note_versions WHERE seq = NEW.seq OR version_id = NEW.version_id
                    OR (note_id = NEW.note_id AND version = NEW.version))
            BEGIN SELECT RAISE(ABORT, 'a version is not replaced'); END""",
        """CREATE TRIGGER note_acts_no_replace BEFORE INSERT ON note_acts
            WHEN EXISTS (SELECT 1 FROM note_acts WHERE seq = NEW.seq OR act_id = NEW.act_id)
            BEGIN SELECT RAISE(ABORT, 'an act is not replaced'); END""",
    )


def create_reviews(database: sqlite_utils.Database) -> None:
    """What a model said of a note when it was asked to review it: who asked, which model, of which version."""
    _run_all(
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
    _append_only(database, "reviews")


def _append_only(database: sqlite_utils.Database, *tables: str) -> None:
    for table in tables:
        for act in ("UPDATE", "DELETE"):
            database.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def _run_all(database: sqlite_utils.Database, *statements: str) -> None:
    for statement in statements:
        database.execute(statement)
