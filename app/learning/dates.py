"""Dates moved by a number of days that is the patient's own, so that the distances between them stay true."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

_YEAR, _MONTH, _DAY = r"(?P<{0}>(?:19|20)\d{{2}})", r"(?P<{0}>0?[1-9]|1[0-2])", r"(?P<{0}>0?[1-9]|[12]\d|3[01])"
_NUMERALS = "一二三四五六七八九十廿"
_MOON_DAY = "(?:初[一二三四五六七八九十]|二十[一二三四五六七八九]?|[十廿][一二三四五六七八九]?|三十)"
_LUNAR = (
    f"(?:农历|阴历|旧历)[正冬腊{_NUMERALS}]{{1,2}}月(?:{_MOON_DAY})?|(?<![真改])[正冬腊]月{_MOON_DAY}|"
    f"[{_NUMERALS}]月初[{_NUMERALS}]|腊月|大?年三十|(?:大年|年)初[{_NUMERALS}]"
)
_FESTIVAL = (
    "除夕|元旦|春节|小年夜|(?:国庆|中秋|端午|清明|元宵|重阳|劳动|五一|儿童|六一|教师|妇女|圣诞|七夕)节|"
    "(?:国庆|中秋|端午|五一)(?=[前后]|当[天日]|期间|假期|长假|放假)"
)
_FORMS = (
    rf"{_YEAR.format('y1')}\s*年\s*{_MONTH.format('m1')}\s*月\s*{_DAY.format('d1')}\s*(?=[日号])",
    rf"{_YEAR.format('y2')}\s*年\s*{_MONTH.format('m2')}\s*(?=月)",
    rf"{_YEAR.format('y3')}(?P<s3>[-/.]){_MONTH.format('m3')}(?P=s3){_DAY.format('d3')}(?![\d.%])",
    r"(?P<y4>(?:19|20)\d{2})(?P<m4>0[1-9]|1[0-2])(?P<d4>0[1-9]|[12]\d|3[01])(?![\dA-Za-z.])",
    rf"{_MONTH.format('m5')}\s*月\s*{_DAY.format('d5')}\s*(?=[日号])",
    r"(?P<chinese>[〇○零一二三四五六七八九]{4}年(?:[一二三四五六七八九十]{1,2}月(?:[一二三四五六七八九十]{1,3}[日号])?)?)",
    rf"(?<![每{_NUMERALS}])(?P<m6>十[一二]|[一二三四五六七八九十])月(?P<d6>[一二三四五六七八九十廿]{{1,3}})(?=[日号])",
    rf"(?<![\d/.]){_MONTH.format('m7')}/{_DAY.format('d7')}(?=入院|来院|就诊|出院|转院|转入|起病|发病|复诊)",
    rf"(?<![位限大小等高低])(?<=[于自]){_MONTH.format('m8')}/{_DAY.format('d8')}(?=起|行|因|在|到|入院|来院|出院|手术|复查)",
    rf"(?P<named>{_LUNAR}|{_FESTIVAL})",
)
_DATES = re.compile(rf"(?<![A-Za-z0-9_.])(?:{'|'.join(_FORMS[2:4])})|(?<!\d)(?:{'|'.join((*_FORMS[:2], *_FORMS[4:]))})")
_OVER_89 = r"9\d|1[0-4]\d"
_AGE = re.compile(
    rf"(?<![\d.])(?P<age>{_OVER_89})(?P<unit>\s*周?岁)|(?P<label>年龄\s*[：:]?\s*)(?P<labelled>{_OVER_89})(?!\d)"
)
_MIDDLE_OF_MONTH = 15


def shifted_dates(text: str, days: int, year: int, removed: Callable[[str], str]) -> tuple[str, int]:
    """The text with its dates `days` earlier, and how many there were.

    `year` is that of a date without one; `removed` gives what stands for a year in Chinese numerals, a festival, a day
    of the moon's calendar, or one that is no day of the calendar. 5/4 is a date only where the words beside it say so:
    it is a share or a grade elsewhere.
    """
    return _DATES.subn(lambda match: _shifted(match, days, year, removed), text)


def capped_ages(text: str) -> tuple[str, int]:
    """Ages over 89 as 90+, and how many there were."""
    return _AGE.subn(_capped, text)


def _capped(match: re.Match[str]) -> str:
    return f"{match['label']}90+" if match["labelled"] else f"90+{match['unit']}"


def _shifted(match: re.Match[str], days: int, year: int, removed: Callable[[str], str]) -> str:
    parts = {name: value for name, value in match.groupdict().items() if value is not None}
    if "chinese" in parts or "named" in parts:
        return removed(match[0])
    form = next(name[1] for name in parts if name[0] == "m")
    month, day = parts[f"m{form}"], parts.get(f"d{form}", f"{_MIDDLE_OF_MONTH}")
    given = int(parts.get(f"y{form}", year)), _value(month), _value(day)
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
        "6": f"{_numeral(day.month)}月{_numeral(day.day)}",
        "7": f"{day.month}/{day.day}",
        "8": f"{day.month}/{day.day}",
    }[form]


def _value(number: str) -> int:
    """Of digits, or of Chinese numerals; what is no number up to 99 is 0, which no calendar has."""
    return int(number) if number.isdecimal() else _IN_NUMERALS.get(number.replace("廿", "二十"), 0)


def _numeral(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else _DIGITS[tens]) + ("十" if tens else "") + (_DIGITS[ones] if ones else "")


_DIGITS = "〇一二三四五六七八九"
_IN_NUMERALS = {_numeral(number): number for number in range(1, 100)}
