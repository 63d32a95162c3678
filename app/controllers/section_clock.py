"""When the first section of each run was there: what a doctor waits for, beside the reading that it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.core.discharge.draft import parse_draft
from app.core.runs import RunPhase, RunProgress


class SectionClock:
    """Told of a comparison's progress and text. A section is whole once the next one begins."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._begun: dict[str, float] = {}
        self._texts: dict[str, str] = {}
        self._first: dict[str, float] = {}

    @property
    def first_section_ms(self) -> Mapping[str, float]:
        """By run id, from the beginning of its reading (of its first stage) to its first whole section."""
        return self._first

    def progressed(self, progress: RunProgress) -> None:
        """A run went on."""
        if progress.phase is RunPhase.READING:
            self._begun.setdefault(progress.run_id, self._clock())

    def text_arrived(self, run_id: str, delta: str) -> None:
        """A run wrote on."""
        if run_id in self._first or run_id not in self._begun:
            return
        self._texts[run_id] = self._texts.get(run_id, "") + delta
        if len(parse_draft(self._texts[run_id])) > 1:
            self._first[run_id] = (self._clock() - self._begun[run_id]) * 1000
