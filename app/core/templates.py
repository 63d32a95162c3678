"""Templates that a ward begins its documents from: plain text by section, for a kind of document and a department."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.core.errors import UsageFault
from app.core.notes import MAX_SECTION_CHARACTERS, SECTIONS, NoteKind

_HEADING = re.compile(r"^【(.+?)】[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class NoteTemplate:
    """`department` is empty for all; `sections` has only those with text."""

    name: str
    department: str
    kind: NoteKind
    sections: Mapping[str, str]

    @property
    def key(self) -> tuple[NoteKind, str, str]:
        """What tells it from others: a hospital's template takes the place of one with the same."""
        return self.kind, self.department, self.name


def parse_templates(text: str) -> tuple[NoteTemplate, ...]:
    """The templates of a TOML file. Raises UsageFault with a sentence that says what is wrong."""
    try:
        tables = tomllib.loads(text).get("template", [])
    except tomllib.TOMLDecodeError as error:
        raise UsageFault(f"不是正确的 TOML：{error}") from None
    if not isinstance(tables, list) or not tables:
        raise UsageFault("没有 [[template]]。")
    return tuple(_template(table, number) for number, table in enumerate(tables, start=1))


def checked(template: NoteTemplate) -> NoteTemplate:
    """The template without what is blank. Raises UsageFault if it has no name, no text, or a section too long."""
    known = {section.key: section.title for section in SECTIONS[template.kind]}
    sections = {key: text.strip("\n") for key, text in template.sections.items() if text.strip()}
    if not template.name.strip():
        raise UsageFault("模板没有名称。")
    if unknown := [key for key in sections if key not in known]:
        raise UsageFault(f"{template.kind.heading}没有“{unknown[0]}”这一部分。")
    if long := [key for key, text in sections.items() if len(text) > MAX_SECTION_CHARACTERS]:
        raise UsageFault(f"模板的{known[long[0]]}超过 {MAX_SECTION_CHARACTERS} 字。")
    if not sections:
        raise UsageFault("模板没有内容。")
    return NoteTemplate(template.name.strip(), template.department.strip(), template.kind, sections)


def to_toml(template: NoteTemplate) -> str:
    """The file of one template; `parse_templates` reads it back."""
    head = {"name": template.name, "department": template.department, "document": template.kind.value}
    lines = [f"{key} = {_quoted(value)}" for key, value in head.items()]
    texts = [f"{key} = {_quoted(text)}" for key, text in template.sections.items()]
    return "\n".join(["[[template]]", *lines, "", "[template.sections]", *texts, ""])


def to_text(template: NoteTemplate) -> str:
    """All sections of the kind under their headings, for editing as one plain text."""
    parts = [f"【{one.title}】\n{template.sections.get(one.key, '')}" for one in SECTIONS[template.kind]]
    return "\n\n".join(parts)


def from_text(name: str, department: str, kind: NoteKind, text: str) -> NoteTemplate:
    """The inverse of `to_text`. Raises UsageFault for an unknown heading, text before the first, or nothing at all."""
    keys = {section.title: section.key for section in SECTIONS[kind]}
    before, *pieces = _HEADING.split(text)
    if before.strip():
        raise UsageFault("第一个【标题】之前有文字：请把它放到某一部分之下。")
    sections: dict[str, str] = {}
    for title, body in zip(pieces[::2], pieces[1::2], strict=True):
        if title not in keys:
            raise UsageFault(f"{kind.heading}没有【{title}】这一部分。")
        if keys[title] in sections:
            raise UsageFault(f"【{title}】出现了两次。")
        sections[keys[title]] = body.strip()
    return checked(NoteTemplate(name, department, kind, sections))


def in_force(own: Iterable[NoteTemplate], hospital: Iterable[NoteTemplate]) -> tuple[NoteTemplate, ...]:
    """The program's templates and the hospital's, which take the place of those with the same key."""
    return tuple({template.key: template for template in (*own, *hospital)}.values())


def offered(templates: Iterable[NoteTemplate], kind: NoteKind, department: str) -> tuple[NoteTemplate, ...]:
    """Those for a document, the department's own first; other departments' are left out."""
    fit = [one for one in templates if one.kind is kind and one.department in ("", department)]
    return tuple(sorted(fit, key=lambda one: (not one.department, one.name)))


def can_insert(template: NoteTemplate, texts: Mapping[str, str]) -> bool:
    """A template never comes over text: every section that it fills is empty."""
    return all(not texts.get(key, "").strip() for key in template.sections)


def _template(table: Any, number: int) -> NoteTemplate:
    where = f"第 {number} 个模板"
    if not isinstance(table, dict):
        raise UsageFault(f"{where}不是一个表。")
    name, department = table.get("name", ""), table.get("department", "")
    sections = table.get("sections", {})
    texts = [name, department, *(sections.values() if isinstance(sections, dict) else [None])]
    if not all(isinstance(text, str) for text in texts):
        raise UsageFault(f"{where}的 name、department 和 sections 中都只能是文字。")
    if table.get("document") not in set(NoteKind):
        raise UsageFault(f"{where}的 document 应为 {'、'.join(NoteKind)} 之一。")
    try:
        return checked(NoteTemplate(name, department, NoteKind(table["document"]), sections))
    except UsageFault as fault:
        raise UsageFault(f"{where}：{fault}") from None


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are among TOML's."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
