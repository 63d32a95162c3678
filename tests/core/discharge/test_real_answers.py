"""What three real models wrote for the twelve stays, finished: no drug, dose, date or number that the stay lacks.

`model_answers.jsonl` holds their texts as `wardnote evaluate discharge` kept them (stays and patients are invented).
The stay is searched here in the plainest way, by other means than the rules under test.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.core.discharge.draft import is_whole, parse_draft, render
from app.core.discharge.finish import Finisher, Record
from app.core.discharge.record import BLANK, is_drug
from app.core.drugs import drug_stem
from app.core.notes import ADMISSION_CONDITION, COURSE, DISCHARGE_CONDITION, DISCHARGE_ORDERS
from app.core.stay import Stay
from tests.helpers.stays import sample_stays

ANSWERS = Path(__file__).with_name("model_answers.jsonl")
DRUGS = {drug_stem(order.name) for sample in sample_stays() for order in sample.stay.orders if is_drug(order)}
_DOSE = re.compile(r"\D{0,6}?(\d+(?:\.\d+)?)\s*(?:mg|μg|g|mL|IU|U|万单位|片|粒|支|袋)(?![/a-zA-Z])")


@dataclass(frozen=True)
class Written:
    case: str
    model: str
    text: str


def written() -> list[Written]:
    answers = [Written(**json.loads(line)) for line in ANSWERS.read_text(encoding="utf-8").splitlines()]
    return [*answers, *(Written(one.name, "reference", render(one.reference)) for one in sample_stays())]


def source_of(stay: Stay) -> str:
    """Every entry as its fields say it, without the words of the program."""
    orders = "\n".join(f"{one.name} {one.dose} {one.route} {one.frequency}" for one in stay.orders)
    results = "\n".join(f"{one.name} {one.value} {one.unit}" for one in stay.results)
    who = f"{stay.patient.age} {stay.admission.complaint} {stay.admission.case_features} {stay.admission.diagnoses}"
    return "\n".join([who, *(note.text for note in stay.notes), orders, results])


def days_of(stay: Stay, source: str) -> set[tuple[int, int]]:
    dates = [stay.admission.date, stay.discharge_date, *(one.date for one in stay.notes)]
    dates += [one.date for one in stay.results] + [day for one in stay.orders for day in (one.date, one.until)]
    told = [(int(month), int(day)) for month, day in re.findall(r"(\d{1,2})月(\d{1,2})日", source)]
    return {*told, *((int(date[5:7]), int(date[8:10])) for date in dates if date)}


def foreign(text: str, stay: Stay) -> Iterator[tuple[int, int, str]]:
    """Drugs, doses, dates and numbers of a section that the stay does not have."""
    source = source_of(stay)
    days = days_of(stay, source)
    numbers = {float(one) for one in re.findall(r"\d+(?:\.\d+)?", source)}
    numbers |= {float(stay.admission.date[:4]), *(float(part) for day in days for part in day)}
    for match in re.finditer(r"(\d{1,2})月(\d{1,2})日", text):
        if (int(match[1]), int(match[2])) not in days:
            yield *match.span(), "date"
    dated = re.sub(r"(?:\d{4}年)?\d{1,2}月\d{1,2}日|(?m:^\d{1,2}\. )", lambda one: " " * len(one[0]), text)
    for match in re.finditer(r"(?<![\d.])\d+(?:\.\d+)?", dated):
        if float(match[0]) not in numbers:
            yield *match.span(), "number"
    for drug in DRUGS:
        doses = {dose for found in re.finditer(re.escape(drug), source) for dose in _dose(source, found.end())}
        for match in re.finditer(re.escape(drug), text):
            if drug not in source:
                yield *match.span(), "drug"
            elif (dose := _DOSE.match(text, match.end())) and not {dose[1]} <= doses:
                yield *dose.span(1), "dose"


def _dose(source: str, end: int) -> Iterator[str]:
    if match := _DOSE.match(source, end):
        yield match[1]


def is_marked(record: Record, section: str, start: int, end: int) -> bool:
    blank = BLANK in record.sections[section][start:end]
    return blank or any(one.section == section and one.start < end and start < one.end for one in record.unsupported)


def test_there_is_an_answer_of_each_model_to_each_stay() -> None:
    pairs = {(one.case, one.model) for one in written()}
    assert len(pairs) == 4 * len(sample_stays())


@pytest.mark.parametrize("one", written(), ids=lambda one: f"{one.case}-{one.model}")
def test_nothing_that_the_stay_lacks_stands_unmarked(one: Written) -> None:
    stay = next(sample.stay for sample in sample_stays() if sample.name == one.case)
    record = Finisher(stay).finish(parse_draft(one.text))
    assert is_whole(record.sections)
    unmarked = [
        (section, kind, text[max(start - 8, 0) : end + 8])
        for section, text in record.sections.items()
        for start, end, kind in foreign(text, stay)
        if not is_marked(record, section, start, end)
    ]
    assert unmarked == []


@pytest.mark.parametrize("one", written(), ids=lambda one: f"{one.case}-{one.model}")
def test_what_is_put_into_a_real_answer_is_marked(one: Written) -> None:
    stay = next(sample.stay for sample in sample_stays() if sample.name == one.case)
    draft = parse_draft(one.text)
    planted = "9月27日，予华法林 7.7 mg，体温41.73℃。"
    record = Finisher(stay).finish({key: f"{text}{planted}" for key, text in draft.items()})
    for section in (ADMISSION_CONDITION.key, COURSE.key, DISCHARGE_CONDITION.key):
        place = record.sections[section].index(planted)
        for piece in ("9月27日", "华法林", "7.7", "41.73"):
            start = place + planted.index(piece)
            assert is_marked(record, section, start, start + len(piece)), (section, piece)
    assert "华法林" not in record.sections[DISCHARGE_ORDERS.key]


def test_the_search_itself_finds_what_is_foreign() -> None:
    stay = sample_stays()[0].stay
    found = [kind for *_, kind in foreign("9月27日，左氧氟沙星 0.7 g，华法林，体温41.7℃，阿司匹林。", stay)]
    assert {"date", "dose", "number"} <= set(found)
