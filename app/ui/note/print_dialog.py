"""A document as it will be printed: its pages, printing them, and the same as a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtPrintSupport import QPrintDialog, QPrinter, QPrintPreviewWidget
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QGraphicsView,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.controllers.papers import draw_paper, set_up_page
from app.core.paper import Paper
from app.ui.kit.text_safety import visible_controls

KEYS = "PgUp、PgDn 翻看，Ctrl+加号、Ctrl+减号 缩放，Ctrl+0 适合页宽，Esc 关闭"
_HAS_AI = "含 AI 书写、尚未审核的内容，纸上以“［AI］”和紫色标出。"
_FILES = {"pdf": "PDF 文件 (*.pdf)", "docx": "Word 文件 (*.docx)"}


class PrintDialog(QDialog):
    """Signals:
    file_wanted: `pdf` or `docx`, and the path to write to.
    """

    file_wanted = Signal(str, Path)

    def __init__(self, paper: Paper, person: str, parent: QWidget) -> None:
        """`person` is whose document it is, in words."""
        super().__init__(parent)
        self.setWindowTitle("打印预览")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumSize(760, 480)
        self.resize(1080, 700)
        self.paper = paper
        self._printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        self._printer.setDocName(paper.title)
        set_up_page(self._printer)
        self.preview = QPrintPreviewWidget(self._printer, self)
        self.preview.paintRequested.connect(partial(draw_paper, paper))
        self.preview.setAccessibleName("打印预览")
        self.state = QLabel(_HAS_AI if paper.has_ai else "")
        self.print_button = QPushButton("打印(&P)…")
        self.pdf_button = QPushButton("存为 PDF(&D)…")
        self.word_button = QPushButton("存为 Word(&W)…")
        self.leave = QPushButton("关闭")
        self._lay_out(f"{paper.title}　{visible_controls(person)}")
        self._connect()
        for view in self.preview.findChildren(QGraphicsView):
            view.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
            view.setFocus()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """The width is known from now on."""
        super().showEvent(event)
        self.preview.fitToWidth()

    def say(self, sentence: str) -> None:
        """Show how it went."""
        self.state.setText(sentence)

    def _lay_out(self, title: str) -> None:
        heading, hint = QLabel(title), QLabel(KEYS)
        heading.setObjectName("dialogHeading")
        heading.setTextFormat(Qt.TextFormat.PlainText)
        self.state.setObjectName("diffSummary")
        self.state.setTextFormat(Qt.TextFormat.PlainText)
        self.state.setWordWrap(True)
        hint.setObjectName("diffSummary")
        self.print_button.setObjectName("primary")
        buttons = QHBoxLayout()
        buttons.addWidget(self.state, 1)
        for button in (self.print_button, self.pdf_button, self.word_button, self.leave):
            button.setAutoDefault(False)
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.addWidget(heading)
        layout.addWidget(hint)
        layout.addWidget(self.preview, 1)
        layout.addLayout(buttons)

    def _connect(self) -> None:
        self.print_button.clicked.connect(self._print)
        self.pdf_button.clicked.connect(partial(self._save, "pdf"))
        self.word_button.clicked.connect(partial(self._save, "docx"))
        self.leave.clicked.connect(self.reject)
        self._add_key(self.preview.zoomIn, "Ctrl++", "Ctrl+=")
        self._add_key(self.preview.zoomOut, "Ctrl+-")
        self._add_key(self.preview.fitToWidth, "Ctrl+0")

    def _add_key(self, act: Callable[[], None], *sequences: str) -> None:
        shortcut = QShortcut(self)
        shortcut.setKeys([QKeySequence(one) for one in sequences])
        shortcut.activated.connect(act)

    def _print(self) -> None:
        dialog = QPrintDialog(self._printer, self)
        dialog.setOption(QPrintDialog.PrintDialogOption.PrintPageRange, on=False)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            draw_paper(self.paper, self._printer)
            self.say("已送往打印机。")
        dialog.deleteLater()

    def _save(self, form: str) -> None:
        name = f"{self.paper.title}.{form}"
        chosen, _ = QFileDialog.getSaveFileName(self, "保存文书", name, _FILES[form])
        if chosen:
            path = Path(chosen)
            self.file_wanted.emit(form, path if path.suffix else path.with_suffix(f".{form}"))
