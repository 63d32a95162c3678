"""The print preview: its pages, the model's sentences on them, and what its keys do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QGraphicsView, QWidget
from pytestqt.qtbot import QtBot

from app.core.paper import Paper, PaperSection, Piece
from app.ui.note.print_dialog import PrintDialog


def a_paper(lines: int, *, ai: bool) -> Paper:
    paragraphs = tuple((Piece(f"第{number}日，病情好转，继续治疗。", ai=ai),) for number in range(lines))
    header = (("姓名", "周示例"), ("住院号", "ZY0001"))
    return Paper("出院记录", header, (), (PaperSection("诊疗经过", paragraphs),), ("医师签名：________________",))


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    return widget


def shown(qtbot: QtBot, parent: QWidget, paper: Paper) -> PrintDialog:
    dialog = PrintDialog(paper, "5床 周示例", parent)
    dialog.open()
    qtbot.waitUntil(lambda: dialog.preview.pageCount() > 0 and dialog.isActiveWindow())
    return dialog


def has_violet(image: QImage) -> bool:
    """Ink with clearly more blue than green; the frame, the paper and black ink are grey."""
    rgb = image.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(rgb.constBits(), dtype=np.uint8).reshape(rgb.height(), rgb.width(), 4).astype(int)
    return bool((pixels[..., 0] - pixels[..., 1] > 30).any())


def test_a_long_document_has_pages_and_a_short_one_has_one(qtbot: QtBot, parent: QWidget) -> None:
    assert shown(qtbot, parent, a_paper(3, ai=False)).preview.pageCount() == 1
    assert shown(qtbot, parent, a_paper(120, ai=False)).preview.pageCount() >= 3


@pytest.mark.parametrize("ai", [True, False])
def test_what_a_model_wrote_is_coloured_and_told(qtbot: QtBot, parent: QWidget, ai: bool) -> None:
    dialog = shown(qtbot, parent, a_paper(12, ai=ai))
    assert has_violet(dialog.preview.grab().toImage()) is ai
    assert ("AI" in dialog.state.text()) is ai


def test_the_keyboard_alone_zooms_saves_and_leaves(
    qtbot: QtBot, parent: QWidget, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dialog = shown(qtbot, parent, a_paper(12, ai=False))
    assert isinstance(dialog.focusWidget(), QGraphicsView)
    before = dialog.preview.zoomFactor()
    qtbot.keyClick(dialog, Qt.Key.Key_Minus, Qt.KeyboardModifier.ControlModifier)
    assert dialog.preview.zoomFactor() < before
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "record"), ""))
    for button, form in ((dialog.pdf_button, "pdf"), (dialog.word_button, "docx")):
        with qtbot.waitSignal(dialog.file_wanted) as wanted:
            button.click()
        assert wanted.args == [form, tmp_path / f"record.{form}"]
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
