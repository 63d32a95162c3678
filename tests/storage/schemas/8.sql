PRAGMA application_id = 1465011796;
PRAGMA user_version = 8;
BEGIN TRANSACTION;
CREATE TABLE chain_heads (
            table_name TEXT NOT NULL PRIMARY KEY,
            length INTEGER NOT NULL,
            hash TEXT NOT NULL
        ) STRICT;
INSERT INTO "chain_heads" VALUES('moves',2,'3e6d2cd6fff9b6e804837d145baea55b35eba67ff0244d75187cbb11c73fc98a');
INSERT INTO "chain_heads" VALUES('note_versions',1,'00e00b71b5cb87e140e5ef6d8f7395acbcab494a0a11e92986f421cb2acb1278');
INSERT INTO "chain_heads" VALUES('comparisons',1,'0c750b0af131c51ae1c1fae1a880df0b32c89c4419773c2a2b315bd996053c25');
INSERT INTO "chain_heads" VALUES('runs',3,'56233187ebb3b9f773b8dd2f590dc1b5e8227af95f146c026de0cbeb7fd1cbe6');
INSERT INTO "chain_heads" VALUES('generations',3,'90d62e66201ddb213f9d814fe867d48165662cfad97cc79b3eb83d312093da7a');
INSERT INTO "chain_heads" VALUES('feedback_events',1,'5e0d1e7407e00780d0ffca945e3c2bc995f22c441984708107b6dd142a5e2672');
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
INSERT INTO "comparisons" VALUES(1,'f21c9c4d9a194423bca1300fa26b6aa3','39bda7a5e54947f2993ae3504941c4c7','f538c677d65844afb16e62f0f6adde08','10972fb5a73b473ea4b7958c9bb5cf2c',0,'27c11df9d59ec7b16d17d9259a59dec4b9ae2af80d5d061e7c65845b9d64253f','胸痛3小时','男，65岁，突发胸骨后压榨样疼痛，否认发热。','2025-03-01T08:30:00+08:00','0c750b0af131c51ae1c1fae1a880df0b32c89c4419773c2a2b315bd996053c25');
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
        , severity TEXT NOT NULL DEFAULT '稳定', diagnoses TEXT NOT NULL DEFAULT '[]', discharged_at TEXT) STRICT;
INSERT INTO "encounters" VALUES('f538c677d65844afb16e62f0f6adde08','39bda7a5e54947f2993ae3504941c4c7','ZY0001','65岁','心血管内科','心内一病区','5床','2025-03-01T08:30:00+08:00','','2025-03-01T08:30:00+08:00','deae09d5e815896c50dc1fbe0be62daf5965cc94754e5526d74806f04cfb5e6b','稳定','[]',NULL);
CREATE TABLE export_receipts (
            seq INTEGER NOT NULL PRIMARY KEY,
            export_id TEXT NOT NULL UNIQUE,
            created_at TEXT NOT NULL,
            formats TEXT NOT NULL,
            filters TEXT NOT NULL,
            row_count INTEGER NOT NULL,
            manifest_sha256 TEXT NOT NULL,
            row_hash TEXT NOT NULL
        ) STRICT;
