"""The export page: what is wanted, each record's differences by de-identification, the export of what is approved."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.core.errors import UsageFault
from app.core.text_diff import difference
from app.learning.export import ExportResult
from app.learning.reviewing import Review, ReviewedText
from app.ui.feedback.export_form import ExportForm
from app.ui.feedback.export_list import ExportList
from app.ui.kit.diff_view import DiffView, Part
from app.ui.kit.theme import Appearance

BEGIN = "按“列出记录”：去标识后的每份记录先由您过目，通过的才会导出。"
_NONE = "没有可以导出的记录：请放宽范围。评估用的患者始终不导出。"


class ExportDialog(QDialog):
    """Above what is wanted, below the records and how the chosen one changes.

    Signals:
        review_wanted: Filters, whether only new rows are wanted.
        export_wanted: formats, Filters, folder, approved keys, whether only new rows are wanted.
        stop_wanted: end what is at work.
    """

    review_wanted = Signal(object, bool)
    export_wanted = Signal(object, object, object, object, bool)
    stop_wanted = Signal()

    def __init__(self, appearance: Appearance, now: datetime, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("导出反馈")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumSize(960, 520)
        self.resize(1240, 700)
        self.form = ExportForm(now)
        self.list = ExportList()
        self.view = DiffView(appearance, whole=True)
        self.view.setAccessibleName("去标识前后的差别")
        self.state = QLabel(BEGIN)
        self.state.setObjectName("diffSummary")
        self.state.setWordWrap(True)
        self.progress = QProgressBar()
        self.approve, self.reject_one = QPushButton("通过(&Y)"), QPushButton("不通过(&N)")
        self.approve_rest = QPushButton("其余全部通过(&A)")
        self.export, self.leave = QPushButton("导出(&E)"), QPushButton("关闭")
        self._busy = False
        self._lay_out()
        self._connect()
        self._update()

    def show_reviews(self, reviews: tuple[Review, ...]) -> None:
        """The records that can be approved."""
        self._busy = False
        self.list.show_reviews(reviews)
        self._update()
        self.list.setFocus()
        if reviews:
            self.tell()
        else:
            self.state.setText(_NONE)

    def show_progress(self, done: int, total: int) -> None:
        """How far the work is."""
        self.progress.setMaximum(max(1, total))
        self.progress.setValue(done)
        if done == total:
            self.state.setText("正在写完并检查有无遗漏的身份信息…")

    def show_result(self, result: ExportResult) -> None:
        """What was written."""
        self._busy = False
        rows = "，".join(f"{name} {count} 行" for name, count in result.counts.items())
        left = f"；隔离 {result.quarantined} 行（含病历中没有的内容）" if result.quarantined else ""
        self.state.setText(f"已导出 {result.comparisons} 份记录：{rows}{left}。")
        self._update()

    def show_failure(self, sentence: str) -> None:
        """Why nothing was written."""
        self._busy = False
        self.state.setText(sentence)
        self._update()

    def tell(self) -> None:
        """How many were approved, and how to go on."""
        approved, waiting = len(self.list.approved), self.list.waiting
        hint = "" if self.list.seen_to_the_end else "；看到列表末尾后可一次通过其余的"
        self.state.setText(
            f"共 {self.list.count()} 份，通过 {approved}，待审 {waiting}。按 Y 通过，按 N 不通过{hint}。"
        )

    def reject(self) -> None:
        """Close; what is at work ends."""
        self.stop_wanted.emit()
        super().reject()

    def _lay_out(self) -> None:
        self.list.setFixedWidth(self.fontMetrics().horizontalAdvance("床" * 17))
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(3)
        self.export.setObjectName("primary")
        records = QHBoxLayout()
        records.setSpacing(8)
        records.addWidget(self.list)
        records.addWidget(self.view, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.state, 1)
        for button in (self.approve, self.reject_one, self.approve_rest, self.export, self.leave):
            button.setAutoDefault(False)
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addWidget(self.form)
        layout.addLayout(records, 1)
        layout.addWidget(self.progress)
        layout.addLayout(buttons)

    def _connect(self) -> None:
        self.form.review_wanted.connect(self._review)
        self.form.narrowed.connect(self._forget)
        for box in self.form.formats.values():
            box.toggled.connect(self._update)
        self.list.currentRowChanged.connect(self._show_record)
        self.list.judged.connect(self._on_judged)
        self.approve.clicked.connect(lambda: self.list.judge(approve=True))
        self.reject_one.clicked.connect(lambda: self.list.judge(approve=False))
        self.approve_rest.clicked.connect(self.list.approve_rest)
        self.export.clicked.connect(self._export)
        self.leave.clicked.connect(self.reject)

    def _show_record(self) -> None:
        review = self.list.current
        self.view.show_parts([] if review is None else list(map(_part, review.texts)))

    def _on_judged(self) -> None:
        self.tell()
        self._update()

    def _review(self) -> None:
        try:
            filters = self.form.filters()
        except UsageFault as fault:
            self.state.setText(str(fault))
            return
        self._begin("正在读取并去标识…")
        self.review_wanted.emit(filters, self.form.only_new.isChecked())

    def _export(self) -> None:
        try:
            filters, target = self.form.filters(), self.form.target()
        except UsageFault as fault:
            self.state.setText(str(fault))
            return
        self._begin("正在导出…")
        self.export_wanted.emit(
            self.form.chosen_formats(), filters, target, self.list.approved, self.form.only_new.isChecked()
        )

    def _begin(self, words: str) -> None:
        self._busy = True
        self.progress.reset()
        self.state.setText(words)
        self._update()

    def _forget(self) -> None:
        """Another range: the approvals were given for other records."""
        if self.list.count():
            self.list.show_reviews(())
            self.state.setText(BEGIN)
            self._update()

    def _update(self) -> None:
        free, some = not self._busy, self.list.count() > 0
        self.form.setEnabled(free)
        self.list.setEnabled(free)
        self.progress.setVisible(self._busy)
        self.approve.setEnabled(free and some)
        self.reject_one.setEnabled(free and some)
        self.approve_rest.setEnabled(free and self.list.waiting > 0 and self.list.seen_to_the_end)
        self.export.setEnabled(free and bool(self.list.approved) and bool(self.form.chosen_formats()))


def _part(text: ReviewedText) -> Part:
    return Part(text.title, difference(text.before, text.after))
