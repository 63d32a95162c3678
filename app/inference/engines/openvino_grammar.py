"""A grammar as xgrammar, the library inside OpenVINO GenAI, reads it back without changing it.

Between its passes xgrammar prints a grammar and parses it again. It prints a character of U+0080 to U+00FF as `\\xd7`
and then takes every hexadecimal digit that follows for a part of it: a literal "×10^9" lets the model write U+D710 and
"^9", and nothing else (seen in 2026.4.1). So no such digit may follow within one literal or one class.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_LITERAL_OR_CLASS = re.compile(r'"(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]', re.DOTALL)
_CHARACTER = r"\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\.|[^\\]"
_CHARACTERS = re.compile(_CHARACTER, re.DOTALL)
_ITEMS = re.compile(rf"(?:{_CHARACTER})(?:-(?:{_CHARACTER}))?", re.DOTALL)
_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")


def kept_whole(grammar: str) -> str:
    """The same language in GBNF, written so that xgrammar keeps it."""
    return _LITERAL_OR_CLASS.sub(lambda match: _literal(match[0]) if match[0][0] == '"' else _class(match[0]), grammar)


def _literal(quoted: str) -> str:
    """The literal in pieces: each ends where a digit would be read into the character before it."""
    return "".join(_pieces(_CHARACTERS.findall(quoted)))


def _pieces(characters: list[str]) -> Iterator[str]:
    last = ""
    for character in characters:
        if _is_printed_as_hex(last) and character in _HEX_DIGITS:
            yield '" "'
        yield character
        last = character


def _class(bracketed: str) -> str:
    """The class with such characters behind all others, but for the hyphen that must stand last."""
    start = "[^" if bracketed.startswith("[^") else "["
    items = _ITEMS.findall(bracketed[len(start) : -1])
    items.sort(key=lambda item: 2 if item == "-" else int(_is_printed_as_hex(_CHARACTERS.findall(item)[-1])))
    return f"{start}{''.join(items)}]"


def _is_printed_as_hex(character: str) -> bool:
    if len(character) < 2:
        return "\x80" <= character <= "\xff"
    return character[1] in "xuU" and 0x80 <= int(character[2:], 16) <= 0xFF
