"""From draft to signature: who may do what with a document, and what it is then (病历书写基本规范, article 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.core.checks.finding import Finding
from app.core.notes import NoteState
from app.core.people import Person, Role


class ActKind(StrEnum):
    """What was done to a document; every one is kept with who, when and at which version."""

    REVIEWED = "reviewed"
    SIGNED = "signed"
    AMENDED = "amended"
    COUNTERSIGNED = "countersigned"
    RETURNED = "returned"

    @property
    def words(self) -> str:
        """The act as the ward says it."""
        return _WORDS[self]


_WORDS = {
    ActKind.REVIEWED: "审核",
    ActKind.SIGNED: "签名",
    ActKind.AMENDED: "开始修正",
    ActKind.COUNTERSIGNED: "上级医师签名",
    ActKind.RETURNED: "退回",
}
_AFTER = {
    ActKind.REVIEWED: NoteState.REVIEWED,
    ActKind.SIGNED: NoteState.SIGNED,
    ActKind.AMENDED: NoteState.DRAFT,
    ActKind.COUNTERSIGNED: NoteState.SIGNED,
    ActKind.RETURNED: NoteState.SIGNED,
}
_BEGINNINGS = (ActKind.SIGNED, ActKind.AMENDED)
_SIGNED_FIRST = (ActKind.AMENDED, ActKind.COUNTERSIGNED, ActKind.RETURNED)


@dataclass(frozen=True, slots=True)
class NoteAct:
    """One act on a document: whose, in which role, on which version; `comment` of a return, reason of an amendment."""

    note_id: str
    version: int
    kind: ActKind
    person: str
    role: Role
    occurred_at: datetime
    comment: str = ""


def state_after(kind: ActKind) -> NoteState:
    """What a document is after this act."""
    return _AFTER[kind]


def refusal(kind: ActKind, person: Person, state: NoteState, acts: Sequence[NoteAct]) -> str:
    """Why this person cannot do this to a document now, as a sentence; empty if it can be done.

    `acts` are those done to it so far, oldest first.
    """
    if not person.role.signs:
        return f"{person.role.words}不能{kind.words}病历：请切换为医师（Ctrl+U）。"
    if kind in (ActKind.COUNTERSIGNED, ActKind.RETURNED) and person.role is not Role.SENIOR:
        return f"只有上级医师可以{kind.words}：请切换人员（Ctrl+U）。"
    if kind in _SIGNED_FIRST and state is not NoteState.SIGNED:
        return f"文书还没有签名，不能{kind.words}。"
    if kind not in _SIGNED_FIRST and state is NoteState.SIGNED:
        return "这份文书已经签名；需要改动时请用“修正”（Ctrl+Shift+M）。"
    if kind is ActKind.COUNTERSIGNED and not awaits_senior(acts):
        return "这一版上级医师已经处理过。"
    return ""


def obstacles(findings: Sequence[Finding], unreviewed: int) -> tuple[str, ...]:
    """What must be settled before a signature, in words; `findings` are the blocking ones."""
    waiting = (f"还有 {unreviewed} 句 AI 文字未经审核（Ctrl+R 逐段、Ctrl+Shift+R 全文）。",) if unreviewed else ()
    return (*waiting, *(finding.reason for finding in findings if finding.code != "unreviewed_ai"))


def awaits_senior(acts: Sequence[NoteAct]) -> bool:
    """The newest signature was not yet countersigned or returned."""
    last = [act for act in acts if act.kind is not ActKind.REVIEWED][-1:]
    return bool(last) and last[0].kind is ActKind.SIGNED and last[0].role is not Role.SENIOR


def signatures_in_force(acts: Sequence[NoteAct]) -> tuple[NoteAct, ...]:
    """The newest signature, and the senior doctor's on it; nothing while an amendment is under way."""
    since = max((place for place, act in enumerate(acts) if act.kind in _BEGINNINGS), default=len(acts))
    return tuple(act for act in acts[since:] if act.kind in (ActKind.SIGNED, ActKind.COUNTERSIGNED))


def is_returned(acts: Sequence[NoteAct]) -> bool:
    """A senior doctor sent it back, and it was not amended since."""
    return bool(acts) and acts[-1].kind is ActKind.RETURNED
