"""How long each suggestion, and each diagnosis of it, was in view: what was never seen must not count as not chosen."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from time import monotonic
from typing import Generic, TypeVar

MINIMUM_MS = 1_000

What = TypeVar("What", bound=Hashable)


class ShownClock(Generic[What]):
    """Runs while the window is in front; `report` gets what was in view and milliseconds once it leaves the view."""

    def __init__(self, report: Callable[[What, int], None], clock: Callable[[], float] = monotonic) -> None:
        self._report = report
        self._clock = clock
        self._seconds: dict[What, float] = {}
        self._since = clock()
        self._running = True

    def show(self, shown: Iterable[What]) -> None:
        """This is in view now, and nothing else."""
        self._add_up()
        now_shown = set(shown)
        for what in [what for what in self._seconds if what not in now_shown]:
            milliseconds = round(self._seconds.pop(what) * 1000)
            if milliseconds >= MINIMUM_MS:
                self._report(what, milliseconds)
        for what in now_shown - self._seconds.keys():
            self._seconds[what] = 0.0

    def set_running(self, running: bool) -> None:
        """Whether the window is in front."""
        self._add_up()
        self._running = running

    def _add_up(self) -> None:
        now = self._clock()
        if self._running:
            for what in self._seconds:
                self._seconds[what] += now - self._since
        self._since = now
