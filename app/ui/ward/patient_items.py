"""The item model of the patient list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QWidget

from app.controllers.note import EncounterSummary
from app.controllers.patient_index import PatientIndex
from app.core.checks.deadline import (
    DISCHARGE_DUE,
    FIRST_PROGRESS_DUE,
    MOST_DAILY,
    daily_left,
    first_progress_left,
    left_words,
)
from app.core.entities import Encounter, Severity
from app.ui.kit.text_safety import tool_tip, visible_controls
from app.ui.kit.wording import ago, bed_label, day, exact, person

Index = QModelIndex | QPersistentModelIndex
SUMMARY_ROLE = Qt.ItemDataRole.UserRole
BED_ROLE = Qt.ItemDataRole.UserRole + 1
PERSON_ROLE = Qt.ItemDataRole.UserRole + 2
STATE_ROLE = Qt.ItemDataRole.UserRole + 3
MARKS_ROLE = Qt.ItemDataRole.UserRole + 4
URGENCY_ROLE = Qt.ItemDataRole.UserRole + 5
GROUP_ROLE = Qt.ItemDataRole.UserRole + 6
PART_SEPARATOR = " · "
SOON = timedelta(hours=2)
DISCHARGED = "discharged"
SAME_NAME = "同名"
MORE_HITS, MOST_HITS = "more", 100


class Urgency(Enum):
    """How soon a document is due; beside the words, never instead of them."""

    NONE = auto()
    SOON = auto()
    OVERDUE = auto()


@dataclass(frozen=True, slots=True)
class Group:
    """The heading of a ward, or of those who have left, in the list; `key` is kept while the list is read again."""

    key: str
    title: str
    count: int
    folded: bool


class EncounterItems(QAbstractListModel):
    """The item model of the list: one row per encounter, by ward and bed, with a heading for each of several wards.

    Those who have left stand in a group of their own, which is folded at first; of a folded group only the open one is
    shown. A search shows its hits alone.
    """

    def __init__(self, now: Callable[[], datetime], parent: QWidget) -> None:
        super().__init__(parent)
        self._now = now
        self._summaries: tuple[EncounterSummary, ...] = ()
        self._rows: tuple[EncounterSummary | Group, ...] = ()
        self._searched = ""
        self._folded = {DISCHARGED}
        self._open_id = ""
        self.index_of_patients = PatientIndex()

    @property
    def summaries(self) -> tuple[EncounterSummary, ...]:
        """All encounters, as they were read."""
        return self._summaries

    def replace(self, summaries: Sequence[EncounterSummary]) -> None:
        """Show these; rows that stay the same encounter keep the view's selection."""
        self.index_of_patients = PatientIndex(summaries, self.index_of_patients)
        self._summaries = self.index_of_patients.summaries
        self._show()

    def search(self, text: str) -> None:
        """Show the hits of a search alone; all encounters for an empty text."""
        self._searched = text.strip()
        self._show()

    def set_open(self, encounter_id: str) -> None:
        """This one is shown even where its group is folded."""
        self._open_id = encounter_id
        self._show()

    def toggle(self, key: str) -> None:
        """Fold a group, or unfold it."""
        if key != MORE_HITS:
            self._folded ^= {key}
        self._show()

    def row_of(self, encounter_id: str) -> int | None:
        """Where an encounter is shown."""
        for row, shown in enumerate(self._rows):
            if isinstance(shown, EncounterSummary) and shown.encounter.encounter_id == encounter_id:
                return row
        return None

    def first_hit(self) -> QModelIndex | None:
        """The first row that is an encounter."""
        hits = (row for row, shown in enumerate(self._rows) if isinstance(shown, EncounterSummary))
        row = next(hits, None)
        return None if row is None else self.index(row)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        shown = self._rows[index.row()]
        if isinstance(shown, Group):
            return _group_data(shown, role)
        # Asked for every row of a list of thousands while it is laid out.
        if role == GROUP_ROLE:
            return None
        if role == MARKS_ROLE:
            return marks(shown, bool(self.index_of_patients.namesakes(shown.encounter.encounter_id)))
        answer = _ROLES.get(role)
        return answer(shown, self._now()) if answer else None

    def _show(self) -> None:
        rows = self._hits() if self._searched else self._grouped()
        if list(map(_identity, rows)) == list(map(_identity, self._rows)):
            pairs = enumerate(zip(self._rows, rows, strict=True))
            changed = [row for row, (old, new) in pairs if old is not new and old != new]
            self._rows = tuple(rows)
            if changed:
                self.dataChanged.emit(self.index(changed[0]), self.index(changed[-1]))
            return
        self.beginResetModel()
        self._rows = tuple(rows)
        self.endResetModel()

    def _hits(self) -> tuple[EncounterSummary | Group, ...]:
        """Not more than can be looked through: drawing thousands for one letter would be waited for."""
        hits = self.index_of_patients.search(self._searched)
        more = len(hits) - MOST_HITS
        return (*hits[:MOST_HITS], *([Group(MORE_HITS, "再输入几个字，另有", more, folded=True)] if more > 0 else []))

    def _grouped(self) -> tuple[EncounterSummary | Group, ...]:
        wards: dict[str, list[EncounterSummary]] = {}
        left: list[EncounterSummary] = []
        for summary in self._summaries:
            encounter = summary.encounter
            group = left if encounter.discharged else wards.setdefault(ward_title(encounter), [])
            group.append(summary)
        left.sort(key=lambda summary: summary.encounter.discharged_at or summary.encounter.admitted_at, reverse=True)
        rows: list[EncounterSummary | Group] = []
        for title, present in wards.items():
            rows += self._group(title, title, present) if len(wards) > 1 else present
        return (*rows, *(self._group(DISCHARGED, "已出院", left) if left else ()))

    def _group(self, key: str, title: str, members: Sequence[EncounterSummary]) -> list[EncounterSummary | Group]:
        folded = key in self._folded
        shown = [one for one in members if not folded or one.encounter.encounter_id == self._open_id]
        return [Group(key, title, len(members), folded), *shown]


