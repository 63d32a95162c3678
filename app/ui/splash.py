"""What is seen between the double click and the first window, and what is said if that window cannot come."""

from __future__ import annotations

import sys

from PySide6.QtCore import QElapsedTimer, QEvent, QObject, QRect, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QWidget

import app
from app.infra.resources import resource_path

_WIDTH, _HEIGHT, _ICON = 360, 140, 72
_PATIENCE_MS = 30
_UNSEEN = ("offscreen", "minimal")


class Splash(QLabel):
    """The icon and the name; goes as soon as any other window of the program is shown.

    No QSplashScreen: that one waits up to a second for a screen that does not answer.
    """

    def __init__(self, application: QApplication) -> None:
        super().__init__(None, Qt.WindowType.SplashScreen | Qt.WindowType.FramelessWindowHint)
        self._application = application
        self.setPixmap(_picture(application.devicePixelRatio()))
        self.resize(_WIDTH, _HEIGHT)
        self.move(self.screen().availableGeometry().center() - self.rect().center())
        application.installEventFilter(self)
        self.show()
        self._draw()

    def _draw(self) -> None:
        """Before the imports that take the time; a screen that is slow to answer is not waited for."""
        clock = QElapsedTimer()
        clock.start()
        while clock.elapsed() < _PATIENCE_MS:
            self._application.processEvents()
            handle = self.windowHandle()
            if handle is None or handle.isExposed():
                break
        self.repaint()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Make room for the first window."""
        shown = event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow()
        if shown and watched is not self:
            self.leave()
        return False

    def leave(self) -> None:
        """Go; may be called twice."""
        self._application.removeEventFilter(self)
        self.hide()


def show_fault(sentence: str) -> None:
    """Say why no window comes, where nobody reads a terminal (started from a desktop, or without any streams)."""
    application = QApplication.instance()
    if application is None or QApplication.platformName() in _UNSEEN or _is_read(sys.stderr):
        return
    box = QMessageBox(QMessageBox.Icon.Warning, "病程助手", sentence)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.exec()


def _is_read(stream: object) -> bool:
    return bool(getattr(stream, "isatty", lambda: False)())


def _picture(ratio: float) -> QPixmap:
    pixmap = QPixmap(round(_WIDTH * ratio), round(_HEIGHT * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(QColor("#FFFFFF"))
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QColor("#DDE3EA"))
    painter.drawRect(0, 0, _WIDTH - 1, _HEIGHT - 1)
    top = (_HEIGHT - _ICON) // 2
    QSvgRenderer(str(resource_path("icons", "wardnote.svg"))).render(painter, QRect(32, top, _ICON, _ICON))
    font = QFont()
    font.setPixelSize(24)
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    painter.setPen(QColor("#1F2933"))
    painter.drawText(QRect(124, top, 220, 40), Qt.AlignmentFlag.AlignVCenter, "病程助手")
    font.setPixelSize(14)
    font.setWeight(QFont.Weight.Normal)
    painter.setFont(font)
    painter.setPen(QColor("#5F6C7B"))
    painter.drawText(QRect(124, top + 40, 220, 28), Qt.AlignmentFlag.AlignVCenter, f"WardNote {app.__version__}")
    painter.end()
    return pixmap
