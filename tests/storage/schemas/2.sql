PRAGMA application_id = 1465011796;
PRAGMA user_version = 2;
BEGIN TRANSACTION;
CREATE TABLE chain_heads (
            table_name TEXT NOT NULL PRIMARY KEY,
            length INTEGER NOT NULL,
            hash TEXT NOT NULL
        ) STRICT;
INSERT INTO "chain_heads" VALUES('note_versions',1,'7721164168b540ee3193af68f26d8ba826d849baed4440548569d3628830d55c');
INSERT INTO "chain_heads" VALUES('comparisons',1,'9ddf198bd97b3aaa31c82b3d8eb5795f740d8d0ed1f4ea511908d1891c331533');
INSERT INTO "chain_heads" VALUES('runs',3,'742dedb1064a151662d7a3fef01dd8a4a69aea3f61b767e9a2be41dfb2cdc08f');
INSERT INTO "chain_heads" VALUES('generations',3,'9db5237b215cb7a425087cedc32f0ec2eb71077ead3273163f1b6dc8ba992c1c');
INSERT INTO "chain_heads" VALUES('feedback_events',1,'c5a036aca6151158ab9546f1393ecdd91f78c7122d13643e971af98068512f1f');
CREATE TABLE comparisons (
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
        ) STRICT;
INSERT INTO "comparisons" VALUES(1,'8ebb336692534b58bb69e783864666a4','6bae44a11cf2419994b863bb1c0f97fb','3569f802c3d74ba8baf8e82dc2f11c1a','3f34b428a46b421fbdb78a6f55585c78',0,'27c11df9d59ec7b16d17d9259a59dec4b9ae2af80d5d061e7c65845b9d64253f','胸痛3小时','男，65岁，突发胸骨后压榨样疼痛，否认发热。','2025-03-01T08:30:00+08:00','9ddf198bd97b3aaa31c82b3d8eb5795f740d8d0ed1f4ea511908d1891c331533');
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
INSERT INTO "encounters" VALUES('3569f802c3d74ba8baf8e82dc2f11c1a','6bae44a11cf2419994b863bb1c0f97fb','ZY0001','65岁','心血管内科','心内一病区','3床','2025-03-01T08:30:00+08:00','','2025-03-01T08:30:00+08:00','b29521c26c71a4fb83fe1a997e18ec95c8158680ce38ea8900216c5986bb4806');
CREATE TABLE feedback_events (
            seq INTEGER NOT NULL PRIMARY KEY,
            event_id TEXT NOT NULL UNIQUE,
            generation_id TEXT NOT NULL REFERENCES runs(run_id),
            kind TEXT NOT NULL,
            actor TEXT NOT NULL,
            occurred_at TEXT NOT NULL,
            item TEXT NOT NULL,
            data TEXT NOT NULL,
            row_hash TEXT NOT NULL
        ) STRICT;
INSERT INTO "feedback_events" VALUES(1,'84f2211b65fe4251b8cb28768595c080','c6da514fbfb04cdaa410e6be345167db','vote','王医师','2025-03-01T08:30:00+08:00','','{"vote":"up"}','c5a036aca6151158ab9546f1393ecdd91f78c7122d13643e971af98068512f1f');
CREATE TABLE generations (
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
        ) STRICT;
