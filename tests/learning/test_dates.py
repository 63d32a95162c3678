from __future__ import annotations

import pytest

from app.learning.dates import shifted_dates


def shifted(text: str, days: int = 10) -> str:
    return shifted_dates(text, days, 2024, lambda value: "[日期]")[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("五月三日起病，5月3日入院", "四月二十三日起病，4月23日入院"),
        ("十二月二十八号、十一月十日", "十二月十八号、十月三十一日"),
        ("一月三十一日，二月三十日", "一月二十一日，[日期]日"),
    ],
)
def test_dates_in_chinese_numerals_move_with_the_others(text: str, expected: str) -> None:
    assert shifted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5/4入院，自5/4起发热，于12/28行手术", "4/24入院，自4/24起发热，于12/18行手术"),
        ("5/14出院，5/14就诊", "5/4出院，5/4就诊"),
    ],
)
def test_a_month_and_day_with_a_stroke_move_where_the_words_tell_that_they_are_a_date(text: str, expected: str) -> None:
    assert shifted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("腊月二十八起病，正月初三加重，农历三月十五入院", "[日期]起病，[日期]加重，[日期]入院"),
        ("国庆节聚餐后，春节期间，大年初一，除夕夜", "[日期]聚餐后，[日期]期间，[日期]，[日期]夜"),
    ],
)
def test_festivals_and_days_of_the_moon_are_removed(text: str, expected: str) -> None:
    assert shifted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "神志清明，真正月经来潮，一日三次，三日后，二三月，五一，中秋",
        "切除1/2，肌力3/5，3/6级杂音，位于2/3处，缩小至1/2，病变于1/3段，7/10分，BP 120/80，1/2片",
        "十月怀胎，三月龄，五月余，三月十余次",
    ],
)
def test_amounts_and_plain_words_are_no_dates(text: str) -> None:
    assert shifted(text) == text
