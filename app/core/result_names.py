"""Examinations under all their usual names, and whether a text tells one of them."""

from __future__ import annotations

import re
import unicodedata

_RESULT_NAMES: tuple[frozenset[str], ...] = tuple(
    frozenset(names.split())
    for names in (
        "白细胞 wbc 血象 血常规",
        "血红蛋白 hb hgb 贫血",
        "血小板 plt",
        "中性粒细胞 neut 血象",
        "c反应蛋白 crp 超敏c反应蛋白 hs-crp 炎症指标 炎性指标",
        "降钙素原 pct 炎症指标 炎性指标",
        "谷丙转氨酶 丙氨酸氨基转移酶 alt 转氨酶 肝功能",
        "谷草转氨酶 天冬氨酸氨基转移酶 ast 转氨酶 肝功能",
        "总胆红素 tbil 胆红素 黄疸",
        "白蛋白 alb 低蛋白血症",
        "肌酐 cr crea scr 肾功能",
        "尿素 尿素氮 bun 肾功能",
        "血钾 钾 k k+ 低钾血症 高钾血症",
        "血钠 钠 na na+ 低钠血症 高钠血症",
        "葡萄糖 血糖 空腹血糖 glu",
        "糖化血红蛋白 hba1c",
        "肌钙蛋白i 肌钙蛋白t 肌钙蛋白 ctni ctnt hs-ctnt tni",
        "脑钠肽 bnp nt-probnp n末端b型脑钠肽前体",
        "d-二聚体 d二聚体",
        "血淀粉酶 淀粉酶 amy",
        "红细胞沉降率 血沉 esr",
    )
)


def is_told(name: str, text: str, value: str = "") -> bool:
    """`text` (as `plain` makes it) says the examination, in a usual form of its name, or this value of it."""
    folded = plain(name)
    also = {other for names in _RESULT_NAMES if folded in names for other in names}
    number = re.match(r"\d+\.\d+|\d{2,}", value.strip())
    return any(word in text for word in {folded} | also) or (number is not None and number[0] in text)


def plain(text: str) -> str:
    """Width and case unified, without spaces."""
    return unicodedata.normalize("NFKC", text).casefold().replace(" ", "")
