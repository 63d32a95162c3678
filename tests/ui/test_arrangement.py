from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMainWindow, QSplitter
from pytestqt.qtbot import QtBot

from app.ui.arrangement import Arrangement


def a_window(qtbot: QtBot) -> tuple[QMainWindow, QSplitter, Arrangement]:
    window, splitter = QMainWindow(), QSplitter(Qt.Orientation.Horizontal)
    qtbot.addWidget(window)
    splitter.addWidget(QLabel("左"))
    splitter.addWidget(QLabel("右"))
    window.setCentralWidget(splitter)
    return window, splitter, Arrangement(window, {"columns": splitter})


def test_the_next_window_is_as_this_one_was_left(qtbot: QtBot) -> None:
    window, splitter, arrangement = a_window(qtbot)
    window.resize(640, 400)
    window.show()
    splitter.setSizes([440, 200])
    sizes = splitter.sizes()
    again, same_splitter, other = a_window(qtbot)
    assert other.restore(arrangement.state())
    again.show()
    assert again.size() == window.size()
    assert same_splitter.sizes() == sizes


@pytest.mark.parametrize("state", [{}, {"geometry": "", "columns": "AAAA"}, {"geometry": "不是", "other": "AAAA"}])
def test_nonsense_is_passed_over(qtbot: QtBot, state: dict[str, str]) -> None:
    _, splitter, arrangement = a_window(qtbot)
    assert not arrangement.restore(state)
    assert splitter.count() == 2
