"""What happens to the patients of the ward: moves, merges, orders and results; each act is stored, then told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from app.controllers.autosave import local_now
from app.core.entities import Encounter, Patient
from app.core.errors import WardNoteError
from app.core.moves import Move, MoveKind
from app.core.stay import Order, Result
from app.storage.repositories import Repositories
from app.workers.storage_thread import StorageThread

T = TypeVar("T")

_BUG = "程序内部出错，这一次没有写入：请重试；若反复出现，请联系信息科。"

# Takes why nothing was stored; empty if it was.
Answer = Callable[[str], None]
StayEntries = tuple[tuple[Order, ...], tuple[Result, ...]]


class WardController(QObject):
    """Changes stays, and reads what they have besides notes; who gives an `answer` is told why not, not `failed`.

    Signals:
        changed: a sentence that says what is done; after the commit.
        entries_changed: the id of a stay whose orders or results are others now; after the commit.
        failed: a sentence; nothing was stored.
    """

    changed = Signal(str)
    entries_changed = Signal(str)
    failed = Signal(str)

    def __init__(self, storage: StorageThread, actor: str, parent: QObject | None = None) -> None:
        """`actor` is the doctor whose name the moves carry."""
        super().__init__(parent)
        self._storage = storage
        self._actor = actor

    def set_actor(self, actor: str) -> None:
        """Whose name moves carry from now on."""
        self._actor = actor

    def move(
        self, before: Encounter, after: Encounter, kind: MoveKind, told: str, answer: Answer | None = None
    ) -> None:
        """Store a stay's new state, if it is still as the doctor saw it (`before`)."""
        actor, now = self._actor, local_now()
        self._change(lambda repositories: repositories.ward.change(before, after, kind, actor, now), told, answer)

    def correct(
        self,
        before: tuple[Patient, Encounter],
        after: tuple[Patient, Encounter],
        told: str,
        answer: Answer | None = None,
    ) -> None:
        """Store name, sex, age and 住院号 as they should have been, if they are still as the doctor saw them."""
        actor, now = self._actor, local_now()
        self._change(lambda repositories: repositories.ward.correct(before, after, actor, now), told, answer)

    def merge(self, kept: str, other: str, told: str, answer: Answer | None = None) -> None:
        """Put all stays of the patient `other` under the patient `kept`."""
        actor, now = self._actor, local_now()
        self._change(lambda repositories: repositories.ward.merge(kept, other, actor, now), told, answer)

    def unmerge(self, encounter_id: str, told: str) -> None:
        """Put a stay back under the patient from whom its last merge took it."""
        actor, now = self._actor, local_now()
        self._change(lambda repositories: repositories.ward.unmerge(encounter_id, actor, now), told)

    def read_moves(self, encounter_id: str, done: Callable[[tuple[Move, ...]], None]) -> None:
        """Tell what happened to a stay, oldest first."""
        self._read(lambda repositories: repositories.ward.moves(encounter_id), done)

    def read_entries(self, encounter_id: str, done: Callable[[StayEntries], None]) -> None:
        """Tell a stay's orders and results, by date."""
        self._read(
            lambda repositories: (repositories.stays.orders(encounter_id), repositories.stays.results(encounter_id)),
            done,
        )

    def add_entries(
        self,
        encounter_id: str,
        orders: Sequence[Order],
        results: Sequence[Result],
        done: Callable[[StayEntries], None],
        refused: Answer | None = None,
    ) -> None:
        """Store orders and results, all or none, and tell all of the stay's."""
        actor, now = self._actor, local_now()

        def store(repositories: Repositories) -> StayEntries:
            with repositories.database.transaction():
                repositories.stays.add_orders(encounter_id, orders, actor, now)
                repositories.stays.add_results(encounter_id, results, actor, now)
            return repositories.stays.orders(encounter_id), repositories.stays.results(encounter_id)

        self._read(store, partial(self._on_entries, encounter_id, done), refused)

    def stop_order(
        self,
        encounter_id: str,
        order: Order,
        until: str,
        done: Callable[[StayEntries], None],
        refused: Answer | None = None,
    ) -> None:
        """The order ended on that day (ISO 8601); tell all entries."""

        def stop(repositories: Repositories) -> StayEntries:
            repositories.stays.stop_order(order.entry_id, until)
            return repositories.stays.orders(encounter_id), repositories.stays.results(encounter_id)

        self._read(stop, partial(self._on_entries, encounter_id, done), refused)

    def withdraw_entry(self, encounter_id: str, entry: Order | Result, done: Callable[[StayEntries], None]) -> None:
        """An order or result was entered by mistake; tell those that are left."""

        def withdraw(repositories: Repositories) -> StayEntries:
            stays = repositories.stays
            act = stays.withdraw_order if isinstance(entry, Order) else stays.withdraw_result
            act(entry.entry_id)
            return stays.orders(encounter_id), stays.results(encounter_id)

        self._read(withdraw, partial(self._on_entries, encounter_id, done))

    def _change(self, work: Callable[[Repositories], object], told: str, answer: Answer | None = None) -> None:
        self._storage.submit(work, lambda _: self._on_changed(told, answer), partial(self._on_failed, answer))

    def _read(
        self, work: Callable[[Repositories], T], done: Callable[[T], None], refused: Answer | None = None
    ) -> None:
        self._storage.submit(work, done, partial(self._on_failed, refused))

    def _on_changed(self, told: str, answer: Answer | None) -> None:
        if answer is not None:
            answer("")
        self.changed.emit(told)

    def _on_entries(self, encounter_id: str, done: Callable[[StayEntries], None], entries: StayEntries) -> None:
        done(entries)
        self.entries_changed.emit(encounter_id)

    def _on_failed(self, told: Answer | None, error: Exception) -> None:
        (told or self.failed.emit)(str(error) if isinstance(error, WardNoteError) else _BUG)
