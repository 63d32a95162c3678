"""The item model of the patient list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import Enum, auto

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QWidget

from app.controllers.note import EncounterSummary
from app.core.checks.deadline import FIRST_PROGRESS_DUE, first_progress_left, left_words
from app.ui.text_safety import tool_tip, visible_controls
from app.ui.wording import ago, bed_label, exact, person

Index = QModelIndex | QPersistentModelIndex
SUMMARY_ROLE = Qt.ItemDataRole.UserRole
BED_ROLE = Qt.ItemDataRole.UserRole + 1
PERSON_ROLE = Qt.ItemDataRole.UserRole + 2
STATE_ROLE = Qt.ItemDataRole.UserRole + 3
SEARCH_ROLE = Qt.ItemDataRole.UserRole + 4
URGENCY_ROLE = Qt.ItemDataRole.UserRole + 5
PART_SEPARATOR = " · "
SOON = timedelta(hours=2)


class Urgency(Enum):
    """How soon a document is due; beside the words, never instead of them."""

    NONE = auto()
    SOON = auto()
    OVERDUE = auto()


class EncounterItems(QAbstractListModel):
    """The item model of the list; one row per encounter."""

    def __init__(self, now: Callable[[], datetime], parent: QWidget) -> None:
        super().__init__(parent)
        self._now = now
        self._summaries: tuple[EncounterSummary, ...] = ()

    def replace(self, summaries: Sequence[EncounterSummary]) -> None:
        """Show these; rows that stay the same encounter keep the view's selection."""
        same = [item.encounter.encounter_id for item in summaries] == [
            item.encounter.encounter_id for item in self._summaries
        ]
        if same:
            self._summaries = tuple(summaries)
            self.dataChanged.emit(self.index(0), self.index(max(0, len(summaries) - 1)))
            return
        self.beginResetModel()
        self._summaries = tuple(summaries)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else len(self._summaries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        summary = self._summaries[index.row()]
        answer = _ROLES.get(role)
        return answer(summary, self._now()) if answer else None


def state_words(summary: EncounterSummary, now: datetime) -> str:
    """When the encounter's note is due, or, once it is complete, when it was last written; in a few words."""
    if summary.complete and summary.updated_at is not None:
        return ago(summary.updated_at, now)
    return f"首程 {left_words(first_progress_left(summary.encounter, now))}"


def urgency(summary: EncounterSummary, now: datetime) -> Urgency:
    """How pressing the encounter's note is."""
    if summary.complete:
        return Urgency.NONE
    left = first_progress_left(summary.encounter, now)
    if left <= timedelta(0):
        return Urgency.OVERDUE
    return Urgency.SOON if left < SOON else Urgency.NONE


def _person_and_place(summary: EncounterSummary, _now: datetime) -> str:
    encounter = summary.encounter
    parts = (person(summary.patient, encounter), encounter.department or encounter.ward)
    return visible_controls(PART_SEPARATOR.join(part for part in parts if part))


def _spoken(summary: EncounterSummary, now: datetime) -> str:
    encounter, patient = summary.encounter, summary.patient
    parts = (bed_label(encounter.bed), patient.name, person(patient, encounter), state_words(summary, now))
    return "，".join(parts)


def _tip(summary: EncounterSummary, now: datetime) -> str:
    saved = "" if summary.updated_at is None else f"保存于 {exact(summary.updated_at)}"
    due = exact(summary.encounter.admitted_at + FIRST_PROGRESS_DUE)
    state = summary.note_title if summary.complete else f"{summary.note_title}尚未写完，应于 {due} 前完成"
    return tool_tip(f"住院号 {summary.encounter.mrn}", summary.encounter.department, state, saved)


def _search_text(summary: EncounterSummary, _now: datetime) -> str:
    encounter = summary.encounter
    return f"{bed_label(encounter.bed)} {summary.patient.name} {encounter.mrn}".casefold()


_ROLES: dict[int, Callable[[EncounterSummary, datetime], object]] = {
    Qt.ItemDataRole.DisplayRole: lambda summary, _now: visible_controls(summary.patient.name),
    Qt.ItemDataRole.AccessibleTextRole: _spoken,
    Qt.ItemDataRole.ToolTipRole: _tip,
    SUMMARY_ROLE: lambda summary, _now: summary,
    BED_ROLE: lambda summary, _now: bed_label(summary.encounter.bed),
    PERSON_ROLE: _person_and_place,
    STATE_ROLE: state_words,
    URGENCY_ROLE: urgency,
    SEARCH_ROLE: _search_text,
}
