"""Reading the feedback log for statistics and training: streamed, patient by patient, nothing kept in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.storage.database import Database

Columns = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoredComparison:
    """The columns of one comparison, of its ended generations and of its events (oldest first).

    `about` has the comparison with its patient and stay, and `runs`: how many were started.
    """

    about: Columns
    generations: tuple[Columns, ...]
    events: tuple[Columns, ...]


@dataclass(frozen=True, slots=True)
class StoredIdentities:
    """Whoever the database knows or knew before a correction: names of patients and doctors, and 住院号."""

    names: tuple[str, ...]
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredChoices:
    """Departments and models that the database has."""

    departments: tuple[str, ...]
    models: tuple[str, ...]


class FeedbackSource:
    """What was asked, answered and done, of one database."""

    def __init__(self, database: Database) -> None:
        """Nothing is read yet."""
        self._database = database

    def comparisons(self) -> Iterator[StoredComparison]:
        """All comparisons, those of one patient after each other, from one state of the database.

        The patient is whose stay it is now: two records of one person that were merged are one patient.
        """
        with self._database.snapshot() as sql:
            for about in sql.query(_COMPARISONS):
                key = [about["comparison_id"]]
                generations = tuple(sql.query(_GENERATIONS, key))
                yield StoredComparison(about, generations, tuple(_event(row) for row in sql.query(_EVENTS, key)))

    def count(self) -> int:
        """How many comparisons there are."""
        return int(self._database.sql.execute("SELECT count(*) FROM comparisons").fetchone()[0])

    def choices(self) -> StoredChoices:
        """What an export can be narrowed to."""
        with self._database.snapshot() as sql:
            departments = sql.execute("SELECT DISTINCT department FROM encounters ORDER BY 1")
            models = sql.execute("SELECT DISTINCT model FROM generations ORDER BY 1")
            return StoredChoices(tuple(one for (one,) in departments if one), tuple(one for (one,) in models))

    def events(self) -> Iterator[Columns]:
        """All events in the order of the log, each with its model, task and department."""
        with self._database.snapshot() as sql:
            yield from map(_event, sql.query(_ALL_EVENTS))

    def identities(self) -> StoredIdentities:
        """Everyone's, whether or not there is feedback about them."""
        with self._database.snapshot() as sql:
            names = sql.execute(
                "SELECT name FROM patients UNION SELECT attending FROM encounters "
                "UNION SELECT actor FROM feedback_events UNION SELECT actor FROM note_versions "
                "UNION SELECT name FROM people UNION SELECT person FROM note_acts "
                "UNION SELECT json_extract(before, '$.name') FROM moves "
                "WHERE json_extract(before, '$.name') IS NOT NULL"
            )
            numbers = sql.execute(
                "SELECT mrn FROM encounters UNION SELECT json_extract(before, '$.mrn') FROM moves "
                "WHERE json_extract(before, '$.mrn') IS NOT NULL"
            )
            return StoredIdentities(tuple(name for (name,) in names), tuple(number for (number,) in numbers))


_COMPARISONS = """SELECT c.comparison_id, e.patient_id, c.encounter_id, c.created_at, p.name, p.sample, e.mrn, e.bed,
    e.attending, e.department, c.chief_complaint, c.case_features,
    (SELECT count(*) FROM runs r WHERE r.comparison_id = c.comparison_id) AS runs
    FROM comparisons c JOIN encounters e USING (encounter_id) JOIN patients p ON p.patient_id = e.patient_id
    ORDER BY e.patient_id, c.seq"""
_GENERATIONS = "SELECT * FROM generations WHERE comparison_id = ? ORDER BY display_order, seq"
_EVENTS = """SELECT f.* FROM feedback_events f JOIN runs r ON r.run_id = f.generation_id
    WHERE r.comparison_id = ? ORDER BY f.seq"""
_ALL_EVENTS = """SELECT f.*, g.model, g.task, g.department, r.comparison_id FROM feedback_events f
    JOIN runs r ON r.run_id = f.generation_id LEFT JOIN generations g ON g.generation_id = f.generation_id
    ORDER BY f.seq"""


def _event(row: Columns) -> Columns:
    return {**row, "data": json.loads(row["data"])}
