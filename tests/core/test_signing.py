from __future__ import annotations

import pytest

from app.core.checks.finding import Finding, Severity, Span
from app.core.notes import NoteState
from app.core.people import Person, Role, is_pin, may_manage, pin_fault, sealed_pin
from app.core.signing import ActKind, NoteAct, awaits_senior, is_returned, obstacles, refusal
from tests.helpers.records import NOW

DOCTOR, SENIOR = Person("p1", "王医师", Role.DOCTOR), Person("p2", "李主任", Role.SENIOR)
AUDITOR = Person("p3", "赵质控", Role.AUDITOR)


def act(kind: ActKind, person: Person = DOCTOR) -> NoteAct:
    return NoteAct("n1", 1, kind, person.name, person.role, NOW)


SIGNED_ONCE = (act(ActKind.REVIEWED), act(ActKind.SIGNED))


@pytest.mark.parametrize(
    ("kind", "person", "state", "acts", "word"),
    [
        (ActKind.SIGNED, DOCTOR, NoteState.DRAFT, (), ""),
        (ActKind.SIGNED, AUDITOR, NoteState.DRAFT, (), "质控员"),
        (ActKind.SIGNED, DOCTOR, NoteState.SIGNED, SIGNED_ONCE, "已经签名"),
        (ActKind.AMENDED, DOCTOR, NoteState.DRAFT, (), "还没有签名"),
        (ActKind.AMENDED, DOCTOR, NoteState.SIGNED, SIGNED_ONCE, ""),
        (ActKind.COUNTERSIGNED, DOCTOR, NoteState.SIGNED, SIGNED_ONCE, "只有上级医师"),
        (ActKind.COUNTERSIGNED, SENIOR, NoteState.SIGNED, SIGNED_ONCE, ""),
        (ActKind.COUNTERSIGNED, SENIOR, NoteState.DRAFT, (), "还没有签名"),
        (ActKind.COUNTERSIGNED, SENIOR, NoteState.SIGNED, (*SIGNED_ONCE, act(ActKind.COUNTERSIGNED, SENIOR)), "处理过"),
        (ActKind.RETURNED, SENIOR, NoteState.SIGNED, SIGNED_ONCE, ""),
    ],
)
def test_who_may_do_what_and_when(
    kind: ActKind, person: Person, state: NoteState, acts: tuple[NoteAct, ...], word: str
) -> None:
    why = refusal(kind, person, state, acts)
    assert word in why
    assert bool(why) == bool(word)


def test_a_signature_waits_for_a_senior_doctor_until_one_has_spoken() -> None:
    assert awaits_senior(SIGNED_ONCE)
    assert not awaits_senior((act(ActKind.SIGNED, SENIOR),))
    returned = (*SIGNED_ONCE, act(ActKind.RETURNED, SENIOR))
    assert is_returned(returned)
    assert not awaits_senior(returned)
    again = (*returned, act(ActKind.AMENDED), act(ActKind.SIGNED))
    assert awaits_senior(again)
    assert not is_returned(again)


def test_obstacles_are_said_once() -> None:
    findings = [
        Finding(code, Severity.MUST, Span("plan"), f"{code}。") for code in ("unreviewed_ai", "missing_section")
    ]
    assert obstacles(findings, 2) == (
        "还有 2 句 AI 文字未经审核（Ctrl+R 逐段、Ctrl+Shift+R 全文）。",
        "missing_section。",
    )
    assert obstacles([], 0) == ()


def test_a_pin_opens_its_own_seal_only() -> None:
    sealed = sealed_pin("4711")
    assert is_pin("4711", sealed)
    assert not is_pin("4712", sealed)
    assert not is_pin("", "")
    assert "4711" not in sealed
    assert sealed != sealed_pin("4711"), "the salt differs"
    assert pin_fault("123")
    assert not pin_fault("1234")


def test_people_are_managed_by_an_administrator_once_there_is_one() -> None:
    admin = Person("p4", "管理", Role.ADMINISTRATOR)
    assert may_manage(DOCTOR, (DOCTOR, SENIOR))
    assert not may_manage(DOCTOR, (DOCTOR, admin))
    assert may_manage(admin, (DOCTOR, admin))
