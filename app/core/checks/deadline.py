"""When a document is due (病历书写基本规范).

首次病程记录: 8 h after admission; 出院记录: 24 h after discharge; daily notes: by how ill the patient is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from app.core.entities import Encounter, Severity

FIRST_PROGRESS_DUE = timedelta(hours=8)
DISCHARGE_DUE = timedelta(hours=24)
DAILY_EVERY: Mapping[Severity, timedelta] = {
    Severity.CRITICAL: timedelta(days=1),
    Severity.SERIOUS: timedelta(days=2),
    Severity.STABLE: timedelta(days=3),
}
MOST_DAILY = max(DAILY_EVERY.values())


def first_progress_left(encounter: Encounter, now: datetime) -> timedelta:
    """How long until the 首次病程记录 is due; negative when it is overdue."""
    return encounter.admitted_at + FIRST_PROGRESS_DUE - now


def daily_left(severity: Severity, last: datetime, now: datetime) -> timedelta:
    """How long until the next progress note is due after the `last` of any kind; negative when it is overdue."""
    return last + DAILY_EVERY[severity] - now


def left_words(left: timedelta, most: timedelta = FIRST_PROGRESS_DUE) -> str:
    """A time left in words (`剩 2 小时`, `已超时 25 分钟`), never more than there is, never less than is late."""
    if left > timedelta(0):
        return f"剩 {_length(min(left, most))}"
    return f"已超时 {_length(-left)}"


def _length(time: timedelta) -> str:
    if time < timedelta(hours=1):
        return f"{time // timedelta(minutes=1)} 分钟"
    if time < timedelta(days=2):
        return f"{time // timedelta(hours=1)} 小时"
    return f"{time.days} 天"
