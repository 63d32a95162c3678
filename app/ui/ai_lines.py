"""Which lines of a section a model wrote: told from the texts themselves, so that undo, paste and reopening agree."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

from app.ui.text_safety import plain_text

MIN_CHARACTERS = 6
SIMILAR = 0.6
_MAX_KNOWN = 600
_MAX_COMPARED = 600


class AiLines:
    """The lines of the suggestions that were put into one note.

    A line counts as AI text as long as it resembles one of them (ratio of matching characters at least 0.6), so a
    word changed by the doctor does not take the mark away before the review does.
    """

    def __init__(self) -> None:
        self._known: dict[str, None] = {}
        self._answers: dict[str, bool] = {}

    def clear(self) -> None:
        """Forget all, for another note."""
        self._known.clear()
        self._answers.clear()

    def learn(self, suggestions: Iterable[str]) -> None:
        """Add texts (Markdown or plain) that were inserted."""
        for suggestion in suggestions:
            for line in _lines(suggestion):
                if len(self._known) < _MAX_KNOWN:
                    self._known[line[:_MAX_COMPARED]] = None
        self._answers.clear()

    def recognise(self, suggestions: Iterable[str], sections: Iterable[str]) -> None:
        """Learn those of the suggestions that stand in the sections: at least half of their lines, to the letter."""
        present = {line.strip() for section in sections for line in section.split("\n")}
        for suggestion in suggestions:
            lines = _lines(suggestion)
            if lines and sum(line in present for line in lines) * 2 >= len(lines):
                self.learn([suggestion])

    def contains(self, line: str) -> bool:
        """Whether `line` is, or nearly is, a line of a suggestion. Answers are remembered: cheap while typing."""
        text = line.strip()[:_MAX_COMPARED]
        if len(text) < MIN_CHARACTERS or not self._known:
            return False
        if text not in self._answers:
            self._answers[text] = text in self._known or self._resembles(text)
        return self._answers[text]

    def _resembles(self, text: str) -> bool:
        matcher = SequenceMatcher(autojunk=False)
        matcher.set_seq2(text)
        for known in self._known:
            matcher.set_seq1(known)
            if min(matcher.real_quick_ratio(), matcher.quick_ratio()) >= SIMILAR and matcher.ratio() >= SIMILAR:
                return True
        return False


def _lines(suggestion: str) -> list[str]:
    lines = (line.strip() for line in plain_text(suggestion).split("\n"))
    return [line for line in lines if len(line) >= MIN_CHARACTERS]
