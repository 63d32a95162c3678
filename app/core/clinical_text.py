"""Clinical Chinese in a form that can be compared: width, case and synonyms unified, every place traced back.

A place is a span of Unicode code points of the text as written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# Each line: what is written for the same finding, test or sign; the first stands for all.
_SYNONYMS = """
血压 BP
体温 T
脉搏 P 脉率
呼吸频率 R
心率 HR
血氧饱和度 SpO2 SPO2 氧饱和度 指氧饱和度
白细胞 WBC 白细胞计数
红细胞 RBC 红细胞计数
血红蛋白 Hb HGB 血色素
血小板 PLT 血小板计数
中性粒细胞 NEUT 中性粒细胞百分比 中性粒细胞比例 中性粒
C反应蛋白 CRP hs-CRP 超敏C反应蛋白
降钙素原 PCT
肌钙蛋白 cTnI cTnT TnI TnT 高敏肌钙蛋白 高敏肌钙蛋白T 高敏肌钙蛋白I 肌钙蛋白I 肌钙蛋白T hs-cTnT hs-cTnI
肌酸激酶同工酶 CK-MB CKMB
B型钠尿肽 BNP NT-proBNP 脑钠肽
D-二聚体 D二聚体 D-dimer
血肌酐 肌酐 Cr Scr
尿素氮 BUN
谷丙转氨酶 ALT 丙氨酸氨基转移酶
谷草转氨酶 AST 天冬氨酸氨基转移酶
总胆红素 TBIL
直接胆红素 DBIL
血淀粉酶 淀粉酶 AMY
血糖 GLU 葡萄糖
糖化血红蛋白 HbA1c
人绒毛膜促性腺激素 HCG hCG β-hCG
血沉 ESR
心电图 ECG EKG
CT 电子计算机断层扫描
磁共振 MRI
超声 B超 彩超
胸片 胸部X线 X线胸片
发热 发烧
腹痛 肚子痛 肚子疼
疼痛 疼
呼吸困难 气促 气急 喘憋 气喘
恶心 反胃
出汗 大汗 冷汗 多汗
水肿 浮肿
黄疸 黄染
心悸 心慌
眩晕 头晕
腹泻 拉肚子
乏力 疲乏 无力
意识不清 神志不清 意识障碍
烦渴 口渴 口干
抽搐 惊厥
咯血 咳血
黑便 柏油样便 黑粪
血尿 尿血
高血压 高血压病 高血压病史
糖尿病 糖尿病史
升高 增高 偏高 增多 上升 ↑
降低 减低 偏低 减少 下降 ↓
"""
_CANONICAL = {
    unicodedata.normalize("NFKC", word).casefold(): unicodedata.normalize("NFKC", line.split()[0]).casefold()
    for line in _SYNONYMS.strip().splitlines()
    for word in line.split()
}
# One Latin letter means a sign only before a number ("T 38.5", "P 110").
_LATIN = [word for word in _CANONICAL if word.isascii() and len(word) > 1]
_LETTERS = [word for word in _CANONICAL if len(word) == 1 and word.isascii()]
_CHINESE = [word for word in _CANONICAL if not word.isascii()]
_FIRST = "".join(sorted({word[0] for word in _CANONICAL}))
# Nearly every character begins none of the words: looked at first, that makes it three times as fast.
_SYNONYM = re.compile(
    f"(?=[{re.escape(_FIRST)}])(?:"
    + "|".join(
        [
            *(re.escape(word) for word in sorted(_CHINESE, key=len, reverse=True)),
            rf"(?<![a-z0-9])(?:{'|'.join(map(re.escape, sorted(_LATIN, key=len, reverse=True)))})(?![a-z])",
            rf"(?<![a-z])(?:{'|'.join(_LETTERS)})(?=[\s:]*\d)",
        ]
    )
    + ")"
)
NEGATION = re.compile(
    r"否认|未(?:见|闻及|闻|及|触及|扪及|引出|查见|出现|发现|诉)(?:明显)?|无(?!力|痛性|诱因|创|菌|尿|脉|症状|名)|不伴"
)
_ENUMERATION_ENDS = "，,；;。\n"
_CLAUSE = re.compile(r"[^，,；;。、\n！!？?]+")
_FILLER = re.compile(
    r"患者|病人|明显|明确|典型|存在|出现|伴有|伴|有|及|和|或|的|为|示|提示|表现|症状|病史|史|查体|可见|相关|等|[\s:：()（）“”\"'.]"
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of a text: its span, its unified words without filler, and whether it is denied (`无…`, `否认…、…`)."""

    start: int
    end: int
    words: str
    denied: bool


@dataclass(frozen=True, slots=True)
class Unified:
    """A unified text. Character i of it was written at `starts[i]` to `ends[i]` of the original."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a non-empty piece of the unified text was written."""
        return self.starts[start], self.ends[end - 1]


def unified(text: str) -> Unified:
    """`text` with compatibility forms (NFKC), case and synonyms unified."""
    characters, places = [], []
    for place, character in enumerate(text):
        for folded in unicodedata.normalize("NFKC", character).casefold():
            characters.append(folded)
            places.append(place)
    return _with_synonyms("".join(characters), places)


def clauses(text: str) -> Iterator[Clause]:
    """The clauses of a text in order; an enumeration (`无发热、咳嗽`) is denied as a whole."""
    whole = unified(text)
    denied, last = False, 0
    for match in _CLAUSE.finditer(whole.text):
        gap, last = whole.text[last : match.start()], match.end()
        if any(mark in _ENUMERATION_ENDS for mark in gap):
            denied = False
        negation = NEGATION.search(match[0])
        denied = denied or negation is not None
        words = bare_words(match[0])
        if words:
            yield Clause(*whole.span(match.start(), match.end()), words, denied)


def bare_words(unified_text: str) -> str:
    """What a clause is about: without denial and filler words."""
    return _FILLER.sub("", NEGATION.sub("", unified_text))


def _with_synonyms(folded: str, places: list[int]) -> Unified:
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    last = 0
    for match in [*_SYNONYM.finditer(folded), None]:
        until = len(folded) if match is None else match.start()
        pieces.append(folded[last:until])
        starts += places[last:until]
        ends += [place + 1 for place in places[last:until]]
        if match is not None:
            word = _CANONICAL[match[0]]
            pieces.append(word)
            starts += [places[match.start()]] * len(word)
            ends += [places[match.end() - 1] + 1] * len(word)
            last = match.end()
    return Unified("".join(pieces), tuple(starts), tuple(ends))
