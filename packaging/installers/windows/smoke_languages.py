"""The setup's pages in the language of Windows, looked at on pictures."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from installers.smoke import Smoke, hold, picture, until
from installers.windows.wine import Wine

_TITLES = {"zh_CN.UTF-8": "安装", "en_US.UTF-8": "Setup"}


def run(smoke: Smoke, wine: Wine, new: Path) -> None:
    """One picture for each language; nothing is installed."""
    for locale, title in _TITLES.items():
        wine.stop()  # a running Wine keeps its language
        _one(smoke, replace(wine, locale=locale), new, title)


def _one(smoke: Smoke, wine: Wine, new: Path, title: str) -> None:
    process = wine.start(str(new), "/CurrentUser")
    try:
        until(lambda: wine.shows(title), f"the setup's first page with {title!r}", 120)
        time.sleep(2)
        picture(wine.display, smoke.artifacts / f"windows-setup-{wine.locale[:2]}.png")
        hold(True, f"{wine.locale}: the setup's window is titled {title!r}")
    finally:
        wine.stop()
        process.communicate(timeout=60)
