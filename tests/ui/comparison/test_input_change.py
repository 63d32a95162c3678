import time

from app.ui.comparison.input_change import changes, common_prefix


def test_equal_texts_have_no_change() -> None:
    assert changes("主诉", "胸痛3天", " 胸痛3天\n") == ""


def test_a_changed_number_is_shown_in_its_clause() -> None:
    assert changes("主诉", "胸痛3天，加重1小时", "胸痛13天，加重1小时") == "主诉：“胸痛3天” → “胸痛13天”"


def test_added_and_removed_clauses() -> None:
    assert changes("病例特点", "发热，咳嗽。", "发热，咳嗽，无胸痛。") == "病例特点：“咳嗽” → “咳嗽，无胸痛”"
    assert changes("病例特点", "发热，咳嗽，", "发热，") == "病例特点：删“咳嗽”"


def test_long_changes_are_cut_around_the_difference() -> None:
    then = "这是一个很长很长很长很长很长很长的句子体温38.5℃结尾"
    line = changes("病例特点", then, then.replace("38.5", "39.5"))
    assert "38.5" in line
    assert "39.5" in line
    assert len(line) < 60


def test_many_changes_are_counted() -> None:
    then = "，".join(f"项{number}为{number}" for number in range(12))
    line = changes("病例特点", then, then.replace("为", "是"))
    assert "…" in line or "处" in line


def test_long_texts_are_compared_quickly() -> None:
    then = "，".join(f"第{number}项正常" for number in range(6_000))
    start = time.perf_counter()
    assert "异常" in changes("病例特点", then, then.replace("第4000项正常", "第4000项异常"))
    assert time.perf_counter() - start < 2


def test_common_prefix() -> None:
    assert common_prefix("左侧胸痛", "左侧腹痛") == "左侧"
