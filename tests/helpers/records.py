"""Values of the core for tests: one invented ward."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from uuid import uuid4

from app.core.entities import Encounter, Patient, Sex
from app.core.events import EventKind, FeedbackEvent, Vote
from app.core.notes import NoteKind, input_hash
from app.core.provenance import AiSpan, Origin
from app.core.recovery_code import RecoverySecret
from app.core.runs import (
    Binding,
    Comparison,
    Decoding,
    FinishReason,
    Generation,
    Message,
    ModelIdentity,
    Prompt,
    Run,
    RunOutcome,
    RunStatus,
)
from app.storage.database import create_encrypted
from app.storage.driver import sqlite3
from app.storage.encryption import connect, secret_of
from app.storage.key_store import KeyStore
from app.storage.repositories import Repositories, open_repositories

DOCTOR = "王医师"
NOW = datetime(2025, 3, 1, 8, 30, tzinfo=timezone(timedelta(hours=8)))
COMPLAINT = "胸痛3小时"
FEATURES = "男，65岁，突发胸骨后压榨样疼痛，否认发热。"


def repositories_in(folder: Path) -> Repositories:
    """Open the repositories of a data folder; the caller closes them."""
    return open_repositories(folder / "wardnote.sqlite3", folder / "pseudonym.key", DOCTOR)


def make_encrypted(folder: Path) -> None:
    """Put a new, encrypted database into a data folder; whoever opens it need not know."""
    create_encrypted(folder / "wardnote.sqlite3", RecoverySecret.new(), KeyStore.of_user())


def raw_connection(path: Path) -> sqlite3.Connection:
    """Past the program's own door, with the key that the file needs."""
    return connect(path, secret_of(path, KeyStore.of_user()))


def a_patient(name: str = "测试甲") -> Patient:
    return Patient(uuid4().hex, name, Sex.MALE)


def an_encounter(patient: Patient, bed: str = "3床", ward: str = "心内一病区", mrn: str = "ZY0001") -> Encounter:
    return Encounter(uuid4().hex, patient.patient_id, mrn, "65岁", "心血管内科", ward, bed, NOW)


def a_stay(repositories: Repositories, name: str = "测试甲", bed: str = "3床", mrn: str = "ZY0001") -> Binding:
    """Store a patient, a stay and its empty note; what a comparison of that note is bound to."""
    patient = a_patient(name)
    encounter = an_encounter(patient, bed, mrn=mrn)
    repositories.encounters.add(patient, encounter, NOW)
    note = repositories.notes.open(encounter.encounter_id, NoteKind.FIRST_PROGRESS, NOW)
    return Binding(
        patient.patient_id, encounter.encounter_id, note.note_id, note.version, input_hash(COMPLAINT, FEATURES)
    )


def a_comparison(binding: Binding, runs: int = 3) -> Comparison:
    comparison_id = uuid4().hex
    return Comparison(
        comparison_id=comparison_id,
        binding=binding,
        chief_complaint=COMPLAINT,
        case_features=FEATURES,
        created_at=NOW,
        runs=tuple(a_run(comparison_id, binding, order) for order in range(runs)),
    )


def a_run(comparison_id: str, binding: Binding, order: int = 0) -> Run:
    name = f"model-{order}"
    return Run(
        run_id=uuid4().hex,
        comparison_id=comparison_id,
        binding=binding,
        identity=ModelIdentity(name, f"模型 {order}", f"{order}" * 64, f"base/{name}", "scripted", "1.0", "int4 g32"),
        prompt=Prompt((Message("system", "你是医师"), Message("user", COMPLAINT)), "differential", "1", "a" * 64),
        decoding=Decoding(temperature=0.7, top_p=0.9, top_k=40, max_tokens=256, seed=7, stop=("</s>", "\n\n")),
        display_order=order,
        started_at=NOW,
    )


def a_generation(run: Run, text: str = "1. 急性心肌梗死", status: RunStatus = RunStatus.COMPLETED) -> Generation:
    failed = status is RunStatus.FAILED
    outcome = RunOutcome(
        run_id=run.run_id,
        status=status,
        finish_reason=FinishReason.ERROR if failed else FinishReason.STOP,
        text=text,
        input_tokens=120,
        output_tokens=33,
        ttft_ms=800.0,
        duration_ms=2400.5,
        error="引擎进程意外结束。" if failed else None,
        load_ms=1500.25,
    )
    return Generation(run, outcome, NOW + timedelta(seconds=3))


def a_vote(generation_id: str, vote: Vote, event_id: str = "") -> FeedbackEvent:
    return FeedbackEvent(event_id or uuid4().hex, generation_id, EventKind.VOTE, DOCTOR, NOW, data={"vote": vote.value})


def a_full_comparison(repositories: Repositories, binding: Binding) -> tuple[Comparison, tuple[Generation, ...]]:
    """Store a comparison whose three runs have ended."""
    comparison = a_comparison(binding)
    generations = tuple(a_generation(run) for run in comparison.runs)
    repositories.comparisons.record(comparison)
    for generation in generations:
        repositories.comparisons.record_generation(generation)
    return comparison, generations


def ai_span(start: int, end: int, original: str, section: str = "differential") -> AiSpan:
    """A sentence that a model wrote, not reviewed."""
    return AiSpan(section, start, end, original, Origin("r1", "模型 0", "scripted 1.0", NOW))
