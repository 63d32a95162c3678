from __future__ import annotations

import csv
import hashlib
import json
import re
import sqlite3
import stat
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from app.core.acts import ErrorReport
from app.core.errors import EnvironmentFault, UsageFault
from app.core.events import ErrorSeverity, ErrorType, EventKind, Vote
from app.core.runs import Message
from app.learning.cleaning import RecordCleaner
from app.learning.export import FORMATS, Exporter, ExportResult, is_for_evaluation
from app.learning.filters import FORMAT_NAMES, Filters
from app.learning.identities import KnownIdentities
from app.learning.leaks import leaks_in
from app.learning.records import ComparisonRecord
from app.learning.tables import quoted_cell
from tests.helpers.feedback_records import (
    a_record,
    a_suggestion,
    a_vote_on,
    an_event,
    of_patient,
    reported,
    shown,
    signed,
)

EVENTS = [
    *shown(0, 1, 2),
    *signed(0, "1. 诊断甲", "1. 诊断甲"),
    an_event(0, EventKind.COPIED, note="欧阳明华：1. 诊断甲"),
    a_vote_on(1, Vote.DOWN),
    an_event(0, EventKind.FINAL_DIAGNOSIS, generations=["g0", "g1", "g2"], diagnoses=["诊断乙"]),
]
KNOWN = KnownIdentities.of(["欧阳明华", "王建国"], ["ZY00123"])


def keyed(kind: str, identifier: str) -> str:
    return hashlib.sha256(f"key:{kind}:{identifier}".encode()).hexdigest()


TRAINING = [patient for patient in (f"{n:032x}" for n in range(99)) if not is_for_evaluation(patient, keyed)]
EVALUATION = [patient for patient in (f"{n:032x}" for n in range(99)) if is_for_evaluation(patient, keyed)]


def export(
    target: Path,
    records: Sequence[ComparisonRecord] | Iterator[ComparisonRecord] | None = None,
    formats: Sequence[str] = FORMAT_NAMES,
    filters: Filters | None = None,
) -> ExportResult:
    usual = [of_patient(a_record(EVENTS), TRAINING[0], "c0")]
    exporter = Exporter(KNOWN, keyed, datetime(2026, 1, 1, tzinfo=UTC))
    return exporter.export(usual if records is None else records, formats, filters or Filters(), target)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_named_format_can_be_written() -> None:
    assert set(FORMATS) == set(FORMAT_NAMES)


def test_trl_rows_have_exactly_their_keys(tmp_path: Path) -> None:
    export(tmp_path / "out")
    (sft,) = lines(tmp_path / "out" / "trl-sft.jsonl")
    assert [list(message) for message in sft["messages"]] == [["role", "content"]] * 3
    assert [message["role"] for message in sft["messages"]] == ["system", "user", "assistant"]
    kto = lines(tmp_path / "out" / "trl-kto.jsonl")
    assert [row["label"] for row in kto] == [True, False]
    assert all(set(row) == {"prompt", "completion", "label"} for row in kto)
    dpo = lines(tmp_path / "out" / "trl-dpo.jsonl")
    assert all(set(row) == {"prompt", "chosen", "rejected"} for row in dpo)
    assert [row["rejected"][0]["content"] for row in dpo] == ["1. 诊断乙", "1. 诊断丙"]
    assert all(row["chosen"] == [{"role": "assistant", "content": "1. 诊断甲"}] for row in dpo)
    assert lines(tmp_path / "out" / "openai.jsonl") == [sft]


def test_what_may_bias_a_row_stands_beside_it(tmp_path: Path) -> None:
    export(tmp_path / "out", formats=["trl-dpo"])
    meta = lines(tmp_path / "out" / "trl-dpo.meta.jsonl")
    assert [(row["weight"], row["display_order"], row["rejected"]["display_order"]) for row in meta] == [
        (0.5, 0, 1),
        (0.5, 0, 2),
    ]
    assert meta[0]["ttft_ms"] == 812.3 and meta[0]["doctor"] == keyed("doctor", "甲")[:32]


def test_llama_factory_finds_its_columns(tmp_path: Path) -> None:
    export(tmp_path / "out", formats=["llama-factory"])
    folder = tmp_path / "out" / "llama-factory"
    info = json.loads((folder / "dataset_info.json").read_text(encoding="utf-8"))
    assert set(info) == {"wardnote_sft", "wardnote_kto", "wardnote_dpo"}
    assert info["wardnote_dpo"]["ranking"] is True
    for described in info.values():
        assert described["formatting"] == "sharegpt"
        for row in lines(folder / described["file_name"]):
            assert set(row) == set(described["columns"].values())
            turns = [message["from"] for message in row["conversations"]]
            assert turns == ["human", "gpt"][: len(turns)] and len(turns) == (1 if "ranking" in described else 2)
    assert [row["kto_tag"] for row in lines(folder / "wardnote_kto.jsonl")] == [True, False]


