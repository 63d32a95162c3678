"""Facts in a model's text that its source does not contain, found by rules.

They are numbers with a unit, durations, sides, denials (无…, 否认…) and drugs.

The rules look for what can be decided by looking: they call nothing wrong, they mark what a doctor must check.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from app.core.clinical_text import NEGATION, clauses
from app.core.drugs import DRUG, is_named
from app.core.evidence import NOTHING_FOUND, EvidenceIndex
from app.core.laterality import BOTH, SIDE


@dataclass(frozen=True, slots=True)
class UnsupportedFact:
    """A span of the model's text, `start` to `end` (exclusive) in Unicode code points.

    `kind` is number, duration, side, negation or drug.
    """

    start: int
    end: int
    quote: str
    kind: str


class FactSource:
    """A source made ready for comparison; made once for many texts. 10,000 characters take about 20 ms."""

    def __init__(self, text: str, index: EvidenceIndex | None = None) -> None:
        """`index` is that of the text, where it is made already."""
        self._text = text
        self._index = index
        plain = f"{text}\n{_CHINESE_NUMBER.sub(_arabic, text)}"
        self._measured = {measure for match in _MEASURE.finditer(plain) for measure in _measures(match)}
        unmeasured = POWER.sub(_blank, _MEASURE.sub(_without_values, plain))
        self._bare = {Decimal(match[0]) for match in _NUMBER.finditer(unmeasured)}
        self._sides = [(match["side"], match["part"]) for match in SIDE.finditer(text)]
        self._both = {match["part"] for match in BOTH.finditer(text)}

    def unsupported(self, text: str) -> tuple[UnsupportedFact, ...]:
        """The spans of `text` that name a fact without a counterpart in the source, in order.

        What a suggestion asks for (缺什么, 建议检查) is no denial and no drug that someone took.
        """
        stated = _PROPOSALS.sub(_blank, text)
        found = [*self._numbers(text), *self._other_sides(text), *self._denials(stated), *self._drugs(stated)]
        return tuple(sorted(found, key=lambda fact: (fact.start, fact.end)))

    def _numbers(self, text: str) -> Iterator[UnsupportedFact]:
        for match in _MEASURE.finditer(text):
            is_known = all(one in self._measured or one[0] in self._bare for one in _measures(match))
            if not is_known and not _TEST_NAME.match(text, match.start()):
                units = {unit for _, unit in _measures(match)}
                kind = "duration" if units <= _DURATIONS else "number"
                yield UnsupportedFact(match.start(), match.end(), match[0], kind)

    def _other_sides(self, text: str) -> Iterator[UnsupportedFact]:
        for match in SIDE.finditer(text):
            if not _is_supported(match["side"], match["part"], self._sides, self._both):
                yield UnsupportedFact(match.start(), match.end(), match[0], "side")

    def _denials(self, text: str) -> Iterator[UnsupportedFact]:
        bare = _LABEL.sub(_blank, text)
        for clause in clauses(bare):
            if not NEGATION.search(bare, clause.start, clause.end):
                continue
            quote = bare[clause.start : clause.end].strip()
            start = bare.index(quote, clause.start)
            self._index = self._index or EvidenceIndex({"source": self._text})
            if not NOTHING_FOUND.match(quote) and not self._index.find(quote):
                yield UnsupportedFact(start, start + len(quote), quote, "negation")

    def _drugs(self, text: str) -> Iterator[UnsupportedFact]:
        for match in DRUG.finditer(text):
            if not is_named(match[0], self._text):
                yield UnsupportedFact(match.start(), match.end(), match[0], "drug")


def unsupported_facts(text: str, source: str, index: EvidenceIndex | None = None) -> tuple[UnsupportedFact, ...]:
    """As `FactSource.unsupported`, for one text."""
    return FactSource(source, index).unsupported(text)


_PROPOSALS = re.compile(r"^[\s\-*•·]*(?:缺什么|建议检查)[：:].*$", re.MULTILINE)
_LABEL = re.compile(r"^[\s\-*•·]*\w{2,6}[：:]|^\s*\d{1,2}[.、．]|\*\*", re.MULTILINE)
_DURATIONS = frozenset({"minute", "hour", "day", "week", "month", "year"})

_UNITS: Mapping[str, str] = {
    "power/L": r"[×x*·]\s*10\s*\^?\s*[\d⁰¹²³⁴-⁹]{1,2}\s*/\s*[lL升]",
    "mmol/L": r"mmol\s*/\s*[lL]",
    "umol/L": r"[uμµ]mol\s*/\s*[lL]",
    "nmol/L": r"nmol\s*/\s*[lL]",
    "pmol/L": r"pmol\s*/\s*[lL]",
    "mg/dL": r"mg\s*/\s*d[lL]",
    "mg/L": r"mg\s*/\s*[lL]",
    "g/L": r"g\s*/\s*[lL]",
    "ug/L": r"[uμµ]g\s*/\s*[lL]|ng\s*/\s*m[lL]",
    "pg/mL": r"pg\s*/\s*m[lL]|ng\s*/\s*[lL]",
    "U/mL": r"I?U\s*/\s*m[lL]",
    "mU/L": r"[mμµu]I?U\s*/\s*m?[lL]",
    "U/L": r"I?U\s*/\s*[lL]",
    "per minute": r"次\s*/\s*(?:分钟?|min)|bpm|/\s*min",
    "mmHg": r"mm\s*Hg|毫米汞柱",
    "cmH2O": r"cm\s*H[2₂]O",
    "kPa": r"kPa",
    "celsius": r"℃|°\s*C|摄氏度",
    "percent": r"[%％]",
    "mg": r"mg(?![a-zA-Z])|毫克",
    "ug": r"[uμµ]g|微克",
    "kg": r"kg|公斤|千克",
    "g": r"g(?![a-zA-Z])|克",
    "mL": r"m[lL]|毫升",
    "mm": r"mm(?![a-zA-Z])|毫米",
    "cm": r"cm|厘米",
    "minute": r"min|分钟",
    "hour": r"h(?![a-zA-Z])|个?小时",
    "week": r"周(?!岁|围)|个?星期",
    "month": r"个?月",
    "day": r"天|日|d(?![a-zA-Z])",
    "year of age": r"周?岁",
    "year": r"年",
}
_UNIT = "|".join(f"(?P<u{index}>{pattern})" for index, pattern in enumerate(_UNITS.values()))
_VALUE = r"\d+(?:\.\d+)?"
_MEASURE = re.compile(
    rf"(?<![\d.])(?P<values>{_VALUE}(?:\s*[-~～—–/至×x*]\s*{_VALUE}){{0,3}})(?P<about>[多余+]?)\s*(?:{_UNIT})"
)
_NUMBER = re.compile(rf"(?<![\d.]){_VALUE}")
# "24小时尿蛋白定量" names a test, not a finding.
_TEST_NAME = re.compile(r"24\s*(?:小时|h)\s*(?:尿|动态|心电|血压|食管|pH|胃食管)", re.IGNORECASE)
POWER = re.compile(r"10\s*(?:\^\s*\d{1,2}|[⁰¹²³⁴-⁹]{1,2})\s*/")
"""The power in a unit (×10^9/L): no number of its own."""
_CHINESE_NUMBER = re.compile(r"[一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九]")
_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}


def _measures(match: re.Match[str]) -> Iterator[tuple[Decimal, str]]:
    unit = next(name for index, name in enumerate(_UNITS) if match[f"u{index}"] is not None)
    for value in _NUMBER.findall(match["values"]):
        yield Decimal(value).normalize(), unit


def _arabic(match: re.Match[str]) -> str:
    tens, ten, ones = match[0].partition("十")
    if not ten:
        return str(_DIGITS[tens])
    return str(_DIGITS.get(tens, 1) * 10 + _DIGITS.get(ones, 0))


def _without_values(match: re.Match[str]) -> str:
    """A measure without its numbers: they are known with their unit only."""
    return " " * len(match["values"]) + match[0][len(match["values"]) :]


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _is_supported(side: str, part: str | None, written: list[tuple[str, str | None]], both: set[str | None]) -> bool:
    """The source has this side of this part; or it has this side, and the part on no other side."""
    if (side, part) in written or (part is not None and part in both):
        return True
    elsewhere = part is not None and any(other == part for other_side, other in written if other_side != side)
    return not elsewhere and any(other_side == side for other_side, _ in written)
