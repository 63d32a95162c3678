"""`wardnote convert`: a tiny model for real, and what is refused."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from app.cli import convert as command
from app.cli.main import run
from app.infra.paths import Paths
from tests.helpers.tiny_gguf import Tiny, write_tiny_gguf


def no_window(paths: Paths, arguments: argparse.Namespace) -> int:
    raise AssertionError("no window was asked for")


def convert(data_dir: Path, source: Path, output: Path, *more: str) -> int:
    common = ["--output", str(output), "--data-dir", str(data_dir)]
    return run(["convert", str(source), *common, *more], no_window)


SHORT = "患者男，65岁，因突发胸骨后压榨样疼痛3小时入院。" * 3


def test_a_converted_model_can_be_added(
    tmp_path: Path, data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "quality_texts", lambda: {"zh": SHORT})  # the tiny model reads bytes
    write_tiny_gguf(tmp_path / "tiny.gguf", Tiny("qwen2"))
    made = tmp_path / "made"
    assert convert(data_dir, tmp_path / "tiny.gguf", made, "--to", "openvino", "--weights", "int8", "--json") == 0
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    assert (document["engine"], document["quantisation"]) == ("openvino", "int8 q8_0")
    assert document["quality"]["ratio"] == pytest.approx(1, abs=0.02)
    assert f"下一步：wardnote models add {made}" in printed.err
    assert run(["models", "add", str(made), "--data-dir", str(data_dir)], no_window) == 0
    printed = capsys.readouterr()
    assert "已登记模型 made（openvino-ir" in printed.err and "没有对话模板" not in printed.err
    assert convert(data_dir, tmp_path / "tiny.gguf", made, "--to", "openvino") == 2
    assert "已经存在：请指定一个新文件夹" in capsys.readouterr().err
    assert convert(data_dir, made, tmp_path / "again", "--to", "openvino") == 2
    assert "已经是 openvino-ir 格式，不需要转换" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []
