"""From a model's draft to a record that a doctor can read: exact parts filled in, what the rules found marked.

出院医嘱 begins with the drugs as they were ordered; a sentence of the model that names a drug which was never ordered
is taken out and listed, and a dose that was not ordered becomes blank. Nothing else of the model's text is changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.core.discharge.coverage import Coverage, coverage
from app.core.discharge.draft import WRITTEN
from app.core.discharge.facts import FactChecker, SectionFact
from app.core.discharge.links import Link, LinkIndex
from app.core.discharge.pairs import PairIndex
from app.core.discharge.record import BLANK, discharge_drugs, drug_words, exact_sections, key_results, numbered
from app.core.discharge.source import lines_of
from app.core.drugs import NOT_TAKEN, drugs_in, is_among
from app.core.notes import COURSE, DISCHARGE_DIAGNOSIS, DISCHARGE_ORDERS
from app.core.stay import Stay

_ITEM_NUMBER = re.compile(r"^\s*(?:\d{1,2}[.、．])?\s*")
_ADVICE = re.compile(r"[^。\n]+。?")
_HOW = re.compile(r"每|[一二两三四五六七八九十\d]+\s*次|疗程|直至|[天周月]$")


@dataclass(frozen=True, slots=True)
class Removed:
    """A sentence that was taken out of a section, and why."""

    section: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Record:
    """A finished record. `sections` by `Section.key`; places in `unsupported` and `links` are places in them.

    `exact` are the parts that are copied as they are (入院日期, 出院日期, 入院诊断); `coverage` is of the whole record,
    `prose_coverage` of what the model itself wrote; `links` are the sentences of 诊疗经过.
    """

    sections: Mapping[str, str]
    exact: Mapping[str, str]
    unsupported: tuple[SectionFact, ...]
    removed: tuple[Removed, ...]
    coverage: Coverage
    prose_coverage: Coverage
    links: tuple[Link, ...]


class Finisher:
    """The rules for one stay; made once for the drafts of all models."""

    def __init__(self, stay: Stay) -> None:
        self.stay = stay
        self.lines = lines_of(stay)
        self.index = LinkIndex(self.lines)
        self._facts = FactChecker(stay, self.lines)
        self._text = "\n".join(line.text for line in self.lines)
        self._pairs = PairIndex(stay, self._text)

    def finish(self, draft: Mapping[str, str]) -> Record:
        """The record of this draft, whose sections may be missing or still grow."""
        orders, removed = self._orders(draft.get(DISCHARGE_ORDERS.key, ""))
        sections = {section.key: draft[section.key] for section in WRITTEN if section.key in draft}
        if DISCHARGE_DIAGNOSIS.key in draft:
            sections[DISCHARGE_DIAGNOSIS.key] = numbered(_names(draft[DISCHARGE_DIAGNOSIS.key]))
        if DISCHARGE_ORDERS.key in draft:
            sections[DISCHARGE_ORDERS.key] = orders
        if COURSE.key in draft:
            sections[COURSE.key] = "\n".join(filter(None, (draft[COURSE.key], key_results(self.stay))))
        return Record(
            sections=sections,
            exact=exact_sections(self.stay),
            unsupported=tuple(fact for key, text in sections.items() for fact in self.check(key, text)),
            removed=removed,
            coverage=coverage(self.stay, self.index, sections.values()),
            prose_coverage=coverage(self.stay, self.index, draft.values()),
            links=self.index.link(sections.get(COURSE.key, "")),
        )

    def check(self, key: str, text: str) -> tuple[SectionFact, ...]:
        """What this section says and the stay does not; a sentence of 诊疗经过 without any source is one, too."""
        found = self._facts.check(key, text)
        if key != COURSE.key:
            return found
        rootless = [
            SectionFact(key, link.start, link.end, text[link.start : link.end], "sentence")
            for link in self.index.link(text)
            if not link.lines and not any(link.start < fact.end and fact.start < link.end for fact in found)
        ]
        return tuple(sorted([*found, *rootless], key=lambda fact: fact.start))

    def _orders(self, advice: str) -> tuple[str, tuple[Removed, ...]]:
        """The ordered drugs, then the model's advice; numbered as one list."""
        drugs = [drug_words(order) for order in discharge_drugs(self.stay)]
        kept, removed = [], []
        for match in _ADVICE.finditer(advice):
            sentence = _ITEM_NUMBER.sub("", match[0]).strip()
            if sentence in drugs:
                continue
            if reason := self._objection(sentence):
                removed.append(Removed(DISCHARGE_ORDERS.key, sentence, reason))
            elif sentence.strip("。；;"):
                kept.append(self._blanked(sentence))
        items = dict.fromkeys([*drugs, *kept])
        return numbered(items), tuple(removed)

    def _objection(self, sentence: str) -> str:
        """Why this sentence cannot stay: a drug in it was never ordered, or has ended, or is to be taken otherwise.

        To avoid one that the notes name needs no order. How the ordered drugs are taken is copied from the orders.
        """
        avoided = NOT_TAKEN.search(sentence) is not None
        for match in drugs_in(sentence):
            if avoided and match[0] in self._text:
                continue
            if is_among(match[0], (order.name for order in discharge_drugs(self.stay))):
                if _HOW.search(sentence):
                    return f"{match[0]}的用法以上面按医嘱列出的为准"
                continue
            ended = is_among(match[0], (order.name for order in self.stay.orders))
            return f"{match[0]}出院前已停用" if ended else f"住院医嘱中没有{match[0]}"
        return ""

    def _blanked(self, sentence: str) -> str:
        for start, end in sorted(self._pairs.unordered_doses(sentence), reverse=True):
            sentence = f"{sentence[:start]}{BLANK}{sentence[end:]}"
        return sentence


def _names(text: str) -> Iterable[str]:
    """The diagnoses of a list, each once."""
    return dict.fromkeys(filter(None, (_ITEM_NUMBER.sub("", line).strip() for line in text.splitlines())))