def test_llama_factory_is_not_told_of_a_set_without_rows(tmp_path: Path) -> None:
    record = of_patient(a_record([a_vote_on(0, Vote.UP)]), TRAINING[0], "c0")
    export(tmp_path / "out", [record], ["llama-factory"])
    names = {path.name for path in (tmp_path / "out" / "llama-factory").iterdir()}
    assert names == {"dataset_info.json", "wardnote_kto.jsonl"}


def test_label_studio_tasks_have_the_data_that_the_interface_names(tmp_path: Path) -> None:
    export(tmp_path / "out", formats=["label-studio"])
    folder = tmp_path / "out" / "label-studio"
    tasks = json.loads((folder / "tasks.json").read_text(encoding="utf-8"))
    interface = (folder / "labeling_config.xml").read_text(encoding="utf-8")
    assert len(tasks) == 3 and {"text", "prompt"} <= set(tasks[0]["data"])
    assert 'value="$text"' in interface and 'value="$prompt"' in interface and 'value="侧别"' in interface


def test_tables_say_what_was_done(tmp_path: Path) -> None:
    export(tmp_path / "out", formats=["csv", "sqlite"])
    with (tmp_path / "out" / "generations.csv").open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    assert [(row["backfilled"], row["votes_down"], row["shown_ms"]) for row in table] == [
        ("1", "0", "3000"),
        ("0", "1", "3000"),
        ("0", "0", "3000"),
    ]
    with closing(sqlite3.connect(tmp_path / "out" / "feedback.sqlite3")) as database:
        kinds = database.execute("SELECT kind, count(*) FROM training_rows GROUP BY kind ORDER BY kind").fetchall()
        texts = database.execute("SELECT data FROM events WHERE kind = 'copied'").fetchall()
    assert kinds == [("dpo", 2), ("grpo", 1), ("kto", 2), ("sft", 1)]
    assert texts == [('{"note": "[姓名1]：1. 诊断甲"}',)]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-支持点", "@SUM(A1)", "\t=1"])
def test_a_cell_that_a_spreadsheet_would_run_is_quoted(cell: str) -> None:
    assert quoted_cell(cell) == f"'{cell}"
    assert quoted_cell("胸痛") == "胸痛" and quoted_cell(-1.5) == -1.5


def test_the_manifest_tells_counts_filters_and_hashes(tmp_path: Path) -> None:
    result = export(tmp_path / "out", filters=Filters(since=date(2025, 1, 1), department="心血管内科"))
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["schema"] == "wardnote-feedback/1"
    assert manifest["filters"] == {"since": "2025-01-01", "department": "心血管内科"}
    assert manifest["counts"] == dict(result.counts) and manifest["counts"]["trl-kto.jsonl"] == 2
    files = {path for path in (tmp_path / "out").rglob("*") if path.is_file()}
    told = {tmp_path / "out" / entry["path"]: entry["sha256"] for entry in manifest["files"]}
    assert files - set(told) == {tmp_path / "out" / "manifest.json"}
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == digest for path, digest in told.items())
    card = (tmp_path / "out" / "DATASET_CARD.md").read_text(encoding="utf-8")
    assert "`trl-kto.jsonl` | 2" in card and "jieba" in card
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700


def test_filters(tmp_path: Path) -> None:
    kept = [
        (Filters(until=date(2025, 3, 1)), 2),
        (Filters(since=date(2025, 3, 2)), 0),
        (Filters(department="骨科"), 0),
        (Filters(task="discharge"), 0),
        (Filters(model="model-0"), 1),
        (Filters(model="model-2"), 0),
    ]
    for number, (filters, rows) in enumerate(kept):
        assert export(tmp_path / str(number), formats=["trl-kto"], filters=filters).counts["trl-kto.jsonl"] == rows
    pairs = export(tmp_path / "pairs", formats=["trl-dpo"], filters=Filters(model="model-2"))
    assert pairs.counts["trl-dpo.jsonl"] == 1


def test_patients_of_the_evaluation_split_never_leave(tmp_path: Path) -> None:
    assert 3 <= len(EVALUATION) <= 20
    records = [of_patient(a_record(EVENTS), patient, patient[-4:]) for patient in (EVALUATION[0], TRAINING[0])]
    result = export(tmp_path / "out", records)
    assert (result.comparisons, result.evaluation) == (1, 1)
    for path in (tmp_path / "out").rglob("*"):
        assert path.is_dir() or EVALUATION[0].encode() not in path.read_bytes()


def test_a_row_with_invented_facts_is_quarantined(tmp_path: Path) -> None:
    suggestions = [a_suggestion(0, text="体温39.5℃"), a_suggestion(1), a_suggestion(2)]
    events = [*EVENTS, *signed(0, "体温39.5℃", "体温39.5℃")]
    record = of_patient(a_record(events, suggestions), TRAINING[0], "c0")
    result = export(tmp_path / "out", [record], ["trl-sft", "trl-kto"])
    assert result.quarantined == 1 and result.counts == {"trl-sft.jsonl": 0, "trl-kto.jsonl": 2}


