"""Before the window: has this user the key of the data folder? If not, the recovery code brings it back."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.core.errors import DatabaseFault, UsageFault, WardNoteError
from app.core.recovery_code import RecoverySecret
from app.storage.encryption import DatabaseKind, KeyMissing, kind_of, recover, secret_of
from app.storage.key_store import KeyPlace, KeyStore
from app.workers.background import BackgroundWorker

logger = logging.getLogger(__name__)


class DatabaseKeyController(QObject):
    """Asks the key store in a thread, as it may wait for a person, or for ever.

    Signals:
        opened: the key is there, or none is needed; a sentence to be said, mostly empty
        missing: why the recovery code is needed
        refused: why the code that was given does not open the file
    """

    opened = Signal(str)
    missing = Signal(str)
    refused = Signal(str)

    def __init__(self, path: Path, keys: KeyStore, parent: QObject | None = None) -> None:
        """`path` of the database, which need not exist."""
        super().__init__(parent)
        self._path, self._keys = path, keys
        self._worker = BackgroundWorker(self)

    def look(self) -> None:
        """Look for the key; `opened` or `missing` will tell."""
        self._worker.submit(partial(_missing, self._path, self._keys), self._on_looked)

    def give(self, text: str) -> None:
        """Take a recovery code as it was typed; `opened` or `refused` will tell."""
        try:
            secret = RecoverySecret.parse(text)
        except UsageFault as fault:
            self.refused.emit(str(fault))
            return
        self._worker.submit(partial(_recovered, self._path, secret, self._keys), self._on_given)

    def close(self) -> None:
        """End the thread."""
        self._worker.close()

    def _on_looked(self, missing: str) -> None:
        if missing:
            logger.info("the key of the database is missing")
            self.missing.emit(missing)
        else:
            self.opened.emit("")

    def _on_given(self, result: tuple[bool, str]) -> None:
        is_kept, sentence = result
        (self.opened if is_kept else self.refused).emit(sentence)


def _missing(path: Path, keys: KeyStore) -> str:
    try:
        if kind_of(path) is DatabaseKind.ENCRYPTED:
            secret_of(path, keys)
    except KeyMissing as fault:
        return str(fault)
    except DatabaseFault:
        # The window says it, as it says every fault of the database.
        pass
    return ""


def _recovered(path: Path, secret: RecoverySecret, keys: KeyStore) -> tuple[bool, str]:
    try:
        place = recover(path, secret, keys)
    except WardNoteError as fault:
        return False, str(fault)
    return True, f"{keys.place_sentence(place, secret.key_id)}。" if place is KeyPlace.FILE else ""
