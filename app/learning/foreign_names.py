"""What tells a name of another language: the characters that spell it, and what is spelt alike."""

from __future__ import annotations

import re

from app.learning.surnames import words

TRANSLITERATING = (
    "阿卜杜拉尔古丽买提吐逊约翰史密斯艾合迪热巴布都扎西多吉其格特木乌云卓玛央金顿珠达莱依娜汗江克孜努里亚力哈米马穆萨伊罗德"
    "森杰姆安托尼卡洛普鲁维奇莎娃赛苏波科夫朗戴贝彼得保哲索日次仁旺坚赞桑嘎措图雅"
)
"""The characters that spell names of other languages."""

DRUG = "头孢|西林|匹林|霉素|沙坦|巴坦|他汀|洛尔|地平|普利|拉唑|卡$|[钠钾钙镁酸素片胺酯碱]|茨海|帕金"
"""What a name of another language never has, and a drug or a disease spelt in the same characters does."""

EPONYMS = frozenset(
    words(
        "Child New Hunt Glasgow Mini Barthel Braden Morse Caprini Padua Killip Wagner Fontaine Rutherford Gleason Ann "
        "Karnofsky Romberg Murphy Babinski Kernig Brudzinski Fisher Forrest Ranson Balthazar Garden Gustilo Frankel "
        "Salter Wells Geneva Rockall Blatchford Los Zubrod Montreal Truelove Mayo Bishop Apgar Tanner Cobb Rome Berlin "
        "Duke Framingham Stanford De Hoehn Rh Dukes Borrmann Lauren Bismuth Mirizzi Todani"
    )
)
"""First words of scores, grades and signs: after 患者 they name nobody."""


TERMS = frozenset(words("Disease Syndrome Score Scale Index Grade Class Test Sign Stage Type Criteria Association"))


def is_spelt_otherwise(value: str) -> bool:
    """Whether the value is a drug or a disease, or a score called by a name."""
    parts = re.split(r"[^A-Za-z]+", value)
    return _NO_PERSON.search(value) is not None or parts[0] in EPONYMS or not TERMS.isdisjoint(parts)


_NO_PERSON = re.compile(DRUG)
