"""`suggest` with scripted models: the real program, processes, controller and database."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.core.notes import input_hash
from app.inference.engines.scripted import FaultKind, Script
from app.infra.paths import Paths
from app.storage.database import Database
from tests.helpers.scripted_catalog import add_scripted_models, program_environment

CASE = {
    "patient": {"name": "张示例", "sex": "男", "age": "65岁", "bed": "3", "mrn": "S001"},
    "chief_complaint": "右下腹痛1天",
    "case_features": "转移性右下腹痛，体温38.5℃，麦氏点压痛。",
    "id": "case-7",
}
APPENDICITIS = "1. **急性阑尾炎**\n   - 支持点：转移性右下腹痛\n   - 建议检查：腹部CT"
TWO = "1. 急性阑尾炎\n2. 右侧输尿管结石\n   - 支持点：左下腹痛"
GOOD = {"alpha": Script(APPENDICITIS), "beta": Script(TWO), "gamma": Script("考虑：{prompt}")}


@pytest.fixture
def case(tmp_path: Path) -> Path:
    path = tmp_path / "case.json"
    path.write_text(json.dumps(CASE, ensure_ascii=False), encoding="utf-8")
    return path


def command(case: Path, data_dir: Path, *options: str | Path) -> list[str]:
    return [
        sys.executable,
        "-m",
        "app",
        "suggest",
        "--case",
        str(case),
        "--data-dir",
        str(data_dir),
        *map(str, options),
    ]


def suggest(case: Path, data_dir: Path, *options: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(case, data_dir, *options),
        env=program_environment(),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )


def stored(data_dir: Path, query: str) -> list[dict[str, Any]]:
    with closing(Database.open(Paths.resolve(data_dir).database)) as database:
        return list(database.sql.query(query))


def test_three_models_answer_into_a_file(case: Path, data_dir: Path, tmp_path: Path) -> None:
    add_scripted_models(data_dir, GOOD)
    out = tmp_path / "out.json"
    done = suggest(case, data_dir, "--output", out)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    document = json.loads(out.read_text(encoding="utf-8"))
    assert document["input_hash"] == input_hash(CASE["chief_complaint"], CASE["case_features"])  # type: ignore[arg-type]
    assert [run["model"] for run in document["runs"]] == ["alpha", "beta", "gamma"]
    assert {run["status"] for run in document["runs"]} == {"completed"}
    assert [run["text"] for run in document["runs"][:2]] == [APPENDICITIS, TWO]
    assert document["consensus"][0] == {"name": "急性阑尾炎", "models": ["alpha", "beta"]}
    assert [fact["quote"] for fact in document["runs"][1]["unsupported"]] == ["左下腹"]
    assert document["id"] == "case-7"
    gamma = document["runs"][2]["text"]
    assert "男，65岁" in gamma and CASE["case_features"] in gamma and "张示例" not in gamma


def test_everything_is_in_the_database(case: Path, data_dir: Path) -> None:
    add_scripted_models(data_dir, GOOD)
    document = json.loads(suggest(case, data_dir, "--json").stdout)
    generations = stored(data_dir, "SELECT generation_id FROM generations")
    assert {row["generation_id"] for row in generations} == {run["run_id"] for run in document["runs"]}
    assert [row["comparison_id"] for row in stored(data_dir, "SELECT comparison_id FROM comparisons")] == [
        document["comparison_id"]
    ]
    assert [row["name"] for row in stored(data_dir, "SELECT name FROM patients")] == ["张示例"]
    assert [row["version"] for row in stored(data_dir, "SELECT version FROM notes")] == [1]
    log = (data_dir / "logs" / "wardnote.log").read_text(encoding="utf-8")
    assert "张示例" not in log and "腹痛" not in log


def test_a_reader_gets_the_three_answers(case: Path, data_dir: Path) -> None:
    add_scripted_models(data_dir, GOOD)
    done = suggest(case, data_dir, "--models", "beta, alpha")
    assert done.returncode == 0
    assert done.stdout.index("脚本 beta") < done.stdout.index("脚本 alpha")
    assert APPENDICITIS in done.stdout and "急性阑尾炎 2/2" in done.stdout and "AI生成，须医师审核" in done.stdout
    assert "脚本 gamma" not in done.stdout


def test_a_failed_run_is_exit_3_and_the_others_are_kept(case: Path, data_dir: Path, tmp_path: Path) -> None:
    add_scripted_models(data_dir, {**GOOD, "beta": Script(TWO, fault=FaultKind.ABORT, fault_at_token=8)})
    out = tmp_path / "out.json"
    done = suggest(case, data_dir, "--output", out)
    assert done.returncode == 3
    runs = json.loads(out.read_text(encoding="utf-8"))["runs"]
    assert [run["status"] for run in runs] == ["completed", "failed", "completed"]
    assert runs[1]["error"] and TWO.startswith(runs[1]["text"])
    assert "Traceback" not in done.stderr


def test_an_impossible_output_loses_nothing(case: Path, data_dir: Path, tmp_path: Path) -> None:
    add_scripted_models(data_dir, {"alpha": GOOD["alpha"]})
    done = suggest(case, data_dir, "--output", tmp_path / "none" / "out.json")
    assert done.returncode == 3 and "无法写入" in done.stderr
    assert json.loads(done.stdout)["runs"][0]["text"] == APPENDICITIS


def test_the_case_is_never_overwritten(case: Path, data_dir: Path) -> None:
    done = suggest(case, data_dir, "--output", case)
    assert done.returncode == 2 and "--output" in done.stderr
    assert json.loads(case.read_text(encoding="utf-8")) == CASE


def test_a_changed_script_is_refused_by_its_hash(case: Path, data_dir: Path) -> None:
    add_scripted_models(data_dir, {"alpha": GOOD["alpha"]})
    script = data_dir / "catalog" / "alpha.json"
    script.write_bytes(script.read_bytes().replace(b"CT", b"MR"))
    done = suggest(case, data_dir, "--json")
    assert done.returncode == 3
    assert "alpha.json" in json.loads(done.stdout)["runs"][0]["error"]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT to one process")
def test_ctrl_c_cancels_and_keeps_what_was_written(case: Path, data_dir: Path) -> None:
    add_scripted_models(data_dir, {"alpha": Script("慢" * 10_000, token_ms=20), "beta": GOOD["beta"]})
    with subprocess.Popen(
        command(case, data_dir, "--json"),
        env=program_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stderr is not None
        while "正在生成" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=60)
    assert process.returncode == 3, errors
    assert "Traceback" not in errors
    document = json.loads(printed)
    assert document["runs"][0]["status"] == "cancelled"
    assert len(stored(data_dir, "SELECT generation_id FROM generations")) == 2


def test_a_database_that_cannot_be_opened_stops_it_before_any_model(case: Path, data_dir: Path) -> None:
    add_scripted_models(data_dir, GOOD)
    (data_dir / "wardnote.sqlite3").write_bytes(b"no database" * 1_000)
    done = suggest(case, data_dir, "--json")
    assert (done.returncode, done.stdout) == (3, "")
    assert "数据库" in done.stderr and "Traceback" not in done.stderr
