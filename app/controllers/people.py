"""Who works here now: the people of the ward, switching between them, and their PINs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from app.controllers.autosave import local_now
from app.controllers.pin_guard import PinGuard
from app.core.errors import WardNoteError
from app.core.people import Person, Role, is_pin, may_manage, sealed_pin
from app.storage.repositories import Repositories
from app.workers.storage_thread import StorageThread

T = TypeVar("T")

_BUG = "程序内部出错，人员没有更改；若反复出现，请联系信息科。"
NOT_ALLOWED = "只有管理员可以增加人员、更改角色。"


class PeopleController(QObject):
    """The present person and all others.

    Signals:
        changed: Person; who works here from now on, also after a change of role or PIN.
        listed: tuple[Person, ...].
        failed: a sentence; nothing changed.
    """

    changed = Signal(object)
    listed = Signal(object)
    failed = Signal(str)

    def __init__(self, storage: StorageThread, name: str, parent: QObject | None = None) -> None:
        """`name` is the account's; until the database was read, a doctor of that name works here."""
        super().__init__(parent)
        self._storage = storage
        self._guard = PinGuard()
        self.present = Person("", name, Role.DOCTOR)
        self.people: tuple[Person, ...] = ()

    def load(self) -> None:
        """Read everybody; the account's name becomes a doctor where nobody has it."""
        name = self.present.name
        self._do(lambda repositories: repositories.people.known_as(name, local_now()), self._become)

    def switch(self, person: Person, pin: str, done: Callable[[str], None]) -> None:
        """Somebody else works here now; `done` is told why not, or an empty string. Who has no PIN needs none."""

        def told(why: str) -> None:
            if not why:
                self._become(person)
            done(why)

        if person.pin:
            self._check(person, pin, told)
        else:
            told("")

    def confirm(self, pin: str, done: Callable[[str], None]) -> None:
        """Is it the present person? `done` is told why not, or an empty string."""
        self._check(self.present, pin, done)

    def choose_pin(self, pin: str, done: Callable[[], None] = lambda: None) -> None:
        """The present person signs with this PIN from now on."""
        person_id = self.present.person_id

        def chosen(person: Person) -> None:
            self._become(person)
            done()

        self._do(lambda repositories: repositories.people.change(person_id, pin=sealed_pin(pin)), chosen)

    def add(self, name: str, role: Role) -> None:
        """A colleague more."""
        self._manage(lambda repositories: repositories.people.add(name, role, local_now()))

    def change_role(self, person: Person, role: Role) -> None:
        """Somebody has another role from now on."""
        self._manage(lambda repositories: repositories.people.change(person.person_id, role=role))

    def _check(self, person: Person, pin: str, done: Callable[[str], None]) -> None:
        if why := self._guard.refusal(person.person_id):
            done(why)
            return
        self._do(
            lambda _repositories: is_pin(pin, person.pin),
            lambda right: done(self._guard.judge(person.person_id, right)),
        )

    def _manage(self, work: Callable[[Repositories], Person]) -> None:
        if not may_manage(self.present, self.people):
            self.failed.emit(NOT_ALLOWED)
            return
        self._do(work, self._on_managed)

    def _on_managed(self, person: Person) -> None:
        if person.person_id == self.present.person_id:
            self._become(person)
        else:
            self._list()

    def _become(self, person: Person) -> None:
        self.present = person
        self._storage.submit(
            lambda repositories: repositories.comparisons.set_doctor(person.name), lambda _: None, self._on_failed
        )
        self.changed.emit(person)
        self._list()

    def _list(self) -> None:
        self._do(lambda repositories: repositories.people.all(), self._on_listed)

    def _on_listed(self, people: tuple[Person, ...]) -> None:
        self.people = people
        self.listed.emit(people)

    def _do(self, work: Callable[[Repositories], T], done: Callable[[T], None]) -> None:
        self._storage.submit(work, done, self._on_failed)

    def _on_failed(self, error: Exception) -> None:
        self.failed.emit(str(error) if isinstance(error, WardNoteError) else _BUG)
