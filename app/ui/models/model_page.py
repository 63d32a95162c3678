"""The Models page: every model with what it costs and gives, and the acts on it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.controllers.model_cards import ModelCard, ModelListing
from app.ui.kit.words import Words
from app.ui.models.act_progress import ActProgress
from app.ui.models.install_row import InstallRow
from app.ui.models.model_details import ModelDetails
from app.ui.models.model_words import engine_title, state_words

READING = "正在读取模型目录…"
_NO_MODEL = "目录中没有模型：请从模型包或文件夹安装。"


class ModelPage(QDialog):
    """The list on the left, the chosen model on the right, where models come from below.

    Signals:
        fetch_wanted, prepare_wanted, verify_wanted, calibrate_wanted, remove_wanted: the name of the model.
        calibrate_all_wanted: measure all.
        engine_wanted: the name of the model and the engine.
        install_wanted: a Path.
        stop_wanted: end the act that is under way.
    """

    fetch_wanted = Signal(str)
    prepare_wanted = Signal(str)
    verify_wanted = Signal(str)
    calibrate_wanted = Signal(str)
    remove_wanted = Signal(str)
    calibrate_all_wanted = Signal()
    engine_wanted = Signal(str, str)
    install_wanted = Signal(object)
    stop_wanted = Signal()

    def __init__(self, words: Words, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._words = words
        self._hospital_engine = ""
        self._cards: tuple[ModelCard, ...] = ()
        self._busy = False
        self._removal_asked = ""
        self.list = QListWidget()
        self.details = ModelDetails(words)
        self.hint = QLabel()
        self.install = InstallRow(words)
        self.progress = ActProgress(words)
        self.fetch, self.prepare = QPushButton(words("获取(&G)")), QPushButton(words("转换并比对(&P)"))
        self.verify, self.calibrate = QPushButton(words("校验文件(&V)")), QPushButton(words("测速(&C)"))
        self.use_engine, self.remove = QPushButton(words("使用所选引擎(&E)")), QPushButton(words("移除(&R)"))
        self.calibrate_all, self.leave = QPushButton(words("全部测速(&A)")), QPushButton(words("关闭"))
        self._lay_out()
        self._connect()
        self.progress.end(words(READING))
        self._update()

    @property
    def card(self) -> ModelCard | None:
        """The chosen model."""
        row = self.list.currentRow()
        return self._cards[row] if 0 <= row < len(self._cards) else None

    def show_listing(self, listing: ModelListing) -> None:
        """Show these models; the chosen one stays chosen."""
        cards = listing.cards
        self._hospital_engine = engine_title(listing.hospital_engine)
        self._show_hint()
        self.install.offer(listing.pack)
        chosen = self.card.name if self.card else ""
        first = not self._cards
        self._cards = cards
        self.list.clear()
        for card in cards:
            item = QListWidgetItem(f"{card.title}\n{state_words(card, self._words)}")
            item.setToolTip(card.name)
            self.list.addItem(item)
        rows = (row for row, card in enumerate(cards) if card.name == chosen)
        self.list.setCurrentRow(next(rows, 0))
        if first and not self._busy:
            self.progress.end("" if cards else self._words(_NO_MODEL))
            self.list.setFocus()
        self._update()

    def show_failure(self, sentence: str) -> None:
        """Why there is no list."""
        self.progress.end(sentence)

    def show_progress(self, stage: str, fraction: float) -> None:
        """An act is that far."""
        self._busy = True
        self.progress.show_progress(stage, fraction)
        self._update()

    def begin(self) -> None:
        """An act starts."""
        self._busy = True
        self.progress.begin()
        self._update()

    def end(self, sentence: str) -> None:
        """An act ended."""
        self._busy = False
        self.progress.end(sentence)
        self._update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Esc stops what is at work before it closes the page."""
        if event.key() == Qt.Key.Key_Escape and self._busy:
            self.progress.stop.click()
            return
        super().keyPressEvent(event)

    def _lay_out(self) -> None:
        self.setWindowTitle(self._words("模型"))
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumSize(1080, 480)
        self.resize(1180, 600)
        self.hint.setObjectName("emptyHint")
        self.hint.setWordWrap(True)
        self.list.setAccessibleName(self._words("模型"))
        self.list.setFixedWidth(self.fontMetrics().horizontalAdvance("床" * 20))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        models = QHBoxLayout()
        models.setSpacing(16)
        models.addWidget(self.list)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self.details, 1)
        right.addLayout(self._buttons())
        right.addWidget(self.hint)
        models.addLayout(right, 1)
        line = QFrame()
        line.setObjectName("hairline")
        line.setFixedHeight(1)
        foot = QHBoxLayout()
        foot.addWidget(self.progress, 1)
        for button in (self.calibrate_all, self.leave):
            button.setAutoDefault(False)
            foot.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(models, 1)
        layout.addWidget(line)
        layout.addWidget(self.install)
        layout.addLayout(foot)

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self.fetch, self.prepare, self.verify, self.calibrate, self.use_engine, self.remove):
            button.setAutoDefault(False)
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _show_hint(self) -> None:
        told = self._words("前三个就绪的模型显示在窗口中；改动在下次打开病程助手时生效。")
        if self._hospital_engine:
            told = self._words("引擎由医院设定：{engine}。", engine=self._hospital_engine) + told
        self.hint.setText(told)

    def _connect(self) -> None:
        self.list.currentRowChanged.connect(self._on_chosen)
        self.details.table.currentCellChanged.connect(self._update)
        for button, signal in (
            (self.fetch, self.fetch_wanted),
            (self.prepare, self.prepare_wanted),
            (self.verify, self.verify_wanted),
            (self.calibrate, self.calibrate_wanted),
        ):
            button.clicked.connect(lambda _checked=False, wanted=signal: self._ask(wanted))
        self.remove.clicked.connect(self._remove)
        self.use_engine.clicked.connect(self._use_engine)
        self.calibrate_all.clicked.connect(self.calibrate_all_wanted)
        self.install.wanted.connect(self.install_wanted)
        self.progress.stop_wanted.connect(self.stop_wanted)
        self.leave.clicked.connect(self.reject)

    def _ask(self, wanted: Signal) -> None:
        if self.card is not None:
            wanted.emit(self.card.name)  # type: ignore[attr-defined]

    def _remove(self) -> None:
        """Twice, since what is removed has to be made again."""
        card = self.card
        if card is None:
            return
        if self._removal_asked != card.name:
            self._removal_asked = card.name
            told = "再按一次“移除”，{title} 下载和转换的文件就会删除；本院自己的源文件不动。"
            self.progress.end(self._words(told, title=card.title))
            return
        self._removal_asked = ""
        self.remove_wanted.emit(card.name)

    def _use_engine(self) -> None:
        if self.card is not None and self.details.engine:
            self.engine_wanted.emit(self.card.name, self.details.engine)

    def _on_chosen(self) -> None:
        self._removal_asked = ""
        self.details.show_card(self.card)
        self._update()

    def _update(self) -> None:
        card, free = self.card, not self._busy
        chosen = next((one for one in card.engines if one.engine == self.details.engine), None) if card else None
        local = card is not None and card.can_prepare
        self.fetch.setEnabled(free and card is not None and card.can_fetch and not card.fetched)
        self.prepare.setEnabled(free and local and card is not None and card.fetched and not card.whole)
        self.verify.setEnabled(free and card is not None and (card.fetched or card.ready) and not card.server)
        self.calibrate.setEnabled(free and card is not None and card.ready)
        self.remove.setEnabled(free and card is not None)
        other = chosen is not None and chosen.prepared and not chosen.in_use
        self.use_engine.setEnabled(free and other and not self._hospital_engine)
        self.calibrate_all.setEnabled(free and any(one.ready for one in self._cards))
        self.install.setEnabled(free)
