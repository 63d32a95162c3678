from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.core.checks.deadline import first_progress_left, left_words
from app.core.entities import Encounter

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("since_admission", "words"),
    [
        (timedelta(0), "剩 8 小时"),
        (timedelta(minutes=-5), "剩 8 小时"),
        (timedelta(hours=5, minutes=1), "剩 2 小时"),
        (timedelta(hours=7, minutes=35), "剩 25 分钟"),
        (timedelta(hours=7, minutes=59, seconds=30), "剩 0 分钟"),
        (timedelta(hours=8), "已超时 0 分钟"),
        (timedelta(hours=11, minutes=59), "已超时 3 小时"),
        (timedelta(days=2, hours=8), "已超时 2 天"),
    ],
)
def test_the_time_left_in_words(since_admission: timedelta, words: str) -> None:
    encounter = Encounter("e", "p", "ZY1", "65岁", "心内科", "", "3", NOW - since_admission)
    assert left_words(first_progress_left(encounter, NOW)) == words
