"""What a pane of the discharge record shows, as plain lines, and where in them each section and sentence stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.core.discharge.draft import WRITTEN, parse_draft
from app.core.discharge.facts import sentences
from app.core.events import Vote
from app.core.notes import COURSE, Section
from app.ui.kit.text_safety import bounded, visible_controls

WAITING = "（尚未写到）"
MISSING = "（这份建议没有写这一部分）"
_NUMBER = re.compile(r"^\d{1,2}[.、．]\s*")
VOTES: Mapping[Vote, str] = {Vote.UP: "〔赞成〕", Vote.DOWN: "〔不赞成〕"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A heading (`part` 0) or a sentence of a section (by its place in the form), `start` to `end` of the drawn text.

    `within` is where the sentence begins in the section's own text.
    """

    section: int
    part: int
    start: int
    end: int
    within: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """A section as it is drawn: its heading with marks, its text or, where there is none, `remark`."""

    section: Section
    text: str
    remark: str = ""
    marks: str = ""

    @property
    def heading(self) -> str:
        """The section's name and marks."""
        return f"{self.section.title}　{self.marks}".rstrip()


@dataclass(frozen=True, slots=True)
class RecordText:
    """The whole that is drawn: `blocks` one below the other."""

    blocks: tuple[Block, ...]

    @property
    def lines(self) -> Iterator[tuple[str, bool]]:
        """Each line, and whether it is a heading."""
        for block in self.blocks:
            yield block.heading, True
            for line in (block.text or block.remark).split("\n"):
                yield line, False

    @property
    def plain(self) -> str:
        """All lines."""
        return "\n".join(line for line, _ in self.lines)

    def start_of(self, index: int) -> int:
        """Where the text of a section begins in `plain`."""
        before = sum(len(block.heading) + len(block.text or block.remark) + 2 for block in self.blocks[:index])
        return before + len(self.blocks[index].heading) + 1

    def entries(self) -> Iterator[Entry]:
        """All headings and sentences, in order."""
        for index, block in enumerate(self.blocks):
            start = self.start_of(index)
            heading = start - len(block.heading) - 1
            yield Entry(index, 0, heading, heading + len(block.section.title))
            for number, match in enumerate(sentences(block.text), 1):
                piece = match[0].strip()
                within = match.start() + match[0].index(piece) if piece else match.start()
                if piece:
                    yield Entry(index, number, start + within, start + within + len(piece), within)


def record_text(sections: Mapping[str, str], *, live: bool, votes: Mapping[int, Vote], last: str = "") -> RecordText:
    """Draw these sections (by key); of the absent ones say that they come, or that they do not. `last` is cut."""
    return RecordText(
        tuple(
            Block(
                section,
                visible_controls(bounded(sections.get(section.key, ""))),
                WAITING if live else MISSING,
                _marks(votes.get(index), cut=section.key == last),
            )
            for index, section in enumerate(WRITTEN)
        )
    )


def growing(source: str, copied: Mapping[str, str]) -> dict[str, str]:
    """The sections of what was written so far, with what is copied from the stay in its place."""
    written = parse_draft(source)
    keys = [section.key for section in WRITTEN]
    both = {key: _joined(key, written.get(key, ""), copied.get(key, "")) for key in keys}
    return {key: text for key, text in both.items() if text}


def place_in_draft(source: str, section: Section, words: str) -> int:
    """Where these words of a section stand in the text as the model wrote it; -1 if it did not write them."""
    start = source.find(f"【{section.title}】")
    end = source.find("【", start + 1)
    return -1 if start < 0 or not words else source.find(words, start, len(source) if end < 0 else end)


def without_number(words: str) -> str:
    """The words without the number of a list, which the program gives."""
    return _NUMBER.sub("", words.strip())


def blocks_of(text: RecordText, indices: Sequence[int]) -> str:
    """These sections with their names, as they are copied."""
    shown = [text.blocks[index] for index in indices if text.blocks[index].text]
    return "\n".join(f"{block.section.title}：\n{block.text}" for block in shown)


def _joined(key: str, written: str, copied: str) -> str:
    """Orders begin with what is copied, the course ends with it."""
    pieces = (written, copied) if key == COURSE.key else (copied, written)
    return "\n".join(piece for piece in pieces if piece)


def _marks(vote: Vote | None, *, cut: bool) -> str:
    return f"{VOTES.get(vote, '') if vote else ''}{'〔未写完〕' if cut else ''}"