INSERT INTO "generations" VALUES(1,'c6da514fbfb04cdaa410e6be345167db','8ebb336692534b58bb69e783864666a4','8ebb336692534b58bb69e783864666a4','differential','model-0','模型 0','0000000000000000000000000000000000000000000000000000000000000000','base/model-0',NULL,'scripted','1.0','int4 g32','differential','1','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','[{"role":"system","content":"你是医师"},{"role":"user","content":"胸痛3小时"}]','636e0740e8da03de5a1b2984d62487b144e960881c379d6ddbabdba9fa981b8c',0.7,0.9,40,1.0,256,7,'["</s>","\n\n"]','completed','stop',120,33,800.0,2400.5,1500.25,1.9993751952514838166e+01,'1. 急性心肌梗死','3e290262f61e45d65a688657f7d279276b141d0c3bc426cda6d4f8959d805d29',NULL,'0.1.0',2,'2025-03-01T08:30:00+08:00','2025-03-01T08:30:03+08:00','1cb0475d34c22d53e0f2eb62c60ddf47','ad411563ad7728fb4576db2eb6b122fd','84d32d6d6ebb7b5f4b0afa9f99000d4d','d313c3df9bbcf317','心血管内科',0,'3f34b428a46b421fbdb78a6f55585c78',0,'27c11df9d59ec7b16d17d9259a59dec4b9ae2af80d5d061e7c65845b9d64253f','69fcab8e0eab0bcebf643eeb43f118f55a64014bf9e7184fc2eeb8d86860c5b4');
INSERT INTO "generations" VALUES(2,'4cc0203634604c71b3c97359ab0cde88','8ebb336692534b58bb69e783864666a4','8ebb336692534b58bb69e783864666a4','differential','model-1','模型 1','1111111111111111111111111111111111111111111111111111111111111111','base/model-1',NULL,'scripted','1.0','int4 g32','differential','1','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','[{"role":"system","content":"你是医师"},{"role":"user","content":"胸痛3小时"}]','636e0740e8da03de5a1b2984d62487b144e960881c379d6ddbabdba9fa981b8c',0.7,0.9,40,1.0,256,7,'["</s>","\n\n"]','completed','stop',120,33,800.0,2400.5,1500.25,1.9993751952514838166e+01,'1. 急性心肌梗死','3e290262f61e45d65a688657f7d279276b141d0c3bc426cda6d4f8959d805d29',NULL,'0.1.0',2,'2025-03-01T08:30:00+08:00','2025-03-01T08:30:03+08:00','1cb0475d34c22d53e0f2eb62c60ddf47','ad411563ad7728fb4576db2eb6b122fd','84d32d6d6ebb7b5f4b0afa9f99000d4d','d313c3df9bbcf317','心血管内科',1,'3f34b428a46b421fbdb78a6f55585c78',0,'27c11df9d59ec7b16d17d9259a59dec4b9ae2af80d5d061e7c65845b9d64253f','7cc7fb108f0905e4fe714623b45c4a13a52592863c0a9f788028f5784f68e514');
INSERT INTO "generations" VALUES(3,'9b1c389759b84d1085e31c18e1274559','8ebb336692534b58bb69e783864666a4','8ebb336692534b58bb69e783864666a4','differential','model-2','模型 2','2222222222222222222222222222222222222222222222222222222222222222','base/model-2',NULL,'scripted','1.0','int4 g32','differential','1','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','[{"role":"system","content":"你是医师"},{"role":"user","content":"胸痛3小时"}]','636e0740e8da03de5a1b2984d62487b144e960881c379d6ddbabdba9fa981b8c',0.7,0.9,40,1.0,256,7,'["</s>","\n\n"]','completed','stop',120,33,800.0,2400.5,1500.25,1.9993751952514838166e+01,'1. 急性心肌梗死','3e290262f61e45d65a688657f7d279276b141d0c3bc426cda6d4f8959d805d29',NULL,'0.1.0',2,'2025-03-01T08:30:00+08:00','2025-03-01T08:30:03+08:00','1cb0475d34c22d53e0f2eb62c60ddf47','ad411563ad7728fb4576db2eb6b122fd','84d32d6d6ebb7b5f4b0afa9f99000d4d','d313c3df9bbcf317','心血管内科',2,'3f34b428a46b421fbdb78a6f55585c78',0,'27c11df9d59ec7b16d17d9259a59dec4b9ae2af80d5d061e7c65845b9d64253f','9db5237b215cb7a425087cedc32f0ec2eb71077ead3273163f1b6dc8ba992c1c');
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
INSERT INTO "note_versions" VALUES(1,'3f34b428a46b421fbdb78a6f55585c78:1','3f34b428a46b421fbdb78a6f55585c78',1,'saved','王医师','2025-03-01T08:30:00+08:00','{"case_features":"","chief_complaint":"","diagnostic_basis":"","differential":"","next_measures":"","plan":"监护","preliminary_diagnosis":""}','7721164168b540ee3193af68f26d8ba826d849baed4440548569d3628830d55c');
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
INSERT INTO "notes" VALUES('3f34b428a46b421fbdb78a6f55585c78','3569f802c3d74ba8baf8e82dc2f11c1a','first_progress',1,'{"case_features":"","chief_complaint":"","diagnostic_basis":"","differential":"","next_measures":"","plan":"监护，吸氧","preliminary_diagnosis":""}',5,'2025-03-01T08:30:00+08:00','2025-03-01T08:30:00+08:00','9dd99b403bbea19c7e517076461185d04e4f36b42a4e3f0d1de265cf2ac1389d');
CREATE TABLE patients (
            patient_id TEXT NOT NULL PRIMARY KEY,
            name TEXT NOT NULL,
            sex TEXT NOT NULL,
            sample INTEGER NOT NULL,
            created_at TEXT NOT NULL,
            digest TEXT NOT NULL
        ) STRICT;
