"""Copy-forward: today's note is the last one over again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.core.checks.finding import CheckedNote, Finding, Severity, Span

PIECE = 4
SAME = 0.9
MOST_OF_A_NOTE = 0.8
_LEAST_CHARACTERS = 60
_LEAST_SENTENCES = 3
_SHORTEST_SENTENCE = 8

_SENTENCE = re.compile(r"[^。；;!！?？\n]+")
# What changes from day to day without a new thought: figures, punctuation, white space.
_PLAIN = re.compile(r"[\d\W_]+")


def check_copied(note: CheckedNote) -> Iterator[Finding]:
    """A progress note most of whose words stand in sentences of the last note; one finding, at the first of them.

    A sentence is copied if at least 0.9 of its runs of four characters stand in the last note too, figures aside.
    """
    previous = note.facts.previous
    if previous is None:
        return
    known = _pieces(_plain("\n".join(previous.sections.values())))
    sentences = [(span, plain) for key, text in note.sections.items() for span, plain in _sentences(key, text)]
    copied = [(span, plain) for span, plain in sentences if _is_known(plain, known)]
    share = sum(len(plain) for _, plain in copied) / max(_LEAST_CHARACTERS, sum(len(plain) for _, plain in sentences))
    if len(copied) >= _LEAST_SENTENCES and share >= MOST_OF_A_NOTE:
        reason = f"{len(copied)} 句与 {previous.day:%m月%d日} 的病程基本相同（占 {share:.0%}），请写当日的变化。"
        yield Finding("copy_forward", Severity.ADVISED, copied[0][0], reason)


def _sentences(key: str, text: str) -> Iterator[tuple[Span, str]]:
    for match in _SENTENCE.finditer(text):
        plain = _plain(match[0])
        if len(plain) >= _SHORTEST_SENTENCE:
            yield Span(key, *match.span()), plain


def _plain(text: str) -> str:
    return _PLAIN.sub("", text)


def _pieces(plain: str) -> frozenset[str]:
    return frozenset(plain[start : start + PIECE] for start in range(len(plain) - PIECE + 1))


def _is_known(plain: str, known: frozenset[str]) -> bool:
    pieces = [plain[start : start + PIECE] for start in range(len(plain) - PIECE + 1)]
    return sum(piece in known for piece in pieces) >= SAME * len(pieces)
