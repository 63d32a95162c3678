"""Copy-forward and words of time: notes that must be flagged and notes that must not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from app.core.checks.copied import check_copied
from app.core.checks.days import check_days
from app.core.checks.finding import CheckedNote, Finding, PastNote, StayFacts
from app.core.checks.note import check_note
from app.core.entities import Encounter, Patient, Sex
from app.core.notes import NoteKind
from app.core.stay import Stay, day_of
from app.infra.resources import resource_path

NOW = datetime(2026, 3, 5, 9, 30, tzinfo=timezone(timedelta(hours=8)))
YESTERDAY = (
    "今日患者诉切口疼痛较前减轻，无发热，无恶心呕吐。查体：体温36.8℃，腹软，切口敷料干燥，无渗血渗液。"
    "引流管通畅，引出淡红色液体约50 ml。继续抗感染、补液治疗，观察引流情况。术后第2天，嘱患者床上活动。"
)


def a_note(text: str, yesterday: str = "", days: int = 1, admitted_days: int = 3) -> CheckedNote:
    encounter = Encounter("e", "p", "ZY1", "65岁", "普外科", "", "3", NOW - timedelta(days=admitted_days))
    past = PastNote(NOW.date() - timedelta(days=days), {"plan": yesterday}) if yesterday else None
    return CheckedNote(
        {"plan": text},
        Patient("p", "测试甲", Sex.MALE),
        encounter,
        NOW,
        kind=NoteKind.DAILY_PROGRESS,
        facts=StayFacts(previous=past),
    )


def told(note: CheckedNote, findings: list[Finding]) -> list[tuple[str, str]]:
    return [(item.code, note.sections[item.span.section][item.span.start : item.span.end]) for item in findings]


@pytest.mark.parametrize(
    "today",
    [
        YESTERDAY,
        YESTERDAY.replace("36.8", "37.1").replace("50 ml", "30 ml").replace("第2天", "第3天"),
        YESTERDAY + "今晨排气。",
    ],
)
def test_a_note_that_is_yesterdays_over_again(today: str) -> None:
    note = a_note(today, YESTERDAY)
    (finding,) = check_copied(note)
    assert (finding.code, finding.span.start) == ("copy_forward", 0)
    assert "03月04日" in finding.reason


@pytest.mark.parametrize(
    ("today", "yesterday"),
    [
        (YESTERDAY, ""),
        ("", YESTERDAY),
        ("同前。", YESTERDAY),
        ("体温36.8℃，腹软，切口敷料干燥，无渗血渗液。", YESTERDAY),
        (
            "今晨突发胸闷气促，血氧饱和度下降至88%，予面罩吸氧。查体：双肺可闻及湿性啰音。急查D-二聚体及肺动脉CTA。"
            "已请呼吸内科急会诊，向家属交代病情并签字。切口敷料干燥，无渗血渗液。",
            YESTERDAY,
        ),
    ],
)
def test_a_note_with_something_of_its_own(today: str, yesterday: str) -> None:
    assert list(check_copied(a_note(today, yesterday))) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("今日（3月4日）复查血常规", [("stale_day", "今日（3月4日")]),
        ("昨日2026-03-03行胃镜", [("stale_day", "昨日2026-03-03")]),
        ("昨晚3月3日突发腹痛", [("stale_day", "昨晚3月3日")]),
        ("住院第9天，一般情况可", [("stay_day", "住院第9天")]),
        ("今日（3月5日）复查血常规，昨日3月4日胃镜", []),
        ("今日体温36.8℃，今日3-4次稀便", []),
        ("今日 3/10 分疼痛", []),
        ("住院第3天。", []),
        ("入院第4日，病情平稳", []),
        ("拟于入院第10天手术", []),
        ("既往2019年住院第8天出院", []),
    ],
)
def test_words_of_time_against_the_day_of_the_note(text: str, expected: list[tuple[str, str]]) -> None:
    note = a_note(text)
    assert told(note, list(check_days(note))) == expected


@pytest.mark.parametrize(
    ("today", "yesterday", "days", "expected"),
    [
        ("术后第2天，无发热", "术后第2天，低热", 1, [("operation_day", "术后第2天")]),
        ("术后5天，无发热", "术后第二天", 1, [("operation_day", "术后5天")]),
        ("今日患者诉腹痛较前减轻。", "今日患者诉腹痛较前减轻。", 1, [("stale_today", "今日患者诉腹痛较前减轻")]),
        ("术后第3天，无发热", "术后第2天，低热", 1, []),
        ("术后第十二天", "术后第十天", 2, []),
        ("术后第3天，拟术后第7天拆线", "术后第2天", 1, []),
        ("术后第2天", "今日入院", 1, []),
        ("今日患者诉腹痛较前减轻。", "今日患者诉腹痛较前减轻。", 0, []),
        ("今日患者进食可，无腹痛", "今日患者诉腹痛", 1, []),
    ],
)
def test_words_of_time_against_the_last_note(
    today: str, yesterday: str, days: int, expected: list[tuple[str, str]]
) -> None:
    note = a_note(today, yesterday, days)
    assert told(note, list(check_days(note))) == expected


def test_the_day_of_a_note_written_later_is_the_day_it_bears() -> None:
    note = a_note("今日（3月4日）复查血常规")
    late = CheckedNote(note.sections, note.patient, note.encounter, NOW, recorded_on=date(2026, 3, 4))
    assert list(check_days(late)) == []


def test_a_whole_course_may_count_the_days_of_the_stay() -> None:
    note = replace(a_note("住院第9天拔除引流管"), kind=NoteKind.DISCHARGE)
    assert list(check_days(note)) == []


@pytest.mark.parametrize("path", sorted(resource_path("samples", "stays").glob("*.json")), ids=lambda path: path.stem)
def test_the_notes_of_the_sample_stays_raise_nothing(path: Path) -> None:
    stay, previous = Stay.parse(path.read_text(encoding="utf-8")), None
    admitted = datetime.fromisoformat(stay.admission.date).astimezone()
    encounter = Encounter("e", "p", "ZY1", stay.patient.age, "", "", "3", admitted)
    for note in stay.notes:
        day, sections = day_of(note.date), {"condition": note.text, "results": "", "rounds": "", "measures": "同前。"}
        checked = CheckedNote(
            sections,
            Patient("p", "测试甲", stay.patient.sex),
            encounter,
            NOW,
            kind=NoteKind.DAILY_PROGRESS,
            recorded_on=day,
            facts=StayFacts(previous=previous),
        )
        assert check_note(checked) == ()
        previous = PastNote(day, sections)
