from __future__ import annotations

from collections.abc import Iterable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QTextCharFormat, QTextCursor
from pytestqt.qtbot import QtBot

from app.core.text_diff import Change, difference
from app.ui.kit.diff_view import CONTEXT_CHARACTERS, DiffView, Part, mark_format
from app.ui.kit.theme import DARK, LIGHT, Appearance, Theme


@pytest.fixture
def view(qtbot: QtBot, appearance: Appearance) -> DiffView:
    view = DiffView(appearance)
    qtbot.addWidget(view)
    view.resize(600, 200)
    view.show()
    return view


def format_of(view: DiffView, text: str) -> QTextCharFormat:
    cursor = view.document().find(text)
    assert isinstance(cursor, QTextCursor) and not cursor.isNull()
    return cursor.charFormat()


def test_struck_and_added_text_differ_by_more_than_colour(view: DiffView) -> None:
    view.show_parts([Part("诊疗计划", difference("左侧胸痛", "右侧胸痛"))])
    assert view.toPlainText() == "诊疗计划\n左右侧胸痛"
    struck, added, kept = (format_of(view, text) for text in ("左", "右", "侧胸痛"))
    assert (struck.fontStrikeOut(), struck.fontUnderline()) == (True, False)
    assert (added.fontStrikeOut(), added.fontUnderline()) == (False, True)
    assert (kept.fontStrikeOut(), kept.fontUnderline()) == (False, False)


def test_a_long_unchanged_run_is_cut_and_the_cut_is_said(view: DiffView) -> None:
    old = "一" * 2_000
    view.show_parts([Part("", difference(old, old + "\n新"))])
    cut = 2_000 - 2 * CONTEXT_CHARACTERS
    assert f"此处 {cut} 字未改动" in view.toPlainText()
    assert view.toPlainText().count("一") == 2 * CONTEXT_CHARACTERS
    assert format_of(view, "新").fontUnderline()


def test_the_cut_is_between_clauses(view: DiffView) -> None:
    old = "血钾12.8 mmol/L，" * 100
    view.show_parts([Part("", difference(old, old + "新"))])
    head, cut, tail = view.toPlainText().split("\n")
    assert head.endswith("mmol/L，")
    assert tail.startswith("血钾12.8")
    assert f"此处 {len(old) - len(head) - len(tail) + 1} 字" in cut


def test_drawing_is_bounded(view: DiffView) -> None:
    view.show_parts([Part("", difference("", "一" * 50_000))])
    assert len(view.toPlainText()) < 13_000
    assert "未显示" in view.toPlainText()


def test_the_first_change_is_in_sight(view: DiffView) -> None:
    lines = "".join(f"第{number}行\n" for number in range(40))
    view.show_parts([Part("", difference(lines, lines + "新的一行"))])
    assert view.verticalScrollBar().value() > 0


def test_it_is_scrolled_by_keys_and_nothing_is_copied(view: DiffView, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().clear()
    view.show_parts([Part("", difference("", "一\n" * 60))])
    for key in (Qt.Key.Key_A, Qt.Key.Key_C):
        qtbot.keyClick(view, key, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == ""
    qtbot.keyClick(view, Qt.Key.Key_PageDown)
    assert view.verticalScrollBar().value() > 0


def test_hidden_characters_are_shown(view: DiffView) -> None:
    view.show_parts([Part("", difference("", "药\u202e名"))])
    assert "[U+202E]" in view.toPlainText()


def test_the_colours_follow_the_theme(view: DiffView, appearance: Appearance) -> None:
    view.show_parts([Part("", difference("左", "右"))])
    appearance.apply(DARK)
    colour = format_of(view, "右").foreground().color()
    appearance.apply(LIGHT)
    assert colour == QColor(DARK.done)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
@pytest.mark.parametrize("change", [Change.STRUCK, Change.ADDED])
def test_the_contrast_is_aa_on_the_tint(theme: Theme, change: Change) -> None:
    style = mark_format(change, theme)
    tint, paper = style.background().color(), QColor(theme.paper)
    share = tint.alphaF()
    ground = [share * c + (1 - share) * p for c, p in zip(tint.getRgbF()[:3], paper.getRgbF()[:3], strict=True)]
    bright, dim = sorted((luminance(style.foreground().color().getRgbF()[:3]), luminance(ground)), reverse=True)
    assert (bright + 0.05) / (dim + 0.05) >= 4.5


def luminance(channels: Iterable[float]) -> float:
    """Relative luminance of sRGB channels in 0..1 (WCAG 2.1)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
