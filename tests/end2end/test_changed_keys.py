"""Keys changed in the real window by the keyboard alone: in force at once, and still after the next start."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from app.inference.engines.scripted import Script
from app.ui.kit.key_table import KEYS
from tests.helpers.screen import Program, Screen, focus, opened, wait_for
from tests.helpers.scripted_catalog import add_scripted_models

pytestmark = pytest.mark.xvfb


def test_a_changed_key_works_at_once_and_after_the_next_start(
    screen: Screen, start: Callable[[], Program], data_dir: Path
) -> None:
    add_scripted_models(data_dir, {"m1": Script("", token_ms=1)})
    program = start()
    focus(screen)
    screen.keys("F1")
    opened(screen, "快捷键与关于")
    screen.keys(*["Down"] * [key.act for key in KEYS].index("add_patient"), "Return", "F9")
    wait_for(lambda: kept_keys(data_dir) == {"add_patient": "F9"}, "the kept key")
    leave(screen, "快捷键与关于")
    screen.keys("F9")
    opened(screen, "办理入院")
    program.process.terminate()
    assert program.process.wait(30) == 0
    start()
    focus(screen)
    screen.keys("ctrl+n", "F9")
    opened(screen, "办理入院")


def leave(screen: Screen, title: str) -> None:
    screen.keys("Escape")
    wait_for(lambda: not screen.xdotool("search", "--onlyvisible", "--name", f"^{title}$"), "the dialog gone")
    focus(screen)


def kept_keys(data_dir: Path) -> dict[str, str]:
    file = data_dir / "settings.json"
    return dict(json.loads(file.read_text(encoding="utf-8"))["keys"]) if file.exists() else {}
