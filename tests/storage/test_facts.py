from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from app.core.checks.finding import AbnormalResult, StayFacts
from app.core.notes import NoteKind
from app.core.stay import Abnormal, Order, Result
from app.storage.facts import read_stay_facts
from tests.helpers.records import DOCTOR, NOW, a_stay, repositories_in


def test_the_facts_of_a_stay(tmp_path: Path) -> None:
    repositories = repositories_in(tmp_path)
    stay, other = a_stay(repositories, "测试甲"), a_stay(repositories, "测试乙")
    first = repositories.notes.get(stay.note_id)
    repositories.notes.save(first.note_id, {**first.sections, "plan": "监护"}, NOW)
    repositories.stays.add_orders(other.encounter_id, [Order("2025-03-01", "华法林片")], DOCTOR, NOW)
    repositories.stays.add_orders(stay.encounter_id, [Order("2025-03-01", "阿司匹林肠溶片")], DOCTOR, NOW)
    results = [Result("2025-03-01", "血钾", "3.1", abnormal=Abnormal.LOW), Result("2025-03-01", "血钠", "140")]
    repositories.stays.add_results(stay.encounter_id, results, DOCTOR, NOW)
    days = []
    for day in (1, 2, 3):
        note = repositories.notes.add(stay.encounter_id, NoteKind.DAILY_PROGRESS, NOW + timedelta(days=day), DOCTOR)
        days.append(note)
    written = {**days[0].sections, "condition": "无胸痛"}
    repositories.notes.save(days[0].note_id, written, NOW)
    facts = read_stay_facts(repositories, days[2])
    assert facts.previous is not None, "the second day is empty, the first is what was copied from"
    assert (facts.previous.sections, facts.previous.day) == (written, (NOW + timedelta(days=1)).astimezone().date())
    assert facts.admission["plan"] == "监护"
    assert (facts.ordered, facts.abnormal) == (("阿司匹林肠溶片",), (AbnormalResult("血钾", "3.1"),))
    about_first = read_stay_facts(repositories, first)
    assert about_first == replace(facts, previous=None, admission={})
    assert read_stay_facts(repositories, repositories.notes.get(other.note_id)) == StayFacts(ordered=("华法林片",))
    repositories.close()
