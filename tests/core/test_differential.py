from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.differential import Diagnosis, answer_items, parse_answer, parse_differential, parse_items, render

APPENDICITIS = Diagnosis(
    "急性阑尾炎",
    supporting=("转移性右下腹痛", "麦氏点压痛"),
    opposing=("无发热",),
    missing=("尿常规", "腹部CT（平扫、增强）"),
    next_steps=("腹部超声", "血常规"),
)
STONE = Diagnosis("右侧输尿管结石", supporting=("右下腹痛",))

FORMS = {
    "as asked": """1. **急性阑尾炎**
   - 支持点：转移性右下腹痛；麦氏点压痛
   - 不支持点：无发热
   - 缺什么：尿常规、腹部CT（平扫、增强）
   - 建议检查：腹部超声；血常规
2. **右侧输尿管结石**
   - 支持点：右下腹痛
""",
    "headings and nested bullets": """### 鉴别诊断

#### 1. 急性阑尾炎
**支持点：**
- 转移性右下腹痛
- 麦氏点压痛

**不支持点：**
- 无发热
**缺失信息**：
* 尿常规
* 腹部CT（平扫、增强）
- **建议检查**:
    1. 腹部超声
    2. 血常规

#### 2. 右侧输尿管结石（可能性较小）
**支持依据：** 右下腹痛。
**不支持依据：** 无

### 总结
- 请结合临床
""",
    "Chinese and bracketed numbers": """根据病历，考虑如下：
一、急性阑尾炎
（1）支持点：①转移性右下腹痛②麦氏点压痛
（2）不支持点: 无发热
（3）缺少：1、尿常规；2、腹部CT（平扫、增强）
（4）进一步检查：腹部超声、血常规
二、右侧输尿管结石
（1）支持点:右下腹痛;
综上所述，急性阑尾炎可能性大。
""",
    "named": """诊断1：急性阑尾炎
支持点
1. 转移性右下腹痛
2. 麦氏点压痛
不支持点：无发热
缺什么：尿常规、腹部CT（平扫、增强）
下一步检查：
- 腹部超声
- 血常规

诊断2：右侧输尿管结石
支持：右下腹痛
""",
    "bold names": """**急性阑尾炎**
- 支持点：转移性右下腹痛；麦氏点压痛
- 反对点：无发热
- 缺什么：尿常规、腹部CT（平扫、增强）
- 建议：腹部超声；血常规

**右侧输尿管结石**：
- 支持点：右下腹痛
""",
    "bulleted bold names": """- **急性阑尾炎**
  - **支持点**：转移性右下腹痛；麦氏点压痛
  - **不支持点**：无发热
  - **缺什么**：尿常规、腹部CT（平扫、增强）
  - **建议检查**：腹部超声；血常规
- **右侧输尿管结石**
  - **支持点**：右下腹痛
""",
    "on one line": (
        "（1）急性阑尾炎：支持点：转移性右下腹痛；麦氏点压痛；不支持点：无发热；缺什么：尿常规、腹部CT（平扫、增强）；"
        "建议检查：腹部超声、血常规。\n（2）右侧输尿管结石 - 支持点：右下腹痛"
    ),
    "quoted, with Windows line ends": (
        "> 1) **诊断：急性阑尾炎**\r\n>    - 支持点：转移性右下腹痛；麦氏点压痛\r\n>    - 不支持点：无发热\r\n"
        ">    - 缺什么：尿常规、腹部CT（平扫、增强）\r\n>    - 建议检查：腹部超声；血常规\r\n"
        "> 2) 右侧输尿管结石：右下腹痛\r\n"
    ),
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS.keys())
def test_the_forms_that_models_write(text: str) -> None:
    assert parse_differential(text) == (APPENDICITIS, STONE)


@pytest.mark.parametrize(
    "text", ["", "抱歉，我无法回答。", "I am sorry.\n\n- one\n- two", "- 支持点：发热", "1. 鉴别诊断：", "***\n---"]
)
def test_nothing_recognised_is_an_empty_differential(text: str) -> None:
    assert parse_differential(text) == ()


def test_at_most_five_different_diagnoses() -> None:
    text = "\n".join(
        f"{number}. {name}" for number, name in enumerate([f"{letter}病" for letter in "甲甲乙丙丁戊己庚"], 1)
    )
    assert [diagnosis.name for diagnosis in parse_differential(text)] == [f"{letter}病" for letter in "甲乙丙丁戊"]


def test_a_repeated_point_counts_once_and_nothing_is_no_point() -> None:
    (diagnosis,) = parse_differential(
        "1. 肺炎\n- 支持点：发热；咳嗽；发热\n- 不支持点：无\n- 缺什么：暂无。\n- 建议检查：-"
    )
    assert diagnosis == Diagnosis("肺炎", supporting=("发热", "咳嗽"))


