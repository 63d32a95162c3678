"""Keeps the settings while the program runs, away from the GUI thread."""

from __future__ import annotations

from functools import partial

from app.settings.file import Settings, SettingsFile
from app.workers.background import BackgroundWorker


class SettingsKeeper:
    """Writes one after another; what was kept last is in the file when `close` returns."""

    def __init__(self, file: SettingsFile) -> None:
        self._file = file
        self._last: Settings | None = None
        self._worker = BackgroundWorker()

    def keep(self, settings: Settings) -> None:
        """Keep these."""
        self._last = settings
        self._worker.submit(partial(self._file.save, settings), lambda _: None)

    def close(self) -> None:
        """End the thread; what it had not come to is written here."""
        self._worker.close()
        if self._last is not None:
            self._file.save(self._last)
