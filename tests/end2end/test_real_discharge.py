"""The discharge record for real: an imported stay is opened, a real model writes its sections, one key fills it in."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.discharge.draft import WRITTEN, is_whole, parse_draft
from app.core.notes import ADMISSION_DATE, DISCHARGE_DATE
from tests.helpers.screen import Program, Screen, focus, wait_for

pytestmark = [pytest.mark.models, pytest.mark.xvfb]

ROOT = Path(__file__).resolve().parents[2]
SHORTEST = ROOT / "resources/samples/stays/01_urology.json"
ONE_RECORD_S = 400


def test_opening_the_record_lets_real_models_write_and_one_key_fills_it(
    screen: Screen, start: Callable[..., Program], data_dir: Path, artifacts: Path
) -> None:
    wardnote = [str(ROOT / ".venv/bin/wardnote"), "import", str(SHORTEST), "--data-dir", str(data_dir)]
    subprocess.run(wardnote, check=True, timeout=120)
    program = start()
    focus(screen)
    open_record(screen, program)
    wait_for(lambda: program.rows("SELECT * FROM comparisons"), "the run that starts by itself")
    screen.picture(artifacts / "discharge_real_begun.png")
    wait_for(lambda: completed(program), "the first record", ONE_RECORD_S)
    pane, text = completed(program)[0]
    assert is_whole(parse_draft(text)), text
    written = wait_for(lambda: fill_in(screen, program, pane), "the record in the database", 90)
    screen.picture(artifacts / "discharge_real.png")
    assert written[ADMISSION_DATE.key] == "2026年3月2日"
    assert written[DISCHARGE_DATE.key] == "2026年3月5日"
    assert "坦索罗辛缓释胶囊 0.2 mg 口服 每晚1次" in written["discharge_orders"]
    screen.keys("Escape")
    program.process.send_signal(signal.SIGTERM)
    assert program.process.wait(30) == 0


def open_record(screen: Screen, program: Program) -> None:
    """From the list to the discharge record of the only patient, by keys alone."""
    wait_for(lambda: program.rows("SELECT * FROM notes"), "the imported stay")

    def begun() -> object:
        screen.keys("ctrl+k")
        screen.write("ZY0001")
        screen.keys("Return")
        time.sleep(1)  # the note must be open before its menu is
        screen.keys("ctrl+d")
        time.sleep(0.5)
        screen.keys("c")
        with contextlib.suppress(AssertionError):  # pressed again too soon, the keys would be written into the record
            return wait_for(lambda: program.rows("SELECT * FROM notes WHERE kind = 'discharge'"), "the record", 10)
        return []

    wait_for(begun, "the discharge record", 60)


def fill_in(screen: Screen, program: Program, pane: int) -> dict[str, str]:
    """Until the record is checked, which only the screen tells, the key does nothing; and nothing the second time."""
    focus(screen)
    screen.keys(f"ctrl+{pane + 1}")
    with contextlib.suppress(AssertionError):
        return dict(wait_for(lambda: filled(program), "the record", 6))
    return {}


def completed(program: Program) -> list[tuple[int, str]]:
    """Pane and text of each record that a model wrote to its end."""
    query = "SELECT display_order, output FROM generations WHERE status = 'completed' ORDER BY finished_at"
    return [(order, output) for order, output in program.rows(query)]


def filled(program: Program) -> dict[str, str]:
    """The sections of the stored record once all five have text."""
    for (sections,) in program.rows("SELECT sections FROM notes WHERE kind = 'discharge'"):
        texts: dict[str, str] = json.loads(sections)
        if all(texts[section.key].strip() for section in WRITTEN):
            return texts
    return {}
