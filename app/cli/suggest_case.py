"""`suggest`, once its case and its models are known: wires what the window wires, without the window."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext

from PySide6.QtCore import QCoreApplication

from app.cli.case_run import CaseRun
from app.cli.progress import BarWatcher, LineWatcher, Watcher
from app.cli.report import SuggestReport
from app.cli.ward_data import ward_opener
from app.controllers.comparison import ComparisonController, ComparisonRequest
from app.core.case import Case
from app.core.prompts import PromptTemplate, differential_prompt
from app.core.runs import Prompt
from app.inference.calibration import Calibration
from app.inference.prepared import PreparedModel
from app.infra.paths import Paths
from app.infra.resources import resource_text
from app.settings.terms import diagnosis_table
from app.workers.storage_thread import StorageThread


def suggest(case: Case, models: Sequence[PreparedModel], paths: Paths) -> SuggestReport:
    """Run the case on the models; everything is stored under the data folder. Raises WardNoteError.

    A run that fails is part of the report, and so is an end that could not be stored.
    """
    application = QCoreApplication.instance() or QCoreApplication([])
    template = PromptTemplate.parse(resource_text("prompts", "differential.md"))
    table = diagnosis_table(paths.data_dir)
    doctor = doctor_name()
    with ExitStack() as stack:
        storage = StorageThread(ward_opener(paths, doctor), application)
        stack.callback(storage.close)
        storage.start()
        calibration = Calibration.read(paths.calibration)
        gain, models = calibration.together(models).gain, calibration.arranged(models)
        controller = ComparisonController(models, storage, prompt_maker(template), template.decoding, gain=gain)
        stack.callback(controller.close)
        case_run = CaseRun(controller, storage, stack.enter_context(watcher()))
        comparison, generations = case_run.run(case, doctor)
    demonstration = {model.identity.model for model in models if model.demonstration}
    return SuggestReport(case, comparison, generations, demonstration, case_run.storing_faults, table)


def doctor_name() -> str:
    """The operating system's account, or 医师 where it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "医师"


def prompt_maker(template: PromptTemplate) -> Callable[[ComparisonRequest], Prompt]:
    """How a request becomes a prompt by this template."""
    return lambda request: differential_prompt(
        template, request.patient_context, request.chief_complaint, request.case_features
    )


def watcher() -> AbstractContextManager[Watcher]:
    """Who shows the runs on stderr: bars in a terminal, lines elsewhere."""
    if sys.stderr is None or not sys.stderr.isatty():
        return nullcontext(LineWatcher())
    from rich.console import Console

    return BarWatcher(Console(stderr=True))
