"""What a user may choose for this data folder, and what the hospital decided instead."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.controllers.settings import SettingsKeeper
from app.core.errors import PolicyFault
from app.infra.logging import LOG_FILE
from app.infra.paths import Paths
from app.settings.file import SettingsFile
from app.settings.policy import Policy, shown
from app.settings.policy_keys import KEYS
from app.workers.background import BackgroundWorker


@dataclass(frozen=True, slots=True)
class Decided:
    """One thing that the hospital decided: the key, its value and meaning, and the file that says so."""

    name: str
    value: str
    meaning: str
    place: str


@dataclass(frozen=True, slots=True)
class Preferences:
    """`fault` says what is wrong with a policy file, and is empty if nothing is; `decided` is in the keys' order."""

    language: str
    theme: str
    data_folder: str
    log_file: str
    decided: tuple[Decided, ...] = ()
    fault: str = ""

    def is_decided(self, name: str) -> bool:
        """Whether the hospital decided that."""
        return any(one.name == name for one in self.decided)


class PreferencesController(QObject):
    """Reads the policy in a thread of its own; choices are kept by `keeper`.

    Signals:
        read: the Preferences in force.
    """

    read = Signal(object)

    def __init__(self, paths: Paths, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._paths = paths
        self.keeper = SettingsKeeper(SettingsFile(paths.settings))
        self._worker = BackgroundWorker(self)

    def refresh(self) -> None:
        """Read what is in force; answered by `read`."""
        chosen = dict(self.keeper.settings.chosen)
        self._worker.submit(lambda: self._preferences(chosen), self.read.emit)

    def choose(self, name: str, value: str) -> None:
        """Keep a choice (`language`, `theme`)."""
        self.keeper.keep(chosen={**self.keeper.settings.chosen, name: value})

    def use_engine(self, model: str, engine: str) -> None:
        """Keep on which engine a model runs."""
        self.keeper.keep(engines={**self.keeper.settings.engines, model: engine})

    def close(self) -> None:
        """What was chosen is in the file when this returns."""
        self._worker.close()
        self.keeper.close()

    def _preferences(self, chosen: dict[str, str]) -> Preferences:
        try:
            policy, fault = Policy.of(self._paths), ""
        except PolicyFault as error:
            policy, fault = Policy(), str(error)
        return Preferences(
            language=policy.text("window.language") or chosen.get("language", "zh"),
            theme=policy.text("window.theme") or chosen.get("theme", "system"),
            data_folder=str(self._paths.data_dir),
            log_file=str(self._paths.logs / LOG_FILE),
            decided=tuple(
                Decided(key.name, shown(policy.values[key.name]), key.meaning, str(policy.places[key.name]))
                for key in KEYS
                if policy.sets(key.name)
            ),
            fault=fault,
        )
