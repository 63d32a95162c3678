"""Words that cannot be about a patient of this sex: organs, and the sex itself as the text gives it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from app.core.checks.age import ADULT_YEARS, years
from app.core.checks.finding import (
    CheckedNote,
    Finding,
    Severity,
    Span,
    sentence_after,
    sentence_before,
    speaks_in_general,
    speaks_of_relative,
)
from app.core.entities import Sex

_MOST_WORDS = 200

_FOREIGN: Mapping[Sex, re.Pattern[str]] = {
    Sex.FEMALE: re.compile(r"前列腺(?!素|E)|睾丸(?!女性化)|阴茎|阴囊|附睾|精索|精囊|龟头"),
    Sex.MALE: re.compile(
        r"子宫|宫颈|卵巢|输卵管|阴道|月经|绝经|停经|痛经|怀孕"
        r"|妊娠(?!纹|试验|期?[的]?(?:禁|慎|妇|妇女|及哺乳|或哺乳|哺乳|分级))"
    ),
}
_STATED = re.compile(
    r"(?:患者|患儿|病人)[，,：:、\s]{0,4}(?:为|系)?(?P<sex>[男女])(?=性|[，,、。\s\d]|$)"
    r"|(?:^|[。；;，,：:\n]|\d[.、．])\s{0,4}(?P<opening>[男女])性?[，,、\s]{1,4}\d{1,3}\s{0,4}(?:周?岁|个?月)"
    r"|(?:[老中青]年)(?P<group>[男女])性?(?=[，,。、\s]|患者)"
)
_CHILDREN = re.compile(r"[育生有]\s{0,4}[\d一二两三]")
# "男性患者，不考虑卵巢囊肿": the doctor says the very thing.
_EXCLUDED = re.compile(r"[男女]性.{0,30}(?:排除|不考虑|不支持|除外|不涉及|不适用)")
_OF_PARTNER = re.compile(r"性交|性生活|同房|房事")
_OF_BIRTH = re.compile(r"孕|胎|产|娩|出生|生后|足月|新生")


def check_sex(note: CheckedNote) -> Iterator[Finding]:
    """At most one finding of each kind in a section. Nothing is said of a patient whose sex is not recorded."""
    sex = note.patient.sex
    if sex not in _FOREIGN:
        return
    for key, text in note.sections.items():
        yield from _stated(key, text, sex)
        yield from _organs(key, text, sex, is_child=_is_child(note.encounter.age))


def _stated(key: str, text: str, sex: Sex) -> Iterator[Finding]:
    for match in _STATED.finditer(text):
        start, end = match.span(str(match.lastgroup))
        if text[start:end] != sex and not _is_someone_else(text, start, end):
            reason = f"文中写作“{text[start:end]}”，登记性别为{sex}，请核对是否写错患者。"
            yield Finding("sex_stated", Severity.MUST, Span(key, start, end), reason)
            break


def _organs(key: str, text: str, sex: Sex, *, is_child: bool) -> Iterator[Finding]:
    for match in islice(_FOREIGN[sex].finditer(text), _MOST_WORDS):
        if not _is_of_another(text, match, is_child=is_child):
            reason = f"登记性别为{sex}，文中出现“{match[0]}”，请核对是否写错患者。"
            yield Finding("sex_organ", Severity.MUST, Span(key, *match.span()), reason)
            break


def _is_child(age: str) -> bool:
    known = years(age)
    return known is not None and known < ADULT_YEARS


def _is_someone_else(text: str, start: int, end: int) -> bool:
    is_child = _CHILDREN.search(sentence_before(text, start)) is not None
    return is_child or speaks_of_relative(text, start) or speaks_in_general(text, start, end)


def _is_of_another(text: str, match: re.Match[str], *, is_child: bool) -> bool:
    """The word is about a relative, about the birth of a child, or in a sentence that rules it out by the sex."""
    before, after = sentence_before(text, match.start()), sentence_after(text, match.end())
    if is_child and (_OF_BIRTH.search(before) or _OF_BIRTH.search(after)):
        return True
    told_apart = _EXCLUDED.search(before + match[0] + after) or _OF_PARTNER.search(before)
    return told_apart is not None or speaks_of_relative(text, match.start())
