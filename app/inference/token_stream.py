"""From an engine's tokens to messages: batches of 40 ms, stop strings for every engine, time to the first token."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from app.inference.messages import Reading, Text
from app.inference.repetition import RepetitionFilter

BATCH_SECONDS = 0.04


class StopFilter:
    """Ends a text before the first stop string, and holds back what may turn out to begin one."""

    def __init__(self, stop: tuple[str, ...]) -> None:
        self._stop = tuple(text for text in stop if text)
        self._held = ""
        self.stopped = False

    def feed(self, delta: str) -> str:
        """The part of what came so far that can be shown now."""
        if self.stopped:
            return ""
        text = self._held + delta
        found = [place for place in map(text.find, self._stop) if place >= 0]
        self.stopped = bool(found)
        shown = min(found) if found else len(text) - self._beginning(text)
        self._held = "" if found else text[shown:]
        return text[:shown]

    def rest(self) -> str:
        """What was held back, once no more text will come."""
        rest, self._held = self._held, ""
        return rest

    def _beginning(self, text: str) -> int:
        """Length of the longest end of `text` that begins a stop string."""
        lengths = range(max(map(len, self._stop), default=1) - 1, 0, -1)
        return next((n for n in lengths if any(s[:n] == text[-n:] and n < len(s) for s in self._stop)), 0)


class TokenStream:
    """The TokenSink of one generation. `flush` may be called from another thread; the rest from the engine's."""

    def __init__(
        self,
        request_id: str,
        send: Callable[[Reading | Text], None],
        stop: tuple[str, ...],
        is_cancelled: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._request_id = request_id
        self._send = send
        self._filter = StopFilter(stop)
        self._repetition = RepetitionFilter()
        self._is_cancelled = is_cancelled
        self._clock = clock
        self._lock = threading.Lock()
        self._pending = ""
        self._pending_tokens = 0
        self._sent_at = float("-inf")
        self.tokens = 0
        self.first_token_at: float | None = None

    @property
    def stopped(self) -> bool:
        """True once a stop string came, or the model only repeats itself."""
        return self._filter.stopped or self._repetition.stopped

    def cancelled(self) -> bool:
        """True once the engine should end: by request, or because the text is at its end."""
        return self._is_cancelled() or self.stopped

    def reading(self, done: int, total: int) -> None:
        """Pass on the progress, at most once per batch time; the end always."""
        with self._lock:
            if done >= total or self._is_due():
                self._sent_at = self._clock()
                self._send(Reading(self._request_id, done, total))

    def text(self, delta: str, tokens: int) -> None:
        """Take new text; the first goes out at once, later text in batches."""
        with self._lock:
            first = self.first_token_at is None
            if first:
                self.first_token_at = self._clock()
            self.tokens += tokens
            self._pending_tokens += tokens
            self._pending += self._repetition.feed(self._filter.feed(delta))
            if first or self._is_due():
                self._flush()

    def flush(self) -> None:
        """Send what waits for its batch."""
        with self._lock:
            self._flush()

    def finish(self) -> None:
        """Send all that is left, with what was held back in case a stop string began."""
        with self._lock:
            self._pending += self._repetition.feed(self._filter.rest()) + self._repetition.rest()
            self._flush()

    def _is_due(self) -> bool:
        return self._clock() - self._sent_at >= BATCH_SECONDS

    def _flush(self) -> None:
        if self._pending or self._pending_tokens:
            self._sent_at = self._clock()
            self._send(Text(self._request_id, self._pending, self._pending_tokens))
            self._pending, self._pending_tokens = "", 0
