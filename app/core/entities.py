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


class Severity(StrEnum):
    """How ill a ward holds a patient to be; it decides how often a daily note is due."""

    CRITICAL = "病危"
    SERIOUS = "病重"
    STABLE = "稳定"


@dataclass(frozen=True, slots=True)
class Patient:
    """A person."""

    patient_id: str
    name: str
    sex: Sex


@dataclass(frozen=True, slots=True)
class Encounter:
    """One hospital stay of a patient. `age` is text as the ward writes it (65岁, 3月); `mrn` is the 住院号.

    `diagnoses` are those of the admission (入院诊断), in order; `discharged_at` is None while the patient is in.
    """

    encounter_id: str
    patient_id: str
    mrn: str
    age: str
    department: str
    ward: str
    bed: str
    admitted_at: datetime
    attending: str = ""
    severity: Severity = Severity.STABLE
    diagnoses: tuple[str, ...] = ()
    discharged_at: datetime | None = None

    @property
    def discharged(self) -> bool:
        """The patient has left."""
        return self.discharged_at is not None
