"""Exports for people and for other tools: CSV, SQLite, Label Studio."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.core.acts import report_of
from app.core.events import ErrorType, EventKind, FeedbackEvent, Vote
from app.learning.formats import Json, chat, meta_row, rounded
from app.learning.log import Log
from app.learning.records import DETAILS, ComparisonRecord, Suggestion
from app.learning.rows import DpoRow, GrpoRow, KtoRow, SftRow, TrainingRow

CSV_FILE = "generations.csv"
SQLITE_FILE = "feedback.sqlite3"
TASKS_FILE = "label-studio/tasks.json"

_COLUMNS = (
    *("generation_id", "comparison_id", "patient", "encounter", "department", "task", "started_at", "finished_at"),
    *("model", "model_sha256", "base", "engine", "quantisation", "display_order", "completed", "finish_reason"),
    *("ttft_ms", "duration_ms", "votes_up", "votes_down", "backfilled", "edited", "errors", "copied", "shown_ms"),
    *("messages", "output"),
)
_COMPARISON_COLUMNS = (
    *("comparison_id", "patient", "encounter", "department", "task", "created_at", "runs"),
    *("chief_complaint", "case_features"),
)
_COUNTED = {
    "backfilled": EventKind.BACKFILL,
    "edited": EventKind.EDITED,
    "errors": EventKind.ERROR_REPORTED,
    "copied": EventKind.COPIED,
}
_FORMULA = tuple("=+-@\t\r")


class CsvWriter:
    """One line a generation, for a spreadsheet: a text that it would take for a formula begins with an apostrophe."""

    def __init__(self, folder: Path) -> None:
        self.counts = {CSV_FILE: 0}
        # The mark by which a spreadsheet knows UTF-8.
        self._file = (folder / CSV_FILE).open("x", encoding="utf-8-sig", newline="")
        self._table = csv.writer(self._file)
        self._table.writerow(_COLUMNS)

    def write(self, record: ComparisonRecord, suggestions: Sequence[Suggestion], rows: Sequence[TrainingRow]) -> None:
        """See Writer."""
        for values in map(_values, [record] * len(suggestions), suggestions):
            self._table.writerow([quoted_cell(values[column]) for column in _COLUMNS])
            self.counts[CSV_FILE] += 1

    def close(self) -> None:
        """See Writer."""
        self._file.close()


def quoted_cell(value: object) -> object:
    """The value as a cell that no spreadsheet runs (OWASP, "CSV injection")."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


class SqliteWriter:
    """Comparisons, generations, events and training rows, without people; `read_export` is the inverse."""

    def __init__(self, folder: Path) -> None:
        self.counts = {SQLITE_FILE: 0}
        self._connection = sqlite3.connect(folder / SQLITE_FILE)
        self._connection.execute(f"CREATE TABLE comparisons ({', '.join(_COMPARISON_COLUMNS)})")
        columns = ", ".join((*_COLUMNS, *DETAILS))
        self._connection.execute(f"CREATE TABLE generations ({columns}, PRIMARY KEY (generation_id))")
        self._connection.execute(
            "CREATE TABLE events (event_id PRIMARY KEY, sequence, generation_id, kind, doctor, occurred_at, item, data)"
        )
        self._connection.execute("CREATE TABLE training_rows (kind, generation_id, rejected_id, label, meta)")

    def write(self, record: ComparisonRecord, suggestions: Sequence[Suggestion], rows: Sequence[TrainingRow]) -> None:
        """See Writer."""
        chosen = {suggestion.generation_id for suggestion in suggestions}
        self._add("comparisons", iter([_comparison_values(record)] if suggestions else []))
        self._add("generations", (_exact_values(record, one) for one in suggestions))
        self._add("events", (values for values in _event_values(record) if values[2] in chosen))
        self._add("training_rows", (_row_values(record, row) for row in rows))
        self.counts[SQLITE_FILE] += len(suggestions)

    def close(self) -> None:
        """See Writer."""
        self._connection.commit()
        self._connection.close()

    def _add(self, table: str, rows: Iterator[tuple[object, ...]]) -> None:
        for row in rows:
            self._connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)


class LabelStudioWriter:
    """Tasks for marking errors as spans, and the labelling interface that they need."""

    def __init__(self, folder: Path) -> None:
        self.counts = {TASKS_FILE: 0}
        (folder / "label-studio").mkdir()
        (folder / "label-studio" / "labeling_config.xml").write_text(_interface(), encoding="utf-8")
        self._file = (folder / TASKS_FILE).open("x", encoding="utf-8", newline="\n")
        self._file.write("[")

    def write(self, record: ComparisonRecord, suggestions: Sequence[Suggestion], rows: Sequence[TrainingRow]) -> None:
        """See Writer."""
        for suggestion in suggestions:
            if suggestion.completed and suggestion.output.strip():
                self._file.write(",\n" if self.counts[TASKS_FILE] else "\n")
                self._file.write(json.dumps(_task(record, suggestion), ensure_ascii=False))
                self.counts[TASKS_FILE] += 1

    def close(self) -> None:
        """See Writer."""
        self._file.write("\n]\n")
        self._file.close()


