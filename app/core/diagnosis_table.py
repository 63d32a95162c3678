"""Names of diagnoses and what they are called otherwise: the table in `resources/terms`, which a hospital can extend.

The table is CSV (Excel reads and writes it) with the columns 名称, 别名 (separated by ；), ICD-10 and 危急 (是, or
empty).
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.core.errors import EnvironmentFault

COLUMNS = ("名称", "别名", "ICD-10", "危急")


@dataclass(frozen=True, slots=True)
class DiagnosisEntry:
    """A diagnosis under its usual name. `icd10` is empty where no one code is sure; `must_not_miss`: dangerous."""

    name: str
    aliases: tuple[str, ...] = ()
    icd10: str = ""
    must_not_miss: bool = False


class DiagnosisTable:
    """Finds the entry that a written name means; entries given later go before those given earlier."""

    def __init__(self, entries: Iterable[DiagnosisEntry] = ()) -> None:
        self._by_name: dict[str, DiagnosisEntry] = {}
        for entry in entries:
            for name in (entry.name, *entry.aliases):
                self._by_name[normalised_name(name)] = entry

    @classmethod
    def parse(cls, *texts: str) -> DiagnosisTable:
        """The table of these CSV texts, the hospital's after our own. Raises EnvironmentFault naming the line."""
        return cls(entry for text in texts for entry in _entries(text))

    def __len__(self) -> int:
        return len(set(self._by_name.values()))

    def find(self, name: str) -> DiagnosisEntry | None:
        """The entry of this name or alias; degree, stage and cause around it do not count, sides do."""
        return next((entry for form in _forms(name) if (entry := self._by_name.get(form))), None)

    def key(self, name: str) -> str:
        """What two names of one diagnosis have in common: the entry's name, or the written one without doubt."""
        entry = self.find(name)
        if entry is None:
            return normalised_name(name)
        return _side(name) + normalised_name(entry.name)


_HEDGE_BEFORE = re.compile(r"^(?:考虑为?|疑似|疑诊?|可能为?|拟诊|不?排除|不除外|高度|首先)+")
_HEDGE_AFTER = re.compile(r"(?:可能性?[大小]?|待[查排]除?|待诊|不除外|可疑)+$")
_BRACKETS = re.compile(r"[(（\[【][^()（）\[\]【】]*[)）\]】]")
_SIDE = re.compile(r"^(?:左|右|双)侧?")
_DEGREE_BEFORE = re.compile(r"^(?:复发性|轻度|中度|重度|轻型|重型|早期|晚期|单纯性|活动性)+")
_DEGREE_AFTER = re.compile(
    r"(?:[IV一二三四1-4]+[级期度型]|急性期|恢复期|稳定期|活动期|失代偿期|代偿期|中危|高危|低危|极高危|很高危|轻度|中度|重度)+$",
    re.IGNORECASE,
)
_FALSE_SIDE = re.compile(r"^(?:左|右)(?:心|室|房|束支|冠)")


def normalised_name(name: str) -> str:
    """A diagnosis without what does not tell it from another: width, case, punctuation, words of doubt."""
    text = unicodedata.normalize("NFKC", name).casefold()
    text = "".join(character for character in text if unicodedata.category(character)[0] in "LNM")
    return _HEDGE_AFTER.sub("", _HEDGE_BEFORE.sub("", text))


def _forms(name: str) -> Iterable[str]:
    """The name as written, then with ever less around it."""
    whole = normalised_name(name)
    bare = normalised_name(_BRACKETS.sub("", name)) or whole
    yield from (whole, bare)
    sideless = bare if _FALSE_SIDE.match(bare) else _SIDE.sub("", bare)
    yield sideless
    short = _DEGREE_AFTER.sub("", sideless)
    yield from (short, _DEGREE_BEFORE.sub("", sideless), _DEGREE_BEFORE.sub("", short))


def _side(name: str) -> str:
    bare = normalised_name(name)
    found = None if _FALSE_SIDE.match(bare) else _SIDE.match(bare)
    return found[0][0] if found else ""


def _entries(text: str) -> Iterable[DiagnosisEntry]:
    reader = csv.DictReader(text.removeprefix("\ufeff").splitlines())
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise EnvironmentFault(f"诊断名称表的第一行应是：{','.join(COLUMNS)}。")
    for row in reader:
        if None in row or None in row.values() or not row["名称"].strip():
            raise EnvironmentFault(f"诊断名称表第 {reader.line_num} 行应有名称，且恰好 {len(COLUMNS)} 列，请检查。")
        yield _entry(row)


def _entry(row: Mapping[str, str]) -> DiagnosisEntry:
    aliases = tuple(alias.strip() for alias in re.split("[；;]", row["别名"]) if alias.strip())
    return DiagnosisEntry(row["名称"].strip(), aliases, row["ICD-10"].strip(), row["危急"].strip() == "是")