CREATE TABLE exported_rows (
            row_id TEXT NOT NULL PRIMARY KEY,
            export_id TEXT NOT NULL REFERENCES export_receipts(export_id)
        ) STRICT, WITHOUT ROWID;
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
INSERT INTO "feedback_events" VALUES(1,'5f45844e165d4cb38bab32726ee895c4','4e4fb0cd14de4562b2bc1ff3c4dfb54f','vote','王医师','2025-03-01T08:30:00+08:00','','{"vote":"up"}','5e0d1e7407e00780d0ffca945e3c2bc995f22c441984708107b6dd142a5e2672');
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
INSERT INTO "generations" VALUES(1,'4e4fb0cd14de4562b2bc1ff3c4dfb54f','f21c9c4d9a194423bca1300fa26b6aa3','f21c9c4d9a194423bca1300fa26b6aa3','differential','model-0','模型 0','0000000000000000000000000000000000000000000000000000000000000000','base/model-0',NULL,'scripted','1.0','int4 g32','differential','1','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','[{"role":"system","content":"你是医师"},{"role":"user","content":"胸痛3小时"}]','636e0740e8da03de5a1b2984d62487b144e960881c379d6ddbabdba9fa981b8c',0.7,0.9,40,1.0,256,7,'["</s>","\n\n"]','completed','stop',120,33,800.0,2400.5,1500.25,1.9993751952514838166e+01,'1. 急性心肌梗死','3e290262f61e45d65a688657f7d279276b141d0c3bc426cda6d4f8959d805d29',NULL,'0.1.0',4,'2025-03-01T08:30:00+08:00','2025-03-01T08:30:03+08:00','6ce1fbd95423f3bbcbcf569c9575172c','48880721fbd2c6ca9768bc66ba7335be','ac0b43e2edb0836497532c590f3c01e4','92866c856a8bfad0','心血管内科',0,'10972fb5a73b473ea4b7958c9bb5cf2c',0,'27c11df9d59ec7b16d17d9259a59dec4b9ae2af80d5d061e7c65845b9d64253f','c3c65429bcf86203df6b822deae858004bedb99bf39b74cbec6669b6c6573f34');
INSERT INTO "generations" VALUES(2,'567b097a6cfd44ff84f548142bd3e040','f21c9c4d9a194423bca1300fa26b6aa3','f21c9c4d9a194423bca1300fa26b6aa3','differential','model-1','模型 1','1111111111111111111111111111111111111111111111111111111111111111','base/model-1',NULL,'scripted','1.0','int4 g32','differential','1','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','[{"role":"system","content":"你是医师"},{"role":"user","content":"胸痛3小时"}]','636e0740e8da03de5a1b2984d62487b144e960881c379d6ddbabdba9fa981b8c',0.7,0.9,40,1.0,256,7,'["</s>","\n\n"]','completed','stop',120,33,800.0,2400.5,1500.25,1.9993751952514838166e+01,'1. 急性心肌梗死','3e290262f61e45d65a688657f7d279276b141d0c3bc426cda6d4f8959d805d29',NULL,'0.1.0',4,'2025-03-01T08:30:00+08:00','2025-03-01T08:30:03+08:00','6ce1fbd95423f3bbcbcf569c9575172c','48880721fbd2c6ca9768bc66ba7335be','ac0b43e2edb0836497532c590f3c01e4','92866c856a8bfad0','心血管内科',1,'10972fb5a73b473ea4b7958c9bb5cf2c',0,'27c11df9d59ec7b16d17d9259a59dec4b9ae2af80d5d061e7c65845b9d64253f','eda6944df3963d208229e99f227aba7d89d5aae22ddc3fd0bfba2e1b3f453b1c');
INSERT INTO "generations" VALUES(3,'76a45bfceb434535bb77083471ad079c','f21c9c4d9a194423bca1300fa26b6aa3','f21c9c4d9a194423bca1300fa26b6aa3','differential','model-2','模型 2','2222222222222222222222222222222222222222222222222222222222222222','base/model-2',NULL,'scripted','1.0','int4 g32','differential','1','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','[{"role":"system","content":"你是医师"},{"role":"user","content":"胸痛3小时"}]','636e0740e8da03de5a1b2984d62487b144e960881c379d6ddbabdba9fa981b8c',0.7,0.9,40,1.0,256,7,'["</s>","\n\n"]','completed','stop',120,33,800.0,2400.5,1500.25,1.9993751952514838166e+01,'1. 急性心肌梗死','3e290262f61e45d65a688657f7d279276b141d0c3bc426cda6d4f8959d805d29',NULL,'0.1.0',4,'2025-03-01T08:30:00+08:00','2025-03-01T08:30:03+08:00','6ce1fbd95423f3bbcbcf569c9575172c','48880721fbd2c6ca9768bc66ba7335be','ac0b43e2edb0836497532c590f3c01e4','92866c856a8bfad0','心血管内科',2,'10972fb5a73b473ea4b7958c9bb5cf2c',0,'27c11df9d59ec7b16d17d9259a59dec4b9ae2af80d5d061e7c65845b9d64253f','90d62e66201ddb213f9d814fe867d48165662cfad97cc79b3eb83d312093da7a');
CREATE TABLE import_receipts (
            seq INTEGER NOT NULL PRIMARY KEY,
            import_id TEXT NOT NULL UNIQUE,
            export_id TEXT NOT NULL REFERENCES export_receipts(export_id),
            returned_at TEXT NOT NULL,
            model TEXT NOT NULL,
            row_count INTEGER NOT NULL,
            row_hash TEXT NOT NULL
        ) STRICT;
