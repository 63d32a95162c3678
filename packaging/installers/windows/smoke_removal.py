"""One user's setup with the pack beside it, and the removal by a person, who is asked about the data."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from installers import first_start, product
from installers.smoke import Smoke, hold, picture, press, timed, until
from installers.windows.smoke_steps import WITHOUT_MODELS, database, expect, set_policy
from installers.windows.wine import Wine

_UNINSTALL = "卸载"
_DRAWN_SECONDS = 2


def run(smoke: Smoke, wine: Wine, new: Path) -> None:
    """Installed with its models; removed with the answer No, installed again, removed with the answer Yes."""
    home = wine.local / "Programs" / product.NAME
    beside = wine.drive / "users" / "移动盘 1"
    beside.mkdir()
    setup = beside / new.name
    os.link(new, setup)
    if smoke.pack.name:
        shutil.copyfile(smoke.pack, beside / smoke.pack.name)
        set_policy(wine, "")
        expect(wine, WITHOUT_MODELS, str(setup), "/S", "/CurrentUser")
        set_policy(wine, first_start.policy(smoke, preset=False))
    with timed("installation for one user, with what lies beside the setup"):
        expect(wine, 0, str(setup), "/S", "/CurrentUser")
    _remove(smoke, wine, home, "no", "Return")
    hold(database(wine).is_file(), "with No, the database is kept")
    expect(wine, 0, str(setup), "/S", "/CurrentUser", "/PACK=none")
    _remove(smoke, wine, home, "yes", "Left", "Return")
    until(lambda: not database(wine).parent.exists(), "with Yes, the data are removed", 30)


def _remove(smoke: Smoke, wine: Wine, home: Path, answer: str, *keys: str) -> None:
    """Confirm, answer the question with these keys, and close."""
    process = wine.start(str(home / "uninstall.exe"), "/CurrentUser")
    try:
        until(lambda: wine.shows(_UNINSTALL), "the removal's first page", 60)
        time.sleep(_DRAWN_SECONDS)
        picture(wine.display, smoke.artifacts / "windows-removal.png")
        press(wine.display, "Return")
        until(lambda: not (home / "uninstall.exe").exists(), "the removal of the program", 120)
        time.sleep(_DRAWN_SECONDS)
        picture(wine.display, smoke.artifacts / f"windows-removal-asks-{answer}.png")
        press(wine.display, *keys)
        time.sleep(_DRAWN_SECONDS)
        picture(wine.display, smoke.artifacts / f"windows-removal-{answer}.png")
        press(wine.display, "Return")
        process.communicate(timeout=60)
    finally:
        wine.stop()
    hold(not home.exists(), f"the program is removed by a person who answers {answer}")
