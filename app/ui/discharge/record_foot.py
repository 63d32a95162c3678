"""Below the panes: where the sentence at hand comes from, what a record does not mention, and all that was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from app.core.discharge.coverage import Coverage, Meter
from app.core.discharge.draft import WRITTEN
from app.core.discharge.finish import Record
from app.core.discharge.source import Omission
from app.ui.kit.elided_label import ElidedLabel
from app.ui.kit.keys import Keys, Worded
from app.ui.kit.text_safety import visible_controls

NO_ENTRY = "在一栏中按 ↑ ↓ 逐句查看，这里显示每句的出处。"
NO_SOURCE = "〔未见出处〕住院资料中没有找到这一句的依据，请核对。"
DETAILS_TIP = "没有提到的、去掉的、未见出处的，以及没有提供给模型的资料  Ctrl+Shift+F"
COPIED = "由程序照抄自医嘱或检查结果。"
_METERS = (("results", "异常结果"), ("drugs", "用药"), ("procedures", "操作"), ("days", "病程日期"))
_TITLES = {section.key: section.title for section in WRITTEN}


class RecordFoot(QFrame):
    """Two lines, and the button that opens all of it."""

    def __init__(self, keys: Keys) -> None:
        super().__init__()
        self.setObjectName("recordFoot")
        self.source = ElidedLabel("recordSource", NO_ENTRY)
        self.source.setAccessibleName("出处")
        self.coverage = ElidedLabel("recordCoverage")
        self.coverage.setAccessibleName("提到了多少")
        self.details = QPushButton()
        self.details.setObjectName("judge")
        Worded(self.details, keys, "核对 Ctrl+Shift+F", self.details.setText)
        Worded(self.details, keys, DETAILS_TIP, self.details.setToolTip)
        lines = QVBoxLayout()
        lines.setSpacing(0)
        lines.addWidget(self.source)
        lines.addWidget(self.coverage)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 2, 12, 2)
        row.setSpacing(8)
        row.addLayout(lines, 1)
        row.addWidget(self.details)

    def show_source(self, words: str) -> None:
        """Where the sentence at hand comes from."""
        self.source.setText(visible_controls(words))

    def show_coverage(self, title: str, record: Record | None, omitted: Sequence[Omission]) -> None:
        """What the record of this model mentions, and how much the model was not shown."""
        parts = [f"{title}："] if record or omitted else []
        if record is not None:
            parts.append(coverage_line(record.coverage))
        if omitted:
            parts.append(f"资料过长，{len(omitted)} 项没有提供给模型")
        self.coverage.setText(visible_controls("　".join(parts)))
        self.details.setEnabled(bool(parts))


class FindingsDialog(QDialog):
    """All that the rules found about one model's record, as text that can be read through by keyboard."""

    def __init__(self, title: str, record: Record | None, omitted: Sequence[Omission], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("出院记录核对")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.resize(820, 520)
        heading = QLabel(visible_controls(title))
        heading.setObjectName("dialogHeading")
        heading.setTextFormat(Qt.TextFormat.PlainText)
        self.text = QPlainTextEdit(visible_controls("\n".join(_findings(record, omitted))))
        self.text.setReadOnly(True)
        self.text.setAccessibleName("核对结果")
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        layout.addWidget(heading)
        layout.addWidget(self.text, 1)
        layout.addWidget(QLabel("Esc 关闭"))


def coverage_line(coverage: Coverage) -> str:
    """`提到 异常结果 3/4 · 用药 5/5 …　未提到：血钾、头孢呋辛`."""
    meters = [(words, _meter(coverage, key)) for key, words in _METERS]
    told = [f"{words} {one.total - len(one.missing)}/{one.total}" for words, one in meters if one.total]
    missing = [name for _, one in meters for name in one.missing]
    named = f"　未提到：{'、'.join(missing)}" if missing else ""
    return f"提到 {' · '.join(told)}{named}" if told else ""


def _meter(coverage: Coverage, key: str) -> Meter:
    meter: Meter = getattr(coverage, key)
    return meter


def _findings(record: Record | None, omitted: Sequence[Omission]) -> Iterator[str]:
    if record is not None:
        for key, words in _METERS:
            meter = _meter(record.coverage, key)
            missing = "、".join(meter.missing) if meter.missing else "无" if meter.total else "本次住院没有"
            yield f"没有提到的{words}（共 {meter.total} 项）：{missing}"
        yield from _listed(
            "未见出处，请核对", (f"{_TITLES[one.section]}：“{one.quote.strip()}”" for one in record.unsupported)
        )
        removed = (f"{_TITLES[one.section]}：“{one.text}”：{one.reason}" for one in record.removed)
        yield from _listed("已去掉的句子", removed)
    left_out = (f"{one.entry.value}：{one.words}（{one.reason}）" for one in omitted)
    yield from _listed("没有提供给模型的资料", left_out)


def _listed(title: str, items: Iterator[str]) -> Iterator[str]:
    lines = [f"  · {item}" for item in items]
    yield ""
    yield f"{title}（{len(lines)}）" if lines else f"{title}：无"
    yield from lines
