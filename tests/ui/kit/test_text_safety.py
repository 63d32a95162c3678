import re
import time
from html import unescape

import pytest

from app.ui.kit.text_safety import (
    AI_MARK,
    MAX_DRAWN_CHARACTERS,
    MAX_DRAWN_LINES,
    bounded,
    chunks,
    marked_copy,
    plain_text,
    safe_html,
    tool_tip,
    visible_controls,
)

DIFFERENTIAL = """1. **急性心肌梗死**
   - 支持点：cTnI 2.8 ng/ml；血压 >180 mmHg
   - 不支持点：病历未记录

3. **主动脉夹层**
"""


@pytest.mark.parametrize(
    "hostile",
    [
        "<img src='file:///etc/passwd'>",
        "![x](file:///etc/passwd)",
        "![x][y]\n\n[y]: http://a/b.png",
        "<script>alert(1)</script>",
        "[click](javascript:alert(1))",
        "<a href='http://a'>x</a>",
        "<http://a.b/c>",
        "<style>p{background:url(http://a)}</style>",
        "<p style='background:url(http://a)'>x</p>",
        "&lt;img src=x&gt;",
        "`<img src=x>`",
        "```\n<img src=x>\n```",
        "| <img src=x> | b |\n|---|---|\n| <b onclick=x>y</b> | 2 |",
    ],
)
def test_markup_of_a_model_is_shown_not_obeyed(hostile: str) -> None:
    html = safe_html(hostile)
    for tag in ("<img", "<script", "<a ", "<style", "href=", "src=", "onclick=", "style="):
        assert tag not in html.replace("&lt;img src=", "").replace("&lt;b onclick=", "").replace(
            "&lt;a href=", ""
        ).replace("&lt;p style=", ""), html


@pytest.mark.parametrize(
    "text",
    [
        ">60 ml/h",
        "大小 3*5*2 cm",
        "a_b_c 与 _x_",
        "[a]: http://x",
        "3# 与 [t](http://x) ![i](y)",
        "5. 五个，然后是\n9. 九",
        "+ 阳性",
        "血钾 <3.5 mmol/L",
        "1. 一\n1. 又一",
        "2024. 5 月",
        "\\*不是着重\\*",
    ],
)
def test_no_sign_or_number_is_lost(text: str) -> None:
    drawn = unescape(re.sub("<[^>]*>", "", safe_html(text)))
    lost = [
        character for character in text if not character.isspace() and drawn.count(character) < text.count(character)
    ]
    assert lost == [], drawn


def test_the_form_that_is_asked_for_is_drawn() -> None:
    html = safe_html(DIFFERENTIAL)
    assert "<p>1. <strong>急性心肌梗死</strong></p>" in html
    assert html.count("<li>") == 2
    assert "3. <strong>主动脉夹层</strong>" in html


def test_nested_bullets_of_any_indent_keep_their_depth() -> None:
    html = safe_html("- a\n   - b\n      - c\n- d")
    assert html.count("<ul>") == 3
    assert html.count("</li>") == 4


def test_invisible_and_direction_changing_characters_are_written_out() -> None:
    assert visible_controls("左\u202e右\u200b侧\ufeff\x07\u2028\U000e0041") == (
        "左[U+202E]右[U+200B]侧[U+FEFF][U+0007][U+2028][U+E0041]"
    )
    assert visible_controls("一\r\n二\r三\t四") == "一\n二\n三\t四"
    assert visible_controls("心率 90 次/分，SpO₂ 97%，β-内酰胺，Ⅱ°") == "心率 90 次/分，SpO₂ 97%，β-内酰胺，Ⅱ°"


@pytest.mark.parametrize(
    "bad",
    [
        "**a" * 5_000,
        "`" * 5_000,
        "- " * 2_500 + "x",
        "\n".join(" " * depth + "- x" for depth in range(200)),
        "a|b\n-|-\n" + "1|2\n" * 5_000,
        ("|" + "a|" * 18 + "\n" + "|--" * 18 + "|\n" + ("|" + "x|" * 18 + "\n") * 18 + "\n") * 14,
        "[" * 5_000,
        "<" * 5_000,
        "\\" * 5_000,
        "x" * 1_000_000,
        "\n\n".join("1. **a**" for _ in range(2_000)),
        "```\n" * 1_500,
        "#" * 5_000 + " x",
    ],
    ids=lambda text: repr(text[:8]),
)
def test_drawing_is_bounded(bad: str) -> None:
    start = time.perf_counter()
    html = safe_html(bad)
    assert time.perf_counter() - start < 3
    assert html.count("<td>") + html.count("<th>") <= 400
    assert len(html) < 40 * MAX_DRAWN_CHARACTERS


def test_what_is_left_out_is_said() -> None:
    assert bounded("甲" * 30, limit=10).startswith("甲" * 10 + "\n\n（文字过长：其余 20 字未显示")
    assert bounded("甲" * 10, limit=10) == "甲" * 10


def test_lines_beyond_those_that_are_drawn_are_counted_as_left_out() -> None:
    shown, _, said = bounded("甲\n\n" * MAX_DRAWN_LINES).partition("（")
    assert shown.count("甲") == MAX_DRAWN_LINES // 2
    assert said.startswith(f"文字过长：其余 {MAX_DRAWN_LINES // 2 * 3 + 1} 字未显示")


@pytest.mark.parametrize("mark", ["-", "*", "+"])
def test_a_mark_behind_a_bullet_is_text(mark: str) -> None:
    html = safe_html(f"- {mark} {mark} 阳性")
    assert html.count("<ul>") == 1
    assert f"{mark} {mark} 阳性" in html


def test_a_text_is_drawn_as_if_nothing_had_been_drawn_before() -> None:
    first = safe_html("- **甲**\n\n```\n乙\n```")
    safe_html("[a]: b\n\n|a|b|\n|-|-|\n|c|d|\n\n```\n开着")
    assert safe_html("- **甲**\n\n```\n乙\n```") == first


def test_chunks_do_not_split_a_fence() -> None:
    assert chunks("a\n\n```\nb\n\nc\n```\n\nd") == ["a", "```\nb\n\nc\n```", "d"]


def test_plain_text_reads_like_a_note() -> None:
    text = "### 鉴别\n\n" + DIFFERENTIAL + "\n---\n```\n| a | b |\n|---|---|\n| 1 | 2 |\n```\n大小 3*5 cm"
    assert plain_text(text) == (
        "鉴别\n\n1. 急性心肌梗死\n   · 支持点：cTnI 2.8 ng/ml；血压 >180 mmHg\n   · 不支持点：病历未记录\n\n"
        "3. 主动脉夹层\n\na　b\n1　2\n大小 3*5 cm"
    )


def test_plain_text_hides_nothing() -> None:
    assert plain_text("无\u202e压痛") == "无[U+202E]压痛"


def test_a_copy_carries_the_mark_once() -> None:
    assert marked_copy("建议\n") == f"建议\n【{AI_MARK}】"
    assert marked_copy(marked_copy("建议")) == marked_copy("建议")


def test_a_tool_tip_is_text() -> None:
    assert tool_tip("<b>张</b>", "", "3床") == "<span>&lt;b&gt;张&lt;/b&gt;</span><br><span>3床</span>"
