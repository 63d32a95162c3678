"""Which models are ready, and where others come from."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QListWidget, QPushButton

from app.controllers.first_start import FirstStartController
from app.controllers.model_cards import ModelListing
from app.controllers.models import ModelsController
from app.ui.first_start.step_page import StepPage
from app.ui.kit.words import Words
from app.ui.models.act_progress import ActProgress
from app.ui.models.install_row import InstallRow
from app.ui.models.model_words import state_words


class ModelsPage(StepPage):
    """The models of this computer; a pack, a folder, or the demonstration models over the network; or later."""

    def __init__(self, start: FirstStartController, models: ModelsController, words: Words, *, preset: bool) -> None:
        """`preset`: the hospital's pack is installed without a question."""
        super().__init__(
            words("模型"),
            words("建议由本机上的模型书写。没有模型时，病历照常书写；模型以后可以随时在“模型”页安装（Ctrl+Shift+L）。"),
        )
        self._models = models
        self._words = words
        self._preset = preset
        self._begun = False
        self._listing = ModelListing(())
        self.list = QListWidget()
        self.list.setMaximumHeight(150)
        self.list.setAccessibleName(words("本机的模型"))
        self.install = InstallRow(words)
        self.fetch = QPushButton(words("从网络获取演示模型(&G)"))
        self.fetch.setAutoDefault(False)
        self.fetch.setEnabled(False)
        self._may_fetch = start.policy.may_fetch
        note = QLabel(words("演示模型是通用小模型，不是医学模型，输出不能用于临床。"))
        note.setObjectName("dialogWarning")
        note.setWordWrap(True)
        self.progress = ActProgress(words)
        self.rows.addWidget(self.list)
        self.rows.addWidget(self.install)
        self.rows.addWidget(self.fetch, 0, Qt.AlignmentFlag.AlignLeft)
        self.rows.addWidget(note)
        self.rows.addWidget(self.progress)
        self.finish_layout()
        self.install.wanted.connect(self._install)
        self.fetch.clicked.connect(self._fetch)
        self.progress.stop_wanted.connect(models.stop)
        models.listed.connect(self._on_listed)
        models.failed.connect(self._on_failed)
        models.progressed.connect(self.progress.show_progress)
        models.ended.connect(self._on_ended)

    def enter(self) -> None:
        """Read the list; what the hospital wants begins when it is there."""
        self._models.refresh()
        self.install.path.setFocus()
        if self._preset:
            self.allow(go_on=False)

    def leave_out(self) -> None:
        """Stop what is at work."""
        self._models.stop()

    def _install(self, path: object) -> None:
        self._begin()
        self._models.install(path)  # type: ignore[arg-type]

    def _fetch(self) -> None:
        self._begin()
        self._models.fetch([card.name for card in self._listing.cards if card.can_fetch and not card.whole])

    def _begin(self) -> None:
        self._begun = True
        self.say("")
        self.progress.begin()
        self.install.setEnabled(False)
        self.fetch.setEnabled(False)
        self.allow(go_on=False)

    def _on_listed(self, listing: ModelListing) -> None:
        self._listing = listing
        self.list.clear()
        self.list.addItems([f"{card.title}：{state_words(card, self._words)}" for card in listing.cards])
        self.install.offer(listing.pack)
        absent = any(card.can_fetch and not card.whole for card in listing.cards)
        self.fetch.setEnabled(absent and self._may_fetch and not self._models.busy)
        ready = any(card.ready for card in listing.cards)
        self.next_words = self._words("下一步(&N)") if ready else self._words("以后再说(&L)")
        self.changed.emit()
        if self._preset and not self._begun:
            self.allow(go_on=True)
            self.install.install.click()

    def _on_failed(self, sentence: str) -> None:
        self.say(sentence)
        self.allow(go_on=True)

    def _on_ended(self, done: bool, sentence: str) -> None:
        if not self.isVisible():
            return
        self.progress.end(sentence if done else "")
        self.say("" if done else sentence)
        self.install.setEnabled(True)
        self.allow(go_on=True)
        if done and self._preset:
            self.completed.emit()
