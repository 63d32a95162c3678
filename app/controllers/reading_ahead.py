"""Idle models read the prompt while the doctor still types it, so that the first word comes soon after the request."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, QTimer, Signal

from app.core.runs import Decoding, Message
from app.inference.engine import GenerationRequest
from app.workers.model_thread import ModelThread

PAUSE_MS = 1500


class ReadingAhead(QObject):
    """Lets one model after another read what was last wished for. Nothing of it is stored or shown.

    Signals:
        was_read: a model's name and the messages that it has read.
    """

    was_read = Signal(str, object)

    def __init__(
        self, threads: Mapping[str, ModelThread], is_ready: Callable[[str], bool], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._threads = threads
        self._is_ready = is_ready
        self._ids = map("ahead-{}".format, itertools.count())
        self._messages: tuple[Message, ...] = ()
        self._left: list[str] = []
        self._current: tuple[str, str, tuple[Message, ...]] | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._begin)
        for thread in threads.values():
            thread.ahead_ended.connect(self._on_ended)

    def wish(self, messages: tuple[Message, ...]) -> None:
        """Read this once no other wish has come for a while; what is being read for an earlier one is dropped."""
        if messages == self._messages:
            return
        self.drop()
        self._messages = messages
        self._pause.start()

    def drop(self) -> None:
        """Stop now: real work comes, or the note is another patient's."""
        self._pause.stop()
        self._messages, self._left = (), []
        if self._current is not None:
            name, ahead_id, _ = self._current
            self._threads[name].cancel(ahead_id)

    def _begin(self) -> None:
        self._left = [name for name in self._threads if self._is_ready(name)]
        self._advance()

    def _advance(self) -> None:
        if self._current is None and self._left:
            name, ahead_id = self._left.pop(0), next(self._ids)
            self._current = (name, ahead_id, self._messages)
            generation = GenerationRequest(self._messages, Decoding(max_tokens=1), reads_only=True)
            self._threads[name].read_ahead(ahead_id, generation)

    def _on_ended(self, ahead_id: str) -> None:
        if self._current is None or self._current[1] != ahead_id:
            return
        name, _, messages = self._current
        self._current = None
        if messages == self._messages:
            self.was_read.emit(name, messages)
        self._advance()
