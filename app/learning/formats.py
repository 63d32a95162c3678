"""The files of an export, written row by row.

Sources: TRL "Dataset formats and types" (conversational: `messages`; `prompt`, `completion`, `label`; `prompt`,
`chosen`, `rejected`), LLaMA-Factory `data/README.md` (sharegpt; its converter passes over a `kto_tag` that is no
boolean), and Label Studio's basic JSON format of tasks. The rows of training files have exactly the keys of their
format; what else is known of a row stands in the same line of the `.meta.jsonl` beside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.core.runs import Message
from app.learning.records import ComparisonRecord, Suggestion
from app.learning.rows import DpoRow, GrpoRow, KtoRow, SftRow, TrainingRow, row_id

Json = dict[str, object]


class Writer(Protocol):
    """Writes one format into a folder. `counts` maps its files of rows to how many they have."""

    counts: dict[str, int]

    def write(self, record: ComparisonRecord, suggestions: Sequence[Suggestion], rows: Sequence[TrainingRow]) -> None:
        """Add a cleaned comparison: its suggestions and rows that pass the filters."""

    def close(self) -> None:
        """Complete the files."""


class JsonLines:
    """A file with one JSON object a line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self._file = path.open("x", encoding="utf-8", newline="\n")

    def write(self, row: Json) -> None:
        """Add a line."""
        self._file.write(json.dumps(row, ensure_ascii=False) + "\n")
        self.rows += 1

    def close(self) -> None:
        """Complete the file."""
        self._file.close()


def chat(messages: Sequence[Message]) -> list[Json]:
    """Messages as TRL and OpenAI have them."""
    return [{"role": message.role, "content": message.content} for message in messages]


def _answer(text: str) -> list[Json]:
    return [{"role": "assistant", "content": text}]


def sft_row(row: SftRow) -> Json:
    """TRL language modelling, and OpenAI's fine-tuning format."""
    return {"messages": chat(row.suggestion.messages) + _answer(row.completion)}


def kto_row(row: KtoRow) -> Json:
    """TRL unpaired preference."""
    prompt, completion = chat(row.suggestion.messages), _answer(row.suggestion.output)
    return {"prompt": prompt, "completion": completion, "label": row.label}


def dpo_row(row: DpoRow) -> Json:
    """TRL preference with an explicit prompt."""
    chosen, rejected = _answer(row.chosen), _answer(row.rejected)
    return {"prompt": chat(row.suggestion.messages), "chosen": chosen, "rejected": rejected}


def grpo_row(row: GrpoRow) -> Json:
    """TRL prompt-only, with the column that a reward function is given."""
    return {"prompt": chat(row.suggestion.messages), "gold_diagnosis": list(row.diagnoses)}


def _told(suggestion: Suggestion) -> Json:
    return {
        "generation_id": suggestion.generation_id,
        "model": suggestion.model,
        "model_sha256": suggestion.model_sha256,
        "base": suggestion.base,
        "quantisation": suggestion.quantisation,
        "finish_reason": suggestion.finish_reason,
        "display_order": suggestion.display_order,
        "ttft_ms": rounded(suggestion.ttft_ms),
        "duration_ms": rounded(suggestion.duration_ms),
    }


def rounded(milliseconds: float | None) -> float | None:
    """To a tenth: a long fraction could be taken for a telephone number."""
    return None if milliseconds is None else round(milliseconds, 1)


def meta_row(record: ComparisonRecord, row: TrainingRow) -> Json:
    """Where a row is from, whose it is (by pseudonym), and what may bias it."""
    return {
        "row_id": row_id(row),
        **_told(row.suggestion),
        "comparison_id": record.comparison_id,
        "patient": record.patient,
        "encounter": record.encounter,
        "doctor": row.actor,
        "department": record.department,
        "task": record.task,
        "created_at": record.created_at.isoformat(),
        "basis": row.basis.value,
        "weight": row.weight if isinstance(row, DpoRow) else 1.0,
        **({"rejected": _told(row.sibling)} if isinstance(row, DpoRow) and row.sibling else {}),
        **({"ranks": dict(row.ranks)} if isinstance(row, GrpoRow) else {}),
    }


