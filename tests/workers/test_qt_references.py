"""The Qt binding must not lose references: PySide6 6.12.0 does on CPython 3.11, and aborts the program in the end."""

from __future__ import annotations

import sys

from PySide6.QtCore import QObject, Signal

TIMES = 40


class _Emitter(QObject):
    told = Signal(str)


def test_calls_into_qt_leave_none_and_true_as_they_are(qapp: object) -> None:
    emitter = _Emitter()
    before = sys.getrefcount(True), sys.getrefcount(None)
    for _ in range(TIMES):
        emitter.told.emit("")
        emitter.setObjectName("")
    after = sys.getrefcount(True), sys.getrefcount(None)
    assert all(now > then - TIMES // 2 for then, now in zip(before, after, strict=True))
