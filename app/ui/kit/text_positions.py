"""Positions in a QTextDocument count UTF-16 units; the rest of the program counts Unicode code points."""

from __future__ import annotations


def utf16_length(text: str) -> int:
    """UTF-16 units of a text; code points beyond the BMP take two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def code_points(text: str, position: int) -> int:
    """The place in code points of a document position of this text."""
    if text.isascii() or max(text, default="") <= "\uffff":
        return min(position, len(text))
    return len(text.encode("utf-16-le", "surrogatepass")[: 2 * position].decode("utf-16-le", "ignore"))
