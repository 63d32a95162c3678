"""What the doctor does with a suggestion: put it into the note, copy it, vote on it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from app.controllers.feedback import FeedbackController
from app.controllers.note import NoteController
from app.core.backfill import Decision, check_backfill, merged_text, text_without
from app.core.notes import DIFFERENTIAL
from app.core.text_diff import difference
from app.ui.comparison.backfill_dialog import BackfillDialog, BackfillQuestion
from app.ui.comparison.comparison_area import ComparisonArea
from app.ui.comparison.run_board import RunBoard, RunCard
from app.ui.comparison.vote_acts import VoteActs
from app.ui.kit.diff_view import Part
from app.ui.kit.text_safety import marked_copy, plain_text
from app.ui.kit.theme import Appearance
from app.ui.kit.wording import target
from app.ui.note.note_editor import NoteEditor
from app.ui.note.provenance_acts import ProvenanceActs

ALREADY_THERE = "鉴别诊断末尾已经是这份建议，没有重复回填。"
SIGNED = "这份文书已经签名，没有回填：需要改动时先按 Ctrl+Shift+M 修正。"
UNFINISHED = "这份建议没有写完。"
KEPT = "刚才回填后您又修改过的部分没有取回，请核对。"


class SuggestionActs(QObject):
    """The presenter of the buttons below each pane, and of their keys."""

    def __init__(
        self,
        area: ComparisonArea,
        editor: NoteEditor,
        board: RunBoard,
        notes: NoteController,
        feedback: FeedbackController,
        appearance: Appearance,
        sources: ProvenanceActs,
    ) -> None:
        super().__init__(area)
        self._area = area
        self._editor = editor
        self._board = board
        self._notes = notes
        self._feedback = feedback
        self._appearance = appearance
        self._sources = sources
        self.dialog: BackfillDialog | None = None
        self._connect()

    def backfill(self, run_id: str, items: tuple[int, ...] = ()) -> None:
        """Put a suggestion into 鉴别诊断 of the open note if it was made for it; ask where that is not plain.

        It is what the doctor picked of it, or `items` (diagnoses by index).
        """
        card, binding = self._usable(run_id), self._notes.binding
        if card is None or binding is None or self.dialog is not None:
            return
        verdict = check_backfill(card.run.binding, binding)
        if verdict.decision is Decision.REFUSED:
            self._area.notice.say(verdict.reason)
            return
        if self._editor.differential.isReadOnly():
            self._area.notice.say(SIGNED)
            return
        addition, existing = plain_text(self._picked(card, items)), self._editor.differential.text()
        if merged_text(existing, addition) == existing:
            self._area.notice.say(ALREADY_THERE)
        else:
            warnings = [verdict.reason] if verdict.decision is Decision.ASK else []
            warnings += [] if card.outcome and card.outcome.is_whole else [UNFINISHED]
            if warnings or existing.strip():
                self._ask(card, warnings, existing, addition)
            else:
                self._insert(card, addition)

    def copy(self, run_id: str, items: tuple[int, ...] = ()) -> None:
        """Copy a suggestion, or `items` of it, as plain text with the AI mark."""
        card = self._usable(run_id)
        if card is None:
            return
        text = plain_text(self._picked(card, items))
        QGuiApplication.clipboard().setText(marked_copy(text))
        self._feedback.copied(run_id)
        pane = self._area.pane_of(run_id)
        if pane is not None:
            pane.header.say_briefly("已复制，末尾带 AI 标记")

    def _connect(self) -> None:
        self._area.backfill_wanted.connect(self.backfill)
        self._area.copy_wanted.connect(self.copy)
        self._area.backfill_items_wanted.connect(self.backfill)
        self._area.copy_items_wanted.connect(self.copy)
        VoteActs(self._area, self._board, self._feedback, self._notes)
        self._notes.opened.connect(lambda _note: self._close_dialog())
        self._feedback.failed.connect(self._area.notice.say)

    def _picked(self, card: RunCard, items: tuple[int, ...]) -> str:
        pane = self._area.pane_of(card.run.run_id)
        if pane is None:
            return card.text
        return pane.body.text_of(items) if items else pane.body.chosen_text()

    def _usable(self, run_id: str) -> RunCard | None:
        card = self._board.run(run_id)
        if card is None or not card.text.strip():
            return None
        if card.live:
            self._area.notice.say("这份建议还在生成，完成或停止后才能使用。")
            return None
        return card

    def _ask(self, card: RunCard, warnings: list[str], existing: str, addition: str) -> None:
        note = self._notes.open_note
        if note is None:
            return
        kept = "现有文字保留，" if existing.strip() else ""
        question = BackfillQuestion(
            "回填鉴别诊断",
            target(note.patient, note.encounter),
            warnings,
            f"鉴别诊断回填后：{kept}带下划线的为新增（AI生成，须医师审核）",
            [Part("", difference(existing, merged_text(existing, addition)))],
            "追加到鉴别诊断",
        )
        self.dialog = BackfillDialog(question, self._appearance, self._area.window())
        self.dialog.accepted.connect(lambda: self._insert(card, addition))
        self.dialog.finished.connect(lambda _result: self._close_dialog())
        self.dialog.open()

    def _close_dialog(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.hide()
            dialog.deleteLater()

    def _insert(self, card: RunCard, addition: str) -> None:
        binding = self._notes.binding
        if binding is None or check_backfill(card.run.binding, binding).decision is Decision.REFUSED:
            return
        editor = self._editor.differential
        before = editor.text()
        self._sources.learn_text(card.run, addition)
        start = editor.replace_whole(merged_text(before, addition))
        # The doctor has seen the present input, and was asked if the suggestion was made from another one.
        expected = replace(card.run.binding, input_hash=binding.input_hash)
        self._notes.keep_backfill(expected, lambda reason: self._take_back(before, addition, reason))
        self._feedback.backfilled(card.run.run_id, DIFFERENTIAL.key, addition)
        self._editor.show_section(editor, start)

    def _take_back(self, before: str, addition: str, reason: str) -> None:
        """Storage refused it: take it out again, but for what the doctor went on to write in meanwhile."""
        editor = self._editor.differential
        current = editor.text()
        untouched = current in (before, merged_text(before, addition))
        text = before if untouched else text_without(current, addition)
        if text is not None:
            editor.replace_whole(text)
        self._area.notice.say(reason if text is not None else f"{reason}{KEPT}")
