"""Steps of the schema: documents, who wrote and signed them, and what then holds. A released step never changes."""

from __future__ import annotations

import sqlite_utils

from app.storage.chain import reseal_widened
from app.storage.schema.statements import append_only, run_all

_NEW_IN_NOTES = ("recorded_at", "author", "state", "signed_version", "provenance")


def add_documents(database: sqlite_utils.Database) -> None:
    """Daily notes and discharge records; each document's date, author, state and signed version."""
    run_all(
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


def create_people_and_note_acts(database: sqlite_utils.Database) -> None:
    """Who works here; and what was done to documents beside writing them: reviewed, signed, amended, returned."""
    run_all(
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
    append_only(database, "note_acts")


_LAST_ACT = "FROM note_acts WHERE note_id = OLD.note_id ORDER BY seq DESC LIMIT 1"


def guard_signed_notes(database: sqlite_utils.Database) -> None:
    """Nothing of a signed document changes, its provenance included, until an amendment is kept; none is signed or
    replaced beside the acts. REPLACE deletes without firing triggers against DELETE, so it is refused at the INSERT."""
    kept = [column.name for column in database.table("notes").columns if column.name not in ("state", "digest")]
    changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in kept)
    run_all(
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
