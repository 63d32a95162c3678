"""Where sections and sentences stand in what a pane shows of a discharge record."""

from __future__ import annotations

from app.core.discharge.draft import WRITTEN
from app.core.events import Vote
from app.core.notes import ADMISSION_CONDITION, COURSE, DISCHARGE_DIAGNOSIS, DISCHARGE_ORDERS
from app.ui.discharge.record_text import (
    MISSING,
    WAITING,
    blocks_of,
    growing,
    place_in_draft,
    record_text,
    without_number,
)

SOURCE = "【出院诊断】\n右输尿管结石\n【诊疗经过】\n3月2日，止痛。3月3日，手"
COPIED = {COURSE.key: "异常检查结果：血钾 3.1。", DISCHARGE_ORDERS.key: "1. 坦索罗辛 0.2 mg"}


def test_what_grows_stands_beside_what_is_copied() -> None:
    sections = growing(SOURCE, COPIED)
    assert sections[COURSE.key] == "3月2日，止痛。3月3日，手\n异常检查结果：血钾 3.1。"
    assert sections[DISCHARGE_ORDERS.key] == "1. 坦索罗辛 0.2 mg"
    assert ADMISSION_CONDITION.key not in sections


def test_every_entry_is_found_where_it_is_drawn() -> None:
    text = record_text(growing(SOURCE, COPIED), live=True, votes={0: Vote.UP}, last=COURSE.key)
    plain = text.plain
    for entry in text.entries():
        block = text.blocks[entry.section]
        if entry.part == 0:
            assert plain[entry.start : entry.end] == block.section.title
        else:
            assert plain[entry.start : entry.end] == block.text[entry.within :][: entry.end - entry.start]
    assert "出院诊断　〔赞成〕" in plain and "诊疗经过　〔未写完〕" in plain


def test_what_is_absent_is_said() -> None:
    assert record_text({}, live=True, votes={}).plain.count(WAITING) == len(WRITTEN)
    assert record_text({}, live=False, votes={}).plain.count(MISSING) == len(WRITTEN)


def test_a_place_in_the_draft_is_of_the_same_section() -> None:
    assert SOURCE[place_in_draft(SOURCE, COURSE, "3月2日，止痛。") :].startswith("3月2日，止痛。3月3日")
    assert place_in_draft(SOURCE, DISCHARGE_DIAGNOSIS, "3月2日，止痛。") == -1
    assert place_in_draft(SOURCE, DISCHARGE_ORDERS, "坦索罗辛") == -1
    assert place_in_draft(SOURCE, COURSE, "") == -1
    assert without_number("12. 门诊复诊。") == "门诊复诊。"


def test_sections_are_copied_with_their_names() -> None:
    text = record_text(growing(SOURCE, COPIED), live=False, votes={})
    assert blocks_of(text, (0, 1, 4)) == "出院诊断：\n右输尿管结石\n出院医嘱：\n1. 坦索罗辛 0.2 mg"
