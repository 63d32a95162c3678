"""The stays of an evaluation, each with the record that a doctor wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.cli.suggest import read_input
from app.core.discharge.draft import WRITTEN
from app.core.errors import UsageFault, WardNoteError
from app.core.stay import Stay


@dataclass(frozen=True, slots=True)
class StayCase:
    """A stay, and its `reference` by section key."""

    case_id: str
    stay: Stay
    reference: Mapping[str, str]


def read_stays(path: Path) -> list[StayCase]:
    """The stays of a JSONL file (named by `id` or line), or of a folder of JSON files, each with its reference.

    Raises UsageFault naming the line or the file that is none.
    """
    if path.is_dir():
        texts = [(file.name, file.stem, read_input(file, "--cases")) for file in sorted(path.glob("*.json"))]
    else:
        lines = read_input(path, "--cases").split("\n")
        texts = [(f"第 {number} 行", str(number), line) for number, line in enumerate(lines, 1) if line.strip()]
    if not texts:
        raise UsageFault(f"{path} 中没有病例。")
    return [_case(*one) for one in texts]


def _case(place: str, name: str, text: str) -> StayCase:
    try:
        stay = Stay.parse(text)
    except WardNoteError as fault:
        raise UsageFault(f"{place}：{fault}") from None
    data = json.loads(text)
    written = data.get("reference")
    if not isinstance(written, Mapping) or not all(isinstance(written.get(one.title), str) for one in WRITTEN):
        titles = "、".join(section.title for section in WRITTEN)
        raise UsageFault(f"{place}：reference 应含五个部分的参考文本（{titles}）。")
    reference = {section.key: written[section.title] for section in WRITTEN}
    return StayCase(str(data.get("id", name)), stay, reference)
