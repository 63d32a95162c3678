"""One model's discharge record: a pane whose sections can be put into the document one by one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from app.core.discharge.draft import WRITTEN, parse_draft
from app.core.discharge.finish import Record
from app.core.events import Vote
from app.ui.comparison.reason_chips import Reasons
from app.ui.comparison.run_board import RunCard
from app.ui.comparison.run_pane import RunPane
from app.ui.discharge.record_view import RecordView
from app.ui.kit.theme import Appearance
from app.ui.kit.wording import duration

REASONS: Reasons = {
    Vote.UP: ("与资料一致", "要点完整", "条理清楚", "医嘱合适"),
    Vote.DOWN: ("与资料不符", "遗漏要点", "张冠李戴", "冗长空泛"),
}


class RecordPane(RunPane[RecordView]):
    """A pane of the discharge record. It tells how long the first section took, if it saw it come."""

    def __init__(self, number: int, appearance: Appearance) -> None:
        super().__init__(number, appearance, RecordView(appearance.keys), "出院记录", REASONS)
        self.first_sections: dict[str, float] = {}
        self.body.entry_changed.connect(lambda _entry: self._name_part())

    def show_copied(self, copied: Mapping[str, str]) -> None:
        """What is copied from the stay is there before any model has written."""
        self.body.show_copied(copied)

    def show_record(self, record: Record | None) -> None:
        """The rules have checked what this run wrote."""
        self.body.show_record(record)
        self._remark()

    def append(self, delta: str) -> None:
        """The run wrote more: note when the first section was whole."""
        super().append(delta)
        card = self.card
        is_first = card is not None and card.run.run_id not in self.first_sections
        if card is not None and is_first and len(parse_draft(self.body.markdown_source())) > 1:
            self.first_sections[card.run.run_id] = (datetime.now(UTC) - card.run.started_at).total_seconds()
            self._remark()

    def show_run(self, card: RunCard) -> None:
        """Show a run as far as it has come."""
        self._tell_state(card)
        super().show_run(card)
        self._remark()

    def refresh(self) -> None:
        """Show the state of the run anew."""
        if self.card is not None:
            self._tell_state(self.card)
        super().refresh()

    def _tell_state(self, card: RunCard) -> None:
        self.body.set_state(live=card.live, whole=card.outcome is not None and card.outcome.is_whole)

    def _remark(self) -> None:
        record, seconds = self.body.record, self.first_sections.get(self.run_id or "")
        parts = [f"首段 {duration(seconds)}"] if seconds is not None else []
        if record is not None and record.unsupported:
            parts.append(f"{len(record.unsupported)} 处未见出处")
        if record is not None and record.removed:
            parts.append(f"去掉 {len(record.removed)} 句")
        self.header.remark(" · ".join(parts))

    def _name_part(self) -> None:
        entry = self.body.current
        part = WRITTEN[entry.section].title if entry is not None else ""
        self.body.setToolTip(f"回车：只回填“{part}”" if part else "")
