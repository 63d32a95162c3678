"""What a stay lacks is marked, taken out or blank, whatever a model writes: drafts mixed from others' records."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.discharge.draft import WRITTEN
from app.core.discharge.finish import Finisher, Record
from app.core.discharge.record import is_drug
from app.core.drugs import drug_stem
from tests.helpers.stays import SampleStay, sample_stays

SENTENCES = [
    piece
    for sample in sample_stays()
    for text in sample.reference.values()
    for piece in re.findall(r"[^。\n]+[。\n]?", text)
]
DRUGS = {drug_stem(order.name) for sample in sample_stays() for order in sample.stay.orders if is_drug(order)}


@cache
def finisher(name: str) -> Finisher:
    return Finisher(next(sample.stay for sample in sample_stays() if sample.name == name))


@st.composite
def drafts(draw: st.DrawFn) -> tuple[SampleStay, dict[str, str]]:
    mixed = st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=4).map("".join)
    return draw(st.sampled_from(sample_stays())), {section.key: draw(mixed) for section in WRITTEN}


def foreign(text: str, source: str) -> Iterator[tuple[int, int]]:
    """Numbers, dates and drugs of a text that stand nowhere in the source; the numbers of its lists are none."""
    known = set(re.findall(r"\d+(?:\.\d+)?", source))
    for match in re.finditer(r"(?m)(?<![\d.])(?<!^)\d+(?:\.\d+)?", text):
        if match[0] not in known:
            yield match.span()
    for match in re.finditer(r"\d{1,2}月\d{1,2}日", text):
        if match[0] not in source:
            yield match.span()
    for drug in DRUGS:
        if drug not in source:
            yield from (match.span() for match in re.finditer(re.escape(drug), text))


def is_marked(record: Record, section: str, start: int, end: int) -> bool:
    return any(fact.section == section and fact.start < end and start < fact.end for fact in record.unsupported)


@given(drafts())
@settings(max_examples=60, deadline=None)
def test_what_the_stay_lacks_is_marked_or_gone(mixed: tuple[SampleStay, dict[str, str]]) -> None:
    sample, draft = mixed
    record = finisher(sample.name).finish(draft)
    source = "\n".join(line.text for line in finisher(sample.name).lines)
    for section, text in record.sections.items():
        for start, end in foreign(text, source):
            assert is_marked(record, section, start, end), (sample.name, section, text[start:end], text)


@given(drafts())
@settings(max_examples=20, deadline=None)
def test_nothing_else_of_the_models_text_is_changed(mixed: tuple[SampleStay, dict[str, str]]) -> None:
    sample, draft = mixed
    record = finisher(sample.name).finish(draft)
    assert record.sections["admission_condition"] == draft["admission_condition"]
    assert record.sections["discharge_condition"] == draft["discharge_condition"]
    assert record.sections["course"].startswith(draft["course"])
