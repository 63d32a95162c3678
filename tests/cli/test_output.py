from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import output
from app.core.errors import EnvironmentFault


def test_a_document_is_written_whole(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    out.write_text("old", encoding="utf-8")
    output.write_output(out, {"文": ["\ud800", 1.5, None]})
    assert json.loads(out.read_text(encoding="utf-8")) == {"文": ["?", 1.5, None]}
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


@pytest.mark.parametrize("place", ["none/out.json", "file/out.json", "folder"])
def test_an_impossible_place_puts_the_document_on_stdout(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(EnvironmentFault, match="无法写入"):
        output.write_output(tmp_path / place, {"a": 1})
    assert json.loads(capsys.readouterr().out) == {"a": 1}


def test_a_failure_while_writing_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out.json"
    out.write_text("old", encoding="utf-8")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EnvironmentFault, match="No space left"):
        output.write_output(out, {"a": 1})
    assert out.read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


def test_no_text_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_text("痛\x1b[2J\u202e\r\n次\t行")
    assert capsys.readouterr().out == "痛�[2J��\n次\t行\n"


def test_a_program_without_streams_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    output.use_utf8()
    output.print_json({})
    output.say("没有人听")


def test_a_reader_that_leaves_is_no_failure() -> None:
    program = "from app.cli import output\nfor _ in range(20_000): output.print_text('行' * 50)"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
    assert (process.returncode, errors) == (0, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="the C locale is POSIX")
def test_chinese_survives_a_plain_locale() -> None:
    program = "from app.cli import output\noutput.use_utf8(); output.print_json({'\\u4e3b\\u8bc9': 1})"
    environment = {**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True)
    assert json.loads(done.stdout.decode("utf-8")) == {"主诉": 1}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
def test_a_full_disk_behind_stdout_is_the_environment_and_behind_stderr_nothing() -> None:
    program = "import sys, app.cli.main as m; sys.exit(m._exit_code(lambda: m.output.print_json([1]) or 0, None))"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-c", program], stdout=full, stderr=subprocess.PIPE, encoding="utf-8")
        assert done.returncode == 3 and "无法写到标准输出" in done.stderr and len(done.stderr.splitlines()) == 1
        program = "from app.cli import output\noutput.say('进度')\noutput.print_json([1])"
        done = subprocess.run([sys.executable, "-c", program], stderr=full, stdout=subprocess.PIPE, encoding="utf-8")
    assert (done.returncode, json.loads(done.stdout)) == (0, [1])
