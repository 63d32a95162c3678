"""The interpreter that runs this program, to be started once more for a child process."""

from __future__ import annotations

import sys


def python_command() -> list[str]:
    """What a child's command begins with. UTF-8 is asked for in words: an embedded interpreter heeds no variables."""
    return [sys.executable, "-X", "utf8"]
