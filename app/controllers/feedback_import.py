"""An export's comparisons and events in a database of their own, for statistics and exports over several wards.

What was exported has no people: patients and stays are pseudonyms, and stay so. No Qt in here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from app.core.entities import Encounter, Patient, Sex
from app.core.errors import UsageFault
from app.core.notes import NoteKind, input_hash
from app.core.runs import (
    Binding,
    Comparison,
    Decoding,
    FinishReason,
    Generation,
    ModelIdentity,
    Prompt,
    Run,
    RunOutcome,
    RunStatus,
)
from app.learning.exported import read_export
from app.learning.records import ComparisonRecord, Suggestion
from app.storage.repositories import Repositories

# By this number an imported stay is known, and no hospital's 住院号 begins so.
IMPORTED = "导入-"
_UNKNOWN = ModelIdentity("", "没有导出的模型", "", "", "", "", "")
_NOT_EMPTY = "这个数据文件夹里有病历，反馈只能导入专用的数据文件夹：请用 --data-dir 指定一个新的文件夹。"


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an export had, and how many of its events were new here."""

    comparisons: int
    generations: int
    events: int
    new_events: int


def import_feedback(repositories: Repositories, folder: Path, now: datetime) -> ImportResult:
    """Store an export, all or nothing; what is there already stays as it is. Raises UsageFault, EnvironmentFault."""
    records = read_export(folder)
    with repositories.database.transaction():
        if any(not one.encounter.mrn.startswith(IMPORTED) for one in repositories.encounters.summaries()):
            raise UsageFault(_NOT_EMPTY)
        for record in records:
            _store(repositories, record, now)
        # The places in the log decide what a doctor said last, across comparisons too.
        events = sorted((one for record in records for one in record.events), key=lambda one: one.sequence)
        new = sum(repositories.feedback.append(logged.event) for logged in events)
    return ImportResult(
        comparisons=len(records),
        generations=sum(len(record.suggestions) for record in records),
        events=len(events),
        new_events=new,
    )


def _store(repositories: Repositories, record: ComparisonRecord, now: datetime) -> None:
    binding = _stay(repositories, record, now)
    runs = {one.generation_id: _run(one, record, binding) for one in record.suggestions}
    repositories.comparisons.record(
        Comparison(
            comparison_id=record.comparison_id,
            binding=binding,
            chief_complaint=record.chief_complaint,
            case_features=record.case_features,
            created_at=record.created_at,
            runs=(*runs.values(), *_unended(record, next(iter(runs.values())))),
        )
    )
    for one in record.suggestions:
        repositories.comparisons.import_generation(_generation(one, runs[one.generation_id]), _origin(one))


def _stay(repositories: Repositories, record: ComparisonRecord, now: datetime) -> Binding:
    """A patient and a stay named by their pseudonyms, with an empty first note."""
    patient = Patient(record.patient, f"患者 {record.patient[:8]}", Sex.UNKNOWN)
    stay = Encounter(
        encounter_id=record.encounter,
        patient_id=record.patient,
        mrn=f"{IMPORTED}{record.encounter[:8]}",
        age="",
        department=record.department,
        ward="",
        bed="",
        admitted_at=record.created_at,
    )
    repositories.encounters.add(patient, stay, now)
    note = repositories.notes.open(record.encounter, NoteKind.FIRST_PROGRESS, now)
    version = int(str(record.suggestions[0].details["note_version"]))
    said = input_hash(record.chief_complaint, record.case_features)
    return Binding(record.patient, record.encounter, note.note_id, version, said)


def _run(one: Suggestion, record: ComparisonRecord, binding: Binding) -> Run:
    about: Any = one.details
    return Run(
        run_id=one.generation_id,
        comparison_id=record.comparison_id,
        binding=binding,
        identity=ModelIdentity(
            model=one.model,
            title=about["model_title"],
            model_sha256=one.model_sha256,
            base=one.base,
            engine=one.engine,
            engine_version=about["engine_version"],
            quantisation=one.quantisation,
        ),
        prompt=Prompt(one.messages, about["template_id"], about["template_version"], about["template_hash"]),
        decoding=Decoding(
            temperature=about["temperature"],
            top_p=about["top_p"],
            top_k=about["top_k"],
            repetition_penalty=about["repetition_penalty"],
            max_tokens=about["max_tokens"],
            seed=about["seed"],
            stop=tuple(json.loads(about["stop"])),
        ),
        display_order=one.display_order,
        started_at=one.started_at,
    )


def _unended(record: ComparisonRecord, like: Run) -> Iterator[Run]:
    """Runs that were started and whose ends the export does not have: what was chosen was chosen among so many."""
    taken = {one.display_order for one in record.suggestions}
    places = [place for place in range(record.runs) if place not in taken]
    for place in places[: record.runs - len(record.suggestions)]:
        run_id = f"{record.comparison_id}-{place}"
        yield replace(like, run_id=run_id, display_order=place, identity=_UNKNOWN)


def _generation(one: Suggestion, run: Run) -> Generation:
    about: Any = one.details
    outcome = RunOutcome(
        run_id=one.generation_id,
        status=RunStatus(about["status"]),
        finish_reason=FinishReason(one.finish_reason),
        text=one.output,
        input_tokens=about["input_tokens"],
        output_tokens=about["output_tokens"],
        ttft_ms=one.ttft_ms,
        duration_ms=one.duration_ms,
        error=about["error"],
        load_ms=about["load_ms"],
    )
    return Generation(run, outcome, one.finished_at)


def _origin(one: Suggestion) -> dict[str, Any]:
    """What another installation had noted down about itself."""
    names = ("app_version", "schema_version", "doctor_pseudonym", "patient_pseudonym", "encounter_pseudonym")
    return {name: one.details[name] for name in (*names, "pseudonym_key_id")}
