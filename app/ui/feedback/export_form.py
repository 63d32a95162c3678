"""What an export is asked for: its formats, what it is narrowed to, and the new folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from app.core.errors import UsageFault
from app.learning.filters import FORMAT_NAMES, Filters
from app.ui.kit.composed_line import ComposedLine

_WORDS: Mapping[str, str] = {
    "trl-sft": "TRL 监督微调",
    "trl-kto": "TRL 好坏（KTO）",
    "trl-dpo": "TRL 成对（DPO）",
    "trl-grpo": "TRL 最终诊断（GRPO）",
    "llama-factory": "LLaMA-Factory",
    "openai": "OpenAI 对话",
    "label-studio": "Label Studio 标注",
    "csv": "表格（CSV）",
    "sqlite": "数据库（SQLite）",
}
_AT_FIRST = frozenset(("trl-sft", "trl-kto", "trl-dpo"))
_COLUMNS = 5
_ALL = "全部"


class ExportForm(QWidget):
    """Nothing is read or written by it.

    Signals:
        narrowed: something else is asked for: what was reviewed does not fit any more.
        review_wanted: the records are to be shown.
    """

    narrowed = Signal()
    review_wanted = Signal()

    def __init__(self, now: datetime, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.formats = {name: QCheckBox(_WORDS[name]) for name in FORMAT_NAMES}
        self.since, self.until = _day_field("从这一天起"), _day_field("到这一天止")
        self.department, self.model = QComboBox(), QComboBox()
        self.only_new = QCheckBox("只要未导出过的(&O)")
        self.review = QPushButton("列出记录(&L)")
        self.folder = ComposedLine(str(Path.home() / f"病程助手导出-{now:%Y%m%d-%H%M%S}"))
        self._lay_out()
        self.offer((), ())

    def offer(self, departments: Sequence[str], models: Sequence[str]) -> None:
        """What can be chosen."""
        for box, names in ((self.department, departments), (self.model, models)):
            box.clear()
            box.addItem(_ALL, None)
            for name in names:
                box.addItem(name, name)

    def chosen_formats(self) -> tuple[str, ...]:
        """The formats that are ticked."""
        return tuple(name for name, box in self.formats.items() if box.isChecked())

    def filters(self) -> Filters:
        """What is asked for. Raises UsageFault for a field that is no date."""
        since, until = _day(self.since), _day(self.until)
        if since is not None and until is not None and since > until:
            raise UsageFault("开始日期晚于结束日期：请检查两个日期。")
        return Filters(since, until, self.department.currentData(), self.model.currentData())

    def target(self) -> Path:
        """The folder to be made. Raises UsageFault if it is not a full path."""
        target = Path(self.folder.text().strip()).expanduser()
        if not target.is_absolute():
            raise UsageFault("导出文件夹应是完整的路径：请按“选择…”另选。")
        return target

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(6)
        for number, (name, box) in enumerate(self.formats.items()):
            box.setChecked(name in _AT_FIRST)
            grid.addWidget(box, number // _COLUMNS, number % _COLUMNS)
        rows = QGridLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setVerticalSpacing(8)
        rows.setColumnStretch(1, 1)
        for number, (title, part) in enumerate((("格式", grid), ("范围", self._range()), ("文件夹", self._place()))):
            rows.addWidget(QLabel(title), number, 0)
            rows.addLayout(part, number, 1)

    def _range(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        fields = (("从", self.since), ("到", self.until), ("科室", self.department), ("模型", self.model))
        for title, field in fields:
            row.addWidget(QLabel(title))
            row.addWidget(field)
        row.addWidget(self.only_new)
        row.addStretch(1)
        row.addWidget(self.review)
        for line in (self.since, self.until):
            line.textChanged.connect(self.narrowed)
        for box in (self.department, self.model):
            box.setMinimumWidth(self.fontMetrics().horizontalAdvance("床" * 8))
            box.currentIndexChanged.connect(self.narrowed)
        self.only_new.toggled.connect(self.narrowed)
        self.review.clicked.connect(self.review_wanted)
        return row

    def _place(self) -> QHBoxLayout:
        choose = QPushButton("选择(&F)…")
        choose.clicked.connect(self._choose)
        for button in (choose, self.review):
            button.setAutoDefault(False)
        self.folder.setAccessibleName("要建立的文件夹")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.folder, 1)
        row.addWidget(choose)
        return row

    def _choose(self) -> None:
        parent = QFileDialog.getExistingDirectory(self, "导出文件夹建在何处")
        if parent:
            self.folder.setText(str(Path(parent) / Path(self.folder.text()).name))


def _day_field(name: str) -> QLineEdit:
    field = QLineEdit()
    field.setAccessibleName(name)
    field.setPlaceholderText("2025-03-01")
    field.setFixedWidth(field.fontMetrics().horizontalAdvance("2025-03-01 00000"))
    return field


def _day(field: QLineEdit) -> date | None:
    text = field.text().strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageFault(f"“{text}”不是日期：应写成 2025-03-01 这样。") from None
