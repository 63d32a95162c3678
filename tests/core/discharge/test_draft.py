from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.core.discharge.draft import WRITTEN, is_whole, parse_draft, render

WHOLE = (
    "【出院诊断】\n1. 肺炎\n【入院情况】\n发热3天。\n【诊疗经过】\n予头孢。\n【出院情况】\n好转。\n【出院医嘱】\n复诊。"
)


def test_a_whole_answer_has_five_sections() -> None:
    sections = parse_draft(WHOLE)
    assert [*sections] == [section.key for section in WRITTEN]
    assert is_whole(sections) and sections["course"] == "予头孢。"
    assert render(sections) == WHOLE


@given(st.integers(0, len(WHOLE)))
def test_any_prefix_can_be_read_and_only_the_last_section_grows(end: int) -> None:
    sections, whole = parse_draft(WHOLE[:end]), parse_draft(WHOLE)
    assert [*sections] == [*whole][: len(sections)]
    assert all(whole[key].startswith(text) for key, text in sections.items())
    assert all(sections[key] == whole[key] for key in [*sections][:-1])


def test_text_before_the_form_and_a_second_section_of_a_name_do_not_count() -> None:
    sections = parse_draft("好的。\n【出院诊断】：肺炎\n【出院诊断】胃炎")
    assert sections == {"discharge_diagnosis": "肺炎"}
    assert not is_whole(sections)


@given(st.text(alphabet="【】出院诊断医嘱\n：1. 肺炎"))
def test_nothing_makes_it_fail(text: str) -> None:
    assert set(parse_draft(text)) <= {section.key for section in WRITTEN}