CREATE TABLE moves (
            seq INTEGER NOT NULL PRIMARY KEY,
            move_id TEXT NOT NULL UNIQUE,
            encounter_id TEXT NOT NULL REFERENCES encounters(encounter_id),
            kind TEXT NOT NULL,
            actor TEXT NOT NULL,
            occurred_at TEXT NOT NULL,
            before TEXT NOT NULL,
            after TEXT NOT NULL,
            row_hash TEXT NOT NULL
        ) STRICT;
INSERT INTO "moves" VALUES(1,'f538c677d65844afb16e62f0f6adde08:admit','f538c677d65844afb16e62f0f6adde08','admit','','2025-03-01T08:30:00+08:00','{}','{"patient_id":"39bda7a5e54947f2993ae3504941c4c7","mrn":"ZY0001","age":"65岁","department":"心血管内科","ward":"心内一病区","bed":"3床","admitted_at":"2025-03-01T08:30:00+08:00","severity":"稳定"}','bd4daaa34d085db3145b4c223fb7389c85ba4b7cd4cbfc58da895728f19632b2');
INSERT INTO "moves" VALUES(2,'d7214a900c5e4b6889a973e59df9ed99','f538c677d65844afb16e62f0f6adde08','bed','王医师','2025-03-01T08:30:00+08:00','{"bed":"3床"}','{"bed":"5床"}','3e6d2cd6fff9b6e804837d145baea55b35eba67ff0244d75187cbb11c73fc98a');
CREATE TABLE note_acts (
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
        ) STRICT;
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
INSERT INTO "note_versions" VALUES(1,'10972fb5a73b473ea4b7958c9bb5cf2c:1','10972fb5a73b473ea4b7958c9bb5cf2c',1,'saved','王医师','2025-03-01T08:30:00+08:00','{"case_features":"","chief_complaint":"","diagnostic_basis":"","differential":"","next_measures":"","plan":"监护","preliminary_diagnosis":""}','00e00b71b5cb87e140e5ef6d8f7395acbcab494a0a11e92986f421cb2acb1278');
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
        , recorded_at TEXT NOT NULL DEFAULT '', author TEXT NOT NULL DEFAULT '', state TEXT NOT NULL DEFAULT 'draft', signed_version INTEGER, provenance TEXT NOT NULL DEFAULT '[]') STRICT;
INSERT INTO "notes" VALUES('10972fb5a73b473ea4b7958c9bb5cf2c','f538c677d65844afb16e62f0f6adde08','first_progress',1,5,'2025-03-01T08:30:00+08:00','2025-03-01T08:30:00+08:00','cb2d9f7a150be9ac19a4ee710fb4bb998551fabc8f758eb8e3988bf3fd314433','{"case_features":"","chief_complaint":"","diagnostic_basis":"","differential":"","next_measures":"","plan":"监护，吸氧","preliminary_diagnosis":""}','2025-03-01T08:30:00+08:00','','draft',NULL,'[]');
CREATE TABLE orders (
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
        ) STRICT;
INSERT INTO "orders" VALUES('206aef4ccbb34c939ebd027ca2e53362','f538c677d65844afb16e62f0f6adde08','2025-03-01','阿司匹林','100mg','口服','qd','','{}',0,'王医师','2025-03-01T08:30:00+08:00','73e2b8ed3b9efb049f112fa68aaf48c1a20e96e317e47f4488e690f579c8edda');
CREATE TABLE patients (
            patient_id TEXT NOT NULL PRIMARY KEY,
            name TEXT NOT NULL,
            sex TEXT NOT NULL,
            sample INTEGER NOT NULL,
            created_at TEXT NOT NULL,
            digest TEXT NOT NULL
        ) STRICT;
