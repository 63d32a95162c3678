"""What the user sees: numbered steps with their seconds, and the output of the programs that are started."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

# After Ctrl+C the child got the signal too; pip and apt need a moment to leave things in order.
INTERRUPT_GRACE_S = 20.0


class Steps:
    """Numbers the steps of one command: `[2/5] title`, then how long it took."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Announce a step and, when it ends without an exception, its seconds."""
        self.announce(title)
        started = time.monotonic()
        yield
        say(f"      {time.monotonic() - started:.1f} s")

    def announce(self, title: str) -> None:
        """Announce a step that does not come back (a program that takes over this process)."""
        self._done += 1
        say(f"[{self._done}/{self._total}] {title}")


def say(text: str) -> None:
    """Print at once: what children print must come after what announces them."""
    print(text, flush=True)


def call(command: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> int:
    """Run a program with this terminal's output and return its exit code; `env` is added to the environment.

    On Ctrl+C the program is given time to end by itself before it is killed.
    """
    child = subprocess.Popen([str(part) for part in command], cwd=cwd, env={**os.environ, **(env or {})})
    try:
        return child.wait()
    except KeyboardInterrupt:
        _end(child)
        raise


def _end(child: subprocess.Popen[bytes]) -> None:
    try:
        child.wait(INTERRUPT_GRACE_S)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        child.kill()
        child.wait()
