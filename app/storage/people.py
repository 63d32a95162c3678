"""The people of the ward."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from app.core.errors import UsageFault
from app.core.people import Person, Role
from app.storage.chain import sealed
from app.storage.codec import time_text
from app.storage.database import Database
from app.storage.rows import insert, put


class PeopleRepository:
    """People in the database."""

    def __init__(self, database: Database) -> None:
        """Nothing is read yet."""
        self._database = database

    def all(self) -> tuple[Person, ...]:
        """Everybody, in the order in which they were added."""
        with self._database.snapshot() as sql:
            return tuple(_person(row) for row in sql.query("SELECT * FROM people ORDER BY created_at, rowid"))

    def known_as(self, name: str, now: datetime) -> Person:
        """The person of this name; a doctor is made of it where nobody has it."""
        with self._database.transaction():
            for person in self.all():
                if person.name == name:
                    return person
            return self.add(name, Role.DOCTOR, now)

    def add(self, name: str, role: Role, now: datetime) -> Person:
        """A new person. Raises UsageFault if the name is empty or taken: signatures are told apart by it."""
        name = name.strip()
        if not name:
            raise UsageFault("请填写姓名。")
        with self._database.transaction() as sql:
            if any(person.name == name for person in self.all()):
                raise UsageFault(f"已经有一位“{name}”：同名者请加注以便区分。")
            person = Person(uuid4().hex, name, role)
            insert(sql, "people", _row(person, time_text(now)))
            return person

    def change(self, person_id: str, *, role: Role | None = None, pin: str | None = None) -> Person:
        """Give somebody another role or a new sealed PIN. Raises LookupError for an unknown id."""
        with self._database.transaction() as sql:
            for row in list(sql.query("SELECT * FROM people WHERE person_id = ?", [person_id])):
                was = _person(row)
                person = Person(person_id, was.name, role or was.role, was.pin if pin is None else pin)
                put(sql, "people", "person_id", _row(person, row["created_at"]))
                return person
        raise LookupError("no such person")


def _row(person: Person, created_at: str) -> dict[str, Any]:
    return sealed(
        {
            "person_id": person.person_id,
            "name": person.name,
            "role": person.role.value,
            "pin": person.pin,
            "created_at": created_at,
        }
    )


def _person(row: Mapping[str, Any]) -> Person:
    return Person(row["person_id"], row["name"], Role(row["role"]), row["pin"])
