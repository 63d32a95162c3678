"""The models of the panes: their threads, their states, and loading them in the background while nothing else runs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Signal

from app.inference.prepared import PreparedModel
from app.workers.model_thread import ModelThread

log = logging.getLogger(__name__)

ModelState = Literal["waiting", "loading", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """A model as it is now. `fraction` (0-1) only while loading, `message` (a sentence) only when failed."""

    model: str
    title: str
    engine: str
    quantisation: str
    state: ModelState
    fraction: float | None = None
    message: str = ""


class ModelPool(QObject):
    """One thread per model. Preloading goes one model at a time, in the order given, and stands back for runs.

    Signals:
        model_changed: the new ModelStatus of a model.
    """

    model_changed = Signal(object)

    def __init__(
        self, models: Sequence[PreparedModel], make_thread: Callable[[PreparedModel], ModelThread], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._models = {model.identity.model: model for model in models}
        self.threads = {name: make_thread(model) for name, model in self._models.items()}
        self._states: dict[str, ModelState] = dict.fromkeys(self._models, "waiting")
        self._wanted: set[str] = set()
        self._keeps_loaded = False
        self._loading: str | None = None
        self._held = False
        for thread in self.threads.values():
            thread.loading.connect(self._on_loading)
            thread.ready.connect(self._on_ready)
            thread.load_failed.connect(self._on_load_failed)
            thread.lost.connect(self._on_lost)

    def is_ready(self, name: str) -> bool:
        """True while that model is loaded."""
        return self._states[name] == "ready"

    def preload(self) -> None:
        """Load every model, and from now on any that is lost again."""
        self._keeps_loaded = True
        self._wanted |= {name for name in self._models if not self.is_ready(name)}
        for name in self._models:
            self._tell(name, self._states[name])
        self._advance()

    def restart(self, name: str) -> None:
        """Start that model anew, even after too many crashes."""
        self._tell(name, "loading", 0.0)
        self.threads[name].restart()

    def hold(self) -> None:
        """Begin no preloading: a comparison runs."""
        self._held = True

    def release(self) -> None:
        """Go on preloading."""
        self._held = False
        self._advance()

    def close(self, listener: QObject) -> None:
        """End all threads and processes, and deliver to `listener` what the threads told until their end."""
        self._wanted.clear()
        self._keeps_loaded = False
        for thread in self.threads.values():
            thread.stop()
        for name, thread in self.threads.items():
            if not thread.close():
                log.error("the thread of %s did not end", name)
        for receiver in (self, listener):
            QCoreApplication.sendPostedEvents(receiver, QEvent.Type.MetaCall.value)

    def _advance(self) -> None:
        if self._held or self._loading is not None:
            return
        self._loading = next((name for name in self._models if name in self._wanted), None)
        if self._loading is not None:
            self._wanted.discard(self._loading)
            self._tell(self._loading, "loading", 0.0)
            self.threads[self._loading].load()

    def _on_loading(self, name: str, fraction: float) -> None:
        self._tell(name, "loading", fraction)

    def _on_ready(self, name: str) -> None:
        self._tell(name, "ready")
        self._settled(name)

    def _on_load_failed(self, name: str, sentence: str) -> None:
        self._tell(name, "failed", message=sentence)
        self._settled(name)

    def _on_lost(self, name: str) -> None:
        self._tell(name, "waiting")
        if self._loading == name:
            self._loading = None
        if self._keeps_loaded:
            self._wanted.add(name)
        self._advance()

    def _settled(self, name: str) -> None:
        self._wanted.discard(name)
        if self._loading == name:
            self._loading = None
        self._advance()

    def _tell(self, name: str, state: ModelState, fraction: float | None = None, message: str = "") -> None:
        self._states[name] = state
        identity = self._models[name].identity
        self.model_changed.emit(
            ModelStatus(name, identity.title, identity.engine, identity.quantisation, state, fraction, message)
        )
