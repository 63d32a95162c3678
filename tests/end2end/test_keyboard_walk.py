"""One patient from admission to discharge in a real window, with the keyboard alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.inference.engines.scripted import Script
from tests.helpers.screen import Program, Screen, focus, opened, wait_for
from tests.helpers.scripted_catalog import add_scripted_models

pytestmark = pytest.mark.xvfb

ANSWER = """1. **Pneumonia**
   - 支持点：fever
2. **Bronchitis**
   - 支持点：cough
"""
PIN = "2468"


def test_a_patient_is_admitted_written_signed_amended_and_discharged(
    screen: Screen, start: Callable[[], Program], data_dir: Path
) -> None:
    add_scripted_models(data_dir, {"m1": Script(ANSWER, token_ms=1)})
    program = start()
    focus(screen)
    admit(screen, program)
    write(screen, "fever 5d", "cough, fever")
    screen.keys("ctrl+Return")
    wait_for(lambda: [one for one in program.generations() if one[1] == "completed"], "the answer")
    write(screen, "", "pneumonia", "cough and fever")
    screen.keys("alt+1", "space", "ctrl+1")
    wait_for(lambda: "Pneumonia" in program.sections().get("differential", ""), "one diagnosis")
    assert "Bronchitis" not in program.sections()["differential"]
    write(screen, "", "sputum culture", "antibiotics")
    screen.keys("ctrl+shift+r")
    sign(screen, program, 1, "Return", PIN)
    amend(screen, program)
    sign(screen, program, 2)
    write_daily_note(screen, program)
    sign(screen, program, 3)
    discharge(screen, program)
    query = "SELECT a.kind, n.kind FROM note_acts a JOIN notes n USING (note_id) ORDER BY a.seq"
    first, daily = "first_progress", "daily_progress"
    assert program.rows(query) == [("signed", first), ("amended", first), ("signed", first), ("signed", daily)]
    assert program.rows("SELECT comment FROM note_acts WHERE kind = 'amended'") == [("more tests",)]


def admit(screen: Screen, program: Program) -> None:
    screen.keys("ctrl+n")
    opened(screen, "办理入院")
    screen.write("Chen Qiushi")
    screen.keys("Tab", "Up", "Tab")
    screen.write("58")
    screen.keys("Tab")
    screen.write("ZY1")
    screen.keys("Tab", "Tab", "Tab")
    screen.write("12")
    screen.keys("Return")
    wait_for(lambda: program.rows("SELECT * FROM notes"), "the note")
    focus(screen)
    time.sleep(0.5)


def write(screen: Screen, *texts: str) -> None:
    """One text into each section from here on; an empty one only leaves its section."""
    for number, text in enumerate(texts):
        if number:
            screen.keys("Tab")
        if text:
            screen.write(text)


def sign(screen: Screen, program: Program, times: int, *more: str) -> None:
    """`more`: what is pressed or typed after the PIN, before the last Enter."""
    screen.keys("ctrl+shift+s")
    opened(screen, "签名")
    screen.write(PIN)
    for part in more:
        screen.keys(part) if part == "Return" else screen.write(part)
    screen.keys("Return")
    query = "SELECT 1 FROM note_acts WHERE kind = 'signed'"
    wait_for(lambda: len(program.rows(query)) == times, "the signature")
    focus(screen)


def amend(screen: Screen, program: Program) -> None:
    screen.keys("ctrl+shift+m")
    opened(screen, "修正")
    screen.write("more tests")
    screen.keys("Return")
    wait_for(lambda: program.rows("SELECT 1 FROM note_acts WHERE kind = 'amended'"), "the amendment")
    focus(screen)
    time.sleep(0.5)
    screen.keys("ctrl+End")
    screen.write(", oxygen")
    wait_for(lambda: "oxygen" in str(program.sections()), "the amended text")


def write_daily_note(screen: Screen, program: Program) -> None:
    screen.keys("ctrl+d")
    time.sleep(0.5)
    screen.keys("n")
    wait_for(lambda: program.rows("SELECT 1 FROM notes WHERE kind = 'daily_progress'"), "the daily note")
    focus(screen)
    time.sleep(0.5)
    write(screen, "less fever", "", "", "go on")
    query = "SELECT 1 FROM notes WHERE kind = 'daily_progress' AND sections LIKE '%go on%'"
    wait_for(lambda: program.rows(query), "the daily note's text")


def discharge(screen: Screen, program: Program) -> None:
    screen.keys("ctrl+m")
    time.sleep(0.5)
    screen.keys("d")
    opened(screen, "办理出院")
    screen.keys("Return")
    wait_for(lambda: program.rows("SELECT 1 FROM encounters WHERE discharged_at <> ''"), "the discharge")
    focus(screen)
    screen.keys("ctrl+d")
    time.sleep(0.5)
    screen.keys("c")
    wait_for(lambda: program.rows("SELECT 1 FROM notes WHERE kind = 'discharge'"), "the discharge record")
