"""The main job for real: three models, three engine processes, one window; and all three on either engine."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import choose_models
from app.infra.paths import Paths
from app.ui.kit.text_safety import plain_text
from tests.helpers.screen import Program, Screen, focus, wait_for

pytestmark = pytest.mark.models

ROOT = Path(__file__).resolve().parents[2]
WARDNOTE = ROOT / ".venv/bin/wardnote"
MODELS = ["qwen2.5-coder-1.5b", "qwen2.5-coder-0.5b", "smollm2-135m"]
RUN_COLUMNS = (
    "model",
    "model_sha256",
    "engine",
    "engine_version",
    "quantisation",
    "status",
    "finish_reason",
    "input_tokens",
    "output_tokens",
    "ttft_ms",
    "duration_ms",
    "output",
)
THREE_ANSWERS_S = 400


def runs(program: Program) -> list[dict[str, Any]]:
    """What is stored of each ended run, in pane order."""
    rows = program.rows(f"SELECT {', '.join(RUN_COLUMNS)} FROM generations ORDER BY display_order")
    return [dict(zip(RUN_COLUMNS, row, strict=True)) for row in rows]


def check_runs(runs: list[dict[str, Any]]) -> None:
    """Three completed answers of three INT4 models, each with what it was made by."""
    assert [run["model"] for run in runs] == MODELS
    assert [run["status"] for run in runs] == ["completed"] * 3
    assert len({run["model_sha256"] for run in runs}) == 3
    assert all("int4" in run["quantisation"] and run["engine_version"] for run in runs)
    assert all(0 < run["ttft_ms"] < run["duration_ms"] for run in runs)
    assert all(run["input_tokens"] > 0 and run["output_tokens"] > 0 for run in runs)


@pytest.mark.xvfb
def test_a_doctor_compares_three_real_models(
    screen: Screen, start: Callable[..., Program], data_dir: Path, artifacts: Path
) -> None:
    program = start()
    focus(screen)
    open_sample(screen, program, "SL0002")
    start_comparison(screen, program)
    wait_for(lambda: runs(program), "the first answer", THREE_ANSWERS_S)
    screen.picture(artifacts / "window_real_streaming.png")
    wait_for(lambda: len(runs(program)) == 3, "three answers", THREE_ANSWERS_S)
    check_runs(written := runs(program))
    assert len({run["output"].strip() for run in written} - {""}) == 3
    chosen, _ = choose_models(Paths.resolve(data_dir), "auto")
    assert [run["engine"] for run in written] == [model.identity.engine for model in chosen]
    screen.keys("ctrl+1")
    first = plain_text(written[0]["output"]).strip()
    wait_for(lambda: "backfill" in program.events(), "the backfill's event")
    wait_for(lambda: differentials(program) == [first], "the first pane's text in the note")
    screen.keys("alt+1", "ctrl+Up")
    wait_for(lambda: "vote" in program.events(), "the vote")
    time.sleep(1)  # for a picture with the findings of the note as it is now; nothing is asserted on it
    screen.picture(artifacts / "window_real.png")
    program.process.send_signal(signal.SIGTERM)
    assert program.process.wait(30) == 0


def start_comparison(screen: Screen, program: Program) -> None:
    """Ask until the note is open: before that there is nothing to compare, and a second request is refused."""

    def asked() -> list[Any]:
        screen.keys("ctrl+Return")
        return program.rows("SELECT * FROM comparisons")

    wait_for(asked, "the comparison")


def open_sample(screen: Screen, program: Program, mrn: str) -> None:
    """From an empty ward to the note of one of the sample patients, by keys alone."""
    wait_for(lambda: (program.data_dir / "pseudonym.key").exists(), "the database")
    screen.keys("ctrl+k", "Tab", "space")
    wait_for(lambda: len(program.rows("SELECT * FROM notes")) == 10, "the samples")
    screen.keys("ctrl+k")
    screen.write(mrn)
    screen.keys("Return")


def differentials(program: Program) -> list[str]:
    """What stands under 鉴别诊断 in any note that says something there."""
    notes = [json.loads(sections) for (sections,) in program.rows("SELECT sections FROM notes")]
    return [text for note in notes if (text := note["differential"])]


@pytest.mark.parametrize("engine", ["bigdl", "openvino"])
def test_all_three_run_on_either_engine(engine: str, data_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    case = ROOT / "resources/samples/08_gynaecology.json"
    command = [WARDNOTE, "suggest", "--case", case, "--engine", engine, "--output", out, "--data-dir", data_dir]
    done = subprocess.run(command, capture_output=True, text=True, timeout=THREE_ANSWERS_S)
    assert done.returncode == 0, done.stderr
    check_runs(written := json.loads(out.read_text(encoding="utf-8"))["runs"])
    assert {run["engine"] for run in written} == {engine}
    assert len({run["text"].strip() for run in written} - {""}) == 3
