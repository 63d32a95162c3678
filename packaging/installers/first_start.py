"""The first start of an installed program, walked to its end by keyboard: recovery code, pack, speed, sample."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable
from pathlib import Path

from installers.smoke import Smoke, hold, picture, press, timed, until

# What the hospital decides, so that no page but that of the recovery code needs a hand.
_PRESET = '[first_start]\nmodels = "pack"\ncalibrate = true\nsample = true\n'
# The recovery code has 44 characters; its last two groups, which are to be written again, have 9.
_BEFORE_THE_LAST_GROUPS = 35
_DRAWN_SECONDS = 4


def policy(smoke: Smoke, place: str = "", *, preset: bool = True) -> str:
    """A computer's policy that lets the pack in; `place` is where it lies, `preset` does the first start's steps."""
    trusted = tomllib.loads(smoke.policy.read_text(encoding="utf-8"))["packs"]["trusted"]
    where = f"place = '{place}'\n" if place else ""
    return f"[packs]\ntrusted = {list(trusted)!r}\n{where}" + (_PRESET if preset else "")


def walk(smoke: Smoke, display: str, name: str, arrived: Callable[[], object], seconds: float) -> None:
    """From the page of the recovery code, which is shown, to the window: `arrived` tells that it is there."""
    time.sleep(_DRAWN_SECONDS)
    picture(display, smoke.artifacts / f"{name}-code.png")
    # A person writes it down; here it is copied.
    press(display, "shift+Tab", "ctrl+a", "ctrl+c", "Tab", "ctrl+v", "Home")
    press(display, *["Delete"] * _BEFORE_THE_LAST_GROUPS)
    picture(display, smoke.artifacts / f"{name}-code-repeated.png")
    press(display, "Return")
    time.sleep(_DRAWN_SECONDS)
    picture(display, smoke.artifacts / f"{name}-going-on.png")
    with timed("the first start's models, speed and sample"):
        try:
            until(arrived, "the window after the first start", seconds)
        finally:
            picture(display, smoke.artifacts / f"{name}-end.png")
    hold(True, "the first start goes from the recovery code to the window")


def is_encrypted(database: Path) -> None:
    """The database is encrypted: it does not begin as one that anybody can read. Raises Broken."""
    hold(database.read_bytes()[:15] != b"SQLite format 3", f"{database.name} is encrypted")
