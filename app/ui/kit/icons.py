"""The line icons of `resources/icons`, drawn in the colour of the theme."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.infra.resources import resource_text
from app.ui.kit.theme import Theme

ICON_SIZE = QSize(18, 18)
_SCALE = 2
_DISABLED_OPACITY = 0.45


def icon(name: str, theme: Theme) -> QIcon:
    """An icon in ink, in the secondary colour where disabled, and in the accent where switched on."""
    result = QIcon()
    result.addPixmap(_drawn(name, theme.ink), QIcon.Mode.Normal, QIcon.State.Off)
    result.addPixmap(_drawn(name, theme.accent, filled=True), QIcon.Mode.Normal, QIcon.State.On)
    result.addPixmap(_drawn(name, theme.secondary, opacity=_DISABLED_OPACITY), QIcon.Mode.Disabled, QIcon.State.Off)
    return result


def coloured_icon(name: str, colour: str, disabled: str = "") -> QIcon:
    """An icon in one given colour, and in another where disabled."""
    result = QIcon(_drawn(name, colour))
    result.addPixmap(_drawn(name, disabled or colour), QIcon.Mode.Disabled)
    return result


def _drawn(name: str, colour: str, *, filled: bool = False, opacity: float = 1.0) -> QPixmap:
    source = resource_text("icons", f"{name}.svg").replace("currentColor", colour)
    if filled:
        source = source.replace('fill="none"', f'fill="{colour}" fill-opacity="0.35"')
    pixmap = QPixmap(ICON_SIZE * _SCALE)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setOpacity(opacity)
    QSvgRenderer(QByteArray(source.encode())).render(painter)
    painter.end()
    pixmap.setDevicePixelRatio(_SCALE)
    return pixmap
