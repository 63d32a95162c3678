"""A stay of any length, made of the sample of 30 days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from app.core.stay import DatedText, Stay
from tests.helpers.stays import sample_stays


def long_stay(days: int, *, characters: int = 120) -> Stay:
    """A note of about so many characters on each day; orders and results are those of the sample."""
    stay = sample_stays()[-1].stay
    first = date.fromisoformat(stay.admission.date[:10])
    return replace(stay, notes=tuple(_note(first + timedelta(day), day, characters) for day in range(days)))


def _note(day: date, number: int, characters: int) -> DatedText:
    sentence = f"第{number}天体温{36 + number % 20 / 10:.1f}℃，腹痛减轻，继续补液。"
    return DatedText(day.isoformat(), sentence * max(characters // len(sentence), 1))
