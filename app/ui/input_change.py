"""What changed in the input of a comparison since it was made, in one short line. Pure, and bounded for long texts."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

MAX_CHARACTERS_COMPARED = 3_000
MAX_FRAGMENTS = 4
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
    long = len(then) + len(now) > MAX_CHARACTERS_COMPARED
    before, after = (_pieces(then), _pieces(now)) if long else (list(then), list(now))
    matcher = SequenceMatcher(a=before, b=after, autojunk=long)
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
    return f"“{_short(removed)}” → “{_short(added)}”"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MAX_FRAGMENT_CHARACTERS else f"{text[: MAX_FRAGMENT_CHARACTERS - 1]}…"
