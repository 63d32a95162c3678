from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.unsupported import UnsupportedFact, unsupported_facts

SOURCE = (
    "男，65岁。转移性右下腹痛三天，T 38.5℃，P 110次/分，BP 140/90mmHg，WBC 15.2×10^9/L，双肺呼吸音清，左下肢水肿，"
    "CRP 45，肌酐 88 μmol/L，结石 6×4mm，病程十二小时。"
)


@pytest.mark.parametrize(
    "supported",
    [
        "体温38.5 °C",
        "右下腹痛3天",
        "WBC 15.2*10⁹/L",
        "血压140/90 mmHg，舒张压90mmHg",
        "CRP 45mg/L",
        "肌酐88umol/L",
        "结石直径6mm",
        "12小时",
        "６５岁",
        "38.50℃",
        "24小时尿蛋白定量",
        "右侧下腹痛",
        "左肺呼吸音清",
        "左心衰竭；左右不对称",
        "1. 急性阑尾炎\n2. 输尿管结石",
        "   - 缺什么：有无停经；无CT结果",
        "   - 建议检查：头孢皮试",
        "   - 不支持点：无明显不支持点",
    ],
)
def test_what_the_source_says_is_not_marked(supported: str) -> None:
    assert unsupported_facts(supported, SOURCE) == ()


def test_a_brand_and_its_generic_name_are_one_drug() -> None:
    assert unsupported_facts("长期口服阿托伐他汀", "规律服用立普妥。") == ()
    (fact,) = unsupported_facts("长期口服瑞舒伐他汀", "规律服用立普妥。")
    assert fact.kind == "drug"


@pytest.mark.parametrize(
    ("text", "quote", "kind"),
    [
        ("发热，体温39.5℃，咳嗽", "39.5℃", "number"),
        ("病程3周", "3周", "duration"),
        ("结石9mm", "9mm", "number"),
        ("38.5%", "38.5%", "number"),
        ("口服药物0.5g", "0.5g", "number"),
        ("口服阿莫西林", "阿莫西林", "drug"),
        ("静脉滴注头孢曲松", "头孢曲松", "drug"),
        ("   - 不支持点：无咳嗽；右下腹痛", "无咳嗽", "negation"),
        ("否认肝炎病史", "否认肝炎病史", "negation"),
        ("血压150/90mmHg", "150/90mmHg", "number"),
        ("WBC 12.5×10⁹/L", "12.5×10⁹/L", "number"),
        ("左下腹压痛", "左下腹", "side"),
        ("右下肢水肿", "右下肢", "side"),
    ],
)
def test_what_the_source_lacks_is_marked(text: str, quote: str, kind: str) -> None:
    start = text.index(quote)
    assert unsupported_facts(text, SOURCE) == (UnsupportedFact(start, start + len(quote), quote, kind),)


def test_a_denial_that_the_source_has_in_other_words_is_not_marked() -> None:
    source = "否认发热、咳嗽、胸痛，未闻及干湿啰音。既往服用左氧氟沙星。"
    assert unsupported_facts("无咳嗽；无发烧；双肺未闻及湿啰音；左氧氟沙星治疗", source) == ()
    assert [fact.quote for fact in unsupported_facts("无头痛；无咳嗽", source)] == ["无头痛"]


def test_a_side_that_the_source_never_names() -> None:
    facts = unsupported_facts("右侧气胸", "突发胸痛1小时")
    assert [(fact.quote, fact.kind) for fact in facts] == [("右侧", "side")]


def test_positions_are_code_points() -> None:
    facts = unsupported_facts("𠮷𠮷体温39.5℃", "")
    assert [(fact.start, fact.end) for fact in facts] == [(4, 9)]


@given(
    st.text(alphabet="0123456789./-×^ gmLh天左右下腹双侧两十三无咳，、；\n"),
    st.text(alphabet="0123456789./-×^ gmLh天左右下腹双侧两十三无咳，、；\n"),
)
def test_spans_are_ordered_true_and_absent_from_their_own_source(text: str, source: str) -> None:
    facts = unsupported_facts(text, source)
    assert [fact.start for fact in facts] == sorted(fact.start for fact in facts)
    assert all(text[fact.start : fact.end] == fact.quote for fact in facts)
    assert unsupported_facts(text, text) == ()