class RowsWriter:
    """One file of one kind of row, and its `.meta.jsonl`."""

    def __init__(self, folder: Path, name: str, kind: type[TrainingRow], form: Callable[..., Json]) -> None:
        self.counts = {f"{name}.jsonl": 0}
        self._kind = kind
        self._form = form
        self._name = f"{name}.jsonl"
        self._rows = JsonLines(folder / self._name)
        self._meta = JsonLines(folder / f"{name}.meta.jsonl")

    def write(self, record: ComparisonRecord, suggestions: Sequence[Suggestion], rows: Sequence[TrainingRow]) -> None:
        """See Writer."""
        for row in rows:
            if isinstance(row, self._kind):
                self._rows.write(self._form(row))
                self._meta.write(meta_row(record, row))
        self.counts[self._name] = self._rows.rows

    def close(self) -> None:
        """See Writer."""
        self._rows.close()
        self._meta.close()


@dataclass(frozen=True, slots=True)
class _LlamaFactoryData:
    """One data set of LLaMA-Factory: its rows, and what `dataset_info.json` says of it."""

    kind: type[TrainingRow]
    form: Callable[..., Json]
    info: Mapping[str, object]


def _sharegpt(messages: Sequence[Message], answer: str | None = None) -> Json:
    """LLaMA-Factory wants user and assistant in turn; a system message stands in a column of its own."""
    turns = [message for message in messages if message.role != "system"]
    conversation: list[Json] = [
        {"from": "human" if message.role == "user" else "gpt", "value": message.content} for message in turns
    ]
    if answer is not None:
        conversation.append({"from": "gpt", "value": answer})
    system = "\n".join(message.content for message in messages if message.role == "system")
    return {"conversations": conversation, "system": system}


def _sharegpt_sft(row: SftRow) -> Json:
    return _sharegpt(row.suggestion.messages, row.completion)


def _sharegpt_kto(row: KtoRow) -> Json:
    return {**_sharegpt(row.suggestion.messages, row.suggestion.output), "kto_tag": row.label}


def _sharegpt_dpo(row: DpoRow) -> Json:
    return {
        **_sharegpt(row.suggestion.messages),
        "chosen": {"from": "gpt", "value": row.chosen},
        "rejected": {"from": "gpt", "value": row.rejected},
    }


_COLUMNS = {"messages": "conversations", "system": "system"}
_LLAMA_FACTORY: Mapping[str, _LlamaFactoryData] = {
    "wardnote_sft": _LlamaFactoryData(SftRow, _sharegpt_sft, {"columns": _COLUMNS}),
    "wardnote_kto": _LlamaFactoryData(KtoRow, _sharegpt_kto, {"columns": {**_COLUMNS, "kto_tag": "kto_tag"}}),
    "wardnote_dpo": _LlamaFactoryData(
        DpoRow, _sharegpt_dpo, {"ranking": True, "columns": {**_COLUMNS, "chosen": "chosen", "rejected": "rejected"}}
    ),
}


class LlamaFactoryWriter:
    """A `dataset_dir` for LLaMA-Factory. A data set without rows is left out: its loader refuses an empty file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "llama-factory"
        self._folder.mkdir()
        self._files: dict[str, JsonLines] = {}
        self.counts: dict[str, int] = {}

    def write(self, record: ComparisonRecord, suggestions: Sequence[Suggestion], rows: Sequence[TrainingRow]) -> None:
        """See Writer."""
        for row in rows:
            name, data = next(
                ((name, data) for name, data in _LLAMA_FACTORY.items() if isinstance(row, data.kind)), ("", None)
            )
            if data is None:
                continue
            if name not in self._files:
                self._files[name] = JsonLines(self._folder / f"{name}.jsonl")
            self._files[name].write(data.form(row))
            self.counts[f"llama-factory/{name}.jsonl"] = self._files[name].rows

    def close(self) -> None:
        """See Writer."""
        for file in self._files.values():
            file.close()
        described = {
            name: {"file_name": f"{name}.jsonl", "formatting": "sharegpt", **data.info}
            for name, data in _LLAMA_FACTORY.items()
            if name in self._files
        }
        text = json.dumps(described, ensure_ascii=False, indent=2)
        (self._folder / "dataset_info.json").write_text(text + "\n", encoding="utf-8")
