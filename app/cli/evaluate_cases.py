"""The cases of an evaluation (one JSON object a line) and the answers to them, kept so that a run can be resumed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.core.case import Case
from app.core.errors import EnvironmentFault, UsageFault
from app.core.evaluation import golds

_PARTS = (("history", ""), ("physical_exam", "查体："), ("aux_exam", "辅助检查："), ("exam_report", "辅助检查："))
_TESTS = frozenset({"aux_exam", "exam_report"})


@dataclass(frozen=True, slots=True)
class EvaluationCase:
    """A case with the diagnoses that count as right."""

    case_id: str
    case: Case
    gold: tuple[str, ...]


def read_cases(path: Path, *, with_tests: bool) -> list[EvaluationCase]:
    """Read JSONL: CASE.json with `gold` (a name or a list), or its text in `history`, `physical_exam`, `aux_exam`.

    `with_tests` false leaves out what the tests showed. Raises UsageFault naming the line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageFault(f"无法读取病例文件 {path}：请检查 --cases 的路径，文件应为 UTF-8。") from error
    return [_read(line, number, path, with_tests=with_tests) for number, line in enumerate(lines, 1) if line.strip()]


def _read(line: str, number: int, path: Path, *, with_tests: bool) -> EvaluationCase:
    try:
        row = json.loads(line)
        gold = golds(row["gold"])
        case = Case.parse(json.dumps(_shaped(row, with_tests=with_tests), ensure_ascii=False))
    except UsageFault as fault:
        raise UsageFault(f"{path} 第 {number} 行：{fault}") from fault
    except (ValueError, TypeError, KeyError, AttributeError):
        raise UsageFault(f"{path} 第 {number} 行不是带有 gold 的病例（每行一个 JSON 对象）。") from None
    return EvaluationCase(str(row.get("id", number)), case, gold)


def _shaped(row: Mapping[str, object], *, with_tests: bool) -> Mapping[str, object]:
    if "case_features" in row:
        return row
    words = row.get("patient_words")
    said = [str(one) for one in words] if isinstance(words, list) else []
    complaint = row.get("chief_complaint") or (said[0] if said else "")
    parts = [f"{title}{_text(row[key])}" for key, title in _PARTS if row.get(key) and (with_tests or key not in _TESTS)]
    features = "\n".join([*said[1:], *parts]) or complaint
    return {"patient": row.get("patient"), "chief_complaint": complaint, "case_features": features}


def _text(value: object) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


class Answers:
    """A JSONL file of answers, one a line as it comes; a line that was cut off is passed over."""

    def __init__(self, path: Path) -> None:
        """Read what is there. Raises EnvironmentFault if the file cannot be made."""
        self.path = path
        self._rows: dict[tuple[str, ...], Mapping[str, object]] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            for row in self._read():
                self._rows[_key(row)] = row
            self._end_last_line()
        except OSError as error:
            raise EnvironmentFault(f"无法写入 {path}（{error.strerror}）：请检查文件夹和权限。") from error

    def text(self, case_id: str, input_hash: str, model_sha256: str, template_hash: str) -> str | None:
        """The completed answer to this input by these weights and this prompt; None if there is none yet."""
        row = self.row(case_id, input_hash, model_sha256, template_hash)
        return None if row is None else str(row["text"])

    def row(self, case_id: str, input_hash: str, model_sha256: str, template_hash: str) -> Mapping[str, object] | None:
        """That answer with all that was kept of it."""
        return self._rows.get((case_id, input_hash, model_sha256, template_hash))

    def add(self, row: Mapping[str, object]) -> None:
        """Keep an answer at once. Raises EnvironmentFault if the disk does not take it."""
        self._rows[_key(row)] = row
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        except OSError as error:
            raise EnvironmentFault(f"无法写入 {self.path}（{error.strerror}）：请检查磁盘空间和权限。") from error

    def _end_last_line(self) -> None:
        """What was cut off must not take the next answer along."""
        kept = self.path.read_text(encoding="utf-8")
        if kept and not kept.endswith("\n"):
            with self.path.open("a", encoding="utf-8") as file:
                file.write("\n")

    def _read(self) -> Iterator[Mapping[str, object]]:
        for line in self.path.read_text(encoding="utf-8").split("\n"):
            try:
                row = json.loads(line)
                _key(row)
            except (ValueError, KeyError, TypeError):
                continue
            yield row


_KEY: Sequence[str] = ("case", "input_hash", "model_sha256", "template_hash")


def _key(row: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in _KEY)
