"""The smoke tests by name, and what they share: files, screenshots, times, and what to say when something fails."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from provision.interpreter import SetupFault

from installers.tools import require

MAIN_WIDTH = 1200
# A computer's policy with which the window opens without any page of the first start before it.
PRESET = """
[data]
encrypted = false
[first_start]
models = "later"
calibrate = false
sample = false
"""


class Broken(Exception):
    """Something that was promised does not hold."""


@dataclass(frozen=True)
class Smoke:
    """What is tested, with what, and where its pictures go."""

    root: Path
    built: Path
    pack: Path
    policy: Path
    artifacts: Path

    def file(self, pattern: str) -> Path:
        """The one built file of that pattern. Raises SetupFault."""
        found = sorted(self.built.glob(pattern))
        if len(found) != 1:
            raise SetupFault(f"{self.built} has {len(found)} files {pattern}; packaging/build.py makes one.")
        return found[0]


def _later(module: str) -> Callable[[Smoke], None]:
    def run(smoke: Smoke) -> None:
        import_module(module).run(smoke)

    return run


SMOKES: Mapping[str, Callable[[Smoke], None]] = {
    "linux-deb": _later("installers.linux.smoke_deb"),
    "linux-run": _later("installers.linux.smoke_run"),
    "windows": _later("installers.windows.smoke"),
}


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Say how long something took."""
    started = time.monotonic()
    yield
    print(f"   {what}: {time.monotonic() - started:.1f} s", flush=True)


def hold(condition: object, promise: str) -> None:
    """Say a promise that holds; raises Broken for one that does not."""
    if not condition:
        raise Broken(promise)
    print(f"   ✓ {promise}", flush=True)


@contextmanager
def screen() -> Iterator[str]:
    """An X server of 1366 x 768 without a window manager; its DISPLAY, a free one."""
    # Not one of which anything is left: a bare system without a network reaches it by that socket alone.
    number = next(one for one in range(70, 1000) if not any(map(os.path.lexists, _places(one))))
    ready, told = os.pipe()
    # Without -noreset it begins anew, and takes no connection, when the last of those who look for windows has gone.
    options = ["-screen", "0", "1366x768x24", "-ac", "-noreset"]
    command = [require("Xvfb", "xvfb"), f":{number}", "-displayfd", str(told), *options]
    server = subprocess.Popen(command, pass_fds=[told])
    os.close(told)
    try:
        with os.fdopen(ready) as answer:
            # It tells its number when it takes connections; nothing, if it ended.
            if not answer.readline():
                raise SetupFault("Xvfb did not start; its reason is above.")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


def _places(number: int) -> tuple[str, str]:
    """What an X server of that number leaves behind."""
    return f"/tmp/.X11-unix/X{number}", f"/tmp/.X{number}-lock"


def until(condition: Callable[[], object], what: str, seconds: float) -> None:
    """Wait for something; raises Broken if it does not come."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Broken(f"{what} did not come within {seconds:.0f} s")
        time.sleep(0.1)


def window_of(display: str, width: int = MAIN_WIDTH) -> str:
    """The id of a window of the program that is so wide, empty while there is none: a splash is narrower."""
    tool, environment = require("xdotool", "xdotool"), {"DISPLAY": display}
    command = [tool, "search", "--onlyvisible", "--class", "wardnote"]
    for window in subprocess.run(command, env=environment, capture_output=True, text=True).stdout.split():
        asked = [tool, "getwindowgeometry", "--shell", window]
        shape = subprocess.run(asked, env=environment, capture_output=True, text=True).stdout
        found = re.search(r"^WIDTH=([0-9]+)$", shape, re.MULTILINE)
        if found and int(found[1]) >= width:
            return window
    return ""


def focus(display: str, window: str) -> None:
    """Give a window the keyboard, as a window manager does when another one closed."""
    subprocess.run(
        [require("xdotool", "xdotool"), "windowfocus", "--sync", window], env={"DISPLAY": display}, check=True
    )


def press(display: str, *keys: str) -> None:
    """Press keys, one after another, in the window that has the keyboard."""
    command = [require("xdotool", "xdotool"), "key", "--delay", "60", *keys]
    subprocess.run(command, env={"DISPLAY": display}, check=True)


def picture(display: str, target: Path) -> None:
    """A screenshot."""
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([require("import", "imagemagick"), "-display", display, "-window", "root", target], check=True)
    print(f"   picture: {target}", flush=True)
