"""The first start: its steps on the left, the present one on the right, everything by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from PySide6.QtCore import QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QComboBox, QDialog, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.controllers.first_start import FirstStartController, Step
from app.controllers.models import ModelsController
from app.infra.paths import Paths
from app.settings.data_folder import Examined
from app.ui.first_start.calibrate_page import CalibratePage
from app.ui.first_start.folder_page import FolderPage
from app.ui.first_start.models_page import ModelsPage
from app.ui.first_start.recovery_page import RecoveryPage
from app.ui.first_start.sample_page import SamplePage
from app.ui.first_start.step_page import StepPage
from app.ui.kit.theme import Appearance
from app.ui.kit.words import Words

_NAMES = {
    Step.FOLDER: "数据文件夹",
    Step.RECOVERY: "恢复码",
    Step.MODELS: "模型",
    Step.CALIBRATE: "测速",
    Step.SAMPLE: "示例病历",
}
_LANGUAGES = (("zh", "中文"), ("en", "English"))


class Outcome(Enum):
    """How the first start was left; `ENDED` before it was known where and how the data are kept."""

    DONE = "done"
    LATER = "later"
    ENDED = "ended"


class FirstStartDialog(QDialog):
    """Goes through the steps of the plan; `outcome` tells how it was left."""

    def __init__(
        self,
        start: FirstStartController,
        make_models: Callable[[Paths], ModelsController],
        appearance: Appearance,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._start = start
        self._make_models = make_models
        self._appearance = appearance
        self._models: ModelsController | None = None
        self._steps = list(start.plan.steps)
        self.outcome = Outcome.ENDED
        self.page: StepPage | None = None
        self.step = self._steps[0]
        self.setMinimumSize(920, 520)
        self._rail, self._page_place = QVBoxLayout(), QVBoxLayout()
        self.language = QComboBox()
        self.later, self.skip, self.next = QPushButton(), QPushButton(), QPushButton()
        self._lay_out()
        self._connect()
        self._show_step(self.step)

    def close_models(self) -> None:
        """End the threads of the models."""
        if self._models is not None:
            self._models.close()

    def reject(self) -> None:
        """Leave the rest for the next start."""
        if self.page is not None:
            self.page.leave_out()
        settled = not {Step.FOLDER, Step.RECOVERY} & set(self._steps[self._steps.index(self.step) :])
        self.outcome = Outcome.LATER if settled else Outcome.ENDED
        super().reject()

    def end(self) -> None:
        """The program is to end now, without a window; the next start goes on here."""
        for asked in self.findChildren(QDialog):
            asked.reject()
        self.reject()
        self.outcome = Outcome.ENDED

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """As Esc."""
        self.reject()
        event.accept()

    def _lay_out(self) -> None:
        side = QFrame()
        side.setObjectName("firstSteps")
        side.setFixedWidth(self.fontMetrics().horizontalAdvance("床" * 14))
        side.setLayout(self._rail)
        self._rail.setContentsMargins(24, 24, 16, 24)
        self._rail.setSpacing(16)
        for code, name in _LANGUAGES:
            self.language.addItem(name, code)
        self.language.setCurrentIndex(self.language.findData(self._appearance.words.language))
        self.language.setAccessibleName("语言 Language")
        self.language.setEnabled(not self._start.policy.sets("window.language"))
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.language)
        buttons.addStretch(1)
        for button in (self.later, self.skip, self.next):
            button.setAutoDefault(False)
            buttons.addWidget(button)
        self.next.setObjectName("primary")
        self.next.setDefault(True)
        right = QVBoxLayout()
        right.setContentsMargins(32, 24, 32, 24)
        right.setSpacing(16)
        right.addLayout(self._page_place, 1)
        right.addLayout(buttons)
        columns = QHBoxLayout(self)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(0)
        columns.addWidget(side)
        columns.addLayout(right, 1)

    def _connect(self) -> None:
        self.language.currentIndexChanged.connect(self._on_language)
        self.later.clicked.connect(self.reject)
        self.skip.clicked.connect(self._leave_out)
        self.next.clicked.connect(lambda: self.page.go_on() if self.page else None)
        self._start.folder_examined.connect(self._on_examined)

    def _show_step(self, step: Step) -> None:
        self.step = step
        words = self._appearance.words
        self.setWindowTitle(words("首次启动"))
        self._show_rail(words)
        old, self.page = self.page, self._make_page(step, words)
        if old is not None:
            self._page_place.removeWidget(old)
            old.hide()
            old.deleteLater()
        page = self.page
        self._page_place.addWidget(page, 1)
        self.later.setText(words("稍后继续"))
        self.later.setToolTip(words("下次打开时从这一步继续"))
        self.skip.setText(words("跳过(&K)"))
        page.completed.connect(self._on_completed)
        page.changed.connect(self._update)
        page.next_words = page.next_words or words("下一步(&N)")
        page.show()
        self._update()
        # Once the dialog is shown: a page that goes on by itself may be the last.
        QTimer.singleShot(0, page, page.enter)

    def _make_page(self, step: Step, words: Words) -> StepPage:
        preset = step in self._start.plan.preset
        if step is Step.FOLDER:
            return FolderPage(self._start, words)
        if step is Step.RECOVERY:
            return RecoveryPage(self._start, words)
        if step is Step.SAMPLE:
            return SamplePage(self._start, words, preset=preset)
        if self._models is None:
            self._models = self._make_models(self._start.paths)
        if step is Step.MODELS:
            return ModelsPage(self._start, self._models, words, preset=preset)
        return CalibratePage(self._models, words, preset=preset)

    def _show_rail(self, words: Words) -> None:
        while (item := self._rail.takeAt(0)) is not None:
            if widget := item.widget():
                widget.deleteLater()
        title = QLabel(words("病程助手"))
        title.setObjectName("patientName")
        self._rail.addWidget(title)
        here = self._steps.index(self.step)
        for number, step in enumerate(self._steps):
            sign = "✓" if number < here else "●" if number == here else "○"
            label = QLabel(f"{sign}  {words(_NAMES[step])}")
            label.setObjectName("keyName" if number == here else "diffSummary")
            self._rail.addWidget(label)
        self._rail.addStretch(1)

    def _update(self) -> None:
        page = self.page
        if page is not None:
            self.next.setText(page.next_words)
            self.next.setEnabled(page.can_go_on)
            self.skip.setVisible(page.can_skip)
            # A page without fields: neither Enter nor the space bar may leave it by accident.
            focus = self.focusWidget()
            if page.can_go_on and (focus is None or not page.isAncestorOf(focus)):
                self.next.setFocus()

    def _on_examined(self, found: Examined) -> None:
        """A folder with data has decided already whether they are encrypted."""
        if found.used and Step.RECOVERY in self._steps:
            self._steps.remove(Step.RECOVERY)

    def _leave_out(self) -> None:
        if self.page is not None:
            self.page.leave_out()
            self._on_completed()

    def _on_completed(self) -> None:
        self._start.done(self.step)
        rest = self._steps[self._steps.index(self.step) + 1 :]
        if rest:
            self._show_step(rest[0])
        else:
            self.outcome = Outcome.DONE
            self.accept()

    def _on_language(self) -> None:
        language = str(self.language.currentData())
        self._appearance.words = Words(language)
        self._start.use_language(language)
        self._show_step(self.step)
