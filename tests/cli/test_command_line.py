"""The program itself, in a process of its own: exit codes, sentences, and what goes to which stream."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

GOOD = {"chief_complaint": "胸痛2小时", "case_features": "胸骨后压榨样疼痛。"}


def wardnote(*arguments: str | Path, data_dir: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", *map(str, arguments), "--data-dir", str(data_dir)],
        env={**os.environ, "WARDNOTE_ALLOW_SCRIPTED": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )


def written(path: Path, case: object) -> Path:
    path.write_text(case if isinstance(case, str) else json.dumps(case, ensure_ascii=False), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ({**GOOD, "chief_complaint": ""}, "主诉（chief_complaint）为空"),
        ({**GOOD, "case_features": " "}, "病例特点（case_features）为空"),
        ({**GOOD, "case_features": "痛" * 50_001}, "50001 个字符，最多 50000"),
        ({"case_features": "a"}, "缺少必填字段：主诉（chief_complaint）"),
        ({**GOOD, "chief_complaint": 1}, "应是文字"),
        ('{"chief_complaint": "胸痛', "不是有效的 JSON"),
        ("[]", "JSON 对象"),
    ],
)
def test_a_bad_case_is_one_sentence_and_exit_2(case: object, words: str, tmp_path: Path, data_dir: Path) -> None:
    done = wardnote("suggest", "--case", written(tmp_path / "case.json", case), "--json", data_dir=data_dir)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr and len(done.stderr.splitlines()) == 1
    assert not (data_dir / "wardnote.sqlite3").exists()


def test_a_missing_case_file(tmp_path: Path, data_dir: Path) -> None:
    done = wardnote("suggest", "--case", tmp_path / "none.json", data_dir=data_dir)
    assert done.returncode == 2 and "找不到病例文件" in done.stderr and not done.stdout


def test_a_case_in_another_encoding(tmp_path: Path, data_dir: Path) -> None:
    case = tmp_path / "case.json"
    case.write_bytes(json.dumps(GOOD, ensure_ascii=False).encode("gbk"))
    done = wardnote("suggest", "--case", case, data_dir=data_dir)
    assert done.returncode == 2 and "不是 UTF-8 编码" in done.stderr


def test_an_unknown_model_is_named_with_the_known_ones(tmp_path: Path, data_dir: Path) -> None:
    case = written(tmp_path / "case.json", GOOD)
    done = wardnote("suggest", "--case", case, "--models", "gpt-9", data_dir=data_dir)
    assert done.returncode == 2 and "gpt-9" in done.stderr and "smollm2-135m" in done.stderr


def test_no_prepared_model_is_the_environment(tmp_path: Path, data_dir: Path) -> None:
    done = wardnote("suggest", "--case", written(tmp_path / "case.json", GOOD), data_dir=data_dir)
    assert done.returncode == 3 and "wardnote models" in done.stderr and not done.stdout


def test_an_unknown_command(data_dir: Path) -> None:
    done = wardnote("nonsense", data_dir=data_dir)
    assert done.returncode == 2 and "nonsense" in done.stderr and not done.stdout


def test_a_database_that_is_none(data_dir: Path) -> None:
    done = wardnote("db", "check", data_dir=data_dir)
    assert done.returncode == 3 and "还没有数据库" in done.stderr
    data_dir.mkdir(exist_ok=True)
    (data_dir / "wardnote.sqlite3").write_bytes(b"no database" * 1_000)
    done = wardnote("db", "check", "--json", data_dir=data_dir)
    assert done.returncode == 3 and not done.stdout and "Traceback" not in done.stderr


def test_help_needs_no_qt_and_no_native_library() -> None:
    program = "import sys, app.__main__, app.cli.main\napp.cli.main.make_parser()\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert not loaded & {"PySide6", "torch", "transformers", "openvino", "numpy", "rich", "sqlite_utils"}
