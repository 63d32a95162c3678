"""Texts without the people in them: what the record knows by exact match first, then the rules.

Placeholders are consistent within a patient ([姓名1] is one person in all of a patient's texts), dates move by the same
number of days, and ages over 89 become 90+. Sources: HIPAA Safe Harbor (45 CFR 164.514(b)(2)) for the kinds, and GB/T
42460-2023 for the approach. What is left to chance is in the report's words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from app.learning.dates import capped_ages, shifted_dates
from app.learning.identities import KnownIdentities, own_name, own_number
from app.learning.person_names import announced_names
from app.learning.records import Identities, Keyed
from app.learning.rules import RULES, Rule

MAXIMUM_SHIFT_DAYS = 365
_GIVEN_DATE = "日期"
_AGE = "年龄"
_NAME = "姓名"
_SHIFTED = "日期（平移）"


class PatientText:
    """One patient's texts. `counts` (shared) gathers how often each kind was replaced."""

    def __init__(self, patient: str, keyed: Keyed, known: KnownIdentities, counts: Counter[str]) -> None:
        """`patient` is the pseudonym from which, with the hospital's key, the days of the shift are made."""
        self._known = known
        self._counts = counts
        self._days = int(keyed("date-shift", patient)[:8], 16) % MAXIMUM_SHIFT_DAYS + 1
        self._placeholders: dict[tuple[str, str], str] = {}
        self._numbers: Counter[str] = Counter()
        self._own_patterns: dict[Identities, tuple[tuple[str, re.Pattern[str]], ...]] = {}

    def clean(self, text: str, own: Identities, year: int) -> str:
        """The text without identities. `own` is what the record says of the patient, `year` that of the record."""
        if own not in self._own_patterns:
            self._own_patterns[own] = tuple(self._exact(own))
        for kind, pattern in self._own_patterns[own]:
            text = pattern.sub(lambda match, kind=kind: self._placeholder(kind, match[0]), text)  # type: ignore[misc]
        for rule in (rule for rule in RULES if rule.concerns(text)):
            text = rule.pattern.sub(lambda match, rule=rule: self._by_rule(rule, match), text)  # type: ignore[misc]
        text = self._whoever_was_found(self._without_announced(text))
        text, dates = shifted_dates(text, self._days, year, lambda value: self._placeholder(_GIVEN_DATE, value))
        text, ages = capped_ages(text)
        self._counts.update({_SHIFTED: dates, _AGE: ages})
        return text

    def moved(self, moment: datetime) -> datetime:
        """A time of this patient, moved by the same days as the dates in the texts."""
        return moment - timedelta(days=self._days)

    def _exact(self, own: Identities) -> Iterator[tuple[str, re.Pattern[str]]]:
        candidates = [
            *((_NAME, own_name(name)) for name in (own.name, *own.doctors)),
            ("住院号", own_number(own.mrn)),
            ("床号", own_number(own.bed)),
            (_NAME, self._known.names),
            ("住院号", self._known.numbers),
        ]
        return ((kind, pattern) for kind, pattern in candidates if pattern is not None)

    def _by_rule(self, rule: Rule, match: re.Match[str]) -> str:
        value = match["value"]
        if rule.keep(value):
            return match[0]
        named = rule.trim(value)
        end = match.end("value") - match.start()
        return match[0][: end - len(named)] + self._placeholder(rule.kind, named) + match[0][end:]

    def _without_announced(self, text: str) -> str:
        parts, done = [], 0
        for start, end in announced_names(text):
            parts += [text[done:start], self._placeholder(_NAME, text[start:end])]
            done = end
        return "".join((*parts, text[done:]))

    def _whoever_was_found(self, text: str) -> str:
        """A name that one text announces stands in the patient's other texts without a word before it.

        A surname alone (王医师) does not: it is a syllable of other words.
        """
        for (kind, value), placeholder in self._placeholders.items():
            if kind == _NAME and len(value) > 1 and not value.isascii() and value in text:
                self._counts[kind] += text.count(value)
                text = text.replace(value, placeholder)
        return text

    def _placeholder(self, kind: str, value: str) -> str:
        self._counts[kind] += 1
        key = kind, re.sub(r"\s", "", value)
        if key not in self._placeholders:
            self._numbers[kind] += 1
            self._placeholders[key] = f"[{kind}{self._numbers[kind]}]"
        return self._placeholders[key]
