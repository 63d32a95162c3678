"""The first start on a new data folder: which steps are open, what each of them does, and how far it came.

What the hospital decided is not asked. Each step that is done is kept, so that an interrupted start goes on there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.controllers.settings import SettingsKeeper
from app.core.errors import WardNoteError
from app.core.recovery_code import RecoverySecret
from app.infra.paths import Paths
from app.settings.data_folder import Examined, examine
from app.settings.file import SettingsFile
from app.settings.location import choose_folder, chosen_folder
from app.settings.policy import Policy
from app.storage.database import create_encrypted
from app.storage.encryption import DatabaseKind, kind_of
from app.storage.key_store import KeyPlace, KeyStore
from app.workers.background import BackgroundWorker

logger = logging.getLogger(__name__)

PROGRESS = "first_start"
_DONE = "done"


class Step(StrEnum):
    """The steps in their order."""

    FOLDER = "folder"
    RECOVERY = "recovery"
    MODELS = "models"
    CALIBRATE = "calibrate"
    SAMPLE = "sample"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done. `asked` are the steps that a person decides, `preset` those that the hospital decided to do.

    A step that is in neither is not done.
    """

    asked: frozenset[Step]
    preset: frozenset[Step]

    @property
    def steps(self) -> tuple[Step, ...]:
        """All that will be seen, in order."""
        return tuple(step for step in Step if step in self.asked or step in self.preset)


def planned(policy: Policy, *, ask_folder: bool, after: Step | None = None) -> Plan:
    """The plan for a new data folder, or what is left of it after a step."""
    asked, preset = set[Step](), set[Step]()
    if ask_folder and not policy.sets("data.folder"):
        asked.add(Step.FOLDER)
    if policy.flag("data.encrypted") is not False:
        asked.add(Step.RECOVERY)  # also where the hospital encrypts: the code is to be written down by a person
    models = policy.text("first_start.models")
    if not models:
        asked.add(Step.MODELS)
    elif models == "pack":
        preset.add(Step.MODELS)
    for step, key in ((Step.CALIBRATE, "first_start.calibrate"), (Step.SAMPLE, "first_start.sample")):
        wanted = policy.flag(key)
        if wanted is None:
            asked.add(step)
        elif wanted:
            preset.add(step)
    left = set(list(Step)[list(Step).index(after) + 1 :]) if after else set(Step)
    return Plan(frozenset(asked & left), frozenset(preset & left))


def plan_for(paths: Paths, *, ask_folder: bool) -> Plan | None:
    """The plan of this start: of a new data folder, or of one whose first start was interrupted; else None."""
    policy = Policy.of(paths)
    kept = SettingsFile(paths.settings).load().chosen.get(PROGRESS)
    if kept in {step.value for step in Step}:
        plan = planned(policy, ask_folder=False, after=Step(kept))
    elif kept is None and kind_of(paths.database) is DatabaseKind.ABSENT:
        plan = planned(policy, ask_folder=ask_folder)
    else:
        return None
    return plan if plan.steps else None


class FirstStartController(QObject):
    """Does the steps in a thread of its own; `paths` are those of the folder that was chosen.

    Signals:
        folder_examined: an Examined; without a fault it is the data folder from now on.
        recovery_kept: a KeyPlace; the encrypted database exists and its secret is kept there.
        failed: a sentence.
    """

    folder_examined = Signal(object)
    recovery_kept = Signal(object)
    failed = Signal(str)

    def __init__(self, paths: Paths, plan: Plan, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.paths = paths
        self.plan = plan
        self.policy = Policy.of(paths)
        self.wants_sample = False
        self._secret: RecoverySecret | None = None
        self._worker = BackgroundWorker(self)
        self._chosen: dict[str, str] = {}
        # Nothing is written before a person said where.
        self._keeper = None if Step.FOLDER in plan.steps else SettingsKeeper(SettingsFile(paths.settings))

    @property
    def code(self) -> str:
        """The recovery code that is to be written down; the same however often it is asked for."""
        if self._secret is None:
            self._secret = RecoverySecret.new()
        return self._secret.code

    @property
    def must_encrypt(self) -> bool:
        """Whether the hospital decided that the database is encrypted."""
        return self.policy.flag("data.encrypted") is True

    def use_folder(self, text: str) -> None:
        """Examine a folder, and take it if nothing speaks against it; answered by `folder_examined`."""
        usual = self.paths.data_dir

        def work() -> Examined:
            found = examine(text)
            if not found.fault and (found.folder != usual or chosen_folder() is not None):
                choose_folder(found.folder)
            return found

        self._do(work, self._take_folder)

    def encrypt(self) -> None:
        """Make the encrypted database with the secret of `code`; answered by `recovery_kept`."""
        secret = RecoverySecret.parse(self.code)
        database = self.paths.database
        self._do(lambda: create_encrypted(database, secret, KeyStore.of_user()), self._on_encrypted)

    def done(self, step: Step) -> None:
        """Keep that this step is done or left out."""
        left = [other for other in self.plan.steps if list(Step).index(other) > list(Step).index(step)]
        self._keep(PROGRESS, step.value if left else _DONE)

    def use_language(self, language: str) -> None:
        """Keep the language."""
        self._keep("language", language)

    def close(self) -> None:
        """What was kept is in the file when this returns."""
        self._worker.close()
        if self._keeper is not None:
            self._keeper.close()

    def _keep(self, name: str, value: str) -> None:
        self._chosen[name] = value
        if self._keeper is not None:
            self._keeper.keep(chosen={**self._keeper.settings.chosen, **self._chosen})

    def _take_folder(self, found: Examined) -> None:
        if not found.fault:
            if self._keeper is not None:
                self._keeper.close()
            self.paths = Paths(found.folder, self.paths.cache_dir)
            self._keeper = SettingsKeeper(SettingsFile(self.paths.settings))
        self.folder_examined.emit(found)

    def _on_encrypted(self, place: KeyPlace) -> None:
        self._secret = None
        self.recovery_kept.emit(place)

    def _do(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self._worker.submit(partial(_tried, work), partial(self._deliver, done))

    def _deliver(self, done: Callable[[Any], None], outcome: object) -> None:
        if isinstance(outcome, Exception):
            self.failed.emit(str(outcome))
        else:
            done(outcome)


def _tried(work: Callable[[], object]) -> object:
    try:
        return work()
    except WardNoteError as fault:
        return fault
    except OSError as error:
        return WardNoteError(f"没有完成（{error.strerror or type(error).__name__}）：请检查权限和磁盘空间。")
