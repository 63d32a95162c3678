from __future__ import annotations

import hashlib
from collections import Counter

import pytest

from app.learning.deidentify import PatientText
from app.learning.identities import KnownIdentities
from app.learning.records import Identities


def keyed(kind: str, identifier: str) -> str:
    return hashlib.sha256(f"key:{kind}:{identifier}".encode()).hexdigest()


def clean(text: str) -> str:
    return PatientText("p", keyed, KnownIdentities.of([], []), Counter()).clean(text, Identities(), 2024)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("患者之女刘芳代诉", "患者之女[姓名1]代诉"),
        ("女婿陈志强、弟弟赵铁柱、哥哥马建军", "女婿[姓名1]、弟弟[姓名2]、哥哥[姓名3]"),
        ("儿媳周晓梅送来，侄子吴刚签字", "儿媳[姓名2]送来，侄子[姓名1]签字"),
        ("弟弟赵铁柱电话告知，女儿孙悦发现", "弟弟[姓名1]电话告知，女儿[姓名2]发现"),
        ("弟弟赵铁柱说有外伤史", "弟弟[姓名1]说有外伤史"),
        ("患者孙子李子轩近日发热", "患者孙子[姓名1]近日发热"),
        ("外孙女（高雅）陪同，岳父：贺宇航", "外孙女（[姓名1]）陪同，岳父：[姓名2]"),
    ],
)
def test_relatives_are_announced_by_their_kinship(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "父亲白血病去世，母亲白内障，哥哥麻疹，弟弟均体健",
        "父亲高血压，母亲房颤，姐姐宫颈癌，妹妹马凡综合征",
        "弟弟单身，儿子康复，女儿全身皮疹，祖母车祸去世，叔叔石棉肺，外公于5年前去世",
        "孙子、孙女体健，养父母健在，子女均体健，舅舅曾患肺结核，爱人安好",
        "弟弟胡桃过敏，家属连夜赶到，其母乳腺癌，其父子均体健，大子叶，患者利多卡因过敏，患者全麻下手术",
        "其母乐观，其父易怒，其子高热，之子宫切除",
    ],
)
def test_what_a_relative_suffered_from_is_no_name(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("由邻居孙大爷送来", "由邻居[姓名1]大爷送来"),
        ("请心内科王强会诊，请李明协助诊治", "请心内科[姓名1]会诊，请[姓名2]协助诊治"),
        ("护士小李执行，老张，由小王陪同", "护士[姓名1]执行，[姓名2]，由[姓名3]陪同"),
        ("司机李师傅，护士小李发现，老张当时在场", "司机[姓名1]师傅，护士[姓名2]发现，[姓名3]当时在场"),
        ("上级医师张教授查房", "上级医师[姓名1]教授查房"),
        ("周院长、李老师看过患者", "[姓名1]院长、[姓名2]老师看过患者"),
    ],
)
def test_people_are_found_by_how_they_are_addressed(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "请心内科会诊，请康复科会诊，请麻醉科急会诊，请全科协助诊治，请内分泌科及营养科会诊",
        "老年男性，小叶中心型肺气肿，小于胎龄，小时，老花眼，小汗腺，小包块，老白内障术后",
        "护士程序，护士方便时，护士长查房，医师水平，主任查房，请及时会诊，请康复医学科会诊",
        "上级医师查房，护师、药师、技师、主管护师，医师教授健康知识，老师，院长，谢谢医生的解释",
    ],
)
def test_departments_titles_and_sizes_are_no_people(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("患者阿卜杜拉诉腹痛", "患者[姓名1]诉腹痛"),
        ("患者Michael Smith因胸痛入院", "患者[姓名1]因胸痛入院"),
        ("患者Smith诉胸痛，姓名：John Doe", "患者[姓名1]诉胸痛，姓名：[姓名2]"),
        ("患者卓玛央金突发头痛", "患者[姓名1]突发头痛"),
        ("患者玛丽亚·冈萨雷斯腹痛2天", "患者[姓名1]腹痛2天"),
        ("家属古丽娜尔·艾合买提代诉", "家属[姓名1]代诉"),
        ("患者Michael，男，50岁", "患者[姓名1]，男，50岁"),
        ("患者约翰·史密斯诉头痛", "患者[姓名1]诉头痛"),
        ("患者买买提·吐尔逊诉腹痛3天", "患者[姓名1]诉腹痛3天"),
        ("同室阿依古丽·买买提有类似症状", "同室[姓名1]有类似症状"),
    ],
)
def test_names_of_other_languages_leave_the_sentence(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "患者阿莫西林过敏，患者阿司匹林不耐受，患者头孢哌酮·舒巴坦钠皮试阴性",
        "患者Child Pugh B级，患者New York Heart Association III级，患者Hunt Hess 2级，患者Killip II级",
        "患者Crohn Disease，患者Sjogren Syndrome，患者Murphy征阳性，患者Hb 86 g/L，患者Alb低",
        "患者老年，男，患者女，58岁，患者中年，女",
    ],
)
def test_drugs_and_scores_after_a_patient_are_no_names(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("车牌鄂A12345肇事，沪B·D8821", "车牌[车牌1]肇事，[车牌2]"),
        ("WeChat: lisi_2020，vx:abc12345，微信号zhang-99", "WeChat: [账号1]，vx:[账号2]，微信号[账号3]"),
        ("单位：武汉钢铁集团炼铁厂，已退休", "单位：[单位1]，已退休"),
        ("就职于长江航运有限公司，就读于实验小学", "就职于[单位1]，就读于[单位2]"),
        ("工作于红星机械厂", "工作于[单位1]"),
    ],
)
def test_plates_accounts_and_workplaces(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "单位：mmol/L，单位：毫升，单位：国际单位/升，单位时间内",
        "肌力3/5级，收缩期杂音3/6级，切除1/2，BP 120/80 mmHg，病变位于上1/3处，O/A型，A型血，AB型，Rh（+）",
        "cT3N1M0 IIIA期，新T4N1M0，T2aN0M0，NYHA III级，Killip II级，G3P2，Gleason 3+4=7，Child-Pugh B级（8分）",
        "左氧氟沙星0.5 g qd，胰岛素12 U，5-氟尿嘧啶，CA125 35 U/mL，CYP2C19*2，HbA1c 7.2%，D-二聚体6.8 mg/L",
        "V5导联，vx，wx，2/3乳头，1/4片，L4/5椎间盘突出，C5/6，视力4.8/5.0",
    ],
)
def test_measures_grades_stages_and_drugs_survive(text: str) -> None:
    assert clean(text) == text
