from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.differential import parse_differential
from app.inference.repetition import RepetitionFilter

WHOLE = "1. **肺炎**\n   - 支持点：发热；咳嗽\n   - 缺什么：CT\n2. **肺栓塞**\n   - 支持点：发热\n   - 缺什么：CT"


def shown(text: str, size: int = 1) -> tuple[str, bool]:
    answer = RepetitionFilter()
    pieces = [answer.feed(text[place : place + size]) for place in range(0, len(text), size)]
    return "".join(pieces) + answer.rest(), answer.stopped


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_an_answer_without_repetition_passes_unchanged(size: int) -> None:
    assert shown(WHOLE, size) == (WHOLE, False)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("   - 支持点：发热；咳嗽；发热；发热", "   - 支持点：发热；咳嗽"),
        ("   - 支持点：发热、咳嗽、发热、胸痛", "   - 支持点：发热、咳嗽、胸痛"),
        ("   - 缺什么：痛，，， ，\n   - 建议检查：CT，，", "   - 缺什么：痛\n   - 建议检查：CT"),
        ("   - 支持点：发热；发热3天", "   - 支持点：发热；发热3天"),
        ("   - 支持点：发热\n   - 缺什么：发热", "   - 支持点：发热\n   - 缺什么：发热"),
        ("发热，咳嗽，发热，咳嗽", "发热，咳嗽，发热，咳嗽"),
    ],
)
def test_a_point_is_shown_once_in_its_field(written: str, kept: str) -> None:
    assert [shown(written, size)[0] for size in (1, 2, 1000)] == [kept] * 3


def test_an_answer_ends_before_a_diagnosis_that_it_has() -> None:
    assert shown(f"{WHOLE}\n3. **肺炎**\n   - 支持点：") == (WHOLE, True)
    other = f"{WHOLE}\n3. **肺炎球菌肺炎**"
    assert shown(other) == (other, False)


def test_a_line_that_only_repeats_ends_the_answer() -> None:
    text, stopped = shown("患者需要休息。\n" * 50)
    assert (text.count("休息"), stopped) == (3, True)
    assert shown("\n" * 50)[1] is False


def test_what_is_new_is_not_held_back() -> None:
    answer = RepetitionFilter()
    assert [answer.feed(piece) for piece in ("1. **", "肺", "炎**\n   - 支持点：", "发", "热；", "咳", "；发")] == [
        "1. **",
        "肺",
        "炎**\n   - 支持点：",
        "发",
        "热",
        "；咳",
        "",
    ]
    assert answer.feed("烧") == "；发烧"


TEXTS = st.text(alphabet="12.* \n-；、支持点：发热咳嗽肺炎缺什么", max_size=80)


@given(TEXTS, st.integers(1, 9))
def test_how_the_text_is_cut_changes_nothing_and_nothing_is_added(text: str, size: int) -> None:
    kept, _ = shown(text, size)
    assert kept == shown(text)[0]
    remaining = iter(text)
    assert all(character in remaining for character in kept)


FORM = st.lists(
    st.tuples(
        st.sampled_from("甲乙丙"), st.lists(st.sampled_from(["发热", "发热3天", "咳嗽"]), min_size=1, max_size=6)
    ),
    min_size=1,
    max_size=5,
)


@given(FORM)
def test_no_diagnosis_and_no_point_comes_twice(items: list[tuple[str, list[str]]]) -> None:
    lines = [
        f"{number}. **{name}病**\n   - 支持点：{'；'.join(points)}" for number, (name, points) in enumerate(items, 1)
    ]
    kept, _ = shown("\n".join(lines))
    names = [line for line in kept.split("\n") if "**" in line]
    assert len(names) == len({line.split("**")[1] for line in names}) == len(parse_differential(kept))
    for line in kept.split("\n"):
        points = line.split("：")[-1].split("；")
        assert len(points) == len(set(points))
