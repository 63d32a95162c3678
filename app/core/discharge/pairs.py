"""Values beside names: the result of an examination and the dose of a drug must be those that the stay has for it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

from app.core.clinical_text import unified
from app.core.discharge.record import is_drug
from app.core.drugs import DRUG, drug_stem
from app.core.stay import Stay
from app.core.unsupported import UnsupportedFact

_VALUE = r"\d+(?:\.\d+)?"
# "白蛋白18.6 g/L", "血肌酐由186降至118", "pH为7.18": up to a few words between a name and its value.
_AFTER = re.compile(rf"(?P<gap>[^\d，,。；;、\n]{{0,6}}?)(?P<value>{_VALUE})(?P<more>(?:(?:降|升|增|减)?至{_VALUE})?)")
_DOSE = re.compile(
    rf"(?P<gap>[^\d，,。；;、\n]{{0,6}}?)(?P<value>{_VALUE})\s*"
    r"(?P<unit>mg|μg|ug|mcg|g|mL|ml|IU|U|万U|万单位|单位|毫克|微克|克|毫升|片|粒|支|袋|滴|喷)(?![/a-zA-Z])"
)


class PairIndex:
    """The values of a stay by name."""

    def __init__(self, stay: Stay, source: str) -> None:
        """`source` is the text of all entries: values in notes count as well."""
        plain = unified(source).text
        self._results: dict[str, set[Decimal]] = defaultdict(set)
        for result in stay.results:
            name = unified(result.name).text
            self._results[name] |= _values(result.value) | set(_near(name, plain, _AFTER))
        self._doses: dict[str, set[Decimal]] = defaultdict(set)
        for order in stay.orders:
            if is_drug(order):
                stem = unified(drug_stem(order.name)).text
                self._doses[stem] |= _values(order.dose) | set(_near(stem, plain, _DOSE))
        self.stems = tuple(self._doses)

    def check(self, text: str) -> Iterator[UnsupportedFact]:
        """Values beside a name that are not that name's, as `result` and `dose`."""
        whole = unified(text)
        for kind, values, pattern in (("result", self._results, _AFTER), ("dose", self._doses, _DOSE)):
            for name, match in _named(values, whole.text, pattern):
                if not _values(match[0][len(match["gap"]) :]) <= values[name]:
                    start, end = whole.span(match.start("value"), match.end())
                    yield UnsupportedFact(start, end, text[start:end], kind)

    def unordered_doses(self, text: str) -> Iterator[tuple[int, int]]:
        """Spans of doses beside a drug's name in `text` that the orders do not have for this drug."""
        whole = unified(text)
        for drug in DRUG.finditer(whole.text):
            stem = next((stem for stem in self.stems if stem in drug[0] or drug[0] in stem), "")
            match = _DOSE.match(whole.text, drug.end())
            if match and not _values(match["value"]) <= self._doses.get(stem, set()):
                yield whole.span(match.start("value"), match.end())


def _named(values: Iterable[str], text: str, pattern: re.Pattern[str]) -> Iterator[tuple[str, re.Match[str]]]:
    """Each place where a value follows a name; the longest name wins where several end there."""
    taken: set[int] = set()
    for name in sorted(values, key=len, reverse=True):
        for found in re.finditer(rf"(?<![a-z]){re.escape(name)}", text):
            match = pattern.match(text, found.end())
            if match and match.start("value") not in taken:
                taken.add(match.start("value"))
                yield name, match


def _near(name: str, text: str, pattern: re.Pattern[str]) -> Iterator[Decimal]:
    for found in re.finditer(re.escape(name), text):
        match = pattern.match(text, found.end())
        if match:
            yield from _values(match[0][len(match["gap"]) :])


def _values(text: str) -> set[Decimal]:
    return {Decimal(value).normalize() for value in re.findall(_VALUE, text)}
