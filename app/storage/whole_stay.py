"""A stored stay as a whole: what its discharge record is made from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import sqlite_utils

from app.core.case import CasePatient
from app.core.discharge.record import BLANK
from app.core.discharge.source import lines_of, source_hash
from app.core.notes import (
    ADMISSION_DIAGNOSIS,
    CASE_FEATURES,
    CHIEF_COMPLAINT,
    CONDITION,
    DISCHARGE_DATE,
    PRELIMINARY_DIAGNOSIS,
    SECTIONS,
    NoteKind,
)
from app.core.stay import Abnormal, Admission, DatedText, Order, Result, Stay
from app.storage.codec import sections_of
from app.storage.encounters import read_stay

_DATE = re.compile(r"(\d{4})\s*[年/.-]\s*(\d{1,2})\s*[月/.-]\s*(\d{1,2})")
_NUMBER = re.compile(r"^\s*(?:\d{1,2}[.、．)）])?\s*")
_NOTES = "SELECT kind, recorded_at, sections FROM notes WHERE encounter_id = ? ORDER BY recorded_at, created_at"


def whole_stay(sql: sqlite_utils.Database, encounter_id: str, record: Mapping[str, str]) -> Stay:
    """Read a stay inside the caller's transaction. Raises LookupError if there is none of this id.

    `record` are the sections of its discharge record: the day of discharge and the diagnoses of admission that a
    doctor wrote there count where the stay itself does not have them.
    """
    patient, encounter = read_stay(sql, encounter_id)
    first, daily = _notes(sql, encounter_id)
    own = first.get(PRELIMINARY_DIAGNOSIS.key, "")
    told = _names(own) or _names(record.get(ADMISSION_DIAGNOSIS.key, ""))
    left = encounter.discharged_at
    return Stay(
        patient=CasePatient(patient.name, patient.sex, encounter.age, encounter.bed, encounter.mrn),
        admission=Admission(
            _day(encounter.admitted_at),
            first.get(CHIEF_COMPLAINT.key, ""),
            first.get(CASE_FEATURES.key, ""),
            encounter.diagnoses or told,
        ),
        notes=daily,
        orders=read_orders(sql, encounter_id),
        results=read_results(sql, encounter_id),
        discharge_date=_day(left) if left else _written_day(record.get(DISCHARGE_DATE.key, "")),
    )


def stay_hash(sql: sqlite_utils.Database, encounter_id: str, record: Mapping[str, str]) -> str:
    """The hash of what a discharge record of this stay is made from now, as its runs are bound to it."""
    return source_hash(lines_of(whole_stay(sql, encounter_id, record)))


def read_orders(sql: sqlite_utils.Database, encounter_id: str) -> tuple[Order, ...]:
    """A stay's orders by date, without the withdrawn ones."""
    return tuple(map(_order, _entries(sql, "orders", encounter_id)))


def read_results(sql: sqlite_utils.Database, encounter_id: str) -> tuple[Result, ...]:
    """A stay's results by date, without the withdrawn ones."""
    return tuple(map(_result, _entries(sql, "results", encounter_id)))


def _notes(sql: sqlite_utils.Database, encounter_id: str) -> tuple[Mapping[str, str], tuple[DatedText, ...]]:
    """The sections of the first note, and the texts of the daily ones."""
    first: Mapping[str, str] = {}
    daily: list[DatedText] = []
    for row in sql.query(_NOTES, [encounter_id]):
        sections = sections_of(row["sections"])
        if row["kind"] == NoteKind.FIRST_PROGRESS:
            first = first or sections
        elif row["kind"] == NoteKind.DAILY_PROGRESS and (text := "\n".join(_parts(sections))):
            daily.append(DatedText(_day(datetime.fromisoformat(row["recorded_at"])), text))
    return first, tuple(sorted(daily, key=lambda note: note.date))


def _parts(sections: Mapping[str, str]) -> Iterator[str]:
    """What a daily note says, section by section, under their titles but the first."""
    for section in SECTIONS[NoteKind.DAILY_PROGRESS]:
        if text := sections.get(section.key, "").strip():
            yield text if section is CONDITION else f"{section.title}：{text}"


def _names(text: str) -> tuple[str, ...]:
    """The diagnoses of a section, one a line or between semicolons."""
    pieces = (_NUMBER.sub("", piece).strip(" 。") for piece in re.split(r"[\n；;]", text))
    return tuple(piece for piece in pieces if piece and BLANK not in piece)


def _written_day(text: str) -> str:
    """The first day that a text names, in ISO; empty if it names none."""
    match = _DATE.search(text)
    try:
        return date(*map(int, match.groups())).isoformat() if match else ""
    except ValueError:
        return ""


def _day(moment: datetime) -> str:
    return moment.astimezone().date().isoformat()


def _entries(sql: sqlite_utils.Database, table: str, encounter_id: str) -> list[Mapping[str, Any]]:
    query = f"SELECT * FROM {table} WHERE encounter_id = ? AND withdrawn = 0 ORDER BY date, rowid"
    return list(sql.query(query, [encounter_id]))


def _order(row: Mapping[str, Any]) -> Order:
    return Order(
        date=row["date"],
        name=row["name"],
        dose=row["dose"],
        route=row["route"],
        frequency=row["frequency"],
        until=row["until"],
        extra=json.loads(row["extra"]),
        entry_id=row["order_id"],
    )


def _result(row: Mapping[str, Any]) -> Result:
    return Result(
        date=row["date"],
        name=row["name"],
        value=row["value"],
        unit=row["unit"],
        range=row["range"],
        abnormal=Abnormal(row["abnormal"]),
        extra=json.loads(row["extra"]),
        entry_id=row["result_id"],
    )
