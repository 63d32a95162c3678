"""The real program on a real X server, a doctor's hands at its keys, and its database read beside it."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.helpers.scripted_catalog import program_environment

TITLE = "病程助手"
SIZE = "1366x768"


@dataclass
class Screen:
    """An X server and a doctor's hands at it."""

    display: str

    def xdotool(self, *arguments: str) -> str:
        command = ["xdotool", *arguments]
        result = subprocess.run(command, env=self.environment(), capture_output=True, text=True, timeout=60)
        return result.stdout.strip()

    def windows(self) -> list[str]:
        return self.xdotool("search", "--onlyvisible", "--name", f"^{TITLE}$").split()

    def titled(self) -> list[str]:
        """The program's window and its dialogs."""
        return self.xdotool("search", "--onlyvisible", "--name", ".").split()

    def keys(self, *keys: str) -> None:
        self.xdotool("key", *keys)

    def write(self, text: str) -> None:
        self.xdotool("type", "--delay", "30", text)

    def picture(self, path: Path) -> None:
        subprocess.run(["import", "-window", "root", str(path)], env=self.environment(), check=True, timeout=60)

    def environment(self) -> dict[str, str]:
        environment = program_environment(DISPLAY=self.display, QT_QPA_PLATFORM="xcb")
        return {name: value for name, value in environment.items() if name != "WAYLAND_DISPLAY"}


@dataclass
class Program:
    """The program at work on a data folder."""

    process: subprocess.Popen[bytes]
    data_dir: Path

    def rows(self, query: str) -> list[Any]:
        """Read the database beside the program; nothing while it is being made."""
        try:
            connection = sqlite3.connect(f"file:{self.data_dir / 'wardnote.sqlite3'}?mode=ro", uri=True)
            try:
                return connection.execute(query).fetchall()
            finally:
                connection.close()
        except sqlite3.OperationalError:
            return []

    def sections(self) -> dict[str, str]:
        rows = self.rows("SELECT sections FROM notes")
        return json.loads(rows[0][0]) if rows else {}

    def events(self) -> list[str]:
        return [kind for (kind,) in self.rows("SELECT kind FROM feedback_events ORDER BY seq")]

    def generations(self) -> list[Any]:
        return self.rows("SELECT model, status, output FROM generations ORDER BY display_order")


def wait_for(condition: Callable[[], object], what: str, timeout: float = 20) -> Any:
    """Poll a condition outside this process (a database, an X server), which has no signal to wait on."""
    deadline = time.monotonic() + timeout
    while not (result := condition()):
        assert time.monotonic() < deadline, f"waited in vain for: {what}"
        time.sleep(0.05)
    return result


def focus(screen: Screen) -> None:
    """Without a window manager nobody gives the focus back when a dialog closes: not before it is closed."""
    (window,) = wait_for(screen.windows, "the window")
    with contextlib.suppress(AssertionError):
        wait_for(lambda: screen.titled() == [window], "the end of the dialog", 5)
    screen.xdotool("windowfocus", "--sync", window)


def opened(screen: Screen, title: str) -> None:
    """Wait until a dialog is there and has the keyboard: a key that comes sooner is not its own."""

    def has_keyboard() -> bool:
        found = screen.xdotool("search", "--onlyvisible", "--name", f"^{title}$").split()
        return screen.xdotool("getwindowfocus", "-f") in found

    wait_for(has_keyboard, title)


@contextmanager
def open_screen() -> Iterator[Screen]:
    """An X server of its own."""
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", f"{SIZE}x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=(writer,),
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    with os.fdopen(reader) as numbers:
        number = numbers.readline().strip()
    try:
        assert number, "Xvfb did not start"
        yield Screen(f":{number}")
    finally:
        server.terminate()
        server.wait(20)


def start_program(screen: Screen, data_dir: Path, *arguments: str) -> Program:
    """Start the program on that screen; the caller ends it."""
    command = [sys.executable, "-m", "app", "--data-dir", str(data_dir), *arguments]
    root = Path(__file__).resolve().parents[2]
    return Program(subprocess.Popen(command, env=screen.environment(), cwd=root), data_dir)
