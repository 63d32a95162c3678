"""What a 出院记录 must agree with: the admission note, the orders, the results, the dates of the stay."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from app.core.checks.diagnoses import named_diagnoses
from app.core.checks.finding import CheckedNote, Finding, Severity, Span, sentence_before
from app.core.diagnosis_table import normalised_name
from app.core.drugs import DRUG
from app.core.notes import (
    ADMISSION_CONDITION,
    ADMISSION_DATE,
    ADMISSION_DIAGNOSIS,
    CASE_FEATURES,
    CHIEF_COMPLAINT,
    COURSE,
    DISCHARGE_CONDITION,
    DISCHARGE_DATE,
    DISCHARGE_DIAGNOSIS,
    DISCHARGE_ORDERS,
    PRELIMINARY_DIAGNOSIS,
    NoteKind,
    Section,
)
from app.core.unsupported import unsupported_facts

_MOST_NAMED = 5
_DATE = re.compile(r"(20\d\d)\s{0,2}[-./年]\s{0,2}(\d{1,2})\s{0,2}[-./月]\s{0,2}(\d{1,2})(?!\d)日?")
# Not a drug to take home: one to stop or to avoid.
_NOT_TAKEN = re.compile(r"停[用服止]|避免|禁|过敏|勿|不宜|慎|不再|必要时可(?:就诊|复诊)")
_BRANDS: Mapping[str, str] = {
    "拜阿司匹灵": "阿司匹林",
    "波立维": "氯吡格雷",
    "泰嘉": "氯吡格雷",
    "立普妥": "阿托伐他汀",
    "可定": "瑞舒伐他汀",
    "拜新同": "硝苯地平",
    "络活喜": "氨氯地平",
    "倍他乐克": "美托洛尔",
    "代文": "缬沙坦",
    "格华止": "二甲双胍",
    "拜唐苹": "阿卡波糖",
    "拜瑞妥": "利伐沙班",
    "优甲乐": "左甲状腺素",
    "耐信": "艾司奥美拉唑",
    "速尿": "呋塞米",
    "安体舒通": "螺内酯",
    "沐舒坦": "氨溴索",
    "芬必得": "布洛芬",
}
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


def check_discharge(note: CheckedNote) -> Iterator[Finding]:
    """All rules of the discharge record; nothing is concluded from what the stay does not have."""
    if note.kind is not NoteKind.DISCHARGE:
        return
    yield from _dates(note)
    yield from _admission_diagnoses(note)
    yield from _admission_condition(note)
    yield from _drugs(note)
    yield from _results(note)


def _dates(note: CheckedNote) -> Iterator[Finding]:
    left = note.encounter.discharged_at
    days = ((ADMISSION_DATE, note.encounter.admitted_at.date()), (DISCHARGE_DATE, left.date() if left else None))
    for section, day in days:
        match = _DATE.search(note.text(section.key))
        if match and day and _day(match) != day:
            reason = f"{section.title}写“{match[0]}”，登记为 {day:%Y-%m-%d}，请核对。"
            yield Finding("date_differs", Severity.MUST, Span(section.key, *match.span()), reason)


def _day(match: re.Match[str]) -> date | None:
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def _admission_diagnoses(note: CheckedNote) -> Iterator[Finding]:
    """入院诊断 lists what the 首次病程记录 does, in any order and with any words of degree around."""
    text = note.text(ADMISSION_DIAGNOSIS.key)
    before = [item.name for item in named_diagnoses(note.facts.admission.get(PRELIMINARY_DIAGNOSIS.key, ""))]
    written = list(named_diagnoses(text))
    if not before or not written:
        return
    missing = [name for name in before if not any(_same(name, item.name) for item in written)]
    if missing:
        reason = f"首次病程记录的初步诊断“{_listed(missing)}”不在入院诊断中，请核对。"
        yield Finding("admission_diagnosis", Severity.ADVISED, Span(ADMISSION_DIAGNOSIS.key), reason)
    for item in written:
        if not any(_same(name, item.name) for name in before):
            span = Span(ADMISSION_DIAGNOSIS.key, item.start, item.start + len(item.name))
            reason = f"首次病程记录的初步诊断中没有“{item.name}”，请核对。"
            yield Finding("admission_diagnosis", Severity.ADVISED, span, reason)
            return


def _admission_condition(note: CheckedNote) -> Iterator[Finding]:
    """Figures and sides of 入院情况 that the 首次病程记录 does not have."""
    source = "\n".join(note.facts.admission.get(section.key, "") for section in (CHIEF_COMPLAINT, CASE_FEATURES))
    if not source.strip():
        return
    facts = unsupported_facts(note.text(ADMISSION_CONDITION.key), source)
    differing = [fact for fact in facts if fact.kind in ("number", "side")]
    if differing:
        quotes = _listed(list(dict.fromkeys(fact.quote for fact in differing)))
        reason = f"首次病程记录中没有“{quotes}”，入院情况应与之一致，请核对。"
        span = Span(ADMISSION_CONDITION.key, differing[0].start, differing[0].end)
        yield Finding("admission_condition", Severity.ADVISED, span, reason)


def _drugs(note: CheckedNote) -> Iterator[Finding]:
    """A drug of the 出院医嘱 that no order of the stay names, under any of its names."""
    ordered = {_generic(_plain(name)) for name in note.facts.ordered}
    if not ordered:
        return
    text, told = note.text(DISCHARGE_ORDERS.key), set[str]()
    for match in _drug_names(text):
        drug = _generic(_plain(match[0]))
        known = any(name in drug or drug[:4] in name or drug[-4:] in name for name in ordered)
        if not known and drug not in told and not _NOT_TAKEN.search(sentence_before(text, match.start())):
            told.add(drug)
            reason = f"出院医嘱有“{match[0]}”，住院医嘱中没有，请核对。"
            yield Finding("drug_not_ordered", Severity.ADVISED, Span(DISCHARGE_ORDERS.key, *match.span()), reason)


def _drug_names(text: str) -> Iterator[re.Match[str]]:
    return re.finditer(rf"{'|'.join(_BRANDS)}|{DRUG.pattern}", text)


def _generic(name: str) -> str:
    return next((generic for brand, generic in _BRANDS.items() if brand in name), name)


def _results(note: CheckedNote) -> Iterator[Finding]:
    """Abnormal results of which the record says neither the name, in a usual form, nor the value."""
    sections: Iterable[Section] = (
        ADMISSION_CONDITION,
        ADMISSION_DIAGNOSIS,
        COURSE,
        DISCHARGE_DIAGNOSIS,
        DISCHARGE_CONDITION,
        DISCHARGE_ORDERS,
    )
    text = _plain("\n".join(note.text(section.key) for section in sections))
    if not text.strip():
        return
    names = dict.fromkeys(one.name for one in note.facts.abnormal if not _is_told(one.name, one.value, text))
    if names:
        count = f"等 {len(names)} 项" if len(names) > _MOST_NAMED else ""
        reason = f"异常结果没有提到：{_listed(list(names))}{count}。"
        yield Finding("result_not_mentioned", Severity.ADVISED, Span(COURSE.key), reason)


def _is_told(name: str, value: str, text: str) -> bool:
    plain = _plain(name)
    also = {other for names in _RESULT_NAMES if plain in names for other in names}
    number = re.match(r"\d+\.\d+|\d{2,}", value.strip())
    return any(word in text for word in {plain} | also) or (number is not None and number[0] in text)


def _same(one: str, other: str) -> bool:
    first, second = normalised_name(one), normalised_name(other)
    return first in second or second in first


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace(" ", "")


def _listed(names: list[str]) -> str:
    return "、".join(names[:_MOST_NAMED])
