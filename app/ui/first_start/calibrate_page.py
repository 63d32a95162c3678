"""How fast the models are on this computer, measured now or later."""

from __future__ import annotations

from app.controllers.model_cards import ModelListing
from app.controllers.models import ModelsController
from app.ui.first_start.step_page import StepPage
from app.ui.kit.words import Words
from app.ui.models.act_progress import ActProgress


class CalibratePage(StepPage):
    """Measures all models that are ready; without any, or if all are measured, there is nothing to do."""

    def __init__(self, models: ModelsController, words: Words, *, preset: bool) -> None:
        """`preset`: begins by itself."""
        super().__init__(
            words("测速"),
            words(
                "测量各模型在这台计算机上的速度，据此选择较快的引擎、安排几个模型同时书写。需要几分钟，期间可以停止；"
                "以后随时可以在“模型”页补做。"
            ),
        )
        self._models = models
        self._words = words
        self._preset = preset
        self._needed = False
        self._done = False
        self.can_skip = True
        self.progress = ActProgress(words)
        self.rows.addWidget(self.progress)
        self.finish_layout()
        self.progress.stop_wanted.connect(models.stop)
        models.listed.connect(self._on_listed)
        models.progressed.connect(self._on_progress)
        models.ended.connect(self._on_ended)

    def enter(self) -> None:
        """Look what there is to measure."""
        self.next_words = self._words("下一步(&N)")
        self.allow(go_on=False)
        self._models.refresh()

    def go_on(self) -> None:
        """Measure; after that go on."""
        if self._done or not self._needed:
            self.completed.emit()
            return
        self.say("")
        self.progress.begin()
        self.allow(go_on=False)
        self._models.calibrate()

    def leave_out(self) -> None:
        """Stop what is at work."""
        self._models.stop()

    def _on_listed(self, listing: ModelListing) -> None:
        if not self.isVisible() or self._models.busy or self._done:
            return
        ready = [card for card in listing.cards if card.ready]
        self._needed = any(not card.measured for card in ready)
        if not ready:
            self.progress.end(self._words("还没有就绪的模型，以后再测。"))
        elif not self._needed:
            self.progress.end(self._words("各模型都已测过。"))
        self.next_words = self._words("开始测速(&M)") if self._needed else self._words("下一步(&N)")
        self.allow(go_on=True)
        if self._preset:
            self.go_on()

    def _on_progress(self, stage: str, fraction: float) -> None:
        if self.isVisible():
            self.progress.show_progress(stage, fraction)

    def _on_ended(self, done: bool, sentence: str) -> None:
        if not self.isVisible():
            return
        self._done = done
        self._preset = False
        self.progress.end(sentence if done else "")
        self.say("" if done else sentence)
        if done:
            self.next_words = self._words("下一步(&N)")
        self.allow(go_on=True)
        if done:
            self.completed.emit()
