"""A real Chinese input method: fcitx 5 with pinyin writes into the real window. Where it is installed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from app.bootstrap import sample_encounters
from app.infra.paths import Paths
from app.storage.repositories import open_repositories
from app.storage.samples import install_samples
from tests.helpers.screen import Screen, focus, open_screen, start_program, wait_for

PROFILE = """[Groups/0]
Name=Default
Default Layout=us
DefaultIM=pinyin

[Groups/0/Items/0]
Name=keyboard-us
Layout=

[Groups/0/Items/1]
Name=pinyin
Layout=

[GroupOrder]
0=Default
"""

pytestmark = pytest.mark.skipif(
    not (shutil.which("fcitx5") and Path("/usr/share/fcitx5/inputmethod/pinyin.conf").exists()),
    reason="fcitx5 and fcitx5-pinyin are not installed",
)


@contextmanager
def fcitx(screen: Screen, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A desktop's session: its bus, and fcitx on that screen. The programs that start now belong to it."""
    (home / "run").mkdir(parents=True, mode=0o700)
    profile = home / "config" / "fcitx5" / "profile"
    profile.parent.mkdir(parents=True)
    profile.write_text(PROFILE)
    for name, value in {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_RUNTIME_DIR": str(home / "run"),
        "QT_IM_MODULE": "fcitx",
        "DISPLAY": screen.display,
    }.items():
        monkeypatch.setenv(name, value)
    with ExitStack() as at_the_end:
        bus = subprocess.Popen(
            ["dbus-daemon", "--session", "--nofork", "--print-address"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        at_the_end.callback(_end, bus)
        assert bus.stdout is not None
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.stdout.readline().strip())
        method = subprocess.Popen(["fcitx5"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
        at_the_end.callback(_end, method)
        wait_for(lambda: state() is not None, "fcitx", 30)
        yield


def state() -> int | None:
    """0: no window has it; 1: letters; 2: pinyin. None while fcitx does not answer."""
    asked = subprocess.run(["fcitx5-remote"], capture_output=True, text=True)
    return int(asked.stdout) if asked.returncode == 0 and asked.stdout.strip().isdigit() else None


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.wait(20)
    if process.stdout is not None:
        process.stdout.close()


def test_pinyin_is_written_into_the_note(tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data_dir.mkdir()
    paths = Paths.resolve(data_dir)
    with closing(open_repositories(paths.database, paths.pseudonym_key, "医师")) as repositories:
        install_samples(repositories, sample_encounters()[:1])
    with open_screen() as screen, fcitx(screen, tmp_path / "home", monkeypatch):
        program = start_program(screen, data_dir)
        try:
            wait_for(screen.windows, "the window", 60)
            focus(screen)
            screen.keys("ctrl+k", "Return", "ctrl+End")
            wait_for(state, "a text that takes an input method", 30)
            subprocess.run(["fcitx5-remote", "-o"], check=True)
            wait_for(lambda: state() == 2, "pinyin")
            screen.xdotool("type", "--delay", "100", "xiongtong")
            screen.keys("space")
            wait_for(lambda: any("胸痛" in text for text in program.sections().values()), "胸痛 in the note", 30)
        finally:
            program.process.terminate()
            program.process.wait(20)
