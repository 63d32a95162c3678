"""From token ids to text as they come: nothing half-written is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

_REPLACEMENT = "\ufffd"


class TextStream:
    """Incremental detokenisation. A character whose bytes span several tokens appears with the last of them.

    Each step decodes a short window that begins one emission earlier, because some tokenizers drop the white space
    at the start of what they decode.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        self._decode = decode
        self._ids: list[int] = []
        self._window = 0
        self._emitted = 0

    def push(self, token_id: int) -> str:
        """Add a token; returns the text that became complete with it (possibly empty)."""
        self._ids.append(token_id)
        before = self._decode(self._ids[self._window : self._emitted])
        text = self._decode(self._ids[self._window :])
        if text.endswith(_REPLACEMENT) or len(text) <= len(before):
            return ""
        self._window, self._emitted = self._emitted, len(self._ids)
        return text[len(before) :]

    def flush(self) -> str:
        """What is left at the end, a replacement character included."""
        before = self._decode(self._ids[self._window : self._emitted])
        text = self._decode(self._ids[self._window :])
        self._window = self._emitted = len(self._ids)
        return text[len(before) :]
