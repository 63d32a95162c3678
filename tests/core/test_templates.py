from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import UsageFault
from app.core.notes import SECTIONS, NoteKind
from app.core.templates import (
    NoteTemplate,
    can_insert,
    checked,
    from_text,
    in_force,
    offered,
    parse_templates,
    to_text,
    to_toml,
)
from app.infra.resources import resource_text

KIND = NoteKind.DAILY_PROGRESS


def template(name: str = "术后", department: str = "", **sections: str) -> NoteTemplate:
    return NoteTemplate(name, department, KIND, sections or {"condition": "切口："})


def test_those_that_come_with_the_program_are_in_order() -> None:
    own = parse_templates(resource_text("templates", "common.toml"))
    assert {one.kind for one in own} == set(NoteKind)


@given(st.text(max_size=20), st.text(max_size=40))
def test_a_saved_template_is_read_back(name: str, text: str) -> None:
    try:
        made = checked(template(name.replace("\ud800", ""), condition=text))
    except UsageFault:
        return
    assert parse_templates(to_toml(made)) == (made,)


def test_what_is_edited_as_one_text_comes_back_by_section() -> None:
    made = template(condition="切口：\n引流：", measures="换药")
    assert from_text(made.name, "", KIND, to_text(made)) == made


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("【主诉】\n胸痛", "没有【主诉】"),
        ("胸痛\n【病情变化】\nx", "之前有文字"),
        ("【病情变化】\nx\n【病情变化】\ny", "两次"),
        ("【病情变化】\n  ", "没有内容"),
    ],
)
def test_an_edited_text_that_does_not_fit_is_refused(text: str, word: str) -> None:
    with pytest.raises(UsageFault, match=word):
        from_text("术后", "", KIND, text)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[[template", "TOML"),
        ("x = 1", r"没有 \[\[template\]\]"),
        ('[[template]]\nname = "a"\ndocument = "letter"', "document"),
        ('[[template]]\nname = 1\ndocument = "discharge"', "只能是文字"),
        ('[[template]]\nname = "a"\ndocument = "discharge"\nsections = {plan = "x"}', "没有“plan”"),
        ('[[template]]\nname = ""\ndocument = "discharge"\nsections = {course = "x"}', "没有名称"),
        ('[[template]]\nname = "a"\ndocument = "discharge"\nsections = "x"', "只能是文字"),
    ],
)
def test_a_bad_file_is_refused_with_a_sentence(text: str, word: str) -> None:
    with pytest.raises(UsageFault, match=word):
        parse_templates(text)


def test_the_hospitals_take_the_place_of_the_programs_and_the_departments_come_first() -> None:
    own, hospital = template(condition="旧"), template(condition="新")
    surgery, other = template("普外", "普外科"), template("骨科", "骨科")
    found = in_force((own, other), (hospital, surgery))
    assert offered(found, KIND, "普外科") == (surgery, hospital)
    assert offered(found, NoteKind.DISCHARGE, "普外科") == ()


def test_a_template_never_comes_over_text() -> None:
    empty = {section.key: "" for section in SECTIONS[KIND]}
    assert can_insert(template(), {**empty, "measures": "已写"})
    assert not can_insert(template(), {**empty, "condition": "已写"})
