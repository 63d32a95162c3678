"""Fields for dates that Tab leaves at once; in Qt's own it goes through year, month, day, hour and minute first.

The arrow keys still go from part to part.
"""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QDate, QDateTime, QTime
from PySide6.QtWidgets import QDateEdit, QDateTimeEdit, QWidget


class MomentField(QDateTimeEdit):
    """A date with a time of day."""

    def focusNextPrevChild(self, forwards: bool) -> bool:  # noqa: N802
        return QWidget.focusNextPrevChild(self, forwards)


class DayField(QDateEdit):
    """A date."""

    def focusNextPrevChild(self, forwards: bool) -> bool:  # noqa: N802
        return QWidget.focusNextPrevChild(self, forwards)


def moment_field(moment: datetime) -> MomentField:
    """A field for a date and time of day, in local time."""
    field = MomentField(local_minute(moment))
    field.setDisplayFormat("yyyy-MM-dd HH:mm")
    return field


def local_minute(moment: datetime) -> QDateTime:
    """What such a field shows of a moment."""
    local = moment.astimezone()
    return QDateTime(QDate(local.year, local.month, local.day), QTime(local.hour, local.minute))


def entered_moment(field: QDateTimeEdit) -> datetime:
    """What such a field says, with the machine's offset."""
    return datetime.fromtimestamp(field.dateTime().toSecsSinceEpoch()).astimezone()
