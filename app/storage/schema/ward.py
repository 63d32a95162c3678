"""Steps of the schema: patients, stays, and where they lie. A released step never changes."""

from __future__ import annotations

import sqlite_utils

from app.storage.chain import reseal_widened
from app.storage.schema.statements import append_only, run_all


def create_ward(database: sqlite_utils.Database) -> None:
    """Patients, encounters, notes (working text) and their kept versions."""
    run_all(
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
    append_only(database, "note_versions")


_NEW_IN_ENCOUNTERS = ("severity", "diagnoses", "discharged_at")


def create_stays(database: sqlite_utils.Database) -> None:
    """How ill, since when and until when; orders and results; and every move of a stay."""
    run_all(
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
    append_only(database, "moves")
    for row in list(database.query("SELECT * FROM encounters")):
        reseal_widened(database, "encounters", "encounter_id", row, _NEW_IN_ENCOUNTERS, {})
