"""Comparisons when they start, generations when they end: both are written once and never changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import app
from app.core.runs import Binding, Comparison, FinishReason, Generation, Run, RunOutcome, RunStatus
from app.storage import codec
from app.storage.chain import COMPARISONS, GENERATIONS, RUNS, append
from app.storage.database import Database
from app.storage.pseudonyms import Pseudonyms
from app.storage.rows import Row


class ComparisonRepository:
    """Comparisons and generations in the database."""

    def __init__(self, database: Database, pseudonyms: Pseudonyms, doctor: str) -> None:
        """`doctor` is whose work is recorded; rows keep the pseudonym only."""
        self._database = database
        self._pseudonyms = pseudonyms
        self._doctor = doctor

    def set_doctor(self, doctor: str) -> None:
        """Whose work is recorded from now on."""
        self._doctor = doctor

    def record(self, comparison: Comparison) -> None:
        """Store a comparison and its runs as they start; twice changes nothing."""
        with self._database.transaction() as sql:
            append(sql, COMPARISONS, _comparison_row(comparison))
            for run in comparison.runs:
                append(sql, RUNS, _run_row(run))

    def record_generation(self, generation: Generation) -> None:
        """Store a run's end; its comparison must be stored. Twice changes nothing, another end is a ConflictError."""
        versions: Row = {"app_version": app.__version__, "schema_version": self._database.schema_version}
        self.import_generation(generation, {**versions, **self._pseudonym_columns(generation.run.binding)})

    def import_generation(self, generation: Generation, origin: Row) -> None:
        """As `record_generation`; `origin`: the pseudonyms, and the program and schema that it was made with."""
        run = generation.run
        with self._database.transaction() as sql:
            query = "SELECT department FROM encounters WHERE encounter_id = ?"
            department = sql.execute(query, [run.binding.encounter_id]).fetchone()
            row = {
                **_started_columns(run),
                **ended_columns(generation),
                **origin,
                "department": department[0] if department else "",
            }
            append(sql, GENERATIONS, row)

    def of_note(self, note_id: str) -> tuple[tuple[Comparison, tuple[Generation, ...]], ...]:
        """A note's comparisons, newest first, with the generations that ended, by pane.

        A run without a generation was cut off by the end of the program, or goes on still.
        """
        with self._database.snapshot() as sql:
            rows = list(sql.query("SELECT * FROM comparisons WHERE note_id = ? ORDER BY seq DESC", [note_id]))
            runs = _by_comparison(sql.query(_OF_NOTE.format(table="runs"), [note_id]))
            ends = _by_comparison(sql.query(_OF_NOTE.format(table="generations"), [note_id]))
        return tuple(_comparison(row, runs[row["comparison_id"]], ends[row["comparison_id"]]) for row in rows)

    def _pseudonym_columns(self, binding: Binding) -> Row:
        return {
            "doctor_pseudonym": self._pseudonyms.of("doctor", self._doctor),
            "patient_pseudonym": self._pseudonyms.of("patient", binding.patient_id),
            "encounter_pseudonym": self._pseudonyms.of("encounter", binding.encounter_id),
            "pseudonym_key_id": self._pseudonyms.key_id,
        }


_OF_NOTE = """SELECT t.* FROM {table} t JOIN comparisons c USING (comparison_id)
    WHERE c.note_id = ? ORDER BY t.display_order, t.seq"""


def _comparison_row(comparison: Comparison) -> Row:
    return {
        "comparison_id": comparison.comparison_id,
        "patient_id": comparison.binding.patient_id,
        "encounter_id": comparison.binding.encounter_id,
        "note_id": comparison.binding.note_id,
        "note_version": comparison.binding.note_version,
        "input_hash": comparison.binding.input_hash,
        "chief_complaint": comparison.chief_complaint,
        "case_features": comparison.case_features,
        "created_at": codec.time_text(comparison.created_at),
    }


def _run_row(run: Run) -> Row:
    return {
        "run_id": run.run_id,
        "comparison_id": run.comparison_id,
        "display_order": run.display_order,
        "started_at": codec.time_text(run.started_at),
        "identity": codec.identity_json(run.identity),
        "prompt": codec.prompt_json(run.prompt),
        "decoding": codec.decoding_json(run.decoding),
    }


