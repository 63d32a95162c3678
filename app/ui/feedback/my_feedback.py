"""A page with what this doctor has reported and judged, the newest first."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.controllers.feedback import OwnFeedback
from app.core.acts import JUDGEMENTS, report_of
from app.core.events import EventKind, FeedbackEvent, Vote
from app.ui.kit.keys import Keys
from app.ui.kit.text_safety import visible_controls
from app.ui.kit.wording import bed_label, exact

COLUMNS = ("时间", "患者", "模型", "内容")
NOTHING = "还没有反馈：在建议栏中用 Ctrl+↑、Ctrl+↓ 评价，选中文字后按 Ctrl+E 报告错误。"
KEPT = "反馈保存在本机，导出时去除身份信息；要更正或撤回一次评价，请在建议栏中再按一次同一个键。"
_VOTES = {Vote.UP: "赞成", Vote.DOWN: "不赞成", Vote.WITHDRAWN: "撤回评价"}


class MyFeedbackDialog(QDialog):
    """Read-only; a table that the arrow keys go through."""

    def __init__(self, rows: Sequence[OwnFeedback], keys: Keys, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("我的反馈")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.resize(1000, 560)
        self.table = QTableWidget(len(rows), len(COLUMNS))
        self.table.setAccessibleName("我的反馈")
        self.table.setHorizontalHeaderLabels(COLUMNS)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        for number, row in enumerate(rows):
            for column, text in enumerate(_cells(row)):
                self.table.setItem(number, column, QTableWidgetItem(visible_controls(text)))
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        self._lay_out(KEPT if rows else keys.worded(NOTHING), empty=not rows)

    def _lay_out(self, words: str, *, empty: bool) -> None:
        hint = QLabel(words)
        hint.setObjectName("emptyHint")
        hint.setWordWrap(True)
        buttons = QDialogButtonBox()
        buttons.addButton("关闭", QDialogButtonBox.ButtonRole.RejectRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.table, 1)
        layout.addWidget(hint)
        layout.addWidget(buttons)
        self.table.setVisible(not empty)


def _cells(row: OwnFeedback) -> tuple[str, ...]:
    model = "各份建议" if row.event.kind in JUDGEMENTS else row.model
    return exact(row.event.occurred_at), f"{bed_label(row.bed)} {row.patient}", model, told(row.event)


def told(event: FeedbackEvent) -> str:
    """What was done, in words."""
    if event.kind is EventKind.ERROR_REPORTED:
        report = report_of(event)
        more = [f"更正：{report.correction}"] * bool(report.correction) + [report.comment] * bool(report.comment)
        return "；".join([f"识别错误（{report.type}，{report.severity}）：“{report.quote}”", *more])
    if event.kind is EventKind.VOTE:
        reasons = event.data.get("reasons")
        why = [f"理由：{'、'.join(map(str, reasons))}"] if isinstance(reasons, list) else []
        said = [str(event.data["comment"])] if event.data.get("comment") else []
        about = f"“{event.item}”" if event.item else "整份建议"
        return "；".join([f"{_VOTES[Vote(str(event.data['vote']))]}{about}", *why, *said])
    words = {EventKind.NONE_CORRECT: "无一正确", EventKind.ALL_ACCEPTABLE: "均可接受"}[event.kind]
    return f"撤回评价“{words}”" if event.data.get("withdrawn") else words
