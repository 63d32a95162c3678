"""Keeps the settings while the program runs, away from the GUI thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from app.settings.file import SettingsFile
from app.workers.background import BackgroundWorker


class SettingsKeeper:
    """Writes one after another; what was kept last is in the file when `close` returns.

    `settings` are those in force: what was loaded, with what was kept since.
    """

    def __init__(self, file: SettingsFile) -> None:
        self._file = file
        self.settings = file.load()
        self._changed = False
        self._worker = BackgroundWorker()

    @property
    def trouble(self) -> str:
        """Why what was kept is not in force, in a sentence; empty if it is."""
        return self._file.trouble

    def keep(self, **changes: Mapping[str, str]) -> None:
        """Keep these parts of the settings; the others stay."""
        self.settings = replace(self.settings, **changes)
        self._changed = True
        self._worker.submit(partial(self._file.save, self.settings), lambda _: None)

    def close(self) -> None:
        """End the thread; what it had not come to is written here."""
        self._worker.close()
        if self._changed:
            self._file.save(self.settings)
