"""The first start in a real window, by keys alone, to a note in which one can begin; killed, it goes on."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.helpers.screen import Program, Screen, focus, wait_for

pytestmark = pytest.mark.xvfb

TITLE = "^首次启动$"


@pytest.fixture
def start(screen: Screen, data_dir: Path, tmp_path: Path) -> Iterator[Callable[[], Program]]:
    """Starts the program where no hospital decided anything."""
    programs: list[Program] = []

    def run() -> Program:
        environment = {**screen.environment(), "WARDNOTE_POLICY": str(tmp_path / "no-policy.toml")}
        command = [sys.executable, "-m", "app", "--data-dir", str(data_dir)]
        programs.append(Program(subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[2]), data_dir))
        (window,) = wait_for(lambda: screen.xdotool("search", "--onlyvisible", "--name", TITLE).split(), "the pages")
        screen.xdotool("windowfocus", "--sync", window)
        return programs[-1]

    yield run
    for program in programs:
        if program.process.poll() is None:
            program.process.kill()
            program.process.wait(20)


def go_on(screen: Screen, data_dir: Path, step: str) -> None:
    """Press Enter until that step is kept as done: a page that is still reading takes none."""
    order = ["", "recovery", "models", "calibrate", "done"]

    def done() -> bool:
        if order.index(kept_step(data_dir)) >= order.index(step):
            return True
        screen.keys("Return")
        return False

    wait_for(done, f"the end of {step}")


def kept_step(data_dir: Path) -> str:
    try:
        return str(json.loads((data_dir / "settings.json").read_text(encoding="utf-8"))["chosen"]["first_start"])
    except (OSError, ValueError, KeyError):
        return ""


def test_killed_in_the_middle_it_goes_on_to_a_note_in_which_one_can_begin(
    screen: Screen, start: Callable[[], Program], data_dir: Path, artifacts: Path
) -> None:
    program = start()
    screen.picture(artifacts / "first_start.png")
    screen.keys("alt+p")
    go_on(screen, data_dir, "recovery")
    program.process.kill()
    program.process.wait(20)
    again = start()
    go_on(screen, data_dir, "done")
    focus(screen)
    wait_for(lambda: again.sections().get("chief_complaint"), "a sample note")
    wait_for(lambda: again.rows("SELECT 1 FROM patients WHERE sample = 1"), "the samples")
    again.process.send_signal(signal.SIGTERM)
    assert again.process.wait(30) == 0


def test_ended_by_a_signal_it_opens_no_window_and_goes_on_next_time(
    screen: Screen, start: Callable[[], Program], data_dir: Path
) -> None:
    program = start()
    screen.keys("alt+p")
    go_on(screen, data_dir, "recovery")
    program.process.send_signal(signal.SIGTERM)
    assert program.process.wait(30) == 0
    assert not (data_dir / "wardnote.sqlite3").exists()
    assert kept_step(data_dir) in ("recovery", "models")
    start()


def test_left_before_the_data_are_settled_it_ends_and_makes_no_database(
    screen: Screen, start: Callable[[], Program], data_dir: Path
) -> None:
    program = start()
    screen.keys("Escape")
    assert program.process.wait(30) == 0
    assert not (data_dir / "wardnote.sqlite3").exists()