INSERT INTO "patients" VALUES('39bda7a5e54947f2993ae3504941c4c7','测试甲','男',0,'2025-03-01T08:30:00+08:00','7d8316bd4e42200d65281abfe720df0c828abe2d0b1fb246110a299d63c74c86');
CREATE TABLE people (
            person_id TEXT NOT NULL PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            role TEXT NOT NULL,
            pin TEXT NOT NULL,
            created_at TEXT NOT NULL,
            digest TEXT NOT NULL
        ) STRICT;
CREATE TABLE results (
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
        ) STRICT;
INSERT INTO "results" VALUES('c97ad648bb584ac180e994a491eec7aa','f538c677d65844afb16e62f0f6adde08','2025-03-01T09:00','血钾','3.1','mmol/L','3.5-5.3','↓','{}',0,'王医师','2025-03-01T08:30:00+08:00','d1fc97f2bcd4ab0af018ef2e7511f7a345a49245fbb8ffbd4886e96828908837');
CREATE TABLE returned_rows (
            row_id TEXT NOT NULL REFERENCES exported_rows(row_id),
            import_id TEXT NOT NULL REFERENCES import_receipts(import_id),
            PRIMARY KEY (row_id, import_id)
        ) STRICT, WITHOUT ROWID;
CREATE TABLE reviews (
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
        ) STRICT;
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
INSERT INTO "runs" VALUES(1,'4e4fb0cd14de4562b2bc1ff3c4dfb54f','f21c9c4d9a194423bca1300fa26b6aa3',0,'2025-03-01T08:30:00+08:00','{"model":"model-0","title":"模型 0","model_sha256":"0000000000000000000000000000000000000000000000000000000000000000","base":"base/model-0","engine":"scripted","engine_version":"1.0","quantisation":"int4 g32"}','{"messages":[{"role":"system","content":"你是医师"},{"role":"user","content":"胸痛3小时"}],"template_id":"differential","template_version":"1","template_hash":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}','{"temperature":0.7,"top_p":0.9,"top_k":40,"repetition_penalty":1.0,"max_tokens":256,"seed":7,"stop":["</s>","\n\n"],"grammar":""}','9edf3f28c68549c35c842bdc2bb9409f7a7966527229e2c01e43ef61b469e2e4');
INSERT INTO "runs" VALUES(2,'567b097a6cfd44ff84f548142bd3e040','f21c9c4d9a194423bca1300fa26b6aa3',1,'2025-03-01T08:30:00+08:00','{"model":"model-1","title":"模型 1","model_sha256":"1111111111111111111111111111111111111111111111111111111111111111","base":"base/model-1","engine":"scripted","engine_version":"1.0","quantisation":"int4 g32"}','{"messages":[{"role":"system","content":"你是医师"},{"role":"user","content":"胸痛3小时"}],"template_id":"differential","template_version":"1","template_hash":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}','{"temperature":0.7,"top_p":0.9,"top_k":40,"repetition_penalty":1.0,"max_tokens":256,"seed":7,"stop":["</s>","\n\n"],"grammar":""}','7ddaf036596aa316f8b7d4cae4da38c6da8053d7f5c8870fa549637711d6e664');
INSERT INTO "runs" VALUES(3,'76a45bfceb434535bb77083471ad079c','f21c9c4d9a194423bca1300fa26b6aa3',2,'2025-03-01T08:30:00+08:00','{"model":"model-2","title":"模型 2","model_sha256":"2222222222222222222222222222222222222222222222222222222222222222","base":"base/model-2","engine":"scripted","engine_version":"1.0","quantisation":"int4 g32"}','{"messages":[{"role":"system","content":"你是医师"},{"role":"user","content":"胸痛3小时"}],"template_id":"differential","template_version":"1","template_hash":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}','{"temperature":0.7,"top_p":0.9,"top_k":40,"repetition_penalty":1.0,"max_tokens":256,"seed":7,"stop":["</s>","\n\n"],"grammar":""}','56233187ebb3b9f773b8dd2f590dc1b5e8227af95f146c026de0cbeb7fd1cbe6');
CREATE TABLE schema_migrations (
            number INTEGER NOT NULL PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            app_version TEXT NOT NULL,
            applied_at TEXT NOT NULL,
            digest TEXT NOT NULL
        ) STRICT;
