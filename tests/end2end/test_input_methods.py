"""Real Chinese input methods, fcitx 5 and ibus with pinyin, write into the real window. Where they are installed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
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


def _answer(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def _switch_fcitx() -> bool:
    """Its state is 0 while no window has it, 1 for letters, 2 for pinyin."""
    if _answer("fcitx5-remote") == "1":
        _answer("fcitx5-remote", "-o")
    return _answer("fcitx5-remote") == "2"


def _switch_ibus() -> bool:
    _answer("ibus", "engine", "libpinyin")
    return _answer("ibus", "engine") == "libpinyin"


@dataclass(frozen=True)
class Method:
    """An input method: its daemon, what of it has to be installed, and how it comes to pinyin; false: not yet."""

    command: Sequence[str]
    needs: str
    switch: Callable[[], bool]
    variables: Mapping[str, str]
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_installed(self) -> bool:
        return bool(shutil.which(self.command[0])) and Path(self.needs).exists()


METHODS = {
    "fcitx": Method(
        ["fcitx5"],
        "/usr/share/fcitx5/inputmethod/pinyin.conf",
        _switch_fcitx,
        {"QT_IM_MODULE": "fcitx"},
        {"fcitx5/profile": PROFILE},
    ),
    "ibus": Method(
        ["ibus-daemon", "--panel=disable"],
        "/usr/share/ibus/component/libpinyin.xml",
        _switch_ibus,
        {"XMODIFIERS": "@im=ibus"},
    ),
}


@contextmanager
def session(method: Method, screen: Screen, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A desktop's session: its bus, and the method on that screen. The programs that start now belong to it."""
    (home / "run").mkdir(parents=True, mode=0o700)
    for name, text in method.files.items():
        (home / "config" / name).parent.mkdir(parents=True)
        (home / "config" / name).write_text(text)
    places = {"HOME": home, "XDG_CONFIG_HOME": home / "config", "XDG_CACHE_HOME": home / "cache"}
    own = {"XDG_RUNTIME_DIR": str(home / "run"), "DISPLAY": screen.display}
    for name in ("QT_IM_MODULE", "QT_IM_MODULES", "XMODIFIERS", "IBUS_USE_PORTAL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**{name: str(place) for name, place in places.items()}, **own, **method.variables}.items():
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
        daemon = subprocess.Popen(method.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
        at_the_end.callback(_end, daemon)
        yield


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.wait(20)
    if process.stdout is not None:
        process.stdout.close()


@pytest.mark.parametrize("name", METHODS)
def test_pinyin_is_written_into_the_note(
    name: str, tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    method = METHODS[name]
    if not method.is_installed:
        pytest.skip(f"{name} with pinyin is not installed")
    data_dir.mkdir()
    paths = Paths.resolve(data_dir)
    with closing(open_repositories(paths.database, paths.pseudonym_key, "医师")) as repositories:
        install_samples(repositories, sample_encounters()[:1])
    with open_screen() as screen, session(method, screen, tmp_path / "home", monkeypatch):
        program = start_program(screen, data_dir)
        try:
            wait_for(screen.windows, "the window", 60)
            focus(screen)
            screen.keys("ctrl+k", "Return", "ctrl+End")
            wait_for(method.switch, "pinyin", 30)
            screen.xdotool("type", "--delay", "100", "xiongtong")
            screen.keys("space")
            wait_for(lambda: any("胸痛" in text for text in program.sections().values()), "胸痛 in the note", 30)
        finally:
            program.process.terminate()
            program.process.wait(20)
