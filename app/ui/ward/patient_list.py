"""The encounters of the ward: bed, name, state of the note; searched by bed, name, its sound, or 住院号."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QListView, QPushButton, QVBoxLayout

from app.controllers.note import EncounterSummary
from app.ui.kit.icons import icon
from app.ui.kit.keys import Worded
from app.ui.kit.search_field import SearchField
from app.ui.kit.theme import Appearance, Theme
from app.ui.ward.patient_delegate import PatientDelegate
from app.ui.ward.patient_items import GROUP_ROLE, SUMMARY_ROLE, EncounterItems


class PatientView(QListView):
    """The list itself; on a heading, Enter and Space fold or unfold it, Left folds, Right unfolds.

    Signals:
        fold_wanted: the index of a heading.
    """

    fold_wanted = Signal(QModelIndex)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        index = self.currentIndex()
        group, key = index.data(GROUP_ROLE) if index.isValid() else None, Qt.Key(event.key())
        if group is None or key not in _FOLDING:
            super().keyPressEvent(event)
        elif _FOLDING[key] is not group.folded:
            self.fold_wanted.emit(index)


_FOLDING = {
    Qt.Key.Key_Return: None,
    Qt.Key.Key_Enter: None,
    Qt.Key.Key_Space: None,
    Qt.Key.Key_Left: True,
    Qt.Key.Key_Right: False,
}


class PatientList(QFrame):
    """The left column: search, encounters, and a way to add one.

    Signals:
        chosen: the id of the encounter to open.
        listed: the encounters were read again.
        add_wanted: the doctor wants to add a patient.
        samples_wanted: the doctor wants the sample encounters (offered while there is none at all).
    """

    chosen = Signal(str)
    listed = Signal()
    add_wanted = Signal()
    samples_wanted = Signal()

    def __init__(self, appearance: Appearance, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.setObjectName("patientColumn")
        self._keys = appearance.keys
        self._open_id = ""
        self._loaded = False
        self._entered_early = False
        self.items = EncounterItems(now, self)
        self.search = SearchField(appearance.keys)
        self.view = PatientView()
        self.add_button = QPushButton("办理入院")
        self.samples_button = QPushButton("载入示例病历")
        self._empty = QLabel()
        self._search_action = self.search.addAction(
            icon("search", appearance.theme), QLineEdit.ActionPosition.LeadingPosition
        )
        self._set_up(appearance)

    def replace(self, summaries: Sequence[EncounterSummary]) -> None:
        """Show these encounters; the open one stays marked."""
        self._loaded = True
        self.items.replace(summaries)
        self._mark_open()
        self._say_empty()
        self.listed.emit()
        if self._entered_early and summaries:
            self._on_search_entered()

    def mark_open(self, encounter_id: str) -> None:
        """Mark the encounter whose note is open."""
        self._open_id = encounter_id
        self.items.set_open(encounter_id)
        self._mark_open()

    def focus_search(self) -> None:
        """Put the cursor into the search field, all selected."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def refresh_times(self) -> None:
        """Draw the relative times anew."""
        self.view.viewport().update()

    def _set_up(self, appearance: Appearance) -> None:
        self.view.setModel(self.items)
        self.view.setItemDelegate(PatientDelegate(appearance, self.view))
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setAccessibleName("患者列表")
        self.view.clicked.connect(self._on_clicked)
        self.view.fold_wanted.connect(self._fold)
        self.view.activated.connect(self._on_activated)
        self.search.textChanged.connect(self._on_search)
        self.search.entered.connect(self._on_search_entered)
        self.search.left_down.connect(lambda: self.view.setFocus(Qt.FocusReason.ShortcutFocusReason))
        Worded(self.add_button, appearance.keys, "办理入院 Ctrl+N", self.add_button.setToolTip)
        self.add_button.clicked.connect(self.add_wanted)
        self.samples_button.setToolTip("载入自编的示例病历，供试用；均标有“示例”")
        self.samples_button.clicked.connect(self.samples_wanted)
        self._empty.setObjectName("emptyHint")
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        for widget in (self.search, self._empty, self.samples_button, self.view, self.add_button):
            layout.addWidget(widget)
        layout.setStretchFactor(self.view, 1)
        appearance.changed.connect(self._on_theme)
        appearance.keys.changed.connect(self._say_empty)
        self._on_theme(appearance.theme)
        self._say_empty()

    def _on_theme(self, theme: Theme) -> None:
        self.add_button.setIcon(icon("add", theme))
        self._search_action.setIcon(icon("search", theme))

    def _on_search(self, text: str) -> None:
        self._entered_early = False
        self.items.search(text)
        self._mark_open()
        self._say_empty()

    def _on_search_entered(self) -> None:
        """Open the first hit; where the list has not come yet, as soon as it does."""
        hit = self.items.first_hit()
        self._entered_early = not self.items.summaries
        if hit is not None:
            self._on_activated(hit)
            self.search.clear()

    def _on_clicked(self, index: QModelIndex) -> None:
        if index.data(GROUP_ROLE):
            self._fold(index)
        else:
            self._on_activated(index)

    def _fold(self, index: QModelIndex) -> None:
        row, group = index.row(), index.data(GROUP_ROLE)
        self.items.toggle(group.key)
        self.view.setCurrentIndex(self.items.index(row))

    def _on_activated(self, index: QModelIndex) -> None:
        summary = index.data(SUMMARY_ROLE)
        if summary is not None and summary.encounter.encounter_id != self._open_id:
            self.chosen.emit(summary.encounter.encounter_id)

    def _mark_open(self) -> None:
        row = self.items.row_of(self._open_id)
        if row is None:
            self.view.clearSelection()
        else:
            self.view.setCurrentIndex(self.items.index(row))

    def _say_empty(self) -> None:
        searching = bool(self.search.text().strip())
        words = "没有符合的患者，按 Esc 清除搜索。" if searching else "还没有患者。按 Ctrl+N 办理入院。"
        self._empty.setText(self._keys.worded(words))
        self._empty.setVisible(not self.items.rowCount())
        self.samples_button.setVisible(self._loaded and not self.items.summaries)
