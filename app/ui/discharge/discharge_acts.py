"""What the doctor does with a discharge record: put a section or all of it into the document, copy it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from app.controllers.discharge import NOT_READ, DischargeController
from app.controllers.feedback import FeedbackController
from app.controllers.note import NoteController
from app.core.backfill import Decision, check_backfill
from app.core.discharge.draft import WRITTEN
from app.core.discharge.record import BLANK
from app.core.notes import NoteKind
from app.core.provenance import is_untouched
from app.core.runs import Run
from app.core.text_diff import BUDGET, difference
from app.ui.comparison.backfill_dialog import BackfillDialog, BackfillQuestion
from app.ui.comparison.run_board import RunBoard, RunCard
from app.ui.comparison.suggestion_acts import KEPT, SIGNED, UNFINISHED
from app.ui.comparison.vote_acts import VoteActs
from app.ui.discharge.discharge_area import DischargeArea
from app.ui.discharge.discharge_desk import DischargeDesk
from app.ui.kit.diff_view import Part
from app.ui.kit.text_safety import marked_copy, visible_controls
from app.ui.kit.theme import Appearance
from app.ui.kit.wording import target
from app.ui.note.note_editor import NoteEditor
from app.ui.note.provenance_acts import ProvenanceActs

LIVE = "这份出院记录还在生成，完成或停止后才能使用。"
CHECKING = "正在核对这份出院记录，请稍候再回填。"
NOTHING = "这份建议没有写这一部分，没有回填。"
SAME = "文书中已经是这些文字，没有重复回填。"
FILLED = "入院日期、出院日期、入院诊断已有内容，或资料中没有，没有填入。"
CAPTION = "回填后：删去的有删除线，新增的有下划线（AI生成，须医师审核）。勾选要替换的部分，没有勾选的保持不变。"
_TITLES = {section.key: section.title for section in WRITTEN}


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a backfill would do, by `Section.key`: text for empty sections, and other text for written ones."""

    run: Run
    fresh: Mapping[str, str]
    other: Mapping[str, str]


