"""`wardnote bench`: prompts, wrong arguments, and the whole command with scripted models."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from app.cli.bench_prompts import TASKS, edited, workloads
from app.cli.main import ExitCode, run
from app.inference.engines.scripted import Script
from tests.helpers.scripted_catalog import ALLOW_SCRIPTED, add_scripted_models


def no_window(*_: object) -> int:
    raise AssertionError("no window was asked for")


@pytest.fixture
def scripted(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in ALLOW_SCRIPTED.items():
        monkeypatch.setenv(name, value)
    # Other tests are reading files at the same time.
    monkeypatch.setattr("app.inference.bench.starts.drop_page_cache", lambda: False)
    add_scripted_models(data_dir, {"alpha": Script("0123456789" * 3, token_ms=50, prefill_ms=5)})
    return data_dir


def bench(data_dir: Path, *more: str) -> int:
    return run(["bench", "--data-dir", str(data_dir), "--rounds", "1", "--tokens", "8", *more], no_window)


def test_one_json_document_as_the_contract_says(scripted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench(scripted, "--peers", "--json") == ExitCode.DONE
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert {"machine", "rounds", "results", "ratios"} <= set(document)
    rows = [(row["path"], row["engine"], row["model"], row["task"], row["prompt"]) for row in document["results"]]
    assert rows == [
        ("wardnote", "scripted", "alpha", "differential", "short"),
        ("wardnote", "scripted", "alpha", "differential", "long"),
        ("wardnote", "scripted", "alpha", "discharge", "record"),
    ]
    assert [(row["engine"], row["model"]) for row in document["starts"]] == [("scripted", "alpha")]
    assert document["results"][0]["output_tokens"] == {"median": 8, "min": 8, "max": 8}
    assert "第 1 轮" in err


def test_a_table_for_a_reader(scripted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench(scripted, "--task", "discharge") == ExitCode.DONE
    out = capsys.readouterr().out
    assert "首词 ms" in out
    assert "wardnote（scripted）" in out
    assert "short" not in out
    assert max(map(len, out.splitlines())) <= 200


def test_only_the_start(scripted: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert bench(scripted, "--task", "start", "--output", str(tmp_path)) == ExitCode.DONE
    assert "alpha（scripted）载入：热" in capsys.readouterr().out
    assert "冷启动未测" in (tmp_path / "README.md").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))["results"] == []


def test_the_report_is_written_as_files(scripted: Path, tmp_path: Path) -> None:
    folder = tmp_path / "report"
    assert bench(scripted, "--task", "differential", "--output", str(folder), "--json") == ExitCode.DONE
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "bench.json", "bench.svg"]
    document = json.loads((folder / "bench.json").read_text(encoding="utf-8"))
    assert document["rounds"] == 1
    drawing = ElementTree.fromstring((folder / "bench.svg").read_text(encoding="utf-8"))
    assert len(drawing.findall("{*}rect")) == 1 + 4 * 2, "the ground, and two prompts in four panels"
    page = (folder / "README.md").read_text(encoding="utf-8")
    assert "| alpha | differential/long | wardnote（scripted） |" in page
    assert "![](bench.svg)" in page


@pytest.mark.parametrize("wrong", [("--rounds", "0"), ("--tokens", "1")])
def test_too_little_to_measure_is_a_usage_fault(scripted: Path, wrong: tuple[str, str]) -> None:
    assert bench(scripted, *wrong) == ExitCode.USAGE


def test_without_models_the_environment_is_at_fault(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench(data_dir) == ExitCode.ENVIRONMENT
    assert "wardnote models" in capsys.readouterr().err


def test_the_prompts_are_short_long_and_a_record() -> None:
    short, long, record = workloads(TASKS)
    lengths = [sum(len(message.content) for message in work.messages) for work in (short, long, record)]
    assert lengths[0] + 300 < lengths[1] < 2000 < lengths[2] < 3500


def test_no_prompt_begins_as_another_does() -> None:
    beginnings = {work.messages[0].content[:8] for work in workloads(TASKS)}
    assert len(beginnings) == 3, "a library that knows a beginning from an earlier prompt is not cold"


def test_an_edit_comes_in_the_last_tenth() -> None:
    text = "甲" * 90 + "乙" * 10
    changed = edited(text)
    assert changed.startswith("甲" * 90)
    assert changed.endswith("乙" * 10)
    assert len(changed) > len(text)
    for work in workloads(TASKS):
        assert work.messages != work.edited
