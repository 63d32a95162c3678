"""The composition root: the one place where objects are wired. It tells start-up, and the end, as a story."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.cli.output import say
from app.cli.suggest_case import doctor_name
from app.cli.ward_data import ward_opener
from app.controllers.answers import AnswerController
from app.controllers.arrivals import ArrivalController
from app.controllers.autosave import local_now
from app.controllers.board import BoardController
from app.controllers.checks import ChecksController
from app.controllers.comparison import ComparisonController, ComparisonRequest
from app.controllers.database_key import DatabaseKeyController
from app.controllers.discharge import DischargeController
from app.controllers.discharge_plans import discharge_templates
from app.controllers.exports import ExportController
from app.controllers.feedback import FeedbackController
from app.controllers.model_keeper import ModelKeeper
from app.controllers.model_library import open_library
from app.controllers.models import ModelsController
from app.controllers.note import NoteController
from app.controllers.papers import PaperController
from app.controllers.people import PeopleController
from app.controllers.preferences import PreferencesController
from app.controllers.review import ReviewController
from app.controllers.signing import SigningController
from app.controllers.statistics import StatisticsController
from app.controllers.templates import TemplateController
from app.controllers.ward import WardController
from app.core.errors import EnvironmentFault, ModelFileFault, PolicyFault, WardNoteError
from app.core.people import Person
from app.core.prompts import PromptTemplate, differential_prompt
from app.core.review import REVIEW_FIELDS, review_prompt
from app.core.runs import Prompt
from app.inference.calibration import Calibration
from app.inference.prepared import PreparedModel
from app.infra.paths import Paths
from app.infra.resources import resource_path, resource_text
from app.settings.file import SettingsFile
from app.settings.policy import Policy
from app.settings.terms import diagnosis_table
from app.storage.encounters import EncounterSummary
from app.storage.key_store import KeyStore
from app.storage.samples import SampleEncounter, install_samples
from app.ui.comparison.commit_first import DEFAULT as COMMIT_FIRST_DEFAULT
from app.ui.desktop import TerminationSignals, clear_own_clipboard, make_application, speak_english
from app.ui.discharge.discharge_desk import DEFAULT as DISCHARGE_DEFAULT
from app.ui.fault_hook import FaultHook
from app.ui.first_start.run import Begun, begin
from app.ui.kit.theme import Appearance, ensure_chinese_font, has_chinese_font
from app.ui.kit.words import Words
from app.ui.main_window import Controllers, MainWindow
from app.ui.recovery_dialog import RecoveryDialog
from app.ui.single_instance import SingleInstance
from app.ui.ward.arrival import ArrivalQuestion
from app.workers.background import BackgroundWorker
from app.workers.storage_thread import StorageThread

logger = logging.getLogger(__name__)

NO_KEY = "加密的病历没有打开：请准备好恢复码，或先解锁系统密钥库，再打开病程助手。数据库没有改动。"
# In Latin letters, since no others can be drawn.
NO_FONT = (
    "No Chinese font is installed: Chinese text shows as empty boxes. "
    "Install one (Debian, UOS, Kylin: apt install fonts-noto-cjk) and open WardNote again."
)


def run_window(paths: Paths, engine: str = "auto", *, ask_folder: bool = False, target: str = "") -> int:
    """Open the window on a data folder and return when it is closed. Raises EnvironmentFault if it cannot open.

    `ask_folder`: nobody has said yet where the data folder is; on a new one, the first start asks.
    `target` is a file or link to be opened in it, or in the window that is there already.
    """
    application = make_application()
    with ExitStack() as at_the_end:
        hook, signals = FaultHook(application), TerminationSignals(application)
        at_the_end.callback(signals.restore)
        hook.install()
        at_the_end.callback(hook.restore)
        instance = SingleInstance(paths.data_dir)
        if not instance.claim():
            return _hand_over(instance, target)
        at_the_end.callback(instance.release)
        appearance = make_appearance(application, paths)
        begun = begin(paths, appearance, _models_of, signals.came, ask_folder=ask_folder)
        if begun is None:
            return 0
        if begun.paths != paths:  # the lock of the folder that was not taken is of no use
            instance.release()
            instance = SingleInstance(begun.paths.data_dir)
            if not instance.claim():
                return _hand_over(instance, target)
            at_the_end.callback(instance.release)
        return _run_main_window(begun, engine, target, appearance, instance, hook, at_the_end)


def _run_main_window(
    begun: Begun,
    engine: str,
    target: str,
    appearance: Appearance,
    instance: SingleInstance,
    hook: FaultHook,
    at_the_end: ExitStack,
) -> int:
    paths, application = begun.paths, appearance.application
    key_place = open_with_key(paths)
    if isinstance(key_place, int):
        return key_place
    models, trouble = choose_models(paths, engine)
    services = start_services(paths, models)
    at_the_end.callback(services.close)
    at_the_end.callback(clear_own_clipboard, application.clipboard())
    keeper = services.controllers.preferences.keeper
    window = MainWindow(services.controllers, appearance, local_now)
    at_the_end.callback(window.hide)
    _connect(window, services, instance, hook)
    arrivals = _receive(window, services, instance)
    window.open_on_screen(defaults(policy_of_look(paths)) | dict(keeper.settings.window))
    refused_keys = window.keys.restore(keeper.settings.keys)
    for changed in (window.closing, window.keys.changed):
        changed.connect(lambda: keeper.keep(window=window.state(), keys=window.keys.kept()))
    _say_troubles(window, key_place, trouble, keeper.trouble, refused_keys)
    services.controllers.people.load()
    services.controllers.notes.refresh()
    if begun.wants_sample:
        _load_samples(window, services, partial(_open_first, services.controllers.notes))
    QTimer.singleShot(0, window, services.controllers.comparisons.preload)
    if target:
        arrivals.open(target)
    logger.info("the window is open, with %d models", len(models))
    return application.exec()


@dataclass(frozen=True, slots=True)
class Services:
    """What runs behind the window."""

    storage: StorageThread
    export_storage: StorageThread
    controllers: Controllers

    def close(self) -> None:
        """End the runs (their partial texts are stored), save the note, end threads and processes; bounded in time."""
        self.controllers.exports.stop()
        self.controllers.models.stop()
        self.controllers.discharge.close()
        self.controllers.comparisons.close()
        self.controllers.notes.close()
        self.storage.close()
        self.export_storage.close()
        self.controllers.answers.close()
        self.controllers.models.close()
        self.controllers.preferences.close()


def start_services(paths: Paths, models: tuple[PreparedModel, ...]) -> Services:
    """Start the storage thread and wire the controllers to it. Nothing is loaded or read yet."""
    doctor = doctor_name()
    opened = ward_opener(paths, doctor)
    storage, export_storage = StorageThread(opened), StorageThread(opened)
    storage.start()
    export_storage.start()
    template = PromptTemplate.parse(resource_text("prompts", "differential.md"))
    calibration = Calibration.read(paths.calibration)
    comparisons = ComparisonController(
        calibration.arranged(models),
        storage,
        partial(_prompt, template),
        template.decoding,
        gain=calibration.together(models).gain,
    )
    notes, feedback = NoteController(storage, doctor), FeedbackController(storage, doctor)
    board, ward = BoardController(storage, doctor), WardController(storage, doctor)
    people = PeopleController(storage, doctor)
    review = PromptTemplate.parse(resource_text("prompts", "review.md"), REVIEW_FIELDS)
    reviews = ReviewController(comparisons, storage, doctor, partial(review_prompt, review), review.decoding)
    for follow in (notes.set_actor, feedback.set_actor, ward.set_actor, reviews.set_actor):
        people.changed.connect(partial(_with_name, follow))
    people.changed.connect(board.set_reader)
    discharge = DischargeController(
        storage, notes, comparisons, discharge_templates(), BackgroundWorker(), lambda: reviews.live is None
    )
    reviews.changed.connect(lambda review: discharge.look_again() if review.outcome is not None else None)
    ward.entries_changed.connect(lambda _encounter_id: discharge.look_again())
    controllers = Controllers(
        notes=notes,
        comparisons=comparisons,
        feedback=feedback,
        people=people,
        signing=SigningController(storage, notes, people),
        papers=PaperController(storage, export_storage, notes),
        checks=ChecksController(storage),
        board=board,
        statistics=StatisticsController(storage),
        exports=ExportController(export_storage, paths),
        reviews=reviews,
        answers=AnswerController(diagnosis_table(paths.data_dir), BackgroundWorker()),
        ward=ward,
        templates=TemplateController(storage, paths.data_dir),
        models=_models_of(paths),
        discharge=discharge,
        preferences=PreferencesController(paths),
    )
    controllers.models.engine_chosen.connect(controllers.preferences.use_engine)
    return Services(storage, export_storage, controllers)


def _with_name(follow: Callable[[str], None], person: Person) -> None:
    follow(person.name)


def choose_models(paths: Paths, engine: str) -> tuple[tuple[PreparedModel, ...], str]:
    """The models for the panes, and a sentence if the catalog is wrong. Without models the note side works alone."""
    try:
        library = open_library(paths)
        return library.choose(None, engine), " ".join(library.refusals())
    except (ModelFileFault, PolicyFault) as fault:
        return (), str(fault)
    except EnvironmentFault:
        logger.info("no model is ready")
        return (), ""


def make_appearance(application: QApplication, paths: Paths) -> Appearance:
    """Theme and language: the hospital's, else those that were chosen."""
    policy, chosen = policy_of_look(paths), SettingsFile(paths.settings).load().chosen
    usual = "zh" if ensure_chinese_font() else "en"
    theme = policy.text("window.theme") or chosen.get("theme", "system")
    words = Words(policy.text("window.language") or chosen.get("language", usual))
    if words.language == "en":
        speak_english(application)
    return Appearance(application, theme, words)