INSERT INTO "patients" VALUES('6bae44a11cf2419994b863bb1c0f97fb','测试甲','男',0,'2025-03-01T08:30:00+08:00','b7d3cc250fcff41868a14b2a0cb033aeaeaf427c76142cbe49d3fb26dc8fcba8');
CREATE TABLE runs (
            seq INTEGER NOT NULL PRIMARY KEY,
            run_id TEXT NOT NULL UNIQUE,
            comparison_id TEXT NOT NULL REFERENCES comparisons(comparison_id),
            display_order INTEGER NOT NULL,
            started_at TEXT NOT NULL,
            identity TEXT NOT NULL,
            prompt TEXT NOT NULL,
            decoding TEXT NOT NULL,
            row_hash TEXT NOT NULL
        ) STRICT;
INSERT INTO "runs" VALUES(1,'c6da514fbfb04cdaa410e6be345167db','8ebb336692534b58bb69e783864666a4',0,'2025-03-01T08:30:00+08:00','{"model":"model-0","title":"模型 0","model_sha256":"0000000000000000000000000000000000000000000000000000000000000000","base":"base/model-0","engine":"scripted","engine_version":"1.0","quantisation":"int4 g32"}','{"messages":[{"role":"system","content":"你是医师"},{"role":"user","content":"胸痛3小时"}],"template_id":"differential","template_version":"1","template_hash":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}','{"temperature":0.7,"top_p":0.9,"top_k":40,"repetition_penalty":1.0,"max_tokens":256,"seed":7,"stop":["</s>","\n\n"]}','0caca50992ebd1810bec2865a1f3231dfad85eca49b8e24edea9661814106784');
INSERT INTO "runs" VALUES(2,'4cc0203634604c71b3c97359ab0cde88','8ebb336692534b58bb69e783864666a4',1,'2025-03-01T08:30:00+08:00','{"model":"model-1","title":"模型 1","model_sha256":"1111111111111111111111111111111111111111111111111111111111111111","base":"base/model-1","engine":"scripted","engine_version":"1.0","quantisation":"int4 g32"}','{"messages":[{"role":"system","content":"你是医师"},{"role":"user","content":"胸痛3小时"}],"template_id":"differential","template_version":"1","template_hash":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}','{"temperature":0.7,"top_p":0.9,"top_k":40,"repetition_penalty":1.0,"max_tokens":256,"seed":7,"stop":["</s>","\n\n"]}','51d711214476c53930330b042e1d8b5799a9b1c7bd989c7e9e73a539c16640ff');
INSERT INTO "runs" VALUES(3,'9b1c389759b84d1085e31c18e1274559','8ebb336692534b58bb69e783864666a4',2,'2025-03-01T08:30:00+08:00','{"model":"model-2","title":"模型 2","model_sha256":"2222222222222222222222222222222222222222222222222222222222222222","base":"base/model-2","engine":"scripted","engine_version":"1.0","quantisation":"int4 g32"}','{"messages":[{"role":"system","content":"你是医师"},{"role":"user","content":"胸痛3小时"}],"template_id":"differential","template_version":"1","template_hash":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}','{"temperature":0.7,"top_p":0.9,"top_k":40,"repetition_penalty":1.0,"max_tokens":256,"seed":7,"stop":["</s>","\n\n"]}','742dedb1064a151662d7a3fef01dd8a4a69aea3f61b767e9a2be41dfb2cdc08f');
CREATE TABLE schema_migrations (
            number INTEGER NOT NULL PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            app_version TEXT NOT NULL,
            applied_at TEXT NOT NULL,
            digest TEXT NOT NULL
        ) STRICT;
