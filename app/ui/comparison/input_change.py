"""What changed in the input of a comparison since it was made, in one short line. Pure, and bounded for long texts."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from itertools import takewhile

MAX_CHARACTERS_COMPARED = 3_000
MAX_FRAGMENTS = 4
CONTEXT_CHARACTERS = 4
MAX_FRAGMENT_CHARACTERS = 18
_PIECE = re.compile(r"[^，。；、,;\n]*[，。；、,;\n]?")


def changes(title: str, then: str, now: str) -> str:
    """How `now` differs from `then` (`主诉：“3天” → “5天”`), or an empty string if it does not."""
    if then.strip() == now.strip():
        return ""
    fragments = _fragments(then.strip(), now.strip())
    shown = "；".join(fragments[:MAX_FRAGMENTS])
    more = f" 等 {len(fragments)} 处" if len(fragments) > MAX_FRAGMENTS else ""
    return f"{title}：{shown}{more}"


def _fragments(then: str, now: str) -> list[str]:
    before, after = _pieces(then), _pieces(now)
    matcher = SequenceMatcher(a=before, b=after, autojunk=len(then) + len(now) > MAX_CHARACTERS_COMPARED)
    return [
        _fragment("".join(before[a:b]), "".join(after[c:d]))
        for operation, a, b, c, d in matcher.get_opcodes()
        if operation != "equal"
    ]


def _pieces(text: str) -> list[str]:
    return [piece for piece in _PIECE.findall(text) if piece]


def _fragment(removed: str, added: str) -> str:
    if not removed:
        return f"增“{_short(added)}”"
    if not added:
        return f"删“{_short(removed)}”"
    start = max(0, len(common_prefix(removed, added)) - CONTEXT_CHARACTERS)
    end = max(0, len(common_prefix(removed[start:][::-1], added[start:][::-1])) - CONTEXT_CHARACTERS)
    return f"“{_short(removed[start : len(removed) - end])}” → “{_short(added[start : len(added) - end])}”"


def common_prefix(one: str, other: str) -> str:
    """The characters that both texts begin with."""
    length = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return one[:length]


def _short(text: str) -> str:
    text = " ".join(text.split()).rstrip("，。；、,;")
    return text if len(text) <= MAX_FRAGMENT_CHARACTERS else f"{text[: MAX_FRAGMENT_CHARACTERS - 1]}…"
