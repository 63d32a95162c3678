"""Dates moved by a number of days that is the patient's own, so that the distances between them stay true."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

_YEAR, _MONTH, _DAY = r"(?P<{0}>(?:19|20)\d{{2}})", r"(?P<{0}>0?[1-9]|1[0-2])", r"(?P<{0}>0?[1-9]|[12]\d|3[01])"
_FORMS = (
    rf"{_YEAR.format('y1')}\s*年\s*{_MONTH.format('m1')}\s*月\s*{_DAY.format('d1')}\s*(?=[日号])",
    rf"{_YEAR.format('y2')}\s*年\s*{_MONTH.format('m2')}\s*(?=月)",
    rf"{_YEAR.format('y3')}(?P<s3>[-/.]){_MONTH.format('m3')}(?P=s3){_DAY.format('d3')}(?![\d.%])",
    r"(?P<y4>(?:19|20)\d{2})(?P<m4>0[1-9]|1[0-2])(?P<d4>0[1-9]|[12]\d|3[01])(?![\dA-Za-z.])",
    rf"{_MONTH.format('m5')}\s*月\s*{_DAY.format('d5')}\s*(?=[日号])",
    r"(?P<chinese>[〇○零一二三四五六七八九]{4}年(?:[一二三四五六七八九十]{1,2}月(?:[一二三四五六七八九十]{1,3}[日号])?)?)",
)
_DATES = re.compile(rf"(?<![A-Za-z0-9_.])(?:{'|'.join(_FORMS[2:4])})|(?<!\d)(?:{'|'.join((*_FORMS[:2], *_FORMS[4:]))})")
_OVER_89 = r"9\d|1[0-4]\d"
_AGE = re.compile(
    rf"(?<![\d.])(?P<age>{_OVER_89})(?P<unit>\s*周?岁)|(?P<label>年龄\s*[：:]?\s*)(?P<labelled>{_OVER_89})(?!\d)"
)
_MIDDLE_OF_MONTH = 15


def shifted_dates(text: str, days: int, year: int, removed: Callable[[str], str]) -> tuple[str, int]:
    """The text with its dates `days` earlier, and how many there were.

    `year` is that of a date without one; `removed` gives what stands for a date in Chinese numerals, or one that is no
    day of the calendar.
    """
    return _DATES.subn(lambda match: _shifted(match, days, year, removed), text)


def capped_ages(text: str) -> tuple[str, int]:
    """Ages over 89 as 90+, and how many there were."""
    return _AGE.subn(_capped, text)


def _capped(match: re.Match[str]) -> str:
    return f"{match['label']}90+" if match["labelled"] else f"90+{match['unit']}"


def _shifted(match: re.Match[str], days: int, year: int, removed: Callable[[str], str]) -> str:
    parts = {name: value for name, value in match.groupdict().items() if value is not None}
    if "chinese" in parts:
        return removed(match[0])
    form = next(name[1] for name in parts if name[0] == "m")
    given = int(parts.get(f"y{form}", year)), int(parts[f"m{form}"]), int(parts.get(f"d{form}", _MIDDLE_OF_MONTH))
    try:
        moved = date(*given) - timedelta(days=days)
    except ValueError:
        return removed(match[0])
    return _written(moved, form, parts.get("s3", ""))


def _written(day: date, form: str, separator: str) -> str:
    return {
        "1": f"{day.year}年{day.month}月{day.day}",
        "2": f"{day.year}年{day.month}",
        "3": separator.join((f"{day.year}", f"{day.month:02}", f"{day.day:02}")),
        "4": f"{day:%Y%m%d}",
        "5": f"{day.month}月{day.day}",
    }[form]
