PRAGMA application_id = 1465011796;
PRAGMA user_version = 3;
BEGIN TRANSACTION;
CREATE TABLE chain_heads (
            table_name TEXT NOT NULL PRIMARY KEY,
            length INTEGER NOT NULL,
            hash TEXT NOT NULL
        ) STRICT;
INSERT INTO "chain_heads" VALUES('note_versions',1,'d0e6dcafc20d975e156b791ddcd8358a9ed7120493769ce8754e652df2125243');
INSERT INTO "chain_heads" VALUES('comparisons',1,'1455bf756850158467e4e987bfe847776cb2da2195abe2140d5312b1e0a3bdf9');
INSERT INTO "chain_heads" VALUES('runs',3,'42883aa61941e29bdc775a09a38269e9a7bcd9eec758bcd26c63605223a3d784');
INSERT INTO "chain_heads" VALUES('generations',3,'c60d869d6254b83d3ca0655d306c0329afb493c299b0e3025ffc78eabaf717d8');
INSERT INTO "chain_heads" VALUES('feedback_events',1,'b391f81896a7db04d24eb25edd5a8ba8eb9a91b1f90e5602fa8d27be3d3caa1d');
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
INSERT INTO "comparisons" VALUES(1,'7741861d1b884f4b934e329612ca816d','4e3978c8bf7a487b94e4f6dfbdf95f3a','8ee27e0b81134475bd2623b39de8ef5b','4e77f8ffa6f446e288f4575d047d7799',0,'27c11df9d59ec7b16d17d9259a59dec4b9ae2af80d5d061e7c65845b9d64253f','胸痛3小时','男，65岁，突发胸骨后压榨样疼痛，否认发热。','2025-03-01T08:30:00+08:00','1455bf756850158467e4e987bfe847776cb2da2195abe2140d5312b1e0a3bdf9');
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
INSERT INTO "encounters" VALUES('8ee27e0b81134475bd2623b39de8ef5b','4e3978c8bf7a487b94e4f6dfbdf95f3a','ZY0001','65岁','心血管内科','心内一病区','3床','2025-03-01T08:30:00+08:00','','2025-03-01T08:30:00+08:00','b253558ed1acecc0859ef59dadd190f62bb36ddcf21173153055d0ab0e2ff262');
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
INSERT INTO "feedback_events" VALUES(1,'c17f85ab43b64d1bb16b689f40cd3f72','4a818406ad0d4158b4e658640ce7d618','vote','王医师','2025-03-01T08:30:00+08:00','','{"vote":"up"}','b391f81896a7db04d24eb25edd5a8ba8eb9a91b1f90e5602fa8d27be3d3caa1d');
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
INSERT INTO "generations" VALUES(1,'4a818406ad0d4158b4e658640ce7d618','7741861d1b884f4b934e329612ca816d','7741861d1b884f4b934e329612ca816d','differential','model-0','模型 0','0000000000000000000000000000000000000000000000000000000000000000','base/model-0',NULL,'scripted','1.0','int4 g32','differential','1','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','[{"role":"system","content":"你是医师"},{"role":"user","content":"胸痛3小时"}]','636e0740e8da03de5a1b2984d62487b144e960881c379d6ddbabdba9fa981b8c',0.7,0.9,40,1.0,256,7,'["</s>","\n\n"]','completed','stop',120,33,800.0,2400.5,1500.25,1.9993751952514838166e+01,'1. 急性心肌梗死','3e290262f61e45d65a688657f7d279276b141d0c3bc426cda6d4f8959d805d29',NULL,'0.1.0',2,'2025-03-01T08:30:00+08:00','2025-03-01T08:30:03+08:00','ba8810841ccb3f6f81c33234bc38862f','421dadfa28c86dc83f9718fba5e987be','e07237f5391be83fc0dd381f97e57b1e','33192a8f10009858','心血管内科',0,'4e77f8ffa6f446e288f4575d047d7799',0,'27c11df9d59ec7b16d17d9259a59dec4b9ae2af80d5d061e7c65845b9d64253f','81f4b52e0a55c7d62dae73e81ddd51210ab8c179355e4514eb3abb0684f46c48');
INSERT INTO "generations" VALUES(2,'aec9bbbb7fb3493da55c2ed4f0c95521','7741861d1b884f4b934e329612ca816d','7741861d1b884f4b934e329612ca816d','differential','model-1','模型 1','1111111111111111111111111111111111111111111111111111111111111111','base/model-1',NULL,'scripted','1.0','int4 g32','differential','1','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','[{"role":"system","content":"你是医师"},{"role":"user","content":"胸痛3小时"}]','636e0740e8da03de5a1b2984d62487b144e960881c379d6ddbabdba9fa981b8c',0.7,0.9,40,1.0,256,7,'["</s>","\n\n"]','completed','stop',120,33,800.0,2400.5,1500.25,1.9993751952514838166e+01,'1. 急性心肌梗死','3e290262f61e45d65a688657f7d279276b141d0c3bc426cda6d4f8959d805d29',NULL,'0.1.0',2,'2025-03-01T08:30:00+08:00','2025-03-01T08:30:03+08:00','ba8810841ccb3f6f81c33234bc38862f','421dadfa28c86dc83f9718fba5e987be','e07237f5391be83fc0dd381f97e57b1e','33192a8f10009858','心血管内科',1,'4e77f8ffa6f446e288f4575d047d7799',0,'27c11df9d59ec7b16d17d9259a59dec4b9ae2af80d5d061e7c65845b9d64253f','bea87d9136818a3e5f6f319fc9b3dcb2a531c606a54dcbe3170e38ef6b0cc671');
INSERT INTO "generations" VALUES(3,'28d57a45bc234232bb603cabce6d1a0f','7741861d1b884f4b934e329612ca816d','7741861d1b884f4b934e329612ca816d','differential','model-2','模型 2','2222222222222222222222222222222222222222222222222222222222222222','base/model-2',NULL,'scripted','1.0','int4 g32','differential','1','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','[{"role":"system","content":"你是医师"},{"role":"user","content":"胸痛3小时"}]','636e0740e8da03de5a1b2984d62487b144e960881c379d6ddbabdba9fa981b8c',0.7,0.9,40,1.0,256,7,'["</s>","\n\n"]','completed','stop',120,33,800.0,2400.5,1500.25,1.9993751952514838166e+01,'1. 急性心肌梗死','3e290262f61e45d65a688657f7d279276b141d0c3bc426cda6d4f8959d805d29',NULL,'0.1.0',2,'2025-03-01T08:30:00+08:00','2025-03-01T08:30:03+08:00','ba8810841ccb3f6f81c33234bc38862f','421dadfa28c86dc83f9718fba5e987be','e07237f5391be83fc0dd381f97e57b1e','33192a8f10009858','心血管内科',2,'4e77f8ffa6f446e288f4575d047d7799',0,'27c11df9d59ec7b16d17d9259a59dec4b9ae2af80d5d061e7c65845b9d64253f','c60d869d6254b83d3ca0655d306c0329afb493c299b0e3025ffc78eabaf717d8');
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
INSERT INTO "note_versions" VALUES(1,'4e77f8ffa6f446e288f4575d047d7799:1','4e77f8ffa6f446e288f4575d047d7799',1,'saved','王医师','2025-03-01T08:30:00+08:00','{"case_features":"","chief_complaint":"","diagnostic_basis":"","differential":"","next_measures":"","plan":"监护","preliminary_diagnosis":""}','d0e6dcafc20d975e156b791ddcd8358a9ed7120493769ce8754e652df2125243');
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
INSERT INTO "notes" VALUES('4e77f8ffa6f446e288f4575d047d7799','8ee27e0b81134475bd2623b39de8ef5b','first_progress',1,5,'2025-03-01T08:30:00+08:00','2025-03-01T08:30:00+08:00','6ab83a426e0b094b7da86ac7dcda2328cf9d08bfb1178bcdf3c0a6ba6d3e61ef','{"case_features":"","chief_complaint":"","diagnostic_basis":"","differential":"","next_measures":"","plan":"监护，吸氧","preliminary_diagnosis":""}','2025-03-01T08:30:00+08:00','','draft',NULL,'[]');
CREATE TABLE patients (
            patient_id TEXT NOT NULL PRIMARY KEY,
            name TEXT NOT NULL,
            sex TEXT NOT NULL,
            sample INTEGER NOT NULL,
            created_at TEXT NOT NULL,
            digest TEXT NOT NULL
        ) STRICT;