def policy_of_look(paths: Paths) -> Policy:
    """The policy for what a window looks like; that a file is wrong is said where it forbids something."""
    try:
        return Policy.of(paths)
    except PolicyFault:
        return Policy()


def defaults(policy: Policy) -> dict[str, str]:
    """How the window is where a doctor has chosen nothing."""
    wanted = {
        COMMIT_FIRST_DEFAULT: policy.flag("window.commit_first"),
        DISCHARGE_DEFAULT: policy.flag("discharge.automatic"),
    }
    return {name: "on" if flag else "off" for name, flag in wanted.items() if flag is not None}


def open_with_key(paths: Paths) -> str | int:
    """Ask for the recovery code if the database is encrypted and the key is missing; what is to be said of its place.

    The exit code if the user gave up, who needs no window that says so, or if the program was ended meanwhile.
    """
    keys = DatabaseKeyController(paths.database, KeyStore.of_user())
    dialog = RecoveryDialog(keys)
    try:
        if dialog.run():
            return dialog.said
        if not dialog.asked:
            return 0
        say(NO_KEY)
        return 3
    finally:
        keys.close()
        dialog.deleteLater()


def sample_encounters() -> list[SampleEncounter]:
    """The invented encounters that come with the program."""
    files = sorted(resource_path("samples").glob("*.json"))
    return [SampleEncounter.parse(json.loads(file.read_text(encoding="utf-8"))) for file in files]


