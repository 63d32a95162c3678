"""The encounters of the ward: bed, name, state of the note; filtered by bed, name or 住院号."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import QModelIndex, QSortFilterProxyModel, Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QListView, QPushButton, QVBoxLayout

from app.controllers.note import EncounterSummary
from app.ui.icons import icon
from app.ui.patient_delegate import PatientDelegate
from app.ui.patient_items import SEARCH_ROLE, SUMMARY_ROLE, EncounterItems
from app.ui.search_field import SearchField
from app.ui.theme import Appearance, Theme


class PatientList(QFrame):
    """The left column: search, encounters, and a way to add one.

    Signals:
        chosen: the id of the encounter to open.
        add_wanted: the doctor wants to add a patient.
        samples_wanted: the doctor wants the sample encounters (offered while there is none at all).
    """

    chosen = Signal(str)
    add_wanted = Signal()
    samples_wanted = Signal()

    def __init__(self, appearance: Appearance, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.setObjectName("patientColumn")
        self._open_id = ""
        self._loaded = False
        self._items = EncounterItems(now, self)
        self._filtered = QSortFilterProxyModel(self)
        self._filtered.setSourceModel(self._items)
        self._filtered.setFilterRole(SEARCH_ROLE)
        self.search = SearchField()
        self.view = QListView()
        self.add_button = QPushButton("新增患者")
        self.samples_button = QPushButton("载入示例病历")
        self._empty = QLabel()
        self._search_action = self.search.addAction(
            icon("search", appearance.theme), QLineEdit.ActionPosition.LeadingPosition
        )
        self._set_up(appearance)

    def replace(self, summaries: Sequence[EncounterSummary]) -> None:
        """Show these encounters; the open one stays marked."""
        self._loaded = True
        self._items.replace(summaries)
        self._mark_open()
        self._say_empty()

    def mark_open(self, encounter_id: str) -> None:
        """Mark the encounter whose note is open."""
        self._open_id = encounter_id
        self._mark_open()

    def focus_search(self) -> None:
        """Put the cursor into the search field, all selected."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def refresh_times(self) -> None:
        """Draw the relative times anew."""
        self.view.viewport().update()

    def _set_up(self, appearance: Appearance) -> None:
        self.view.setModel(self._filtered)
        self.view.setItemDelegate(PatientDelegate(appearance, self.view))
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setUniformItemSizes(True)
        self.view.setAccessibleName("患者列表")
        self.view.clicked.connect(self._on_activated)
        self.view.activated.connect(self._on_activated)
        self.search.textChanged.connect(self._on_search)
        self.search.entered.connect(self._on_search_entered)
        self.search.left_down.connect(lambda: self.view.setFocus(Qt.FocusReason.ShortcutFocusReason))
        self.add_button.setToolTip("新增患者 Ctrl+N")
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
        self._on_theme(appearance.theme)
        self._say_empty()

    def _on_theme(self, theme: Theme) -> None:
        self.add_button.setIcon(icon("add", theme))
        self._search_action.setIcon(icon("search", theme))

    def _on_search(self, text: str) -> None:
        self._filtered.setFilterFixedString(text.strip().casefold())
        self._mark_open()
        self._say_empty()

    def _on_search_entered(self) -> None:
        if self._filtered.rowCount():
            self._on_activated(self._filtered.index(0, 0))
            self.search.clear()

    def _on_activated(self, index: QModelIndex) -> None:
        summary = index.data(SUMMARY_ROLE)
        if summary is not None and summary.encounter.encounter_id != self._open_id:
            self.chosen.emit(summary.encounter.encounter_id)

    def _mark_open(self) -> None:
        for row in range(self._filtered.rowCount()):
            index = self._filtered.index(row, 0)
            if index.data(SUMMARY_ROLE).encounter.encounter_id == self._open_id:
                self.view.setCurrentIndex(index)
                return
        self.view.clearSelection()

    def _say_empty(self) -> None:
        searching = bool(self.search.text().strip())
        self._empty.setText("没有符合的患者，按 Esc 清除搜索。" if searching else "还没有患者。按 Ctrl+N 新增一位。")
        self._empty.setVisible(not self._filtered.rowCount())
        self.samples_button.setVisible(self._loaded and not self._items.rowCount())
