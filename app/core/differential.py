"""The structured differential: read from the Markdown that a model writes, and written back in one form.

Models of all sizes keep the asked form more or less. The reader accepts what they write instead (headings, Chinese
or bracketed numbers, nested bullets, several fields on one line, missing fields) and takes any prefix of an answer,
so it can follow a stream. What it cannot place it leaves out; the text itself is always shown whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

MAX_DIAGNOSES = 5
_MAX_NAME = 40


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One diagnosis of a differential; each point is one short phrase as the model wrote it."""

    name: str
    supporting: tuple[str, ...] = ()
    opposing: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()

    @property
    def has_points(self) -> bool:
        """Whether anything is said of it beyond its name."""
        return any((self.supporting, self.opposing, self.missing, self.next_steps))


@dataclass(frozen=True, slots=True)
class Item:
    """A diagnosis and the piece of the text that is about it: `start` to `end` (exclusive) in code points."""

    diagnosis: Diagnosis
    start: int
    end: int


def parse_differential(text: str) -> tuple[Diagnosis, ...]:
    """At most five different diagnoses in the order written; empty if none is recognised. Never raises."""
    return tuple(item.diagnosis for item in parse_items(text))


def parse_items(text: str) -> tuple[Item, ...]:
    """The diagnoses of `parse_differential`, each with its piece of the text."""
    reader = _Reader()
    place = 0
    for line in text.splitlines(keepends=True):
        reader.read(line.rstrip("\r\n"), place)
        place += len(line)
    return reader.items(place)


def parse_answer(text: str) -> tuple[Diagnosis, ...]:
    """The diagnoses of an answer that has ended: see `answer_items`."""
    return tuple(item.diagnosis for item in answer_items(text))


def answer_items(text: str) -> tuple[Item, ...]:
    """The diagnoses of `parse_answer`, each with its piece of the text.

    A last one that the answer breaks off in before its first point is left out: where the others have points, a bare
    name is not a suggestion to insert or to count. (An answer of bare names alone is a list, and stays whole.)
    """
    items = parse_items(text)
    said = [item.diagnosis.has_points for item in items]
    return items[:-1] if len(items) > 1 and all(said[:-1]) and not said[-1] else items


def render(diagnoses: Sequence[Diagnosis]) -> str:
    """The differential in the form that the prompt asks for (Markdown); fields without points are left out."""
    return "\n".join(line for number, one in enumerate(diagnoses, 1) for line in _rendered(number, one))


def _rendered(number: int, diagnosis: Diagnosis) -> Iterable[str]:
    yield f"{number}. **{diagnosis.name}**"
    for title, points in (
        ("支持点", diagnosis.supporting),
        ("不支持点", diagnosis.opposing),
        ("缺什么", diagnosis.missing),
        ("建议检查", diagnosis.next_steps),
    ):
        if points:
            yield f"   - {title}：{'；'.join(points)}"


_LABELS = {
    "supporting": r"支持(?:诊断)?(?:点|依据|证据|理由)?|诊断依据|依据|符合点|理由",
    "opposing": r"(?:不支持|反对|不符合)(?:诊断)?(?:点|依据|证据|理由|之处)?|排除(?:依据|理由|点)",
    "missing": r"缺什么|(?:尚?缺(?:少|失|乏)?|待补充|需补充|未记录)的?(?:信息|资料|内容|项目|点)?",
    "next_steps": (
        r"(?:建议|下一步|进一步|需完善|需|完善|推荐|鉴别)的?(?:检查|检验)(?:项目|建议)?"
        r"|建议|下一步|(?:辅助)?检查(?:建议)?"
    ),
}
_LABEL_NAMES = "|".join(f"(?P<{key}>{names})" for key, names in _LABELS.items())
_WHOLE_LABEL = re.compile(rf"(?:{_LABEL_NAMES})\s*[:：]?")
_LABEL = re.compile(rf"(?:^|(?<=[\s；;。，,、]))(?:[-*•·]\s*)?(?:{_LABEL_NAMES})\s*[:：]")

