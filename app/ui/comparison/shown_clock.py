"""How long each suggestion was in view: what was never seen must not count as not chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import monotonic

MINIMUM_MS = 1_000


class ShownClock:
    """Runs while the window is in front; `report` gets a run id and milliseconds once a run leaves the view."""

    def __init__(self, report: Callable[[str, int], None], clock: Callable[[], float] = monotonic) -> None:
        self._report = report
        self._clock = clock
        self._seconds: dict[str, float] = {}
        self._since = clock()
        self._running = True

    def show(self, run_ids: Iterable[str]) -> None:
        """These finished suggestions are in view now, and no others."""
        self._add_up()
        shown = set(run_ids)
        for run_id in [run_id for run_id in self._seconds if run_id not in shown]:
            milliseconds = round(self._seconds.pop(run_id) * 1000)
            if milliseconds >= MINIMUM_MS:
                self._report(run_id, milliseconds)
        for run_id in shown - self._seconds.keys():
            self._seconds[run_id] = 0.0

    def set_running(self, running: bool) -> None:
        """Whether the window is in front."""
        self._add_up()
        self._running = running

    def _add_up(self) -> None:
        now = self._clock()
        if self._running:
            for run_id in self._seconds:
                self._seconds[run_id] += now - self._since
        self._since = now