INSERT INTO "schema_migrations" VALUES(1,'create_ward','0.1.0','2026-11-23T06:31:56.587110+00:00','ce4bf64c4f6e6d38aac16e368fa9673deb6bc56586dcbcb55a92547c4b7865cc');
INSERT INTO "schema_migrations" VALUES(2,'create_comparisons_and_feedback','0.1.0','2026-11-23T06:31:56.587110+00:00','428e9b471402bf63f5a5cf5451f577e2475019b72fd2c757fe3167706892bc1e');
CREATE INDEX encounters_patient ON encounters(patient_id);
CREATE INDEX notes_encounter ON notes(encounter_id);
CREATE UNIQUE INDEX notes_first_progress ON notes(encounter_id) WHERE kind = 'first_progress';
CREATE TRIGGER note_versions_no_update BEFORE UPDATE ON note_versions BEGIN SELECT RAISE(ABORT, 'note_versions is append-only'); END;
CREATE TRIGGER note_versions_no_delete BEFORE DELETE ON note_versions BEGIN SELECT RAISE(ABORT, 'note_versions is append-only'); END;
CREATE INDEX comparisons_note ON comparisons(note_id);
CREATE INDEX runs_comparison ON runs(comparison_id);
CREATE INDEX generations_comparison ON generations(comparison_id);
CREATE INDEX feedback_events_generation ON feedback_events(generation_id);
CREATE TRIGGER comparisons_no_update BEFORE UPDATE ON comparisons BEGIN SELECT RAISE(ABORT, 'comparisons is append-only'); END;
CREATE TRIGGER comparisons_no_delete BEFORE DELETE ON comparisons BEGIN SELECT RAISE(ABORT, 'comparisons is append-only'); END;
CREATE TRIGGER runs_no_update BEFORE UPDATE ON runs BEGIN SELECT RAISE(ABORT, 'runs is append-only'); END;
CREATE TRIGGER runs_no_delete BEFORE DELETE ON runs BEGIN SELECT RAISE(ABORT, 'runs is append-only'); END;
CREATE TRIGGER generations_no_update BEFORE UPDATE ON generations BEGIN SELECT RAISE(ABORT, 'generations is append-only'); END;
CREATE TRIGGER generations_no_delete BEFORE DELETE ON generations BEGIN SELECT RAISE(ABORT, 'generations is append-only'); END;
CREATE TRIGGER feedback_events_no_update BEFORE UPDATE ON feedback_events BEGIN SELECT RAISE(ABORT, 'feedback_events is append-only'); END;
CREATE TRIGGER feedback_events_no_delete BEFORE DELETE ON feedback_events BEGIN SELECT RAISE(ABORT, 'feedback_events is append-only'); END;
COMMIT;
