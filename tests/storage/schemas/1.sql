PRAGMA application_id = 1465011796;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE chain_heads (
            table_name TEXT NOT NULL PRIMARY KEY,
            length INTEGER NOT NULL,
            hash TEXT NOT NULL
        ) STRICT;
INSERT INTO "chain_heads" VALUES('note_versions',1,'b15803a8b2efccabb40b733d9c62423704582bba507236c6070fcb6431248529');
CREATE TABLE encounters (
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
        ) STRICT;
INSERT INTO "encounters" VALUES('cffd066225004c0ca551ada16ab2e984','d606656ee0ec49e5b785279d1188e4f1','ZY0001','65岁','心血管内科','心内一病区','3床','2025-03-01T08:30:00+08:00','','2025-03-01T08:30:00+08:00','e35a25283ad2b32c6e15a4b6bd39a55fe23069025431a9ee25ec2a51bef7787a');
CREATE TABLE note_versions (
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
        ) STRICT;
INSERT INTO "note_versions" VALUES(1,'5e5a18358b214b098191c8ec50cdcf28:1','5e5a18358b214b098191c8ec50cdcf28',1,'saved','王医师','2025-03-01T08:30:00+08:00','{"case_features":"","chief_complaint":"","diagnostic_basis":"","differential":"","next_measures":"","plan":"监护","preliminary_diagnosis":""}','b15803a8b2efccabb40b733d9c62423704582bba507236c6070fcb6431248529');
CREATE TABLE notes (
            note_id TEXT NOT NULL PRIMARY KEY,
            encounter_id TEXT NOT NULL REFERENCES encounters(encounter_id),
            kind TEXT NOT NULL,
            version INTEGER NOT NULL,
            sections TEXT NOT NULL,
            characters INTEGER NOT NULL,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL,
            digest TEXT NOT NULL
        ) STRICT;
INSERT INTO "notes" VALUES('5e5a18358b214b098191c8ec50cdcf28','cffd066225004c0ca551ada16ab2e984','first_progress',1,'{"case_features":"","chief_complaint":"","diagnostic_basis":"","differential":"","next_measures":"","plan":"监护，吸氧","preliminary_diagnosis":""}',5,'2025-03-01T08:30:00+08:00','2025-03-01T08:30:00+08:00','66d1bccfc066e5d9b8d3a6239577741d53053df07951551e0ac524cdd04cfc25');
CREATE TABLE patients (
            patient_id TEXT NOT NULL PRIMARY KEY,
            name TEXT NOT NULL,
            sex TEXT NOT NULL,
            sample INTEGER NOT NULL,
            created_at TEXT NOT NULL,
            digest TEXT NOT NULL
        ) STRICT;
INSERT INTO "patients" VALUES('d606656ee0ec49e5b785279d1188e4f1','测试甲','男',0,'2025-03-01T08:30:00+08:00','48fe4bdd7e4f3c87d05ae1f9a62a0185e7cf11896e1b20a2892889d332017189');
CREATE TABLE schema_migrations (
            number INTEGER NOT NULL PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            app_version TEXT NOT NULL,
            applied_at TEXT NOT NULL,
            digest TEXT NOT NULL
        ) STRICT;
INSERT INTO "schema_migrations" VALUES(1,'create_ward','0.1.0','2026-11-23T06:31:56.514499+00:00','818563f9390c73440ecd89b52f3e112f2be4356446f97636172696f0f0e282e8');
CREATE INDEX encounters_patient ON encounters(patient_id);
CREATE INDEX notes_encounter ON notes(encounter_id);
CREATE UNIQUE INDEX notes_first_progress ON notes(encounter_id) WHERE kind = 'first_progress';
CREATE TRIGGER note_versions_no_update BEFORE UPDATE ON note_versions BEGIN SELECT RAISE(ABORT, 'note_versions is append-only'); END;
CREATE TRIGGER note_versions_no_delete BEFORE DELETE ON note_versions BEGIN SELECT RAISE(ABORT, 'note_versions is append-only'); END;
COMMIT;
