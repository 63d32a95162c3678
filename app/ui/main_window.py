"""The window: patient list, note, comparison; composes them and connects them to the controllers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QFontMetrics
from PySide6.QtWidgets import QMainWindow, QSplitter, QVBoxLayout, QWidget

from app.controllers.answers import AnswerController
from app.controllers.board import BoardController
from app.controllers.checks import ChecksController
from app.controllers.comparison import ComparisonController
from app.controllers.discharge import DischargeController
from app.controllers.exports import ExportController
from app.controllers.feedback import FeedbackController
from app.controllers.models import ModelsController
from app.controllers.note import NoteController, OpenNote
from app.controllers.papers import PaperController
from app.controllers.people import PeopleController
from app.controllers.preferences import PreferencesController
from app.controllers.review import ReviewController
from app.controllers.signing import SigningController
from app.controllers.statistics import StatisticsController
from app.controllers.templates import TemplateController
from app.controllers.ward import WardController
from app.core.events import EventKind
from app.core.notes import NoteKind
from app.ui.arrangement import Arrangement
from app.ui.comparison.answer_desk import AnswerDesk
from app.ui.comparison.answer_history import AnswerHistory
from app.ui.comparison.asked_anew import AskedAnew
from app.ui.comparison.commit_first import CommitFirst
from app.ui.comparison.comparison_area import ComparisonArea
from app.ui.comparison.comparison_desk import ComparisonDesk
from app.ui.comparison.dwell import Dwell
from app.ui.comparison.judgement_acts import JudgementActs
from app.ui.comparison.model_status import ModelStatusLabel
from app.ui.comparison.pane_area import AreaModels
from app.ui.comparison.run_board import RunBoard
from app.ui.comparison.suggestion_acts import SuggestionActs
from app.ui.comparison.workplace import Workplace
from app.ui.discharge.discharge_acts import DischargeActs
from app.ui.discharge.discharge_area import DischargeArea
from app.ui.discharge.discharge_desk import DischargeDesk
from app.ui.feedback.export_acts import ExportActs
from app.ui.feedback.statistics_page import StatisticsActs
from app.ui.kit.theme import Appearance
from app.ui.models.model_acts import ModelActs
from app.ui.note.document_acts import DocumentActs
from app.ui.note.entry_acts import EntryActs
from app.ui.note.history_acts import HistoryActs
from app.ui.note.note_editor import NoteEditor
from app.ui.note.people_dialog import PeopleActs
from app.ui.note.print_acts import PrintActs
from app.ui.note.provenance_acts import ProvenanceActs
from app.ui.note.quality_watch import QualityWatch
from app.ui.note.review_acts import ReviewActs
from app.ui.note.signing_acts import SigningActs
from app.ui.note.template_acts import TemplateActs
from app.ui.preferences.preferences_page import PreferencesActs
from app.ui.shortcuts import Shortcuts
from app.ui.top_bar import TopBar
from app.ui.ward.board_acts import BoardActs
from app.ui.ward.patient_list import PatientList
from app.ui.ward.ward_acts import WardActs
from app.ui.window_acts import WindowActs

TITLE = "病程助手"
MINIMUM_WIDTH, MINIMUM_HEIGHT = 1180, 620
COMFORTABLE_SIZE = QSize(1600, 1000)
NOTE_ROWS, RECORD_ROWS = [340, 380], [230, 490]
_LIST_REFRESH_MS = 2_000
_TIMES_REFRESH_MS = 30_000


@dataclass(frozen=True, slots=True)
class Controllers:
    """What the window talks to; all live on the GUI thread."""

    notes: NoteController
    comparisons: ComparisonController
    feedback: FeedbackController
    checks: ChecksController
    board: BoardController
    statistics: StatisticsController
    exports: ExportController
    reviews: ReviewController
    answers: AnswerController
    people: PeopleController
    signing: SigningController
    papers: PaperController
    templates: TemplateController
    ward: WardController
    models: ModelsController
    discharge: DischargeController
    preferences: PreferencesController


class MainWindow(QMainWindow):
    """Composition only; the acts are in the desk and the suggestion acts.

    Signals:
        samples_wanted: the doctor wants the sample encounters.
        closing: the window closes; emitted once, before it does.
    """

    samples_wanted = Signal()
    closing = Signal()

    def __init__(self, controllers: Controllers, appearance: Appearance, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._controllers = controllers
        self.keys = appearance.keys
        self._kind = NoteKind.FIRST_PROGRESS
        self._sizes: dict[NoteKind, list[int]] = {}
        models = _models_of(controllers.comparisons)
        self.patients = PatientList(appearance, now)
        self.editor = NoteEditor(appearance)
        self.area = ComparisonArea(models, appearance, now)
        self.record_area = DischargeArea(models, appearance, now, self.area.notice)
        self.model_status = ModelStatusLabel([identity.model for identity, _ in models.models])
        board = RunBoard()
        self.desk = ComparisonDesk(self.area, self.editor, board, controllers.comparisons, controllers.notes)
        self.answers = AnswerDesk(
            self.area, self.editor, self.desk, controllers.notes, controllers.feedback, controllers.answers, appearance
        )
        self.sources = ProvenanceActs(self.editor, controllers.notes, self.say)
        self.acts = SuggestionActs(
            self.area, self.editor, board, controllers.notes, controllers.feedback, appearance, self.sources
        )
        self.asked_anew = AskedAnew(self.desk, controllers.feedback)
        self.answer_history = AnswerHistory(self.area, self.desk, appearance, self.say)
        self.commit = CommitFirst(self.area, self.editor, self.desk, controllers.feedback, self.say)
        self.history = HistoryActs(self.editor, controllers.notes, controllers.signing, appearance, self.say)
        self.judgements = JudgementActs(self.area, self.desk, controllers.notes, controllers.feedback, self.say)
        self._differentials = Workplace(
            self.area, self.desk, self.acts.backfill, self.acts.copy, self.judgements, self.answer_history
        )
        self._discharges = self._make_discharges(controllers, appearance)
        self.templates = TemplateActs(self.editor, controllers.notes, controllers.templates, self.say)
        self.documents = DocumentActs(self.editor, controllers.notes, self.say)
        self.printing = PrintActs(self.editor, controllers.notes, controllers.papers, self.say)
        self.documents.print_wanted.connect(self.printing.open)
        self.ward = WardActs(self.editor, self.patients, controllers.notes, controllers.ward, self.say, now)
        self.entries = EntryActs(self.editor, controllers.notes, controllers.ward, appearance, self.say)
        self.quality = QualityWatch(self.editor, now, controllers.checks)
        self.people = PeopleActs(controllers.people, self.keys, self)
        self.signing = SigningActs(
            self.editor, controllers.notes, controllers.people, controllers.signing, self.quality.checked, self.say
        )
        self.opinion = ReviewActs(self.editor, controllers.notes, controllers.reviews, self.say)
        self.tasks = BoardActs(controllers.board, controllers.notes, appearance, now, self)
        self.statistics = StatisticsActs(controllers.statistics, appearance, self)
        self.exports = ExportActs(controllers.exports, appearance, now, self)
        self.statistics.export_wanted.connect(self.exports.open)
        self.dwell = Dwell(self.area, self.desk, controllers.feedback, lambda: self.commit.hides)
        self.models = ModelActs(controllers.models, appearance, self.say, self)
        self.preferences = PreferencesActs(controllers.preferences, appearance, self)
        self._list_refresh = _timer(self, _LIST_REFRESH_MS, controllers.notes.refresh, single=True)
        self._times_refresh = _timer(self, _TIMES_REFRESH_MS, self.patients.refresh_times, single=False)
        self._times_refresh.timeout.connect(self.quality.check)
        self._times_refresh.timeout.connect(self.quality.read_facts)
        self._times_refresh.timeout.connect(self.tasks.tick)
        self._lay_out()
        self._connect()
        Shortcuts(self, self.keys, WindowActs(self).table())

    @property
    def workplace(self) -> Workplace:
        """The panes that belong to the open document."""
        note = self.editor.note
        is_record = note is not None and note.note.kind is NoteKind.DISCHARGE
        return self._discharges if is_record else self._differentials

    def _make_discharges(self, controllers: Controllers, appearance: Appearance) -> Workplace:
        notes, discharge, feedback = controllers.notes, controllers.discharge, controllers.feedback
        area, board = self.record_area, RunBoard()
        self.records = DischargeDesk(area, board, controllers.comparisons, notes, discharge, feedback)
        self.record_acts = DischargeActs(
            area, self.editor, board, self.records, notes, discharge, feedback, appearance, self.sources
        )
        judgements = JudgementActs(area, self.records, notes, feedback, self.say)
        history = AnswerHistory(area, self.records, appearance, self.say)
        return Workplace(area, self.records, self.record_acts.backfill, self.record_acts.copy, judgements, history)

    def open_on_screen(self, kept: Mapping[str, str]) -> None:
        """Show the window as it was left; the first time, all of a small ward screen or a part of a large one."""
        self.commit.restore(kept)
        self.ward.restore(kept)
        self.records.restore(kept)
        if self.arrangement.restore(kept):
            self.show()
            return
        free = self.screen().availableGeometry()
        size = free.size().boundedTo(COMFORTABLE_SIZE)
        self.resize(size)
        self.move(free.center() - self.rect().center())
        if size == free.size():
            self.showMaximized()
        else:
            self.show()

    def state(self) -> dict[str, str]:
        """How the window is left, for `open_on_screen`."""
        return self.arrangement.state() | self.commit.state() | self.ward.state() | self.records.state()

    def bring_forward(self) -> None:
        """Show this window above the others, with the keyboard focus."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def say(self, sentence: str, details: str = "") -> None:
        """Show a sentence in the notice bar; `details` without patient text can be copied."""
        self.area.notice.say(sentence, details)

    def checkpoint(self) -> None:
        """Save the open note, and keep this state as a version."""
        self._controllers.notes.checkpoint()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        if event.type() == QEvent.Type.ActivationChange:
            self.dwell.set_running(self.isActiveWindow())
            self.records.clock.set_running(self.isActiveWindow())
        super().changeEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        self.dwell.end()
        self.records.clock.show(())
        self._times_refresh.stop()
        self._list_refresh.stop()
        self._give_rows(NoteKind.FIRST_PROGRESS)
        self.closing.emit()
        super().closeEvent(event)

    def _lay_out(self) -> None:
        self.setWindowTitle(TITLE)
        right = self._rows = QSplitter(Qt.Orientation.Vertical)
        self._areas = _one_below_the_other(self.area, self.record_area)
        right.addWidget(self.editor)
        right.addWidget(self._areas)
        right.setSizes(NOTE_ROWS)
        note_side = QWidget()
        rows = QVBoxLayout(note_side)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(right, 1)
        rows.addWidget(self.area.notice)
        columns = QSplitter(Qt.Orientation.Horizontal)
        columns.addWidget(self.patients)
        columns.addWidget(note_side)
        columns.setSizes([232, 1134])
        columns.setStretchFactor(1, 1)
        for splitter in (right, columns):
            splitter.setHandleWidth(1)
            splitter.setChildrenCollapsible(False)
        self.arrangement = Arrangement(self, {"columns": columns, "rows": right})
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._top_bar())
        layout.addWidget(columns, 1)
        self.setCentralWidget(page)
        self.setMinimumSize(MINIMUM_WIDTH, MINIMUM_HEIGHT)
        self.patients.setMinimumWidth(QFontMetrics(self.font()).horizontalAdvance("床" * 12))

    def _top_bar(self) -> TopBar:
        buttons = (
            self.signing.waiting_button,
            self.tasks.button,
            self.people.button,
            self.statistics.button,
            self.models.button,
        )
        return TopBar(TITLE, self.keys, (self.model_status, *buttons))

    def _connect(self) -> None:
        notes, comparisons = self._controllers.notes, self._controllers.comparisons
        self.patients.chosen.connect(notes.open)
        self.patients.samples_wanted.connect(self.samples_wanted)
        notes.encounters_changed.connect(self.patients.replace)
        notes.opened.connect(self._on_opened)
        notes.stay_changed.connect(self.editor.show_stay)
        for desk in (self.desk, self.records):
            notes.stay_changed.connect(desk.show_target)
        notes.saved.connect(self._on_saved)
        notes.save_failed.connect(self._on_save_failed)
        notes.load_failed.connect(self.say)
        notes.provenance_changed.connect(self.quality.check_soon)
        for changed in (self._controllers.people.changed, self._controllers.signing.done):
            changed.connect(self.tasks.refresh)
        self.editor.edited.connect(notes.edit)
        self.editor.edited.connect(lambda _key, _text: self._controllers.discharge.typed())
        self.editor.refused.connect(self.say)
        self.editor.header.version.clicked.connect(self.history.open)
        comparisons.run_finished.connect(self.sources.learn)
        comparisons.model_changed.connect(self.model_status.update_status)
        consensus, judge_all = self.area.consensus, self.judgements.judge_all
        consensus.none_correct_wanted.connect(lambda: judge_all(EventKind.NONE_CORRECT))
        consensus.all_acceptable_wanted.connect(lambda: judge_all(EventKind.ALL_ACCEPTABLE))

    def _on_opened(self, note: OpenNote) -> None:
        if self.editor.note is None or self.editor.note.note.note_id != note.note.note_id:
            self.area.notice.hide()
        self.editor.show_note(note)
        self._give_rows(note.note.kind)
        self.area.setVisible(note.note.kind is NoteKind.FIRST_PROGRESS)
        self.record_area.setVisible(note.note.kind is NoteKind.DISCHARGE)
        self._areas.setVisible(note.note.kind is not NoteKind.DAILY_PROGRESS)
        self.patients.mark_open(note.encounter.encounter_id)
        for desk in (self.desk, self.records):
            desk.show_note(note)
        self.sources.show()
        self.quality.begin()
        self.editor.focus_first()

    def _give_rows(self, kind: NoteKind) -> None:
        """A discharge record is read more than written: its panes have more room, or what the doctor gave them."""
        if kind in (self._kind, NoteKind.DAILY_PROGRESS):
            return
        if self._areas.isVisible():
            self._sizes[self._kind] = self._rows.sizes()
        self._rows.setSizes(self._sizes.get(kind, RECORD_ROWS if kind is NoteKind.DISCHARGE else NOTE_ROWS))
        self._kind = kind

    def _on_saved(self, _note_id: str, version: int, moment: datetime) -> None:
        note = self._controllers.notes.open_note
        if note is None:
            return
        self.editor.header.show_version(version)
        if not self._controllers.notes.unsaved:
            self.editor.show_saved(moment)
        if not self._list_refresh.isActive():
            self._list_refresh.start()

    def _on_save_failed(self, sentence: str) -> None:
        self.editor.show_save_failed(sentence)
        self.say(sentence)


def _models_of(comparisons: ComparisonController) -> AreaModels:
    models = comparisons.models
    servers = sorted({model.server for model in models if model.server})
    return AreaModels([(model.identity, model.demonstration) for model in models], servers)


def _one_below_the_other(*widgets: QWidget) -> QWidget:
    """Widgets of which one is shown at a time."""
    page = QWidget()
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        layout.addWidget(widget)
    for widget in widgets[1:]:
        widget.hide()
    return page


def _timer(parent: QWidget, milliseconds: int, act: Callable[[], None], *, single: bool) -> QTimer:
    timer = QTimer(parent)
    timer.setInterval(milliseconds)
    timer.setSingleShot(single)
    timer.timeout.connect(act)
    if not single:
        timer.start()
    return timer