INSERT INTO "schema_migrations" VALUES(1,'create_ward','0.1.0','2026-11-25T15:37:54.121628+00:00','bc3cbaae05faba7e1aaebf4fede5939102a81a4fc9335bd85d5885e4f64a08e4');
INSERT INTO "schema_migrations" VALUES(2,'create_comparisons_and_feedback','0.1.0','2026-11-25T15:37:54.121628+00:00','193fc66e9f529616185e6a4b48b276fc99fe5d3cfa1b5998e44b6ae6d438c387');
INSERT INTO "schema_migrations" VALUES(3,'add_documents','0.1.0','2026-11-25T15:37:54.121628+00:00','e6247ce463bd7975883dcd2fa6d1616bade2deb08684ac62df27a8e8018316be');
INSERT INTO "schema_migrations" VALUES(4,'create_stays','0.1.0','2026-11-25T15:37:54.121628+00:00','476058cce64ce227a940e7269d7827f637582d08c45fa81337bbd1f3e02b2aa3');
INSERT INTO "schema_migrations" VALUES(5,'create_people_and_note_acts','0.1.0','2026-11-25T16:08:42.873420+00:00','e7e90d97d37b4d96a1819d97d95d39264767875de17596cb45470ac3d97c589a');
INSERT INTO "schema_migrations" VALUES(6,'create_receipts','0.1.0','2026-11-25T16:18:36.125343+00:00','1537b1ff239f7adfd5d72a59642352936d2436bb1976b12eb1415dfd81a2edb5');
INSERT INTO "schema_migrations" VALUES(7,'guard_signed_notes','0.1.0','2026-11-28T09:03:24.819649+00:00','714e8b17186a5137bb18c39b731243f0074555bb65376076bc3ae4a078352b6a');
INSERT INTO "schema_migrations" VALUES(8,'create_reviews','0.1.0','2026-11-28T09:34:24.363553+00:00','f069a972631b0e03cb34213c454df14e627dfdcab306757734d769df597814ed');
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
CREATE UNIQUE INDEX notes_discharge ON notes(encounter_id) WHERE kind = 'discharge';
CREATE TRIGGER notes_kept_no_delete BEFORE DELETE ON notes
            WHEN OLD.version > 0 OR OLD.characters > 0 OR OLD.state <> 'draft'
            BEGIN SELECT RAISE(ABORT, 'a written note is not deleted'); END;
CREATE INDEX orders_encounter ON orders(encounter_id);
CREATE INDEX results_encounter ON results(encounter_id);
CREATE INDEX moves_encounter ON moves(encounter_id);
CREATE TRIGGER moves_no_update BEFORE UPDATE ON moves BEGIN SELECT RAISE(ABORT, 'moves is append-only'); END;
CREATE TRIGGER moves_no_delete BEFORE DELETE ON moves BEGIN SELECT RAISE(ABORT, 'moves is append-only'); END;
CREATE INDEX note_acts_note ON note_acts(note_id);
CREATE TRIGGER note_acts_no_update BEFORE UPDATE ON note_acts BEGIN SELECT RAISE(ABORT, 'note_acts is append-only'); END;
CREATE TRIGGER note_acts_no_delete BEFORE DELETE ON note_acts BEGIN SELECT RAISE(ABORT, 'note_acts is append-only'); END;
CREATE INDEX feedback_events_votes
            ON feedback_events(generation_id, actor, seq, json_extract(data, '$.vote'))
            WHERE kind = 'vote' AND item = '';
CREATE INDEX feedback_events_kind ON feedback_events(kind, generation_id);
CREATE INDEX feedback_events_outcomes ON feedback_events(generation_id, kind,
            (json_extract(data, '$.added') + json_extract(data, '$.struck')) * 1.0
                / max(1, length(json_extract(data, '$.inserted'))))
            WHERE kind IN ('backfill', 'edited', 'error_reported');
CREATE INDEX generations_figures
            ON generations(generation_id, model_title, model_sha256, ttft_ms, duration_ms);
