"""`import` through the command line: whole stays, all files or none."""

from __future__ import annotations

import argparse
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.cli.main import run
from app.core.notes import NoteKind
from app.infra.paths import Paths
from tests.helpers.records import repositories_in

STAY: dict[str, Any] = {
    "patient": {"name": "测试甲", "sex": "男", "age": 65, "bed": 3, "mrn": "ZY0001"},
    "department": "心内科",
    "ward": "心内一病区",
    "admission": {
        "date": "2026-01-18 09:00",
        "complaint": "胸痛3小时",
        "case_features": "突发胸骨后疼痛。",
        "diagnoses": ["急性心肌梗死"],
    },
    "notes": [{"date": "2026-01-19 08:30", "text": "胸痛缓解。"}],
    "orders": [{"date": "2026-01-18", "name": "阿司匹林"}],
    "results": [{"date": "2026-01-20", "name": "血钾", "value": 3.1, "range": "3.5-5.3", "abnormal": True}],
    "discharge": {"date": "2026-01-25"},
}


OTHER = {"patient": {**STAY["patient"], "mrn": "ZY0002", "bed": 4}}


def no_window(paths: Paths, arguments: argparse.Namespace) -> int:
    raise AssertionError("no window was asked for")


def stay_file(folder: Path, name: str = "enc.json", **changes: Any) -> Path:
    path = folder / name
    path.write_text(json.dumps({**STAY, **changes}, ensure_ascii=False), encoding="utf-8")
    return path


def import_files(data_dir: Path, *files: Path) -> int:
    return run(["import", *map(str, files), "--data-dir", str(data_dir), "--json"], no_window)


def test_a_whole_stay_comes_in(data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert import_files(data_dir, stay_file(tmp_path)) == 0
    (encounter_id,) = json.loads(capsys.readouterr().out)["encounters"]
    with closing(repositories_in(data_dir)) as stored:
        patient, encounter = stored.encounters.get(encounter_id)
        documents = stored.notes.of_encounter(encounter_id)
        first, daily = (stored.notes.get(document.note_id) for document in documents)
        orders, results = stored.stays.orders(encounter_id), stored.stays.results(encounter_id)
        sound = stored.database.check().ok
    assert (patient.name, encounter.bed, encounter.ward) == ("测试甲", "3", "心内一病区")
    assert encounter.diagnoses == ("急性心肌梗死",)
    assert encounter.discharged_at is not None and encounter.discharged_at.date().isoformat() == "2026-01-25"
    assert first.sections["chief_complaint"] == "胸痛3小时"
    assert (daily.kind, daily.sections["condition"]) == (NoteKind.DAILY_PROGRESS, "胸痛缓解。")
    assert daily.recorded_at.date().isoformat() == "2026-01-19"
    assert (orders[0].name, results[0].abnormal) == ("阿司匹林", "↓")
    assert sound


def test_a_stay_comes_in_once(data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = stay_file(tmp_path)
    assert import_files(data_dir, path) == 0
    assert import_files(data_dir, path) == 2
    assert "没有重复导入" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"admission": {"date": "2026-01-18"}}, "admission.complaint"),
        ({"patient": None}, "patient.name"),
        ({"admission": {**STAY["admission"], "date": "2999-01-01"}}, "admission.date"),
        ({"discharge": {"date": "2999-01-01"}}, "出院时间"),
    ],
)
def test_one_wrong_file_keeps_all_out_and_is_named(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], named: str
) -> None:
    good, bad = stay_file(tmp_path), stay_file(tmp_path, "bad.json", **{**OTHER, **changes})
    assert import_files(data_dir, good, bad) == 2
    said = capsys.readouterr().err
    assert named in said and "bad.json" in said
    with closing(repositories_in(data_dir)) as stored:
        assert stored.encounters.is_empty()


def test_a_missing_file_is_told(data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert import_files(data_dir, tmp_path / "nowhere.json") == 2
    assert "找不到" in capsys.readouterr().err
