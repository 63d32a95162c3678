"""Sample encounters for a first look: only ever put into an empty database, and marked 示例 wherever they are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from app.core.entities import Encounter, Patient, Sex
from app.core.notes import CASE_FEATURES, CHIEF_COMPLAINT, NoteKind
from app.core.stay import Order, Result, order_of, result_of
from app.storage.database import Database
from app.storage.repositories import Repositories

MARK = "（示例）"


@dataclass(frozen=True, slots=True)
class SampleEncounter:
    """An invented stay whose note has its 主诉 and 病例特点; `orders` and `results` as far as it has any."""

    name: str
    sex: Sex
    age: str
    bed: str
    mrn: str
    department: str
    ward: str
    chief_complaint: str
    case_features: str
    orders: tuple[Order, ...] = ()
    results: tuple[Result, ...] = ()

    @classmethod
    def parse(cls, sample: Mapping[str, Any]) -> SampleEncounter:
        """From a file of resources/samples: `patient` (name, sex, age, bed, mrn) and the rest beside it.

        Orders and results are of the day on which the samples are installed. Raises KeyError, UsageFault or ValueError
        for a file that lacks something: the files are the program's own.
        """
        patient, today = sample["patient"], f"{datetime.now():%Y-%m-%d}"
        return cls(
            name=patient["name"],
            sex=Sex(patient["sex"]),
            age=patient["age"],
            bed=patient["bed"],
            mrn=patient["mrn"],
            department=sample["department"],
            ward=sample["ward"],
            chief_complaint=sample["chief_complaint"],
            case_features=sample["case_features"],
            orders=tuple(order_of({**order, "date": today}) for order in sample.get("orders", ())),
            results=tuple(result_of({**result, "date": today}) for result in sample.get("results", ())),
        )


def install_samples(repositories: Repositories, samples: Sequence[SampleEncounter]) -> bool:
    """Store the samples, all or none; False (and nothing done) if there are encounters already."""
    now = datetime.now().astimezone()
    with repositories.database.transaction():
        if not repositories.encounters.is_empty():
            return False
        for sample in samples:
            _install(repositories, sample, now)
    return True


def has_real_patients(database: Database) -> bool:
    """Whether anyone is stored who is no sample."""
    with database.snapshot() as sql:
        return sql.execute("SELECT 1 FROM patients WHERE sample = 0 LIMIT 1").fetchone() is not None


def _install(repositories: Repositories, sample: SampleEncounter, now: datetime) -> None:
    patient = Patient(uuid4().hex, sample.name + MARK, sample.sex)
    encounter = Encounter(
        encounter_id=uuid4().hex,
        patient_id=patient.patient_id,
        mrn=sample.mrn,
        age=sample.age,
        department=sample.department,
        ward=sample.ward,
        bed=sample.bed,
        admitted_at=now,
    )
    repositories.encounters.add(patient, encounter, now, sample=True)
    repositories.stays.add_orders(encounter.encounter_id, sample.orders, "", now)
    repositories.stays.add_results(encounter.encounter_id, sample.results, "", now)
    note = repositories.notes.open(encounter.encounter_id, NoteKind.FIRST_PROGRESS, now)
    texts = {CHIEF_COMPLAINT.key: sample.chief_complaint, CASE_FEATURES.key: sample.case_features}
    repositories.notes.save(note.note_id, {**note.sections, **texts}, now)
