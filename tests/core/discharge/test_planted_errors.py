"""Errors planted in right records: every one is marked, and a right record is hardly marked at all."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.discharge.draft import WRITTEN
from app.core.discharge.facts import SectionFact
from app.core.discharge.finish import Finisher
from app.core.discharge.record import day_words
from app.core.drugs import DRUG
from app.core.notes import DISCHARGE_DIAGNOSIS
from tests.helpers.stays import SampleStay, sample_stays

FOREIGN_DRUGS = ("华法林", "地高辛", "甲氨蝶呤", "硝苯地平", "卡马西平", "丙戊酸钠")
MOST_OF_A_KIND = 60
KINDS = {
    *("number", "another number", "unknown day", "other day", "other value", "side", "drug"),
    *("denial turned", "denial added", "foreign letter"),
}


@dataclass(frozen=True)
class Plant:
    kind: str
    sample: SampleStay
    section: str
    start: int
    end: int
    text: str

    @property
    def planted(self) -> str:
        whole = self.sample.reference[self.section]
        return whole[: self.start] + self.text + whole[self.end :]

    def is_found(self, facts: tuple[SectionFact, ...]) -> bool:
        return any(fact.start < self.start + len(self.text) and self.start < fact.end for fact in facts)


@cache
def finisher(name: str) -> Finisher:
    return Finisher(next(sample.stay for sample in sample_stays() if sample.name == name))


def plants() -> list[Plant]:
    """At most `MOST_OF_A_KIND` of each kind, from all stays, always the same ones."""
    by_kind: dict[str, list[Plant]] = {}
    for sample in sample_stays():
        for section in WRITTEN:
            text = sample.reference[section.key]
            for kind, start, end, new in _changes(sample, text):
                by_kind.setdefault(kind, []).append(Plant(kind, sample, section.key, start, end, new))
    draw = random.Random(6)
    return list(chain(*(draw.sample(same, min(len(same), MOST_OF_A_KIND)) for same in by_kind.values())))


def _changes(sample: SampleStay, text: str) -> Iterator[tuple[str, int, int, str]]:
    for match in re.finditer(r"(?m)(?<![\d.月年])(?<!^)\d+(?:\.\d+)?(?![\d.月年日])", text):
        yield "number", *match.span(), f"{match[0]}7"
        yield "another number", *match.span(), str(round(float(match[0]) + 7.3, 2))
    for match in re.finditer(r"\d{1,2}月\d{1,2}日", text):
        yield "unknown day", *match.span(), "9月27日"
    yield from _other_days(sample, text)
    yield from _other_values(sample, text)
    for match in re.finditer(r"[左右]", text):
        yield "side", *match.span(), "左" if match[0] == "右" else "右"
    for match in re.finditer(r"无(?!力)|否认|未见|未闻及", text):
        yield "denial turned", *match.span(), "有"
    for match in re.finditer(r"[，。](?=[一-龥])", text):
        yield "denial added", match.end(), match.end(), "否认肺结核史，"
        yield "foreign letter", match.end(), match.end(), "휐"
    for match in DRUG.finditer(text):
        yield "drug", *match.span(), FOREIGN_DRUGS[match.start() % len(FOREIGN_DRUGS)]


def _other_days(sample: SampleStay, text: str) -> Iterator[tuple[str, int, int, str]]:
    """An event on the day of another note."""
    for match in re.finditer(r"(?:(?<=[。，\n])|(?m:^))\d{1,2}月\d{1,2}日(?=[^，。]{4})", text):
        for note in sample.stay.notes:
            if day_words(note.date) != match[0]:
                yield "other day", *match.span(), day_words(note.date)


def _other_values(sample: SampleStay, text: str) -> Iterator[tuple[str, int, int, str]]:
    """The value of another examination."""
    for result in sample.stay.results:
        own = {other.value for other in sample.stay.results if other.name == result.name}
        for match in re.finditer(rf"{re.escape(result.name)}[^\d，。]{{0,3}}({re.escape(result.value)})", text):
            for other in sample.stay.results:
                if other.value not in own and re.fullmatch(r"[\d.]+", other.value):
                    yield "other value", match.start(1), match.end(1), other.value


def test_every_planted_error_is_marked() -> None:
    planted = plants()
    assert len(planted) >= 300 and {plant.kind for plant in planted} >= KINDS
    missed = [
        (plant.sample.name, plant.kind, plant.planted[max(plant.start - 10, 0) : plant.end + 10])
        for plant in planted
        if not plant.is_found(finisher(plant.sample.name).check(plant.section, plant.planted))
    ]
    assert missed == []


@pytest.mark.parametrize("sample", sample_stays(), ids=lambda sample: sample.name)
def test_a_right_record_is_not_marked_but_for_inferred_diagnoses(sample: SampleStay) -> None:
    facts = [fact for key, text in sample.reference.items() for fact in finisher(sample.name).check(key, text)]
    assert {fact.section for fact in facts} <= {DISCHARGE_DIAGNOSIS.key}


@given(st.sampled_from(sample_stays()), st.text(alphabet="0123456789.月日左右无有mgL%，。阿司匹林胸痛＿", max_size=40))
@settings(max_examples=40, deadline=None)
def test_marks_are_ordered_apart_and_true(sample: SampleStay, text: str) -> None:
    for section in WRITTEN:
        facts = finisher(sample.name).check(section.key, text)
        assert all(text[fact.start : fact.end] == fact.quote for fact in facts)
        assert all(one.end <= other.start for one, other in pairwise(facts))