INSERT INTO "patients" VALUES('4e3978c8bf7a487b94e4f6dfbdf95f3a','测试甲','男',0,'2025-03-01T08:30:00+08:00','853f7bdda6cff3feca2ffbb443e5d78bf07aa6fb9c11b999457989a2612d6aad');
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
INSERT INTO "runs" VALUES(1,'4a818406ad0d4158b4e658640ce7d618','7741861d1b884f4b934e329612ca816d',0,'2025-03-01T08:30:00+08:00','{"model":"model-0","title":"模型 0","model_sha256":"0000000000000000000000000000000000000000000000000000000000000000","base":"base/model-0","engine":"scripted","engine_version":"1.0","quantisation":"int4 g32"}','{"messages":[{"role":"system","content":"你是医师"},{"role":"user","content":"胸痛3小时"}],"template_id":"differential","template_version":"1","template_hash":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}','{"temperature":0.7,"top_p":0.9,"top_k":40,"repetition_penalty":1.0,"max_tokens":256,"seed":7,"stop":["</s>","\n\n"]}','a2554fc1b16bf36f2d3c350678b81fb9112095d07040c2e11b29cf9e3d11c817');
INSERT INTO "runs" VALUES(2,'aec9bbbb7fb3493da55c2ed4f0c95521','7741861d1b884f4b934e329612ca816d',1,'2025-03-01T08:30:00+08:00','{"model":"model-1","title":"模型 1","model_sha256":"1111111111111111111111111111111111111111111111111111111111111111","base":"base/model-1","engine":"scripted","engine_version":"1.0","quantisation":"int4 g32"}','{"messages":[{"role":"system","content":"你是医师"},{"role":"user","content":"胸痛3小时"}],"template_id":"differential","template_version":"1","template_hash":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}','{"temperature":0.7,"top_p":0.9,"top_k":40,"repetition_penalty":1.0,"max_tokens":256,"seed":7,"stop":["</s>","\n\n"]}','0beb29a27f45c64dff2486a475a39e9f415df9e02a6dea0e03f9df6c86fc043c');
INSERT INTO "runs" VALUES(3,'28d57a45bc234232bb603cabce6d1a0f','7741861d1b884f4b934e329612ca816d',2,'2025-03-01T08:30:00+08:00','{"model":"model-2","title":"模型 2","model_sha256":"2222222222222222222222222222222222222222222222222222222222222222","base":"base/model-2","engine":"scripted","engine_version":"1.0","quantisation":"int4 g32"}','{"messages":[{"role":"system","content":"你是医师"},{"role":"user","content":"胸痛3小时"}],"template_id":"differential","template_version":"1","template_hash":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}','{"temperature":0.7,"top_p":0.9,"top_k":40,"repetition_penalty":1.0,"max_tokens":256,"seed":7,"stop":["</s>","\n\n"]}','42883aa61941e29bdc775a09a38269e9a7bcd9eec758bcd26c63605223a3d784');
CREATE TABLE schema_migrations (
            number INTEGER NOT NULL PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            app_version TEXT NOT NULL,
            applied_at TEXT NOT NULL,
            digest TEXT NOT NULL
        ) STRICT;
