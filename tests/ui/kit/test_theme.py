from pathlib import Path

import pytest
from PySide6.QtCore import Qt, qInstallMessageHandler
from PySide6.QtGui import QColor, QFontDatabase
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from app.infra.resources import resource_path
from app.ui.kit.icons import icon
from app.ui.kit.theme import (
    DARK,
    LIGHT,
    Appearance,
    Theme,
    ensure_chinese_font,
    has_chinese_font,
    line_height_percent,
    style_sheet,
    type_sizes,
    ui_font,
)


def luminance(colour: str) -> float:
    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4

    red, green, blue, _ = QColor(colour).getRgbF()
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: str(theme.name))
def test_every_text_has_the_contrast_of_wcag_aa(theme: Theme) -> None:
    pairs = {
        "ink": (
            theme.ink,
            (theme.paper, theme.ground, theme.ai_tint, theme.selection, theme.warning_tint, theme.hover),
        ),
        "secondary": (theme.secondary, (theme.paper, theme.ground, theme.stale_tint, theme.selection, theme.hover)),
        "on accent": (theme.on_accent, (theme.accent,)),
        "accent": (theme.accent, (theme.paper,)),
        "warning": (theme.warning, (theme.paper, theme.ground)),
        "danger": (theme.danger, (theme.paper,)),
        "done": (theme.done, (theme.paper, theme.stale_tint)),
    }
    weak = [
        (name, ground, round(contrast(text, ground), 2))
        for name, (text, grounds) in pairs.items()
        for ground in grounds
        if contrast(text, ground) < 4.5
    ]
    assert weak == []


def test_the_system_scheme_is_followed(qapp: QApplication, appearance: Appearance) -> None:
    told: list[Theme] = []
    appearance.changed.connect(told.append)
    appearance._on_scheme_changed(Qt.ColorScheme.Dark)
    assert qapp.palette().window().color() == QColor(DARK.ground)
    assert DARK.paper in qapp.styleSheet()
    appearance._on_scheme_changed(Qt.ColorScheme.Light)
    assert told == [DARK, LIGHT]
    assert "$" not in qapp.styleSheet()
    appearance.changed.disconnect(told.append)


def test_a_chosen_scheme_stays_whatever_the_system_does(qapp: QApplication, appearance: Appearance) -> None:
    appearance.choose("dark")
    appearance._on_scheme_changed(Qt.ColorScheme.Light)
    assert appearance.theme is DARK
    appearance.choose("system")
    appearance._on_scheme_changed(Qt.ColorScheme.Light)
    assert appearance.theme is LIGHT


def test_text_grows_with_the_system_but_never_shrinks_below_the_design() -> None:
    assert (type_sizes(12).text, type_sizes(14).patient) == (14, 20)
    assert (type_sizes(21).text, type_sizes(21).section, type_sizes(21).patient) == (21, 24, 30)


def test_lines_are_one_and_a_half_times_the_text(qapp: QApplication) -> None:
    assert 100 <= line_height_percent(ui_font(14)) <= 150


def test_the_machine_of_the_tests_can_draw_chinese(qapp: QApplication) -> None:
    assert has_chinese_font()


@pytest.mark.parametrize("name", sorted(path.stem for path in resource_path("icons").glob("*.svg")))
def test_every_icon_can_be_drawn(qapp: QApplication, name: str) -> None:
    image = icon(name, LIGHT).pixmap(18, 18).toImage()
    assert any(image.pixelColor(x, y).alpha() for x in range(image.width()) for y in range(image.height()))


def test_fonts_that_came_with_the_program_are_used_where_the_system_has_none(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    added: list[str] = []
    monkeypatch.setattr("app.ui.kit.theme.resource_path", lambda *parts: tmp_path)
    monkeypatch.setattr(QFontDatabase, "addApplicationFont", added.append)
    for name in ("b.otf", "a.ttc", "readme.txt"):
        (tmp_path / name).touch()
    assert ensure_chinese_font()
    assert added == [], "the system has one"
    monkeypatch.setattr("app.ui.kit.theme.has_chinese_font", lambda: False)
    assert not ensure_chinese_font()
    assert added == [str(tmp_path / "a.ttc"), str(tmp_path / "b.otf")]


@pytest.mark.parametrize("folder", ["病房 软件 $1", "C:/Program Files/WardNote", "it's (new)", 'a "quoted" one'])
def test_the_style_sheet_is_whole_wherever_the_program_lies(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.setattr("app.ui.kit.theme.resource_path", lambda *parts: Path(folder, *parts))
    label, told = QLabel("主诉"), list[str]()
    qtbot.addWidget(label)
    before = qInstallMessageHandler(lambda kind, context, message: told.append(message))
    try:
        label.setStyleSheet(style_sheet(LIGHT, type_sizes(14)))
        label.ensurePolished()
    finally:
        qInstallMessageHandler(before)
    assert told == []