CREATE INDEX generations_tasks ON generations(task, comparison_id);
CREATE TRIGGER export_receipts_no_update BEFORE UPDATE ON export_receipts BEGIN SELECT RAISE(ABORT, 'export_receipts is append-only'); END;
CREATE TRIGGER export_receipts_no_delete BEFORE DELETE ON export_receipts BEGIN SELECT RAISE(ABORT, 'export_receipts is append-only'); END;
CREATE TRIGGER exported_rows_no_update BEFORE UPDATE ON exported_rows BEGIN SELECT RAISE(ABORT, 'exported_rows is append-only'); END;
CREATE TRIGGER exported_rows_no_delete BEFORE DELETE ON exported_rows BEGIN SELECT RAISE(ABORT, 'exported_rows is append-only'); END;
CREATE TRIGGER import_receipts_no_update BEFORE UPDATE ON import_receipts BEGIN SELECT RAISE(ABORT, 'import_receipts is append-only'); END;
CREATE TRIGGER import_receipts_no_delete BEFORE DELETE ON import_receipts BEGIN SELECT RAISE(ABORT, 'import_receipts is append-only'); END;
CREATE TRIGGER returned_rows_no_update BEFORE UPDATE ON returned_rows BEGIN SELECT RAISE(ABORT, 'returned_rows is append-only'); END;
CREATE TRIGGER returned_rows_no_delete BEFORE DELETE ON returned_rows BEGIN SELECT RAISE(ABORT, 'returned_rows is append-only'); END;
CREATE TRIGGER notes_signed_is_kept BEFORE UPDATE ON notes WHEN OLD.state = 'signed' AND (NEW.note_id IS NOT OLD.note_id OR NEW.encounter_id IS NOT OLD.encounter_id OR NEW.kind IS NOT OLD.kind OR NEW.version IS NOT OLD.version OR NEW.characters IS NOT OLD.characters OR NEW.created_at IS NOT OLD.created_at OR NEW.updated_at IS NOT OLD.updated_at OR NEW.sections IS NOT OLD.sections OR NEW.recorded_at IS NOT OLD.recorded_at OR NEW.author IS NOT OLD.author OR NEW.signed_version IS NOT OLD.signed_version OR NEW.provenance IS NOT OLD.provenance
                OR (NEW.state <> 'signed' AND (SELECT kind FROM note_acts WHERE note_id = OLD.note_id ORDER BY seq DESC LIMIT 1) IS NOT 'amended'))
            BEGIN SELECT RAISE(ABORT, 'a signed note is amended, not changed'); END;
CREATE TRIGGER notes_signed_by_act BEFORE UPDATE ON notes WHEN OLD.state <> 'signed'
                AND NEW.state = 'signed' AND NOT EXISTS (SELECT 1 FROM (SELECT kind, version, provenance FROM note_acts WHERE note_id = OLD.note_id ORDER BY seq DESC LIMIT 1)
                    WHERE kind = 'signed' AND version = NEW.version AND provenance = NEW.provenance)
            BEGIN SELECT RAISE(ABORT, 'a note is signed by a person whose act is kept'); END;
CREATE TRIGGER notes_no_replace BEFORE INSERT ON notes WHEN EXISTS (SELECT 1 FROM notes
                WHERE note_id = NEW.note_id
                    OR (encounter_id = NEW.encounter_id AND kind = NEW.kind AND kind <> 'daily_progress'))
            BEGIN SELECT RAISE(ABORT, 'a note is not replaced'); END;
CREATE TRIGGER note_versions_no_replace BEFORE INSERT ON note_versions WHEN EXISTS (SELECT 1
                FROM note_versions WHERE seq = NEW.seq OR version_id = NEW.version_id
                    OR (note_id = NEW.note_id AND version = NEW.version))
            BEGIN SELECT RAISE(ABORT, 'a version is not replaced'); END;
CREATE TRIGGER note_acts_no_replace BEFORE INSERT ON note_acts
            WHEN EXISTS (SELECT 1 FROM note_acts WHERE seq = NEW.seq OR act_id = NEW.act_id)
            BEGIN SELECT RAISE(ABORT, 'an act is not replaced'); END;
CREATE INDEX reviews_note ON reviews(note_id);
CREATE TRIGGER reviews_no_update BEFORE UPDATE ON reviews BEGIN SELECT RAISE(ABORT, 'reviews is append-only'); END;
CREATE TRIGGER reviews_no_delete BEFORE DELETE ON reviews BEGIN SELECT RAISE(ABORT, 'reviews is append-only'); END;
COMMIT;
