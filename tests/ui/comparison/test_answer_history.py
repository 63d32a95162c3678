from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt

from app.inference.engines.scripted import Script
from app.ui.comparison.answer_history import TOO_FEW
from tests.ui.test_main_window import CONTROL, SHIFT, Ward, open_ward

__all__ = ["open_ward"]


def test_two_comparisons_differ_in_input_and_answers(open_ward: Callable[..., Ward]) -> None:
    ward = open_ward(Script("1. **肺炎**\n   - 支持点：{prompt}", token_ms=0))
    ward.open(ward.admit("张某", "3床"))
    ward.write_input("咳嗽3天")
    ward.run_to_the_end()
    ward.press(Qt.Key.Key_H, CONTROL | SHIFT)
    assert ward.notice == TOO_FEW
    ward.write_input("咳嗽5天")
    ward.run_to_the_end()
    ward.press(Qt.Key.Key_H, CONTROL | SHIFT)
    dialog = ward.window.answer_history.dialog
    assert dialog is not None
    shown = dialog.view.toPlainText()
    assert shown.startswith("主诉\n咳嗽35天")
    assert "病例特点\n" not in shown.split("model1")[0]
    dialog.earlier.setCurrentIndex(1)
    assert dialog.view.toPlainText() == ""
    dialog.reject()
    assert ward.window.answer_history.dialog is None
