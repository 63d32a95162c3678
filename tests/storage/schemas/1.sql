PRAGMA application_id = 1465011796;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE chain_heads (
            table_name TEXT NOT NULL PRIMARY KEY,
            length INTEGER NOT NULL,
            hash TEXT NOT NULL
        ) STRICT;
INSERT INTO "chain_heads" VALUES('note_versions',1,'c1110cd8b349825f218fa8cc798fdcdb1ba45d7e9dfe45f13450c8fa38e533be');
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
INSERT INTO "encounters" VALUES('f3a38d847ba34c9cab76ec716d7bce0e','372cbc715c7b43ae952e77cfad54bc0b','ZY0001','65岁','心血管内科','心内一病区','3床','2025-03-01T08:30:00+08:00','','2025-03-01T08:30:00+08:00','13eb6123de1378e32b2b9f65dacfa89cfca68d394e6cfdcf07763ebd66a66bf4');
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
INSERT INTO "note_versions" VALUES(1,'310416d2567342db91dd3ff68ec96993:1','310416d2567342db91dd3ff68ec96993',1,'saved','王医师','2025-03-01T08:30:00+08:00','{"case_features":"","chief_complaint":"","diagnostic_basis":"","differential":"","next_measures":"","plan":"监护","preliminary_diagnosis":""}','c1110cd8b349825f218fa8cc798fdcdb1ba45d7e9dfe45f13450c8fa38e533be');
CREATE TABLE notes (
            note_id TEXT NOT NULL PRIMARY KEY,
            encounter_id TEXT NOT NULL REFERENCES encounters(encounter_id),
            kind TEXT NOT NULL,
            version INTEGER NOT NULL,
            characters INTEGER NOT NULL,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL,
            digest TEXT NOT NULL,
            sections TEXT NOT NULL
        ) STRICT;
INSERT INTO "notes" VALUES('310416d2567342db91dd3ff68ec96993','f3a38d847ba34c9cab76ec716d7bce0e','first_progress',1,5,'2025-03-01T08:30:00+08:00','2025-03-01T08:30:00+08:00','8a346170bc42e664de3303fb801d9a79a88faffadbcf6da593d9ca98d970bff8','{"case_features":"","chief_complaint":"","diagnostic_basis":"","differential":"","next_measures":"","plan":"监护，吸氧","preliminary_diagnosis":""}');
CREATE TABLE patients (
            patient_id TEXT NOT NULL PRIMARY KEY,
            name TEXT NOT NULL,
            sex TEXT NOT NULL,
            sample INTEGER NOT NULL,
            created_at TEXT NOT NULL,
            digest TEXT NOT NULL
        ) STRICT;
INSERT INTO "patients" VALUES('372cbc715c7b43ae952e77cfad54bc0b','测试甲','男',0,'2025-03-01T08:30:00+08:00','c1c4186cd2e7be28763d9368498d26d7c9b63d2a7b5ba45ba54abd912be0bbe8');
CREATE TABLE schema_migrations (
            number INTEGER NOT NULL PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            app_version TEXT NOT NULL,
            applied_at TEXT NOT NULL,
            digest TEXT NOT NULL
        ) STRICT;
INSERT INTO "schema_migrations" VALUES(1,'create_ward','0.1.0','2026-11-23T06:52:47.982032+00:00','7d5b2fdbca96867916294db5cd8e6a19601f2d9f5ce7990f81046a26d8b6f850');
CREATE INDEX encounters_patient ON encounters(patient_id);
CREATE INDEX notes_encounter ON notes(encounter_id);
CREATE UNIQUE INDEX notes_first_progress ON notes(encounter_id) WHERE kind = 'first_progress';
CREATE TRIGGER note_versions_no_update BEFORE UPDATE ON note_versions BEGIN SELECT RAISE(ABORT, 'note_versions is append-only'); END;
CREATE TRIGGER note_versions_no_delete BEFORE DELETE ON note_versions BEGIN SELECT RAISE(ABORT, 'note_versions is append-only'); END;
COMMIT;
