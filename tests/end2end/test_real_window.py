"""The real program in a real window of a real X server: keys in, SQLite out, a picture left for people to judge."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.inference.engines.scripted import Script
from tests.helpers.screen import Program, Screen, focus, wait_for
from tests.helpers.scripted_catalog import add_scripted_models

pytestmark = pytest.mark.xvfb

_FIRST_SIZE = slice(12, 16)  # in QSplitter.saveState: after magic, version and the number of sizes
PATIENT, COMPLAINT, FEATURES = "Zhao Shiyong", "胸痛3小时", "持续胸骨后压榨样痛，cTnI 2.8 ng/ml"
ANSWER = """1. **急性心肌梗死**
   - 支持点：持续胸骨后疼痛；cTnI 2.8 ng/ml
   - 不支持点：病历未记录
   - 缺什么：心电图
   - 建议检查：18导联心电图；急诊冠脉造影
2. **主动脉夹层**
   - 支持点：突发胸痛
   - 缺什么：双上肢血压
   - 建议检查：主动脉CTA
"""


def admit(screen: Screen, program: Program) -> None:
    screen.keys("ctrl+n")
    wait_for(lambda: screen.xdotool("search", "--onlyvisible", "--name", "^办理入院$"), "the dialog")
    screen.write(PATIENT)
    screen.keys("Tab", "Tab")
    screen.write("65")
    screen.keys("Tab", "Tab", "Tab", "Tab")
    screen.write("3")
    screen.keys("Return")
    wait_for(lambda: program.rows("SELECT * FROM notes"), "the new patient's note")
    focus(screen)


def write_input(screen: Screen, program: Program) -> None:
    screen.keys("ctrl+k")
    screen.keys("F6")
    write_section(screen, program, "chief_complaint", COMPLAINT)
    screen.keys("Tab")
    write_section(screen, program, "case_features", FEATURES)


def write_section(screen: Screen, program: Program, key: str, text: str) -> None:
    """xdotool maps Chinese characters onto spare keys while it types, and now and then the first one is lost."""
    for _ in range(5):
        screen.keys("ctrl+a")
        screen.write(text)
        with contextlib.suppress(AssertionError):
            wait_for(lambda: program.sections().get(key) == text, f"autosave of {key}", timeout=4)
            return
        focus(screen)
        screen.keys("ctrl+k", "F6")  # back to the section that was written in last
    raise AssertionError(f"{key} was not saved as typed: {program.sections()}")


def test_the_main_job_in_a_real_window(
    screen: Screen, start: Callable[[], Program], data_dir: Path, artifacts: Path
) -> None:
    scripts = {f"m{number}": Script(f"{ANSWER}3. **诊断{number}**\n", token_ms=4) for number in (1, 2, 3)}
    add_scripted_models(data_dir, scripts)
    program = start()
    focus(screen)
    screen.picture(artifacts / "window_empty.png")
    admit(screen, program)
    write_input(screen, program)
    screen.keys("ctrl+Return")
    wait_for(lambda: program.rows("SELECT * FROM comparisons"), "the comparison")
    time.sleep(1)  # for a picture of streaming text; nothing is asserted on it
    screen.picture(artifacts / "window_streaming.png")
    generations = wait_for(lambda: (found := program.generations()) and len(found) == 3 and found, "three answers")
    assert [(model, status) for model, status, _ in generations] == [(name, "completed") for name in scripts]
    screen.keys("ctrl+2")
    wait_for(lambda: "诊断2" in program.sections().get("differential", ""), "the backfill")
    assert "**" not in program.sections()["differential"]
    wait_for(lambda: "backfill" in program.events(), "the backfill's event")
    screen.keys("alt+1", "ctrl+Up")
    wait_for(lambda: "vote" in program.events(), "the vote")
    screen.picture(artifacts / "window.png")
    screen.keys("F6", "F6", "ctrl+z")
    wait_for(lambda: program.sections()["differential"] == "", "one undo")
    second = start()
    assert second.process.wait(30) == 0, "a second start hands over and ends"
    assert screen.windows(), "the first window is still there"
    program.process.send_signal(signal.SIGTERM)
    assert program.process.wait(30) == 0
    log = "".join(path.read_text(encoding="utf-8") for path in (data_dir / "logs").iterdir())
    assert not re.search(f"{PATIENT}|胸痛|cTnI|心肌梗死", log)


def test_a_kill_loses_nothing_that_was_typed(screen: Screen, start: Callable[[], Program], data_dir: Path) -> None:
    program = start()
    focus(screen)
    admit(screen, program)
    write_input(screen, program)
    program.process.kill()
    program.process.wait(20)
    again = start()
    focus(screen)
    assert again.sections()["chief_complaint"] == COMPLAINT
    again.process.send_signal(signal.SIGTERM)
    assert again.process.wait(30) == 0


def drag(screen: Screen, from_x: str, to_x: str) -> None:
    """Unhurried, as a hand does it: a window that is busy would otherwise see press and release at one place."""
    for act in (("mousemove", from_x, "300"), ("mousedown", "1"), ("mousemove", to_x, "300"), ("mouseup", "1")):
        screen.xdotool(*act)
        time.sleep(0.3)


def test_the_dividing_lines_stay_where_they_were_put(
    screen: Screen, start: Callable[[], Program], data_dir: Path
) -> None:
    left = []
    for _ in range(2):
        program = start()
        focus(screen)
        if not left:
            drag(screen, "232", "300")
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(30) == 0
        left.append(json.loads((data_dir / "settings.json").read_text(encoding="utf-8"))["window"])
    assert left[0]["columns"] == left[1]["columns"]
    assert int.from_bytes(base64.b64decode(left[0]["columns"])[_FIRST_SIZE], "big") > 280