INSERT INTO "schema_migrations" VALUES(1,'create_ward','0.1.0','2026-11-23T06:52:48.041508+00:00','aa6a56c34827bc37570423e4c32736027dc620a53751f13d809480a36a377772');
INSERT INTO "schema_migrations" VALUES(2,'create_comparisons_and_feedback','0.1.0','2026-11-23T06:52:48.041508+00:00','8f5f6c1ffcd69e515d377d1702fd652607f039352ed3ba0f62ce4f213f021322');
INSERT INTO "schema_migrations" VALUES(3,'add_documents','0.1.0','2026-11-25T15:23:17.369916+00:00','894ecd1259eeb4c2a9fa215d8deeb7ca8b898f5e41199eede877d9792330d900');
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
CREATE TRIGGER notes_signed_is_kept BEFORE UPDATE ON notes
            WHEN OLD.state = 'signed' AND (NEW.sections <> OLD.sections OR NEW.recorded_at <> OLD.recorded_at)
            BEGIN SELECT RAISE(ABORT, 'a signed note is amended, not changed'); END;
CREATE TRIGGER notes_kept_no_delete BEFORE DELETE ON notes
            WHEN OLD.version > 0 OR OLD.characters > 0 OR OLD.state <> 'draft'
            BEGIN SELECT RAISE(ABORT, 'a written note is not deleted'); END;
COMMIT;