class DischargeActs(QObject):
    """The presenter of the buttons below each pane, and of their keys. Nothing written is replaced without being asked.

    Where a section has text, the new one is offered as a difference: proposed where the text is a model's own, left
    alone where the doctor wrote or edited it, unless the doctor ticks it.
    """

    def __init__(
        self,
        area: DischargeArea,
        editor: NoteEditor,
        board: RunBoard,
        desk: DischargeDesk,
        notes: NoteController,
        discharge: DischargeController,
        feedback: FeedbackController,
        appearance: Appearance,
        sources: ProvenanceActs,
    ) -> None:
        super().__init__(area)
        self._area = area
        self._editor = editor
        self._board = board
        self._desk = desk
        self._notes = notes
        self._discharge = discharge
        self._feedback = feedback
        self._appearance = appearance
        self._sources = sources
        self.dialog: BackfillDialog | None = None
        area.backfill_wanted.connect(self.backfill)
        area.copy_wanted.connect(self.copy)
        area.backfill_items_wanted.connect(self.backfill)
        area.copy_items_wanted.connect(self.copy)
        area.fill_button.clicked.connect(self.fill_exact)
        VoteActs(area, board, feedback, notes)
        notes.opened.connect(lambda _note: self._close_dialog())

    def backfill(self, run_id: str, items: tuple[int, ...] = ()) -> None:
        """Put a record, or `items` of it (sections by index), into the open document if it was made for it."""
        card, binding = self._usable(run_id), self._discharge.binding
        if card is None or self.dialog is not None or self._is_locked():
            return
        record = self._desk.records.get(run_id)
        if binding is None or record is None:
            self._area.notice.say(NOT_READ if binding is None else CHECKING)
            return
        verdict = check_backfill(card.run.binding, binding, of_stay=True)
        if verdict.decision is Decision.REFUSED:
            self._area.notice.say(verdict.reason)
            return
        warnings = [verdict.reason] if verdict.decision is Decision.ASK else []
        warnings += [] if card.outcome and card.outcome.is_whole else [UNFINISHED]
        plan = self._plan(card.run, record.sections, items)
        if not plan.fresh and not plan.other:
            self._area.notice.say(SAME if any(record.sections.values()) and not items else NOTHING)
        elif warnings or plan.other:
            self._ask(plan, warnings)
        else:
            self._insert(plan.fresh, plan.run)

    def fill_exact(self) -> None:
        """Put what is copied from the stay into those of its sections that are empty; one undoable edit."""
        if not self._is_locked() and not self._insert(self._empty_exact()):
            self._area.notice.say(FILLED)

    def copy(self, run_id: str, items: tuple[int, ...] = ()) -> None:
        """Copy a record, or sections of it, as plain text with the AI mark."""
        pane = self._area.pane_of(run_id)
        if pane is None or self._usable(run_id) is None:
            return
        text = pane.body.text_of(items) if items else pane.body.chosen_text()
        QGuiApplication.clipboard().setText(marked_copy(text))
        self._feedback.copied(run_id)
        pane.header.say_briefly("已复制，末尾带 AI 标记")

    def _usable(self, run_id: str) -> RunCard | None:
        card = self._board.run(run_id)
        if card is None or not card.text.strip():
            return None
        if card.live:
            self._area.notice.say(LIVE)
            return None
        return card

    def _is_locked(self) -> bool:
        note = self._editor.note
        if note is None or note.note.kind is not NoteKind.DISCHARGE:
            return True
        locked = next(iter(self._editor.editors.values())).isReadOnly()
        if locked:
            self._area.notice.say(SIGNED)
        return locked

    def _plan(self, run: Run, sections: Mapping[str, str], items: tuple[int, ...]) -> _Plan:
        keys = [section.key for index, section in enumerate(WRITTEN) if not items or index in items]
        wanted = {key: visible_controls(sections.get(key, "")).strip() for key in keys}
        fresh = {key: text for key, text in wanted.items() if text and not self._text(key).strip()}
        other = {key: text for key, text in wanted.items() if text and self._text(key).strip() not in ("", text)}
        return _Plan(run, fresh if items else {**self._empty_exact(), **fresh} if fresh else fresh, other)

    def _text(self, key: str) -> str:
        return self._editor.editors[key].text()

    def _empty_exact(self) -> dict[str, str]:
        """What is copied from the stay, for its sections that are empty."""
        read = self._discharge.input
        exact = read.exact if read is not None else {}
        return {key: text for key, text in exact.items() if text != BLANK and not self._text(key).strip()}

    def _ask(self, plan: _Plan, warnings: list[str]) -> None:
        note = self._notes.open_note
        if note is None:
            return
        own = {key: not is_untouched(note.note.provenance, key, self._text(key)) for key in plan.other}
        choices = [(f"{_TITLES[key]}{'（您写过或改过）' if own[key] else ''}", not own[key]) for key in plan.other]
        shown = {**plan.other, **{key: text for key, text in plan.fresh.items() if key in _TITLES}}
        budget = BUDGET // len(shown)
        parts = [Part(_TITLES[key], difference(self._text(key), text, budget)) for key, text in shown.items()]
        question = BackfillQuestion(
            "回填出院记录",
            target(note.patient, note.encounter),
            warnings,
            CAPTION if choices else CAPTION.partition("。")[0],
            parts,
            "替换勾选的部分" if choices and not plan.fresh else "回填",
            choices,
        )
        dialog = self.dialog = BackfillDialog(question, self._appearance, self._area.window())
        dialog.accepted.connect(lambda: self._insert(_taken(plan, dialog.chosen), plan.run))
        dialog.finished.connect(lambda _result: self._close_dialog())
        dialog.open()

    def _close_dialog(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.hide()
            dialog.deleteLater()

    def _insert(self, sections: Mapping[str, str], run: Run | None = None) -> bool:
        """One act of the doctor: what a model wrote is known for it, what is copied from the stay is no model's."""
        binding = self._discharge.binding
        if binding is None or not sections:
            return False
        if run is not None and check_backfill(run.binding, binding, of_stay=True).decision is Decision.REFUSED:
            return False
        before = {key: self._text(key) for key in sections}
        for key, text in sections.items():
            if run is not None and key in _TITLES:
                self._sources.learn_text(run, text)
            else:
                self._notes.learn_copied(key, text)
        self._editor.replace_together(sections)
        # The doctor has seen the present stay, and was asked if the record was made from another one.
        expected = binding if run is None else replace(run.binding, input_hash=binding.input_hash)
        self._notes.keep_backfill(expected, lambda reason: self._take_back(before, sections, reason))
        for key in sections.keys() & _TITLES.keys():
            if run is not None:
                self._feedback.backfilled(run.run_id, key, sections[key])
        first = next(key for key in self._editor.editors if key in sections)
        self._editor.show_section(self._editor.editors[first], 0)
        return True

    def _take_back(self, before: Mapping[str, str], inserted: Mapping[str, str], reason: str) -> None:
        """The disk refused it: take it out again, but for what the doctor went on to write in meanwhile."""
        untouched = {key: text for key, text in before.items() if self._text(key) in (inserted[key], text)}
        self._editor.replace_together(untouched)
        self._area.notice.say(reason if untouched == before else f"{reason}{KEPT}")
        self._discharge.look_again()


def _taken(plan: _Plan, chosen: tuple[int, ...]) -> dict[str, str]:
    """What goes in: the empty sections, and those of the others that are ticked."""
    others = list(plan.other.items())
    return {**plan.fresh, **dict(others[index] for index in chosen)}
