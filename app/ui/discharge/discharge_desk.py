"""Brings discharge records into their area: what the stay says at once, what models write, what the rules find."""

from __future__ import annotations

from collections.abc import Mapping

from app.controllers.comparison import ComparisonController
from app.controllers.discharge import DischargeController, StayInput
from app.controllers.feedback import FeedbackController
from app.controllers.note import NoteController, OpenNote
from app.core.discharge.draft import WRITTEN
from app.core.discharge.finish import Record
from app.core.discharge.source import Omission, lines_of
from app.core.events import Vote
from app.core.notes import COURSE
from app.core.runs import Generation
from app.ui.comparison.run_board import RunBoard
from app.ui.comparison.run_desk import RunDesk
from app.ui.comparison.shown_clock import ShownClock
from app.ui.discharge.discharge_area import DischargeArea
from app.ui.discharge.record_foot import COPIED, NO_ENTRY, NO_SOURCE, FindingsDialog
from app.ui.discharge.record_pane import RecordPane
from app.ui.discharge.record_text import Entry, place_in_draft, without_number

_STALE = "生成之后，住院资料（病程、医嘱、检查结果）已经变化：这些内容来自较早的资料。"
AUTOMATIC_ON = "已开启自动起草：打开或保存出院记录时，住院资料有变化就在后台起草。"
AUTOMATIC_OFF = "已关闭自动起草：需要时按 Ctrl+Enter 生成。"
_SETTING = "discharge_automatic"
# In the kept settings: what holds where nobody has chosen.
DEFAULT = "discharge_automatic_default"
_MOST_SOURCES = 3


