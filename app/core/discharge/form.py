"""The form that an answer about one stay cannot leave: the template's grammar with this stay's own words.

By it the model writes no number that the stay lacks, the days of 诊疗经过 are those of the notes, and 出院诊断 are
chosen among what the stay itself calls a diagnosis.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from app.core.discharge.record import day_words
from app.core.discharge.source import Entry, Line
from app.core.stay import Stay

_NUMBER = re.compile(r"(?<![\d.])\d+(?:\.\d+)?(?:\s*[/~×:-]\s*\d+(?:\.\d+)?)*")
_LIST = re.compile(r"(?m)^(?:病程|医嘱|结果)\d{1,2}月\d{1,2}日起?：|（参考 [^）]*）")
_NAMED_DIAGNOSIS = re.compile(
    r"(?:病理(?:回报|提示|诊断)?|(?:修正|补充|明确|出院)?诊断(?:为|考虑)?|考虑(?:为)?)[：:为]?\s*(?P<name>[^，。；;：:（(\n]{3,20})"
)
_NO_DIAGNOSIS = re.compile(r"[\d0-9]|明确|依据|标准|治疗|完善|检查|会诊|必要|手术")
_MOST_DAYS = 24
_MOST_NUMBERS = 400
_FREE_NAME = r"[\u4e00-\u9fffA-Za-z] [\u4e00-\u9fffA-Za-z（）()/+ -]{1,23}"


def grammar_for(base: str, stay: Stay, lines: Sequence[Line]) -> str:
    """`base` with the rules `opening`, `course`, `diagnosis` and `number` for this stay as these lines show it."""
    text = "\n".join(line.text for line in lines)
    diagnoses = [_quoted(name) for name in candidate_diagnoses(stay)]
    numbers = _numbers(text)
    rules = (
        f"opening ::= {_quoted(_opening(stay))}",
        f"course ::= {_course(lines)}",
        f"diagnosis ::= {' | '.join(diagnoses) or _FREE_NAME}",
        f"number ::= {' | '.join(map(_quoted, numbers)) or _quoted('一')}",
    )
    return "\n".join((base, *rules))


def candidate_diagnoses(stay: Stay) -> tuple[str, ...]:
    """What the stay calls a diagnosis: those of admission, then what its notes name after 诊断 or 病理."""
    named = [match["name"].strip() for note in stay.notes for match in _NAMED_DIAGNOSIS.finditer(note.text)]
    return tuple(dict.fromkeys([*stay.admission.diagnoses, *(one for one in named if not _NO_DIAGNOSIS.search(one))]))


def _opening(stay: Stay) -> str:
    complaint = " ".join(stay.admission.complaint.split()).rstrip("。；;")
    return f"患者因{complaint}于{day_words(stay.admission.date, year=True)}入院。"


def _course(lines: Iterable[Line]) -> str:
    """A sentence for each day that has a note; the days themselves are given."""
    days = dict.fromkeys(line.date[:10] for line in lines if line.entry is Entry.NOTE and not line.is_end)
    given = [f"{_quoted(day_words(day) + '，')} sentence" for day in [*days][:_MOST_DAYS]]
    return " ".join(given) or "sentence{1,6}"


def _numbers(text: str) -> list[str]:
    """Every number of the text as it is written there, without the days and ranges that the program adds."""
    return [*dict.fromkeys(_NUMBER.findall(_LIST.sub("", text)))][:_MOST_NUMBERS]


def _quoted(text: str) -> str:
    """A literal of GBNF."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
