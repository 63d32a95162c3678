"""The form that an answer about one stay cannot leave: the template's grammar with this stay's own words.

By it the model writes no number that the stay lacks, the days of 诊疗经过 are those of the notes, and 出院诊断
are chosen among what the stay itself calls a diagnosis.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from app.core.discharge.record import day_words
from app.core.discharge.source import Entry, Line
from app.core.stay import Stay

_NUMBER = re.compile(r"(?<![\d.])\d+(?:\.\d+)?(?:\s*[/~×:-]\s*\d+(?:\.\d+)?)*(?:\^\d{1,2})?")
_LIST = re.compile(r"(?m)^(?:病程|医嘱|结果)\d{1,2}月\d{1,2}日起?：|（参考 [^）]*）")
_NAMED_DIAGNOSIS = re.compile(
    r"(?:病理(?:回报|提示|诊断)?|(?:修正|补充|明确|出院)?诊断(?:为|考虑)?|考虑(?:为)?)[：:为]?\s*(?P<name>[^，。；;：:（(\n]{3,20})"
)
_NO_DIAGNOSIS = re.compile(r"[\d0-9]|明确|依据|标准|治疗|完善|检查|会诊|必要|手术")
_LETTERS = "abcdefghijkl"
_MOST_NUMBERS = 400
_FREE_NAME = r"[\u4e00-\u9fffA-Za-z] [\u4e00-\u9fffA-Za-z（）()/+ -]{1,23}"
# As the template's grammar has them: sentences beside those of 诊疗经过, and the characters of the longest clause.
_OTHER_SENTENCES, _CLAUSE_CHARACTERS, _DAY_CHARACTERS = 9, 30, 8
_MOST_CLAUSES = 6


def grammar_for(base: str, stay: Stay, lines: Sequence[Line], characters: int) -> str:
    """`base` with the rules of this stay as these lines show it: opening, list, course, sentence and number.

    Whatever the model writes, the whole has about `characters` at most, so that it ends before the greatest length:
    a sentence has fewer clauses where there are many days, and where one is too much, some days go without.
    """
    opening = f"opening ::= {_quoted(_opening(stay))}"
    course = _course(lines, characters, _OTHER_SENTENCES)
    return "\n".join((base, opening, *_choice(candidate_diagnoses(stay)), *course))


def period_grammar(base: str, lines: Sequence[Line], characters: int) -> str:
    """`base` with the rules of the notes of a period: course, sentence and number; as long as `grammar_for` says."""
    return "\n".join((base, *_course(lines, characters - _DAY_CHARACTERS * len(_days(lines)), 0)))


def candidate_diagnoses(stay: Stay) -> tuple[str, ...]:
    """What the stay calls a diagnosis: those of admission, then what its notes name after 诊断 or 病理."""
    named = [match["name"].strip() for note in stay.notes for match in _NAMED_DIAGNOSIS.finditer(note.text)]
    told = (name for name in named if not _NO_DIAGNOSIS.search(name))
    return tuple(dict.fromkeys([*stay.admission.diagnoses, *told]))[: len(_LETTERS)]


def _course(lines: Sequence[Line], characters: int, others: int) -> tuple[str, ...]:
    """A sentence for each day, in so many characters together with so many other sentences."""
    days = _spread(_days(lines), max(characters // _CLAUSE_CHARACTERS - others, 2))
    most = characters // (_CLAUSE_CHARACTERS * (len(days) + others or 1))
    more = min(max(most, 1), _MOST_CLAUSES) - 1
    numbers = _numbers("\n".join(line.text for line in lines))
    return (
        f"course ::= {' '.join(map(_day_rule, days)) or 'sentence{1,6}'}",
        f'sentence ::= clause ([，、；] clause){{0,{more}}} "。"' if more else 'sentence ::= clause "。"',
        f"number ::= {' | '.join(map(_quoted, numbers)) or _quoted('一')}",
    )


def _opening(stay: Stay) -> str:
    complaint = " ".join(stay.admission.complaint.split()).rstrip("。；;")
    return f"患者因{complaint}于{day_words(stay.admission.date, year=True)}入院。"


def _choice(names: Sequence[str]) -> tuple[str, ...]:
    """At least one of these names, each at most once, in their order, one a line; free names if there is none.

    Each line ends with its own break: a lexer takes what may go on, and would keep the break before the heading.
    """
    if not names:
        return ('list ::= (name "\\n"){1,4}', f"name ::= {_FREE_NAME}")
    rules = [f"list ::= {_LETTERS[0]}name"]
    for place, name in enumerate(names):
        following = f"{_LETTERS[place + 1]}name" if place + 1 < len(names) else ""
        line = _quoted(name)[:-1] + '\\n"'
        rules.append(
            f"{_LETTERS[place]}name ::= {line} {following}? | {following}"
            if following
            else f"{_LETTERS[place]}name ::= {line}"
        )
    return tuple(rules)


def _day_rule(day: str) -> str:
    return f"{_quoted(f'{day_words(day)}，')} sentence"


def _days(lines: Iterable[Line]) -> list[str]:
    """The days that have a note."""
    return [*dict.fromkeys(line.date[:10] for line in lines if line.entry is Entry.NOTE and not line.is_end)]


def _spread(days: Sequence[str], most: int) -> list[str]:
    """At most so many of the days, the first and the last among them, the others evenly."""
    if len(days) <= most:
        return [*days]
    return [days[place * (len(days) - 1) // (most - 1)] for place in range(most)]


def _numbers(text: str) -> list[str]:
    """Every number as the text writes it, without the days and ranges that the program adds.

    A number with a power (16.8×10^9) may stand without it, too.
    """
    written = _NUMBER.findall(_LIST.sub("", text))
    bare = [number.partition("×")[0] for number in written if "^" in number]
    return [*dict.fromkeys([*written, *bare])][:_MOST_NUMBERS]


def _quoted(text: str) -> str:
    """A literal of GBNF."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
