"""A screen of its own for a test, and the program started on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.helpers.screen import Program, Screen, open_screen, start_program


@pytest.fixture
def screen() -> Iterator[Screen]:
    """An empty screen."""
    with open_screen() as screen:
        yield screen


@pytest.fixture
def start(screen: Screen, data_dir: Path) -> Iterator[Callable[..., Program]]:
    """Starts the program on the test's data folder, with these arguments."""
    programs: list[Program] = []

    def run(*arguments: str) -> Program:
        programs.append(start_program(screen, data_dir, *arguments))
        return programs[-1]

    yield run
    for program in programs:
        if program.process.poll() is None:
            program.process.kill()
            program.process.wait(20)
