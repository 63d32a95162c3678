"""The presenter of the Models page."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QPushButton, QWidget

from app.controllers.model_cards import ModelListing
from app.controllers.models import ModelsController
from app.ui.kit.keys import Worded
from app.ui.kit.theme import Appearance
from app.ui.models.model_page import ModelPage


class ModelActs(QObject):
    """Opens the page (`button` does too) and connects it while it is open; an act goes on behind a closed page."""

    def __init__(
        self,
        models: ModelsController,
        appearance: Appearance,
        say: Callable[[str], None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._models = models
        self._words = appearance.words
        self._say = say
        self._window = parent
        self.dialog: ModelPage | None = None
        self.button = QPushButton(self._words("模型"))
        self.button.setObjectName("tasks")
        self.button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.button.clicked.connect(self.open)
        Worded(
            self.button,
            appearance.keys,
            self._words("安装、转换、测速、切换引擎（Ctrl+Shift+L）"),
            self.button.setToolTip,
        )
        models.listed.connect(self._on_listed)
        models.failed.connect(self._on_failed)
        models.progressed.connect(self._on_progress)
        models.ended.connect(self._on_ended)

    @Slot()
    def open(self) -> None:
        """Open the page."""
        if self.dialog is not None:
            return
        dialog = self.dialog = ModelPage(self._words, self._window)
        self._connect(dialog)
        dialog.finished.connect(lambda _result: self._close())
        dialog.open()
        if self._models.busy:
            dialog.begin()
        self._models.refresh()

    def _connect(self, page: ModelPage) -> None:
        models = self._models
        page.fetch_wanted.connect(lambda name: self._begin(lambda: models.fetch([name])))
        page.prepare_wanted.connect(lambda name: self._begin(lambda: models.prepare([name])))
        page.verify_wanted.connect(lambda name: self._begin(lambda: models.verify([name])))
        page.calibrate_wanted.connect(lambda name: self._begin(lambda: models.calibrate([name])))
        page.calibrate_all_wanted.connect(lambda: self._begin(models.calibrate))
        page.remove_wanted.connect(lambda name: self._begin(lambda: models.remove(name)))
        page.engine_wanted.connect(lambda name, engine: self._begin(lambda: models.use_engine(name, engine)))
        page.install_wanted.connect(lambda path: self._begin(lambda: models.install(path)))
        page.stop_wanted.connect(models.stop)

    def _begin(self, act: Callable[[], None]) -> None:
        if self.dialog is not None:
            self.dialog.begin()
        act()

    @Slot(object)
    def _on_listed(self, listing: ModelListing) -> None:
        if self.dialog is not None:
            self.dialog.show_listing(listing)

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        if self.dialog is not None:
            self.dialog.show_failure(sentence)

    @Slot(str, float)
    def _on_progress(self, stage: str, fraction: float) -> None:
        if self.dialog is not None:
            self.dialog.show_progress(stage, fraction)

    @Slot(bool, str)
    def _on_ended(self, _done: bool, sentence: str) -> None:
        if self.dialog is not None:
            self.dialog.end(sentence)
        else:
            self._say(sentence)

    def _close(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None