@pytest.mark.parametrize("format_name", FORMAT_NAMES)
def test_what_cleaning_missed_refuses_the_export_in_every_format(
    tmp_path: Path, format_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = (Message("user", f"胸痛\n王建国{'。' * 9000}"),)
    suggestions = [replace(a_suggestion(order), messages=messages) for order in range(3)]
    monkeypatch.setattr(RecordCleaner, "clean", lambda self, record: record)
    with pytest.raises(EnvironmentFault, match="导出被拒绝") as refused:
        export(tmp_path / "out", [of_patient(a_record(EVENTS, suggestions), TRAINING[0], "c0")], [format_name])
    assert "王建国" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_name_in_a_field_that_is_no_text_refuses_the_export(tmp_path: Path) -> None:
    record = replace(of_patient(a_record(EVENTS), TRAINING[0], "c0"), department="王建国组")
    with pytest.raises(EnvironmentFault, match=re.escape("trl-kto.meta.jsonl")):
        export(tmp_path / "out", [record], ["trl-kto"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", ["张三", "ZY00123", "13812345678", "110101199003071233"])
def test_leaks_are_found_in_every_kind_of_file(tmp_path: Path, value: str) -> None:
    known = KnownIdentities.of(["张三"], ["ZY00123"])
    text = f"{'。' * 9000}\n{value}"
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": text}, ensure_ascii=False), encoding="utf-8")
    (tmp_path / "a.csv").write_text(f"1,{value}\n", encoding="utf-8")
    (tmp_path / "clean.json").write_text('{"sha256": "a13812345678", "n": 1101011990030712}', encoding="utf-8")
    with closing(sqlite3.connect(tmp_path / "a.sqlite3")) as database, database:
        database.execute("CREATE TABLE t (x)")
        database.execute("INSERT INTO t VALUES (?)", [text])
    assert leaks_in(tmp_path, known) == {"a.csv": 1, "a.jsonl": 1, "a.sqlite3": 1}


def test_an_existing_folder_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("kept")
    with pytest.raises(UsageFault, match="已经存在"):
        export(tmp_path / "out")
    assert (tmp_path / "out" / "mine").read_text() == "kept"


def test_a_failure_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    def failing() -> Iterator[ComparisonRecord]:
        yield of_patient(a_record(EVENTS), TRAINING[0], "c0")
        raise EnvironmentFault("数据库被占用。")

    with pytest.raises(EnvironmentFault, match="数据库"):
        export(tmp_path / "out", failing())
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFault, match="无法写入导出文件夹"):
        export(tmp_path / "file" / "out")


def test_an_account_called_like_a_word_of_the_formats_blocks_nothing(tmp_path: Path) -> None:
    exporter = Exporter(KnownIdentities.of(["train", "user", "医师"], []), keyed, datetime(2026, 1, 1, tzinfo=UTC))
    record = of_patient(a_record(EVENTS), TRAINING[0], "c0")
    assert exporter.export([record], FORMAT_NAMES, Filters(), tmp_path / "out").comparisons == 1


def test_rows_for_a_reward_have_the_prompt_and_the_closed_records_diagnosis(tmp_path: Path) -> None:
    export(tmp_path / "out", formats=["trl-grpo"])
    (row,) = lines(tmp_path / "out" / "trl-grpo.jsonl")
    assert row["gold_diagnosis"] == ["诊断乙"] and [one["role"] for one in row["prompt"]] == ["system", "user"]
    (meta,) = lines(tmp_path / "out" / "trl-grpo.meta.jsonl")
    assert meta["ranks"] == {"c0-g0": None, "c0-g1": 1, "c0-g2": None}


def test_a_marked_span_follows_the_text_without_the_name(tmp_path: Path) -> None:
    text = "1. 诊断甲\n   - 支持点：欧阳明华持续胸痛"
    start = text.index("明华持续")
    report = ErrorReport(start, start + 4, "明华持续", ErrorType.TIME, ErrorSeverity.MAJOR, "阵发")
    suggestions = [a_suggestion(0, text=text), a_suggestion(1), a_suggestion(2)]
    record = of_patient(a_record([reported(0, report)], suggestions), TRAINING[0], "c0")
    export(tmp_path / "out", [record], ["label-studio", "trl-dpo", "sqlite"])
    task, *_ = json.loads((tmp_path / "out" / "label-studio" / "tasks.json").read_text(encoding="utf-8"))
    value = task["predictions"][0]["result"][0]["value"]
    assert value["text"] == task["data"]["text"][value["start"] : value["end"]] == "[姓名1]持续"
    assert value["labels"] == ["时间"]
    (pair,) = lines(tmp_path / "out" / "trl-dpo.jsonl")
    assert pair["chosen"][0]["content"].endswith("支持点：阵发胸痛")
    assert pair["rejected"][0]["content"].endswith("支持点：[姓名1]持续胸痛")
