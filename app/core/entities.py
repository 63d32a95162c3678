"""Patients and their stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Sex(StrEnum):
    """Administrative sex as a ward writes it."""

    MALE = "男"
    FEMALE = "女"
    UNKNOWN = "未知"


@dataclass(frozen=True, slots=True)
class Patient:
    """A person."""

    patient_id: str
    name: str
    sex: Sex


@dataclass(frozen=True, slots=True)
class Encounter:
    """One hospital stay of a patient. `age` is text as the ward writes it (65岁, 3月); `mrn` is the 住院号."""

    encounter_id: str
    patient_id: str
    mrn: str
    age: str
    department: str
    ward: str
    bed: str
    admitted_at: datetime
    attending: str = ""
