"""`discharge`, once its stay and its models are known: stores the stay and runs it as any comparison."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from uuid import uuid4

from PySide6.QtCore import QCoreApplication

from app.cli.case_run import NO_NAME, CaseRun
from app.cli.discharge_report import DischargeReport
from app.cli.suggest_case import doctor_name, watcher
from app.cli.ward_data import ward_opener
from app.controllers.comparison import ComparisonController
from app.controllers.comparison_request import ComparisonRequest, DischargeRequest
from app.controllers.discharge_plans import discharge_templates, plans_of
from app.controllers.section_clock import SectionClock
from app.core.discharge.source import lines_of, source_hash
from app.core.discharge.stages import RecordPlan
from app.core.entities import Encounter, Patient
from app.core.notes import NoteKind
from app.core.runs import Binding, Prompt
from app.core.stay import Stay, day_of
from app.inference.prepared import PreparedModel
from app.infra.paths import Paths
from app.storage.repositories import Repositories
from app.workers.storage_thread import StorageThread


def discharge(stay: Stay, models: Sequence[PreparedModel], paths: Paths) -> DischargeReport:
    """Run the stay on the models; everything is stored under the data folder. Raises WardNoteError.

    A run that fails is part of the report, and so is an end that could not be stored.
    """
    application = QCoreApplication.instance() or QCoreApplication([])
    templates = discharge_templates()
    plans = plans_of(stay, models, templates)
    doctor = doctor_name()
    with ExitStack() as stack:
        storage = StorageThread(ward_opener(paths, doctor), application)
        stack.callback(storage.close)
        storage.start()
        controller = ComparisonController(models, storage, _no_prompt, templates.record.decoding)
        stack.callback(controller.close)
        clock = SectionClock(time.monotonic)
        controller.run_progressed.connect(clock.progressed)
        controller.text_arrived.connect(clock.text_arrived)
        run = CaseRun(controller, storage, stack.enter_context(watcher()))
        comparison, generations = run.run_request(partial(store_stay, stay, doctor), partial(_request, stay, plans))
    demonstration = {model.identity.model for model in models if model.demonstration}
    omitted = {name: plan.omitted for name, plan in plans.items()}
    return DischargeReport(
        stay, comparison, generations, demonstration, omitted, clock.first_section_ms, run.storing_faults
    )


def store_stay(stay: Stay, doctor: str, repositories: Repositories) -> Binding:
    """A patient, a stay with its orders and results, and an empty discharge record, so that the runs are bound."""
    now = datetime.now().astimezone()
    patient = Patient(uuid4().hex, stay.patient.name or NO_NAME, stay.patient.sex)
    encounter = Encounter(
        encounter_id=uuid4().hex,
        patient_id=patient.patient_id,
        mrn=stay.patient.mrn,
        age=stay.patient.age,
        department=str(stay.extra.get("department", "")),
        ward=str(stay.extra.get("ward", "")),
        bed=stay.patient.bed,
        admitted_at=datetime.combine(day_of(stay.admission.date), datetime.min.time(), now.tzinfo),
    )
    with repositories.database.transaction():
        repositories.encounters.add(patient, encounter, now, sample=stay.extra.get("sample") is True)
        repositories.stays.add_orders(encounter.encounter_id, stay.orders, doctor, now)
        repositories.stays.add_results(encounter.encounter_id, stay.results, doctor, now)
        note = repositories.notes.open(encounter.encounter_id, NoteKind.DISCHARGE, now)
    return Binding(patient.patient_id, encounter.encounter_id, note.note_id, note.version, source_hash(lines_of(stay)))


def _request(stay: Stay, plans: Mapping[str, RecordPlan], binding: Binding) -> DischargeRequest:
    return DischargeRequest(binding, stay.admission.complaint, stay.admission.case_features, plans)


def _no_prompt(_request: ComparisonRequest) -> Prompt:
    raise TypeError("a discharge request brings its own prompts")