def _hand_over(instance: SingleInstance, target: str) -> int:
    if not instance.ask_first(target):
        raise EnvironmentFault("病程助手已经在运行，但没有响应：请等待片刻，或结束它之后再打开。")
    logger.info("the first instance was brought forward")
    return 0


def _prompt(template: PromptTemplate, request: ComparisonRequest) -> Prompt:
    return differential_prompt(template, request.patient_context, request.chief_complaint, request.case_features)


def _connect(window: MainWindow, services: Services, instance: SingleInstance, hook: FaultHook) -> None:
    instance.raise_wanted.connect(window.bring_forward)
    hook.caught.connect(window.say)
    window.samples_wanted.connect(partial(_load_samples, window, services, services.controllers.notes.refresh))


def _models_of(paths: Paths) -> ModelsController:
    return ModelsController(ModelKeeper(paths))


def _open_first(notes: NoteController) -> None:
    """Open the first of the encounters once the list comes, so that one can begin at once."""

    def open_first(encounters: tuple[EncounterSummary, ...]) -> None:
        if encounters:
            notes.encounters_changed.disconnect(open_first)
            notes.open(encounters[0].encounter.encounter_id)

    notes.encounters_changed.connect(open_first)
    notes.refresh()


def _receive(window: MainWindow, services: Services, instance: SingleInstance) -> ArrivalController:
    """Open what other starts and the desktop hand over."""
    notes = services.controllers.notes
    arrivals = ArrivalController(services.storage, doctor_name(), window)
    services.controllers.people.changed.connect(partial(_with_name, arrivals.set_actor))
    ArrivalQuestion(arrivals, window)
    arrivals.failed.connect(window.say)
    arrivals.found.connect(lambda _: notes.refresh())
    arrivals.found.connect(notes.open)
    instance.open_wanted.connect(arrivals.open)
    return arrivals


def _load_samples(window: MainWindow, services: Services, then: Callable[[], None]) -> None:
    samples = sample_encounters()
    services.storage.submit(
        lambda repositories: install_samples(repositories, samples),
        lambda _: then(),
        lambda error: window.say(str(error) if isinstance(error, WardNoteError) else "示例病历未能载入。"),
    )


def _say_troubles(window: MainWindow, *troubles: str) -> None:
    if any(troubles):
        window.say(" ".join(filter(None, troubles)))
    if not has_chinese_font():
        logger.warning("no Chinese font is installed")
        window.say(NO_FONT)