_NUMBER = r"\d{1,2}|[一二三四五六七八九十]{1,3}"
_MARKER = re.compile(
    r"(?P<indent>\s*)(?:"
    r"(?P<heading>#{1,6})\s*"
    rf"|(?P<number>\d{{1,2}})\s*[.．、)）](?!\d)\s*"
    rf"|(?P<chinese>[一二三四五六七八九十]{{1,3}})\s*[、.．)）]\s*"
    rf"|(?P<bracketed>[(（](?:{_NUMBER})[)）])[、.．]?\s*"
    r"|(?P<circled>[①-⑳])\s*"
    r"|(?P<bullet>[-*+•·●○◦▪](?![*-]))\s*"
    r")?"
)
_NUMBERED = ("number", "chinese", "bracketed", "circled")
_QUOTE = re.compile(r"^(?:\s*> ?)+")
_EMPHASIS = re.compile(r"\*\*+|(?<!\d)\*(?!\d)|__+|`+|~~+")
_NAMED = re.compile(
    rf"(?:(?:初步|主要|首要|首选|最可能的?|可能的?|次要|鉴别|第[一二三四五]个?)?诊断(?:名称)?\s*(?:{_NUMBER})?\s*[:：])\s*"
)
_REMARK = re.compile(r"\s*[(（][^()（）]*(?:可能|概率|首选|考虑|待排|待查|[%％])[^()（）]*[)）]\s*$")
_TITLE = re.compile(
    r"(?:可能的?|初步|主要|需要?)?(?:鉴别)?诊断(?:列表|分析|意见|如下|建议|与鉴别|讨论|结果|及依据|和依据)*|病历|病历分析|病例分析|分析|患者信息|主诉|病例特点"
)
_CLOSING = re.compile(
    r"总结|小结|结论|综上|总之|注意[:：]|注[:：]|备注|以上(?:诊断|内容|分析|为|是|仅|建议)|说明[:：]|免责"
)
_NOTHING = re.compile(r"(?:暂?无|没有|未提及|未见|不详|n/?a)?(?:明显|特殊)?[\s。.…\-—]*", re.IGNORECASE)
_SPLIT = re.compile(r"[；;。\n]|(?=[①-⑳])")
_SPLIT_LIST = re.compile(r"[；;。、\n]|(?=[①-⑳])")
_PARENTHESES = re.compile(r"[(（][^()（）\n]*[)）]")
_ITEM_NUMBER = re.compile(rf"\s*(?:[①-⑳]|[(（](?:{_NUMBER})[)）]|\d{{1,2}}\s*[.．、)）](?!\d)|[-*•·●○◦▪])?\s*")


@dataclass(slots=True)
class _Draft:
    """A diagnosis while its lines are read."""

    name: str
    start: int
    points: dict[str, list[str]] = field(default_factory=lambda: {key: [] for key in _LABELS})

    def finished(self) -> Diagnosis:
        return Diagnosis(self.name, *(tuple(dict.fromkeys(self.points[key])) for key in _LABELS))


