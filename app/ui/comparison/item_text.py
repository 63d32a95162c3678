"""The Markdown that shows a judged answer: its diagnoses in the doctor's order, each with its marks in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.core.answer_map import NAME, Place, places
from app.core.events import Vote
from app.core.judged_answer import JudgedAnswer
from app.core.picks import Picks, renumbered

NO_SOURCE = "〔未见出处〕"
DANGEROUS = "〔危急〕"
DROPPED = "〔已弃用〕"
TICKED, UNTICKED = "☑", "☐"
VOTES: Mapping[Vote, str] = {Vote.UP: "〔赞成〕", Vote.DOWN: "〔不赞成〕"}
LEFT_OUT = "（另有重复或超出五个的诊断没有列出，可用“复制”取得全文。）"


@dataclass(frozen=True, slots=True)
class ItemText:
    """The Markdown, and the diagnoses (by index) that it shows, in order."""

    markdown: str
    shown: tuple[int, ...]


def item_text(answer: JudgedAnswer, picks: Picks, votes: Mapping[int, Vote], key: str = "") -> ItemText:
    """Show an answer; with a `key` only the diagnosis of that key."""
    shown = tuple(index for index in picks.order if not key or answer.keys[index] == key)
    pieces = [_piece(answer, picks, votes.get(index), index, number) for number, index in enumerate(shown, 1)]
    if not key:
        pieces = [answer.text[: answer.items[0].start].rstrip(), *pieces, *_left_out(answer)]
    return ItemText("\n".join(piece for piece in pieces if piece), shown)


def _piece(answer: JudgedAnswer, picks: Picks, vote: Vote | None, index: int, number: int) -> str:
    item = answer.items[index]
    piece = renumbered(answer.text[item.start : item.end].strip("\r\n"), number)
    if index in picks.dropped:
        piece = piece.split("\n", 1)[0]
    name_marks = [DANGEROUS] * (index in answer.dangerous)
    name_marks += [VOTES[vote]] if vote is not None else []
    name_marks += [DROPPED] * (index in picks.dropped)
    inserts: list[tuple[int, str]] = []
    for place in places(piece, [(index, item.diagnosis)]):
        if place.field == NAME:
            inserts += _around_name(piece, place, TICKED if index in picks.ticked else UNTICKED, name_marks)
        elif place.about in answer.without_source:
            inserts.append((place.end, NO_SOURCE))
    return _inserted(piece, inserts)


def _around_name(piece: str, place: Place, tick: str, marks: Sequence[str]) -> list[tuple[int, str]]:
    start = place.start - 2 * piece.endswith("**", 0, place.start)
    end = place.end + 2 * piece.startswith("**", place.end)
    return [(start, f"{tick} "), (end, " " * bool(marks) + "".join(marks))]


def _inserted(piece: str, inserts: Sequence[tuple[int, str]]) -> str:
    for place, words in sorted(inserts, reverse=True):
        piece = piece[:place] + words + piece[place:]
    return piece


def _left_out(answer: JudgedAnswer) -> list[str]:
    shown = sum(item.end - item.start for item in answer.items)
    return [] if shown == len(answer.text) - answer.items[0].start else [LEFT_OUT]
