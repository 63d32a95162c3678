"""Invented notes with planted identities: names of two to four characters and of minorities, numbers, places, dates."""

from __future__ import annotations

import random
from dataclasses import dataclass

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩曹曾彭"
    "萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟崔汪范方石熊白温常易"
)
COMPOUND = ("欧阳", "司马", "上官", "诸葛", "夏侯", "皇甫", "尉迟", "慕容", "令狐", "东方")
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛超霞平刚桂英华玉兰红建国志文海燕春梅晓东雪松云鹏"
DOTTED = ("阿依古丽·买买提", "买买提·吐尔逊", "古丽娜尔·艾合买提", "迪丽热巴·阿布都拉", "扎西·多吉", "其其格·巴特尔")
WHOLE = ("扎西顿珠", "卓玛央金", "巴特尔", "乌云其木格", "阿卜杜拉", "金达莱")
VILLAGES = ("大屋村", "石桥村", "杨家湾村", "上洼屯", "三里庄村", "柳树屯")
TOWNS = (
    "湖北省黄冈市蕲春县青石镇",
    "河南省信阳市罗山县",
    "四川省绵阳市梓潼县",
    "广西壮族自治区百色市田阳区",
    "江苏省盐城市射阳县",
)
HOSPITALS = (
    "黄冈市中心医院",
    "同济医院",
    "罗山县人民医院",
    "梓潼县妇幼保健院",
    "青石镇卫生院",
    "仁爱诊所",
    "武汉大学人民医院",
)
KEPT = (
    *("T 38.5℃", "P 112次/分", "BP 186/102 mmHg", "Hb 86 g/L", "WBC 16.9×10^9/L", "PaO2 54 mmHg", "D-二聚体 6.8 mg/L"),
    *(
        "阿司匹林100 mg",
        "氯吡格雷75 mg",
        "二甲双胍0.5 g",
        "地塞米松5 mg",
        "头孢曲松2.0 g",
        "氨氯地平5 mg",
        "胰岛素12 U",
    ),
    *(
        "右下肺呼吸音减低",
        "心前区无隆起",
        "高热3天",
        "黄疸2周",
        "白痰",
        "于活动后加重",
        "镇静镇痛治疗",
        "NYHA III级",
        "65岁",
    ),
)


UNKNOWN_KINDS = ("家属姓名", "医师姓名", "身份证", "电话", "住址", "医院", "日期", "病案号", "同室姓名", "村庄")


@dataclass(frozen=True, slots=True)
class PlantedNote:
    """A note; `known` stands in the patient's record, `unknown` only in the text; `kept` must survive.

    `everything` has one value for each of UNKNOWN_KINDS, whether or not the note came to say it.
    """

    name: str
    mrn: str
    bed: str
    text: str
    known: tuple[str, ...]
    unknown: tuple[str, ...]
    kept: tuple[str, ...]
    everything: tuple[str, ...]


def planted_notes(count: int, seed: int = 7) -> list[PlantedNote]:
    """So many notes, the same for the same seed; no two patients have the same number."""
    draw = random.Random(seed)
    return [_note(draw, number) for number in range(count)]


def id_card(draw: random.Random) -> str:
    """Eighteen digits with a right check digit (GB 11643-1999)."""
    month, day = draw.randint(1, 12), draw.randint(1, 28)
    digits = f"{draw.randint(110000, 659000)}{draw.randint(1930, 2015)}{month:02}{day:02}{draw.randint(0, 999):03}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return digits + "10X98765432"[sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11]


def _name(draw: random.Random) -> str:
    surname = draw.choice(COMPOUND) if draw.random() < 0.2 else draw.choice(SURNAMES)
    return surname + "".join(draw.choices(GIVEN, k=draw.choice((1, 2, 2))))


def _patient_name(draw: random.Random) -> str:
    return draw.choice((_name(draw), _name(draw), _name(draw), draw.choice(DOTTED), draw.choice(WHOLE)))


def _phone(draw: random.Random) -> str:
    mobile = f"1{draw.choice('3456789')}{draw.randint(0, 999999999):09}"
    return draw.choice((mobile, f"{mobile[:3]}-{mobile[3:7]}-{mobile[7:]}", f"0713-{draw.randint(2000000, 8999999)}"))


def _date(draw: random.Random) -> str:
    year, month, day = draw.randint(2015, 2024), draw.randint(1, 12), draw.randint(1, 28)
    forms = (
        f"{year}年{month}月{day}日",
        f"{year}-{month:02}-{day:02}",
        f"{year}.{month}.{day}",
        f"{year}/{month}/{day}",
    )
    return draw.choice(forms)


def _note(draw: random.Random, number: int) -> PlantedNote:
    name, mrn, bed = _patient_name(draw), f"ZY2024{number:05}", f"加{draw.randint(1, 40)}床"
    relative, doctor, other = _name(draw), _name(draw), draw.choice(DOTTED)
    card, phone, hospital = id_card(draw), _phone(draw), draw.choice(HOSPITALS)
    place = draw.choice(TOWNS) + draw.choice(("", draw.choice(VILLAGES), draw.choice(VILLAGES) + "3组"))
    village, day, record = draw.choice(VILLAGES), _date(draw), f"{draw.randint(10**6, 10**7)}"
    kept = tuple(draw.sample(KEPT, 6))
    sentences = [
        f"患者{name}，{kept[0]}，{kept[1]}，住院号{mrn}，现住{bed}。",
        draw.choice(
            (
                f"家属{relative}代诉病史。",
                f"联系人：{relative}，",
                f"其子{relative}陪同。",
                f"患者家属（{relative}）在场。",
            )
        ),
        draw.choice(
            (
                f"请{doctor}主任医师会诊，{kept[2]}。",
                f"{doctor}医师查房：{kept[2]}。",
                f"医师签名：{doctor}\n{kept[2]}。",
            )
        ),
        draw.choice((f"身份证号：{card}，", f"身份证{card}。", f"证件 {card}；")) + f"电话{phone}，",
        draw.choice((f"住址：{place}，", f"家住{place}。", f"患者来自{place}，")) + f"{kept[3]}。",
        draw.choice(
            (
                f"{day}就诊于{hospital}，予{kept[4]}。",
                f"{day}在{hospital}查{kept[4]}，",
                f"曾于{day}到{hospital}治疗，{kept[4]}。",
            )
        ),
        draw.choice((f"同室{other}有类似症状，", f"长期居住在{village}，")) + f"病案号：{record}，{kept[5]}。",
    ]
    draw.shuffle(sentences)
    text = "".join(sentences)
    planted = (relative, doctor, card, phone, place, hospital, day, record, other, village)
    unknown = tuple(value for value in planted if value in text)
    return PlantedNote(name, mrn, bed, text, (name, mrn, bed), unknown, kept, planted)