def _started_columns(run: Run) -> Row:
    identity, prompt, decoding = run.identity, run.prompt, run.decoding
    messages = codec.messages_json(prompt.messages)
    return {
        "generation_id": run.run_id,
        "request_id": run.comparison_id,
        "comparison_id": run.comparison_id,
        "task": prompt.template_id,
        "model": identity.model,
        "model_title": identity.title,
        "model_sha256": identity.model_sha256,
        "base": identity.base,
        "adapter_sha256": None,
        "engine": identity.engine,
        "engine_version": identity.engine_version,
        "quantisation": identity.quantisation,
        "template_id": prompt.template_id,
        "template_version": prompt.template_version,
        "template_hash": prompt.template_hash,
        "messages": messages,
        "messages_hash": codec.text_hash(messages),
        "temperature": decoding.temperature,
        "top_p": decoding.top_p,
        "top_k": decoding.top_k,
        "repetition_penalty": decoding.repetition_penalty,
        "max_tokens": decoding.max_tokens,
        "seed": decoding.seed,
        "stop": codec.to_json(decoding.stop),
        "started_at": codec.time_text(run.started_at),
        "display_order": run.display_order,
        "note_id": run.binding.note_id,
        "note_version": run.binding.note_version,
        "input_hash": run.binding.input_hash,
    }


def ended_columns(generation: Generation) -> Row:
    """How a run ended, as columns."""
    outcome = generation.outcome
    return {
        "status": outcome.status.value,
        "finish_reason": outcome.finish_reason.value,
        "input_tokens": outcome.input_tokens,
        "output_tokens": outcome.output_tokens,
        "ttft_ms": outcome.ttft_ms,
        "duration_ms": outcome.duration_ms,
        "load_ms": outcome.load_ms,
        "tokens_per_second": outcome.tokens_per_second,
        "output": outcome.text,
        "output_hash": codec.text_hash(outcome.text),
        "error": outcome.error,
        "finished_at": codec.time_text(generation.finished_at),
    }


def _by_comparison(rows: Any) -> Mapping[str, list[Mapping[str, Any]]]:
    grouped: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        grouped[row["comparison_id"]].append(row)
    return grouped


def _comparison(
    row: Mapping[str, Any], run_rows: list[Mapping[str, Any]], end_rows: list[Mapping[str, Any]]
) -> tuple[Comparison, tuple[Generation, ...]]:
    binding = Binding(row["patient_id"], row["encounter_id"], row["note_id"], row["note_version"], row["input_hash"])
    runs = {run_row["run_id"]: run_of(run_row, binding) for run_row in run_rows}
    comparison = Comparison(
        comparison_id=row["comparison_id"],
        binding=binding,
        chief_complaint=row["chief_complaint"],
        case_features=row["case_features"],
        created_at=datetime.fromisoformat(row["created_at"]),
        runs=tuple(runs.values()),
    )
    return comparison, tuple(generation_of(end_row, runs[end_row["generation_id"]]) for end_row in end_rows)


def run_of(row: Mapping[str, Any], binding: Binding) -> Run:
    """The run of a row."""
    return Run(
        run_id=row["run_id"],
        comparison_id=row["comparison_id"],
        binding=binding,
        identity=codec.identity_of(row["identity"]),
        prompt=codec.prompt_of(row["prompt"]),
        decoding=codec.decoding_of(row["decoding"]),
        display_order=row["display_order"],
        started_at=datetime.fromisoformat(row["started_at"]),
    )


def generation_of(row: Mapping[str, Any], run: Run) -> Generation:
    """The run's end, of the columns of `ended_columns`."""
    outcome = RunOutcome(
        run_id=run.run_id,
        status=RunStatus(row["status"]),
        finish_reason=FinishReason(row["finish_reason"]),
        text=row["output"],
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        ttft_ms=row["ttft_ms"],
        duration_ms=row["duration_ms"],
        error=row["error"],
        load_ms=row["load_ms"],
    )
    return Generation(run, outcome, datetime.fromisoformat(row["finished_at"]))
