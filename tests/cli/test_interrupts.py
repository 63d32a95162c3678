"""Ctrl+C and SIGTERM, whenever they come: one sentence, exit code 3, and no command that goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from PySide6.QtCore import QEventLoop, QTimer

from app.cli.event_loop import interrupts
from app.inference.engines.scripted import Script
from app.infra.interrupts import interruptible, was_interrupted
from tests.helpers.scripted_catalog import add_scripted_models, program_environment

SIGNALS = [signal.SIGINT, signal.SIGTERM]
CASE = {"chief_complaint": "胸痛2小时", "case_features": "压榨样疼痛。", "gold": "心肌梗死"}


@pytest.mark.parametrize("number", SIGNALS)
def test_an_evaluation_ends_at_a_signal(number: signal.Signals, data_dir: Path, tmp_path: Path) -> None:
    add_scripted_models(data_dir, {"alpha": Script("1. 心肌梗死\n" * 200, token_ms=50)})
    cases = tmp_path / "cases.jsonl"
    cases.write_text(json.dumps(CASE) + "\n", encoding="utf-8")
    command = ["evaluate", "differential", "--cases", str(cases), "--data-dir", str(data_dir)]
    with subprocess.Popen(
        [sys.executable, "-m", "app", *command],
        env=program_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stderr is not None
        assert "第 1/1 例" in process.stderr.readline()
        process.send_signal(number)
        try:
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, out, err) == (3, "", "已中断。\n")


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_while_the_program_imports_is_one_sentence(number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "slow_to_import.py").write_text(
        f"import os\ntry:\n    os.kill(os.getpid(), {int(number)})\nexcept BaseException:\n    print('aborts Qt')\n"
    )
    program = "from app.infra.interrupts import interruptible\nwith interruptible():\n    import slow_to_import"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), str(Path.cwd())))}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, encoding="utf-8"
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "已中断。\n")


def test_a_signal_whose_exception_was_swallowed_ends_the_next_loop(qapp: object) -> None:
    loop, told, bound = QEventLoop(), list[str](), QTimer()
    bound.timeout.connect(loop.quit)
    bound.start(20_000)
    with interruptible():
        with suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        with interrupts(lambda: (told.append("interrupted"), loop.quit())):
            loop.exec()
    bound.stop()
    assert told == ["interrupted"]


def test_a_signal_that_no_loop_took_up_is_remembered(qapp: object) -> None:
    with interruptible():
        with interrupts(lambda: None):
            os.kill(os.getpid(), signal.SIGINT)
        assert was_interrupted()
    assert not was_interrupted()
