from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QElapsedTimer, QUrl
from PySide6.QtGui import QGuiApplication, QTextCursor, QTextDocument
from pytestqt.qtbot import QtBot

from app.ui.kit.markdown_view import MarkdownView
from app.ui.kit.text_safety import AI_MARK

LONG = "\n".join(f"{number}. **诊断{number}**\n   - 支持点：发热、咳嗽、血压 120/80 mmHg" for number in range(1, 60))


@pytest.fixture
def view(qtbot: QtBot) -> MarkdownView:
    view = MarkdownView()
    qtbot.addWidget(view)
    view.resize(360, 240)
    view.show()
    return view


def test_streamed_text_is_drawn_soon(view: MarkdownView, qtbot: QtBot) -> None:
    view.set_source("1. **急性")
    view.append_source("心肌梗死**")
    view.append_source("\n   - 支持点：胸痛")
    qtbot.waitUntil(lambda: "支持点：胸痛" in view.toPlainText())
    assert "急性心肌梗死" in view.toPlainText()
    assert "**" not in view.toPlainText()


def test_drawing_is_throttled(view: MarkdownView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    monkeypatch.setattr(view, "setHtml", lambda _html: drawn.append(1))
    clock = QElapsedTimer()
    clock.start()
    while clock.elapsed() < 600:
        view.append_source("字")
        qtbot.wait(2)
    assert 1 <= len(drawn) <= 6


def test_the_view_follows_only_while_its_end_is_visible(view: MarkdownView) -> None:
    bar = view.verticalScrollBar()
    view.set_source(LONG)
    assert bar.value() == 0
    view.append_source("\n末尾一")
    view.draw()
    assert bar.value() == 0
    bar.setValue(bar.maximum())
    view.append_source(LONG)
    view.draw()
    assert bar.value() == bar.maximum()


def test_a_finished_text_is_shown_from_its_beginning_but_not_to_somebody_who_reads_it(
    view: MarkdownView, monkeypatch: pytest.MonkeyPatch
) -> None:
    bar = view.verticalScrollBar()
    monkeypatch.setattr(view, "underMouse", lambda: False)

    def place_after(reader: Callable[[], object]) -> int:
        view.set_source("")
        view.append_source(LONG)
        view.draw()
        assert bar.value() == bar.maximum()
        reader()
        view.replace_source(f"{LONG}\n")
        return bar.value()

    assert place_after(view.clearFocus) == 0
    assert place_after(lambda: bar.setValue(100)) == 100
    assert place_after(view.selectAll) > 0
    assert place_after(view.setFocus) == bar.maximum()
    view.clearFocus()
    monkeypatch.setattr(view, "underMouse", lambda: True)
    assert place_after(lambda: None) == bar.maximum()


def test_a_selection_survives_drawing(view: MarkdownView) -> None:
    view.set_source(LONG)
    cursor = view.textCursor()
    cursor.setPosition(3)
    cursor.setPosition(9, QTextCursor.MoveMode.KeepAnchor)
    view.setTextCursor(cursor)
    selected = view.textCursor().selectedText()
    view.append_source("\n末尾")
    view.draw()
    assert selected
    assert view.textCursor().selectedText() == selected


def test_no_file_and_no_address_is_ever_loaded(view: MarkdownView, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret", encoding="utf-8")
    for url in (QUrl.fromLocalFile(str(secret)), QUrl("http://localhost/x.png")):
        assert view.loadResource(QTextDocument.ResourceType.ImageResource, url) is None
        assert view.document().resource(QTextDocument.ResourceType.ImageResource, url) is None
    view.setHtml(f"<img src='{QUrl.fromLocalFile(str(secret)).toString()}'>")
    view.setSource(QUrl.fromLocalFile(str(secret)))
    assert "secret" not in view.toPlainText()


def test_what_is_copied_carries_the_mark(view: MarkdownView) -> None:
    view.set_source("**急性**心肌梗死")
    view.selectAll()
    view.copy()
    assert QGuiApplication.clipboard().text() == f"急性心肌梗死\n【{AI_MARK}】"
    assert not QGuiApplication.clipboard().mimeData().hasHtml()


def test_three_long_answers_never_hold_the_event_loop(view: MarkdownView) -> None:
    text = LONG[:1_500]
    costs = []
    for end in range(0, len(text), 50):
        view.append_source(text[end : end + 50])
        clock = QElapsedTimer()
        clock.start()
        view.draw()
        costs.append(clock.elapsed())
    assert sorted(costs)[-2] < 50
