from __future__ import annotations

import random
import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.notes import MAX_SECTION_CHARACTERS
from app.core.text_diff import Change, amounts, difference

SHORT = st.text(alphabet="胸痛3小时5。，\n a1", max_size=60)
MARKS = {Change.KEPT: "{}", Change.STRUCK: "[-{}]", Change.ADDED: "[+{}]"}


def shown(old: str, new: str, budget: int = 1_000_000) -> str:
    return "".join(MARKS[piece.change].format(piece.text) for piece in difference(old, new, budget))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", ""),
        ("胸痛", "胸痛", "胸痛"),
        ("", "胸痛", "[+胸痛]"),
        ("胸痛", "", "[-胸痛]"),
        ("左侧胸痛3小时", "右侧胸痛5小时", "[-左][+右]侧胸痛[-3][+5]小时"),
        ("cTnI 2.8 ng/ml", "cTnI 12.8 ng/ml", "cTnI [-2.8][+12.8] ng/ml"),
        ("否认发热。咳嗽。", "咳嗽。", "[-否认发热。]咳嗽。"),
        ("自己写的", "自己写的\n\n1. 心梗", "自己写的[+\n\n1. 心梗]"),
        ("一。\n二。\n三。", "一。\n三。", "一。\n[-二。\n]三。"),
        ("患者诉头晕", "今日复查患者血钾正常", "[-患者诉头晕][+今日复查患者血钾正常]"),
    ],
)
def test_what_a_doctor_reads(old: str, new: str, expected: str) -> None:
    assert shown(old, new) == expected


@given(SHORT, SHORT, st.sampled_from([0, 20, 200, 1_000_000]))
def test_both_texts_can_be_read_back(old: str, new: str, budget: int) -> None:
    pieces = difference(old, new, budget)
    assert "".join(piece.text for piece in pieces if piece.change is not Change.ADDED) == old
    assert "".join(piece.text for piece in pieces if piece.change is not Change.STRUCK) == new
    assert all(piece.text for piece in pieces)
    assert all(one.change is not two.change for one, two in pairwise(pieces))


@given(SHORT, SHORT)
def test_a_struck_piece_stands_before_what_replaced_it(old: str, new: str) -> None:
    changes = [piece.change for piece in difference(old, new)]
    assert (Change.ADDED, Change.STRUCK) not in set(pairwise(changes))


def test_what_changed_is_counted() -> None:
    assert amounts(difference("左侧胸痛3小时", "右侧胸痛5小时，加重")) == (5, 2)


def test_without_a_budget_a_change_is_whole() -> None:
    assert shown("一。\n左侧。\n三。", "一。\n右侧。\n三。", budget=0) == "一。\n[-左][+右]侧。\n三。"
    assert shown("甲1乙2丙", "丁1戊2己", budget=0) == "[-甲1乙2丙][+丁1戊2己]"


def scattered(alphabet: str) -> Callable[[int], str]:
    return lambda seed: "".join(random.Random(seed).choices(alphabet, k=MAX_SECTION_CHARACTERS))


@pytest.mark.parametrize(
    "text",
    [
        scattered("ab"),
        scattered("患者胸痛"),
        scattered("一\n"),
        scattered("一，"),
        scattered("一二三四五六七八九十。，\n12"),
        lambda seed: ("啊" if seed else "，") * MAX_SECTION_CHARACTERS,
        lambda seed: "\n" * (MAX_SECTION_CHARACTERS - seed),
        lambda seed: ("一二\n三\n" if seed else "三\n一二\n") * (MAX_SECTION_CHARACTERS // 5),
    ],
)
def test_the_worst_texts_take_a_bounded_time(text: Callable[[int], str]) -> None:
    old, new = text(0), text(1)
    started = time.process_time()
    pieces = difference(old, new)
    assert time.process_time() - started < 1.5
    assert "".join(piece.text for piece in pieces if piece.change is not Change.ADDED) == old