def test_values_survive() -> None:
    (diagnosis,) = parse_differential(
        "1. 2型糖尿病\n- 支持点：1. 体温38.5℃；WBC 15.2*10^9/L\n- 不支持点：无多饮；以上腹痛为主"
    )
    assert diagnosis == Diagnosis("2型糖尿病", ("体温38.5℃", "WBC 15.2*10^9/L"), ("无多饮", "以上腹痛为主"))


def test_numbers_that_stand_deeper_are_points() -> None:
    text = "1. 急性阑尾炎\n   - 支持点：\n     1. 右下腹痛\n     2. 发热\n2. 肺炎\n   - 支持点：咳嗽"
    assert parse_differential(text) == (Diagnosis("急性阑尾炎", ("右下腹痛", "发热")), Diagnosis("肺炎", ("咳嗽",)))


def test_a_sentence_is_no_name() -> None:
    assert (
        parse_differential(
            "1. 患者老年男性，既往高血压病史二十余年，本次因突发胸痛两小时入院，查体见心率增快血压升高两肺底湿啰音"
        )
        == ()
    )


def test_the_name_grows_with_the_stream() -> None:
    text = FORMS["as asked"]
    names = [[diagnosis.name for diagnosis in parse_differential(text[:end])] for end in range(len(text) + 1)]
    assert names[-1] == ["急性阑尾炎", "右侧输尿管结石"]
    assert [len(found) for found in names] == sorted(len(found) for found in names)


PIECES = "1. |2、|（3）|一、|①|### |**|- |* |   |\n|\n|：|:|；|、|(|)|\u2028|*|>|38.5|\t"
WORDS = "支持点|不支持点|缺什么|建议检查|诊断|总结|急性阑尾炎|肺炎|发热|无"
MARKDOWN = st.lists(st.sampled_from(f"{PIECES}|{WORDS}".split("|"))).map("".join)


@given(st.one_of(st.text(), MARKDOWN), st.integers(0, 200))
def test_no_text_and_no_prefix_of_one_raises(text: str, end: int) -> None:
    for part in (text, text[:end]):
        diagnoses = parse_differential(part)
        assert len(diagnoses) <= 5
        assert len({diagnosis.name for diagnosis in diagnoses}) == len(diagnoses)
        assert all(diagnosis.name.strip() for diagnosis in diagnoses)


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS.keys())
def test_every_prefix_of_a_real_form_is_read(text: str) -> None:
    for end in range(len(text)):
        assert len(parse_differential(text[:end])) <= 2


POINTS = st.lists(
    st.sampled_from(["发热", "无咳嗽", "WBC 15.2×10^9/L", "腹部CT（平扫、增强）", "血压140/90mmHg"]), unique=True
).map(tuple)
DIAGNOSES = st.lists(
    st.builds(
        Diagnosis,
        st.sampled_from(["急性阑尾炎", "肺炎", "2型糖尿病", "甲状腺癌", "COPD", "肝癌"]),
        POINTS,
        POINTS,
        POINTS,
        POINTS,
    ),
    max_size=5,
    unique_by=lambda diagnosis: diagnosis.name,
).map(tuple)


@given(DIAGNOSES)
def test_what_is_rendered_is_read_back(diagnoses: tuple[Diagnosis, ...]) -> None:
    assert parse_differential(render(diagnoses)) == diagnoses


def test_a_long_hostile_text_is_read_in_linear_time() -> None:
    assert parse_differential("（" * 50_000 + "\n" + "1. 支持点：" * 5_000 + "\n" + " " * 50_000 + "*" * 50_000) == ()


def test_each_diagnosis_knows_its_piece_of_the_text() -> None:
    text = (
        "分析如下：\n1. **肺炎**\r\n   - 支持点：发热\n2. **肺炎**\n   - 支持点：咳嗽\n3. **𠮷病**\n   - 缺什么：CT\n"
    )
    items = parse_items(text)
    assert [(item.diagnosis.name, text[item.start : item.end]) for item in items] == [
        ("肺炎", "1. **肺炎**\r\n   - 支持点：发热\n"),
        ("𠮷病", "3. **𠮷病**\n   - 缺什么：CT\n"),
    ]


def test_a_name_that_an_answer_breaks_off_behind_is_no_diagnosis_of_it() -> None:
    whole = render([APPENDICITIS, STONE])
    for end in ("\n3. **肺炎**", "\n3. **肺炎**\n   - ", "\n3. **肺炎**\n   - 支持点："):
        assert parse_answer(whole + end) == (APPENDICITIS, STONE)
        assert [item.diagnosis for item in parse_items(whole + end)] == [APPENDICITIS, STONE, Diagnosis("肺炎")]
    assert answer_items(whole + "\n3. **肺炎**\n   - 支持点：咳")[-1].diagnosis == Diagnosis("肺炎", ("咳",))


@pytest.mark.parametrize("text", ["", "1. **肺炎**", "1. **肺炎**\n2. **胸膜炎**", "无法判断"])
def test_an_answer_of_names_alone_is_kept_whole(text: str) -> None:
    assert answer_items(text) == parse_items(text)