def ward_title(encounter: Encounter) -> str:
    """A ward as the list names it."""
    return encounter.ward or encounter.department or "未分病区"


def marks(summary: EncounterSummary, same_name: bool) -> tuple[tuple[str, Urgency], ...]:
    """What must be seen beside a name: 病危, 病重, 同名."""
    severity = summary.encounter.severity
    ill = {Severity.CRITICAL: Urgency.OVERDUE, Severity.SERIOUS: Urgency.SOON}.get(severity)
    shown = [(severity.value, ill)] if ill and not summary.encounter.discharged else []
    return (*shown, *([(SAME_NAME, Urgency.SOON)] if same_name else ()))


def _identity(row: EncounterSummary | Group) -> object:
    return (row.key, row.folded) if isinstance(row, Group) else row.encounter.encounter_id


def _group_data(group: Group, role: int) -> object:
    words = f"{group.title} · {group.count} 人"
    if role == GROUP_ROLE:
        return group
    if role == Qt.ItemDataRole.AccessibleTextRole:
        return f"{words}，{'已收起' if group.folded else '已展开'}"
    return words if role == Qt.ItemDataRole.DisplayRole else None


def state_words(summary: EncounterSummary, now: datetime) -> str:
    """Which document of the stay is due and when; while none is, when the first was last written. In a few words."""
    left_at = summary.encounter.discharged_at
    if left_at is not None:
        due = left_words(left_at + DISCHARGE_DUE - now, DISCHARGE_DUE)
        return f"{day(left_at)}出院" if summary.discharge_record else f"出院记录 {due}"
    if summary.complete and summary.updated_at is not None:
        left = _daily_left(summary, now)
        return ago(summary.updated_at, now) if left >= SOON else f"病程 {left_words(left, MOST_DAILY)}"
    return f"首程 {left_words(first_progress_left(summary.encounter, now))}"


def urgency(summary: EncounterSummary, now: datetime) -> Urgency:
    """How pressing the encounter's document is."""
    left_at = summary.encounter.discharged_at
    if left_at and summary.discharge_record:
        return Urgency.NONE
    if left_at:
        left = left_at + DISCHARGE_DUE - now
    elif summary.complete:
        left = _daily_left(summary, now)
    else:
        left = first_progress_left(summary.encounter, now)
    if left <= timedelta(0):
        return Urgency.OVERDUE
    return Urgency.SOON if left < SOON else Urgency.NONE


def _daily_left(summary: EncounterSummary, now: datetime) -> timedelta:
    written = summary.progress_at
    return timedelta.max if written is None else daily_left(summary.encounter.severity, written, now)


def _person_and_place(summary: EncounterSummary, _now: datetime) -> str:
    encounter = summary.encounter
    parts = (person(summary.patient, encounter), encounter.department or encounter.ward)
    return visible_controls(PART_SEPARATOR.join(part for part in parts if part))


def _spoken(summary: EncounterSummary, now: datetime) -> str:
    encounter, patient = summary.encounter, summary.patient
    ill = "" if encounter.severity is Severity.STABLE else str(encounter.severity)
    parts = (bed_label(encounter.bed), patient.name, person(patient, encounter), ill, state_words(summary, now))
    return "，".join(part for part in parts if part)


def _tip(summary: EncounterSummary, now: datetime) -> str:
    saved = "" if summary.updated_at is None else f"保存于 {exact(summary.updated_at)}"
    due = exact(summary.encounter.admitted_at + FIRST_PROGRESS_DUE)
    state = summary.note_title if summary.complete else f"{summary.note_title}尚未写完，应于 {due} 前完成"
    return tool_tip(f"住院号 {summary.encounter.mrn}", summary.encounter.department, state, saved)


_ROLES: dict[int, Callable[[EncounterSummary, datetime], object]] = {
    Qt.ItemDataRole.DisplayRole: lambda summary, _now: visible_controls(summary.patient.name),
    Qt.ItemDataRole.AccessibleTextRole: _spoken,
    Qt.ItemDataRole.ToolTipRole: _tip,
    SUMMARY_ROLE: lambda summary, _now: summary,
    BED_ROLE: lambda summary, _now: bed_label(summary.encounter.bed),
    PERSON_ROLE: _person_and_place,
    STATE_ROLE: state_words,
    URGENCY_ROLE: urgency,
}
