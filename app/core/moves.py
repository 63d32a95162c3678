"""What can happen to a stay: admission, transfer, another bed, discharge, another severity, a merge of two records,
a correction of who the patient is said to be.

Each act takes the stay as it is and gives the stay as it will be, or refuses; what changed is kept as a move.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum

from app.core.entities import Encounter, Patient, Severity, Sex
from app.core.errors import UsageFault


class MoveKind(StrEnum):
    """What happened."""

    ADMIT = "admit"
    TRANSFER = "transfer"
    BED = "bed"
    SEVERITY = "severity"
    DISCHARGE = "discharge"
    DISCHARGE_UNDONE = "discharge_undone"
    MERGE = "merge"
    UNMERGE = "unmerge"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that happened to a stay: who, when, and the fields of the encounter that changed, as text."""

    move_id: str
    encounter_id: str
    kind: MoveKind
    actor: str
    occurred_at: datetime
    before: Mapping[str, str]
    after: Mapping[str, str]


def move_between(
    move_id: str, kind: MoveKind, before: Encounter | None, after: Encounter, actor: str, now: datetime
) -> Move:
    """The record of a change; without `before` every field counts as changed (an admission)."""
    new = _texts(after)
    old = {} if before is None else _texts(before)
    changed = [name for name, text in new.items() if old.get(name) != text and (before or text)]
    return Move(
        move_id,
        after.encounter_id,
        kind,
        actor,
        now,
        {name: old[name] for name in changed if name in old},
        {name: new[name] for name in changed},
    )


def correction_between(
    move_id: str, before: tuple[Patient, Encounter], after: tuple[Patient, Encounter], actor: str, now: datetime
) -> Move:
    """The record of a correction of a stay and of its patient's name and sex."""
    move = move_between(move_id, MoveKind.CORRECTION, before[1], after[1], actor, now)
    old, new = ({"name": patient.name, "sex": str(patient.sex)} for patient, _ in (before, after))
    changed = [name for name in new if old[name] != new[name]]
    return replace(
        move,
        before={**{name: old[name] for name in changed}, **move.before},
        after={**{name: new[name] for name in changed}, **move.after},
    )


def corrected(
    patient: Patient, encounter: Encounter, *, name: str, sex: Sex, age: str, mrn: str
) -> tuple[Patient, Encounter]:
    """The same person and stay, written down rightly; also after the discharge. Raises UsageFault."""
    person = replace(patient, name=name.strip(), sex=sex)
    stay = replace(encounter, age=age.strip(), mrn=mrn.strip())
    if not person.name:
        raise UsageFault("请填写患者姓名。")
    if not (stay.bed or stay.mrn):
        raise UsageFault("床号、住院号至少填一项，用来核对患者。")
    if (person, stay) == (patient, encounter):
        raise UsageFault("没有改动，不需要更正。")
    return person, stay


def transferred(encounter: Encounter, department: str, ward: str, bed: str) -> Encounter:
    """To another department or ward, and a bed there. Raises UsageFault."""
    _refuse_discharged(encounter)
    moved = replace(encounter, department=department.strip(), ward=ward.strip(), bed=bed.strip())
    if (moved.department, moved.ward) == (encounter.department, encounter.ward):
        raise UsageFault("科室和病区都没有变：只换床位请用“换床”。")
    return moved


def in_bed(encounter: Encounter, bed: str) -> Encounter:
    """To another bed of the ward. Raises UsageFault."""
    _refuse_discharged(encounter)
    if not bed.strip():
        raise UsageFault("请填写新的床号。")
    if bed.strip() == encounter.bed:
        raise UsageFault("该患者已经在这张床上。")
    return replace(encounter, bed=bed.strip())


def with_severity(encounter: Encounter, severity: Severity) -> Encounter:
    """Held to be more or less ill. Raises UsageFault."""
    _refuse_discharged(encounter)
    return replace(encounter, severity=severity)


def discharged(encounter: Encounter, moment: datetime, now: datetime) -> Encounter:
    """Left at `moment`. Raises UsageFault for a minute before that of the admission, or a moment after now."""
    _refuse_discharged(encounter)
    if moment < encounter.admitted_at.replace(second=0, microsecond=0):
        raise UsageFault("出院时间早于入院时间，请检查。")
    if moment > now:
        raise UsageFault("出院时间晚于现在，请检查。")
    return replace(encounter, discharged_at=moment)


def discharge_undone(encounter: Encounter) -> Encounter:
    """In again, as before a discharge that was a mistake. Raises UsageFault."""
    if not encounter.discharged:
        raise UsageFault("该患者没有出院，不需要撤销。")
    return replace(encounter, discharged_at=None)


def of_patient(encounter: Encounter, patient_id: str) -> Encounter:
    """The same stay under another record of the person."""
    return replace(encounter, patient_id=patient_id)


def _refuse_discharged(encounter: Encounter) -> None:
    if encounter.discharged:
        raise UsageFault("该患者已经出院：请先撤销出院，或再次办理入院。")


def _texts(encounter: Encounter) -> dict[str, str]:
    return {
        field.name: _text(getattr(encounter, field.name)) for field in fields(encounter) if field.name != "encounter_id"
    }


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    return "；".join(value) if isinstance(value, tuple) else str(value)