class _Reader:
    """Reads an answer line by line.

    The first line that starts a diagnosis sets the style (heading, number, …) and the depth of those that follow;
    other markers are points of the open field.
    """

    def __init__(self) -> None:
        self._drafts: list[_Draft] = []
        self._style = ""
        self._indent = 0
        self._field = ""
        self._open = False
        self._place = 0

    def items(self, end: int) -> tuple[Item, ...]:
        by_name = {draft.name: draft for draft in reversed(self._drafts)}
        ends = [draft.start for draft in self._drafts[1:]] + [end]
        items = [
            Item(draft.finished(), draft.start, following)
            for draft, following in zip(self._drafts, ends, strict=False)
            if by_name[draft.name] is draft
        ]
        return tuple(items[:MAX_DIAGNOSES])

    def read(self, line: str, place: int) -> None:
        self._place = place
        line = _QUOTE.sub("", line)
        marker = _MARKER.match(line)
        assert marker is not None  # every part of the pattern is optional
        style = "" if marker.lastgroup in (None, "indent") else str(marker.lastgroup)
        raw = line[marker.end() :].strip()
        content = _EMPHASIS.sub("", raw).strip()
        if not content or set(content) <= set("-=*_ "):
            return
        if style in ("", "heading") and _CLOSING.match(content):
            self._open, self._field = False, ""
        elif not self._read_fields(content):
            asked_form = style == "number" and raw.startswith("**")
            style = _bold_style(style, raw)
            if not self._starts_diagnosis(style, len(marker["indent"].expandtabs(4)), content, asked_form):
                self._add(content)

    def _read_fields(self, content: str) -> bool:
        """Take a line of fields (`支持点：…；不支持点：…`), or one that only names the field that follows."""
        whole = _WHOLE_LABEL.fullmatch(content)
        if whole is not None:
            self._field = _label_key(whole)
            return True
        if not _LABEL.match(content):
            return False
        self._add_fields(content)
        return True

    def _add_fields(self, content: str) -> None:
        labels = list(_LABEL.finditer(content))
        ends = [label.start() for label in labels[1:]] + [len(content)]
        for label, end in zip(labels, ends, strict=True):
            self._field = _label_key(label)
            self._add(content[label.end() : end])

    def _add(self, content: str) -> None:
        if self._open and self._field:
            points = self._drafts[-1].points[self._field]
            points.extend(_points(content, is_list=self._field in ("missing", "next_steps")))

    def _starts_diagnosis(self, style: str, indent: int, content: str, asked_form: bool) -> bool:
        content = _ITEM_NUMBER.sub("", content, count=1)
        named = _NAMED.match(content)
        if named is not None and not style:
            style = "named"
        if not style or style == "bullet" or not self._continues(style, indent):
            return False
        name, rest = _name_and_rest(content[named.end() :] if named else content)
        if _TITLE.fullmatch(name) and not asked_form:
            self._field = ""
            return True
        if not name:
            return False
        self._begin(style, indent, name, rest)
        return True

    def _continues(self, style: str, indent: int) -> bool:
        if not self._style:
            return True
        if style == self._style:
            return indent <= self._indent + 1
        last = self._drafts[-1]
        only_title = self._style in ("heading", "bold ") and len(self._drafts) == 1 and not any(last.points.values())
        if only_title and style in (*_NUMBERED, "heading"):
            self._drafts.pop()
            return True
        return False

    def _begin(self, style: str, indent: int, name: str, rest: str) -> None:
        self._style, self._indent, self._open, self._field = style, indent, True, ""
        self._drafts.append(_Draft(name, self._place))
        if _LABEL.search(rest):
            self._add_fields(rest)
        elif rest:
            self._field = "supporting"
            self._add(rest)


def _bold_style(style: str, raw: str) -> str:
    """A line, bulleted or not, that is bold as a whole may be a name."""
    is_bold = style in ("", "bullet") and re.fullmatch(r"\*\*[^*]+\*\*\s*[:：]?", raw)
    return f"bold {style}" if is_bold else style


def _label_key(match: re.Match[str]) -> str:
    return next(key for key in _LABELS if match[key] is not None)


def _name_and_rest(content: str) -> tuple[str, str]:
    """The name, and what else stands on its line (a remark after a colon, or the fields themselves)."""
    label = _LABEL.search(content)
    head = content[: label.start()] if label else content
    parts = re.split(r"[:：。；;]|\s[-—–]+\s", head, maxsplit=1)
    name = _REMARK.sub("", _REMARK.sub("", parts[0])).strip(" \t，,、-—：:")
    if not 2 <= len(name) <= _MAX_NAME:
        return "", ""
    return name, content[len(parts[0]) :].lstrip(" \t：:，,。；;-—")


def _points(text: str, *, is_list: bool) -> list[str]:
    masked = _PARENTHESES.sub(lambda match: "（" * len(match[0]), text)
    ends = [match.end() for match in (_SPLIT_LIST if is_list else _SPLIT).finditer(masked)]
    pieces = [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]
    points = [_ITEM_NUMBER.sub("", piece, count=1).strip(" \t；;。，,、") for piece in pieces]
    return [point for point in points if not _NOTHING.fullmatch(point)]