class DischargeDesk(RunDesk[DischargeArea]):
    """The presenter of the discharge records."""

    def __init__(
        self,
        area: DischargeArea,
        board: RunBoard,
        comparisons: ComparisonController,
        notes: NoteController,
        discharge: DischargeController,
        feedback: FeedbackController,
    ) -> None:
        self._discharge = discharge
        self._is_chosen = False
        self._feedback = feedback
        self._records: dict[str, Record] = {}
        self._votes: dict[tuple[str, str], Vote] = {}
        self._input: StayInput | None = None
        self._known: set[RecordPane] = set()
        self._asked: set[str] = set()
        self.clock = ShownClock[str](feedback.shown)
        self.dialog: FindingsDialog | None = None
        super().__init__("discharge", area, board, comparisons, notes)
        discharge.input_read.connect(self._on_input)
        discharge.finished.connect(self._on_record)
        discharge.refused.connect(area.notice.say)
        feedback.item_vote_stored.connect(self._on_item_vote)
        feedback.actor_changed.connect(self._read_votes)
        area.foot.details.clicked.connect(self.show_findings)
        area.automatic.clicked.connect(self._on_automatic)
        self.view_changed.connect(self._refresh)
        self._show(None)

    @property
    def records(self) -> Mapping[str, Record]:
        """The checked records of the open note, by run."""
        return self._records

    def state(self) -> dict[str, str]:
        """Whether records are written by themselves, for the settings; nothing where nobody has chosen."""
        return {_SETTING: "on" if self._area.automatic.isChecked() else "off"} if self._is_chosen else {}

    def restore(self, kept: Mapping[str, str]) -> None:
        """As it was left, or as `DEFAULT` says; on at first."""
        self._is_chosen = _SETTING in kept
        self._area.automatic.setChecked(kept.get(_SETTING, kept.get(DEFAULT, "on")) == "on")
        self._discharge.automatic = self._area.automatic.isChecked()

    def run(self) -> None:
        """Write the open record now, whether its stay changed or not."""
        self._discharge.start()

    def stop(self) -> None:
        """Stop every run; none starts again by itself for the same stay."""
        self._discharge.stop()

    def input_now(self) -> str:
        """The hash of the open record's stay as it was read last."""
        return self._input.input_hash if self._input else ""

    def show_note(self, note: OpenNote) -> None:
        """Another document was opened."""
        self._forget_records()
        self._votes.clear()
        self._input = None
        self._close()
        self._area.show_exact({})
        for pane in self._area.panes:
            pane.show_copied({})
        super().show_note(note)
        self._read_votes()

    def show_findings(self) -> None:
        """All that was found about the record in the focused pane, or in the first that has one."""
        pane = self._pane_at_hand()
        if pane is None or self.dialog is not None:
            return
        record, omitted = pane.body.record, self._omitted(pane)
        self.dialog = FindingsDialog(pane.header.title.text(), record, omitted, self._area.window())
        self.dialog.finished.connect(lambda _result: self._close())
        self.dialog.open()

    def _forget_records(self) -> None:
        self._records.clear()
        self._asked.clear()

    def _on_automatic(self, on: bool) -> None:
        self._is_chosen = True
        self._discharge.automatic = on
        self._area.notice.say(AUTOMATIC_ON if on else AUTOMATIC_OFF)
        if on:
            self._discharge.look_again()

    def _close(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.hide()
            dialog.deleteLater()

    def _on_staleness(self, stale: bool) -> None:
        self._area.show_input_change(_STALE if stale else "")

    def _on_input(self, read: StayInput) -> None:
        changed = self._input is None or self._input.input_hash != read.input_hash
        self._input = read
        if not changed:
            return
        self._forget_records()
        self._area.show_exact(read.exact)
        for pane in self._area.panes:
            pane.show_copied(read.copied)
            pane.show_record(None)
        self.refresh_staleness()
        self._refresh()

    def _on_run_finished(self, generation: Generation) -> None:
        super()._on_run_finished(generation)
        self._refresh()

    def _refresh(self) -> None:
        """Have checked what has ended in the panes and was not checked yet; say what is known."""
        for pane in self._area.panes:
            self._watch(pane)
            if self._input is not None:
                pane.show_copied(self._input.copied)
            card = pane.card
            if card is None or card.live or not card.text.strip():
                continue
            record = self._records.get(card.run.run_id)
            if record is None and self._input is not None and card.run.run_id not in self._asked:
                self._asked.add(card.run.run_id)
                self._discharge.finish(card.run.run_id, card.text)
            elif record is not None and pane.body.record is not record:
                pane.show_record(record)
        self.clock.show(run.run.run_id for run in (self.shown.runs if self.shown else ()) if not run.live and run.text)
        self._show_votes()
        self._show_foot()

    def _watch(self, pane: RecordPane) -> None:
        if pane not in self._known:
            self._known.add(pane)
            pane.body.entry_changed.connect(lambda entry, pane=pane: self._show_source(pane, entry))
            pane.body.vote_wanted.connect(lambda index, vote, pane=pane: self._vote(pane, index, vote))

    def _on_record(self, run_id: str, record: Record) -> None:
        self._records[run_id] = record
        pane = self._area.pane_of(run_id)
        if pane is not None and pane.card is not None and not pane.card.live:
            pane.show_record(record)
        self._show_foot()

    def _show_source(self, pane: RecordPane, entry: Entry | None) -> None:
        self._area.foot.show_source(self._source_words(pane, entry))
        self._show_foot()

    def _source_words(self, pane: RecordPane, entry: Entry | None) -> str:
        record = pane.body.record
        if entry is None or entry.part == 0 or record is None or self._input is None:
            return NO_ENTRY
        section = WRITTEN[entry.section]
        words = without_number(pane.body.toPlainText()[entry.start : entry.end])
        if place_in_draft(pane.body.markdown_source(), section, words) < 0:
            return COPIED
        if section is not COURSE:
            facts = [
                one.quote.strip()
                for one in record.unsupported
                if one.section == section.key and one.quote.strip() in words
            ]
            return f"{NO_SOURCE}（{'、'.join(facts)}）" if facts else NO_ENTRY
        link = next((one for one in record.links if one.start <= entry.within < one.end), None)
        lines = lines_of(self._input.stay)
        told = [lines[number].text for number in link.lines[:_MOST_SOURCES]] if link else []
        return f"出处　{'　｜　'.join(told)}" if told else NO_SOURCE

    def _pane_at_hand(self) -> RecordPane | None:
        panes = self._area.panes
        return self._area.focused_pane() or next((pane for pane in panes if pane.body.record), None)

    def _omitted(self, pane: RecordPane) -> tuple[Omission, ...]:
        plan = self._input.plans.get(pane.model) if self._input else None
        return plan.omitted if plan is not None else ()

    def _show_foot(self) -> None:
        pane = self._pane_at_hand()
        if pane is None:
            self._area.foot.show_coverage("", None, ())
        else:
            self._area.foot.show_coverage(pane.header.title.text(), pane.body.record, self._omitted(pane))

    def _vote(self, pane: RecordPane, index: int, vote: Vote) -> None:
        if pane.run_id is not None and pane.card is not None and not pane.card.live:
            self._feedback.vote(pane.run_id, vote, WRITTEN[index].title)

    def _read_votes(self) -> None:
        if (note := self._notes.open_note) is not None:
            self._feedback.item_votes(note.note.note_id, self._on_votes)

    def _on_votes(self, votes: Mapping[tuple[str, str], Vote]) -> None:
        self._votes = dict(votes)
        self._show_votes()

    def _on_item_vote(self, run_id: str, name: str, vote: Vote) -> None:
        self._votes[run_id, name] = vote
        self._show_votes()

    def _show_votes(self) -> None:
        for pane in self._area.panes:
            given = {index: self._votes.get((pane.run_id or "", one.title)) for index, one in enumerate(WRITTEN)}
            pane.body.show_votes({index: vote for index, vote in given.items() if vote in (Vote.UP, Vote.DOWN)})
