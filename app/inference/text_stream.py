"""From token ids to text as they come: nothing half-written is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

_REPLACEMENT = "\ufffd"


# A window grows to this many tokens before a new one begins: long enough to begin one seldom, short to decode.
_WINDOW = 16


class TextStream:
    """Incremental detokenisation. A character whose bytes span several tokens appears with the last of them.

    Each step decodes one short window of tokens and shows what is new in it. A window begins with tokens that were
    shown before, because some tokenizers drop the white space at the start of what they decode.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        self._decode = decode
        self._window: list[int] = []
        self._shown = ""
        self._last = 0

    def push(self, *token_ids: int) -> str:
        """Add tokens; returns the text that became complete with them (possibly empty). Costs one decoding."""
        self._window += token_ids
        text = self._decode(self._window)
        if text.endswith(_REPLACEMENT) or len(text) <= len(self._shown):
            return ""
        delta, self._shown = text[len(self._shown) :], text
        self._slide()
        return delta

    def flush(self) -> str:
        """What is left at the end, a replacement character included."""
        text = self._decode(self._window)
        delta, self._shown = text[len(self._shown) :], text
        return delta

    def _slide(self) -> None:
        """All of the window was shown: once it is long, the next begins with what was shown last."""
        if len(self._window) > _WINDOW:
            del self._window[: self._last]
            self._shown = self._decode(self._window)
        self._last = len(self._window)