def _values(record: ComparisonRecord, suggestion: Suggestion) -> dict[str, object]:
    """By column, in the order of the columns."""
    log = Log(record)
    votes = list(log.votes(suggestion.generation_id).values())
    return {
        "generation_id": suggestion.generation_id,
        "comparison_id": record.comparison_id,
        "patient": record.patient,
        "encounter": record.encounter,
        "department": record.department,
        "task": record.task,
        "started_at": suggestion.started_at.isoformat(),
        "finished_at": suggestion.finished_at.isoformat(),
        "model": suggestion.model,
        "model_sha256": suggestion.model_sha256,
        "base": suggestion.base,
        "engine": suggestion.engine,
        "quantisation": suggestion.quantisation,
        "display_order": suggestion.display_order,
        "completed": int(suggestion.completed),
        "finish_reason": suggestion.finish_reason,
        "ttft_ms": rounded(suggestion.ttft_ms),
        "duration_ms": rounded(suggestion.duration_ms),
        "votes_up": votes.count(Vote.UP),
        "votes_down": votes.count(Vote.DOWN),
        **{column: len(log.of(suggestion.generation_id, kind)) for column, kind in _COUNTED.items()},
        "shown_ms": sum(_shown_ms(one) for one in log.of(suggestion.generation_id, EventKind.SHOWN) if not one.item),
        "messages": json.dumps(chat(suggestion.messages), ensure_ascii=False),
        "output": suggestion.output,
    }


def _exact_values(record: ComparisonRecord, suggestion: Suggestion) -> tuple[object, ...]:
    exact = {"ttft_ms": suggestion.ttft_ms, "duration_ms": suggestion.duration_ms}
    values = {**_values(record, suggestion), **exact}
    return (*values.values(), *(suggestion.details.get(name) for name in DETAILS))


def _comparison_values(record: ComparisonRecord) -> tuple[object, ...]:
    moment = record.created_at.isoformat()
    about = (record.comparison_id, record.patient, record.encounter, record.department, record.task, moment)
    return (*about, record.runs, record.chief_complaint, record.case_features)


def _shown_ms(event: FeedbackEvent) -> int:
    milliseconds = event.data.get("milliseconds")
    return milliseconds if isinstance(milliseconds, int) else 0


def _event_values(record: ComparisonRecord) -> Iterator[tuple[object, ...]]:
    for logged in record.events:
        event = logged.event
        data = json.dumps(dict(event.data), ensure_ascii=False)
        moment = event.occurred_at.isoformat()
        yield event.event_id, logged.sequence, event.generation_id, event.kind, event.actor, moment, event.item, data


def _row_values(record: ComparisonRecord, row: TrainingRow) -> tuple[object, ...]:
    kinds = {SftRow: "sft", KtoRow: "kto", DpoRow: "dpo", GrpoRow: "grpo"}
    rejected = row.sibling.generation_id if isinstance(row, DpoRow) and row.sibling else None
    label = int(row.label) if isinstance(row, KtoRow) else None
    meta = json.dumps(meta_row(record, row), ensure_ascii=False)
    return kinds[type(row)], row.suggestion.generation_id, rejected, label, meta


def _task(record: ComparisonRecord, suggestion: Suggestion) -> Json:
    data = {
        "text": suggestion.output,
        "prompt": suggestion.messages[-1].content if suggestion.messages else "",
        "generation_id": suggestion.generation_id,
        "model": suggestion.model,
        "patient": record.patient,
    }
    reports = Log(record).of(suggestion.generation_id, EventKind.ERROR_REPORTED)
    spans = [_span(event) for event in reports if event.data["start"] != event.data["end"]]
    marked = [{"result": spans, "model_version": "doctors"}] if spans else []
    return {"data": data, "predictions": marked}


def _span(event: FeedbackEvent) -> Json:
    """A span that a doctor marked, as a region of the labelling interface."""
    report = report_of(event)
    return {
        "id": event.event_id,
        "from_name": "error",
        "to_name": "text",
        "type": "labels",
        "value": {"start": report.start, "end": report.end, "text": report.quote, "labels": [report.type.value]},
    }


def _interface() -> str:
    labels = "\n".join(f'    <Label value="{kind}"/>' for kind in ErrorType)
    return f"""<View>
  <Header value="病历"/>
  <Text name="prompt" value="$prompt"/>
  <Header value="模型的鉴别诊断：标出有问题的文字"/>
  <Labels name="error" toName="text">
{labels}
  </Labels>
  <Text name="text" value="$text" granularity="symbol"/>
</View>
"""
