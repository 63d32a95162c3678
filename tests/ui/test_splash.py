"""The splash goes when the first window comes; a fault is said in a window only where nobody reads a terminal."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from app.ui.splash import Splash, show_fault


def test_the_splash_goes_with_the_first_window(qapp: QApplication, qtbot: QtBot) -> None:
    splash = Splash(qapp)
    qtbot.addWidget(splash)
    assert splash.isVisible()
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    assert not splash.isVisible()
    splash.leave()


class Terminal:
    def __init__(self, read: bool) -> None:
        self._read = read

    def isatty(self) -> bool:
        return self._read


@pytest.mark.parametrize(
    ("stream", "platform", "said"),
    [
        (None, "xcb", True),
        (Terminal(False), "windows", True),
        (Terminal(True), "xcb", False),
        (Terminal(False), "offscreen", False),
    ],
)
def test_a_fault_is_shown_where_nobody_reads_it_otherwise(
    stream: object, platform: str, said: bool, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(QApplication, "platformName", lambda: platform)
    monkeypatch.setattr(QMessageBox, "exec", lambda box: shown.append(box.text()))
    show_fault("数据文件夹不能写入：请检查权限。")
    assert shown == (["数据文件夹不能写入：请检查权限。"] if said else [])
