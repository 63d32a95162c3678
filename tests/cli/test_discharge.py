"""`discharge` with scripted models: the real program, processes, controller and database."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from app.core.stay import Stay
from app.inference.engines.scripted import Script
from app.infra.paths import Paths
from app.infra.resources import resource_path
from app.storage.database import Database
from tests.helpers.scripted_catalog import add_scripted_models, program_environment

STAY = resource_path("samples", "stays", "01_urology.json")
RECORD = (
    "【出院诊断】\n右输尿管结石\n【入院情况】\n右腰部绞痛。\n【诊疗经过】\n3月3日，行右侧输尿管镜钬激光碎石术。"
    "\n【出院情况】\n患者出院时无腰痛。\n【出院医嘱】\n口服华法林。门诊复诊。"
)
WRONG = RECORD.replace("右腰部", "左腰部").replace("无腰痛", "体温38.9℃")


def discharge(stay: Path, data_dir: Path, *options: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "app",
            "discharge",
            "--encounter",
            str(stay),
            "--data-dir",
            str(data_dir),
            *map(str, options),
        ],
        env=program_environment(),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )


def test_the_document_is_what_the_contract_says(data_dir: Path, tmp_path: Path) -> None:
    add_scripted_models(data_dir, {"alpha": Script(RECORD), "beta": Script(WRONG), "gamma": Script("{prompt}")})
    out = tmp_path / "out.json"
    done = discharge(STAY, data_dir, "--output", out)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    document = json.loads(out.read_text(encoding="utf-8"))
    alpha, beta, gamma = document["runs"]
    assert [*alpha["sections"]] == ["出院诊断", "入院情况", "诊疗经过", "出院情况", "出院医嘱"]
    assert alpha["sections"]["出院医嘱"].splitlines() == [
        "1. 坦索罗辛缓释胶囊 0.2 mg 口服 每晚1次",
        "2. 左氧氟沙星片 0.5 g 口服 每日1次",
        "3. 门诊复诊。",
    ]
    assert alpha["removed"][0]["reason"] == "住院医嘱中没有华法林"
    assert alpha["coverage"]["results"]["missing"] == [] and alpha["unsupported"] == []
    assert alpha["first_section_ms"] > 0 and gamma["first_section_ms"] is None
    marked = [(fact["section"], fact["quote"], fact["kind"]) for fact in beta["unsupported"]]
    assert ("入院情况", "左", "side") in marked or ("入院情况", "左腰", "side") in marked
    assert ("出院情况", "38.9℃", "number") in marked
    assert gamma["sections"] == {} and "主诉：突发右腰部绞痛6小时" in gamma["text"]
    assert "周示例" not in gamma["text"] and "ZY0001" not in gamma["text"]
    assert document["notice"] == "AI生成，须医师审核" and document["department"] == "泌尿外科"


def test_the_stay_and_its_runs_are_stored(data_dir: Path) -> None:
    add_scripted_models(data_dir, {"alpha": Script(RECORD)})
    document = json.loads(discharge(STAY, data_dir, "--json").stdout)
    with closing(Database.open(Paths.resolve(data_dir).database)) as database, database.snapshot() as sql:
        generations = list(sql.query("SELECT generation_id, task FROM generations"))
        orders = list(sql.query("SELECT name FROM orders"))
        notes = list(sql.query("SELECT kind, version FROM notes"))
    assert generations == [{"generation_id": document["runs"][0]["run_id"], "task": "discharge"}]
    assert len(orders) == len(Stay.parse(STAY.read_text(encoding="utf-8")).orders)
    assert notes == [{"kind": "discharge", "version": 0}]


def test_a_long_stay_goes_in_stages_that_are_told_and_what_is_left_out_has_its_reason(
    data_dir: Path, tmp_path: Path
) -> None:
    add_scripted_models(data_dir, {"alpha": Script(RECORD)})
    data = json.loads(STAY.read_text(encoding="utf-8"))
    days = [f"2026-03-{day:02}" for day in range(2, 30)]
    data["notes"] = [{"date": day, "text": "腰痛减轻，继续抗感染、解痉及补液治疗。" * 12} for day in days]
    data["results"] += [
        {"date": day, "name": "血钾", "value": "4.1", "unit": "mmol/L", "range": "3.5-5.3"} for day in days * 8
    ]
    stay = tmp_path / "stay.json"
    stay.write_text(json.dumps(data), encoding="utf-8")
    done = discharge(stay, data_dir, "--json")
    assert done.returncode == 0, done.stderr
    stages = [line for line in done.stderr.splitlines() if "段" in line]
    assert len(stages) >= 3 and stages[0].startswith("脚本 alpha：第 1/"), done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    assert run["text"] == RECORD and len(run["sections"]) == 5
    assert {one["reason"] for one in run["omitted"]} == {"正常结果"}
    assert "没有提供给模型" in done.stderr and "正常结果" in done.stderr


def test_a_reader_gets_the_record_and_what_to_look_at(data_dir: Path) -> None:
    add_scripted_models(data_dir, {"beta": Script(WRONG)})
    done = discharge(STAY, data_dir)
    assert "【诊疗经过】" in done.stdout and "资料中没有依据" in done.stdout and "“38.9℃”" in done.stdout
    assert "；第一部分 " in done.stdout
    assert "没有提到的" in done.stdout and "AI生成，须医师审核" in done.stdout


@pytest.mark.parametrize(
    ("text", "words"), [("{", "JSON"), ("{}", "admission"), ('{"admission": {"date": "2026-03-02"}}', "complaint")]
)
def test_a_wrong_file_is_named_before_any_model_runs(data_dir: Path, tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "enc.json"
    path.write_text(text, encoding="utf-8")
    done = discharge(path, data_dir)
    assert done.returncode == 2 and words in done.stderr and "Traceback" not in done.stderr


def test_the_encounter_is_never_overwritten(data_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "enc.json"
    path.write_text(STAY.read_text(encoding="utf-8"), encoding="utf-8")
    done = discharge(path, data_dir, "--output", path)
    assert done.returncode == 2 and "--encounter" in done.stderr
