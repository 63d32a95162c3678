"""A model's opinion of the note, below the rules' findings and marked as what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
)

from app.core.checks.finding import Span
from app.core.notes import SECTIONS
from app.core.review import ReviewPoint
from app.ui.kit.keys import Keys, Worded
from app.ui.kit.text_safety import tool_tip, visible_controls
from app.ui.kit.wrapped_items import wrap_items

ASK = "请模型审阅  Ctrl+Shift+I"
MARK = "模型意见，仅供医师参考"
_MOST_QUOTED = 40
_TITLES = {section.key: section.title for sections in SECTIONS.values() for section in sections}


@dataclass(frozen=True, slots=True)
class Opinion:
    """A point with the place of its quote in the note; None if the note does not have these words."""

    point: ReviewPoint
    place: Span | None


class ReviewList(QFrame):
    """The opinions of one review.

    Signals:
        wanted: the doctor asks for a review, by the model last chosen.
        model_chosen: a model's name; the doctor asks for a review by it.
        chosen: a Span; the doctor wants the place of a quote.
    """

    wanted = Signal()
    model_chosen = Signal(str)
    chosen = Signal(object)

    def __init__(self, keys: Keys) -> None:
        super().__init__()
        self.setObjectName("reviewColumn")
        self.button = QPushButton()
        Worded(self.button, keys, ASK, self.button.setText)
        self.button.setObjectName("review")
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.clicked.connect(self.wanted)
        self.choice = QToolButton()
        self.choice.setObjectName("choice")
        self.choice.setArrowType(Qt.ArrowType.DownArrow)
        self.choice.setAccessibleName("选择审阅的模型")
        self.choice.setToolTip("选择审阅的模型")
        self.choice.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.choice.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.choice.setMenu(QMenu(self.choice))
        self.title = QLabel()
        self.title.setObjectName("reviewTitle")
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setWordWrap(True)
        self.view = QListWidget()
        self.view.setAccessibleName("模型意见")
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        wrap_items(self.view)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.view.itemClicked.connect(self._on_chosen)
        self.view.itemActivated.connect(self._on_chosen)
        self._opinions: tuple[Opinion, ...] = ()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for widget in (self.title, self.view):
            layout.addWidget(widget)
        asking = QHBoxLayout()
        asking.setContentsMargins(0, 0, 8, 0)
        asking.setSpacing(0)
        asking.addWidget(self.button, 1)
        asking.addWidget(self.choice)
        layout.addLayout(asking)
        self.show_nothing()

    @property
    def opinions(self) -> tuple[Opinion, ...]:
        """What is shown."""
        return self._opinions

    def set_models(self, models: dict[str, str]) -> None:
        """Offer these models (name and title), the first of them chosen; without any there is no button."""
        self.button.setVisible(bool(models))
        self.choice.setVisible(len(models) > 1)
        self.button.setToolTip(tool_tip("请一个模型审阅整份病历（病历内涵质控）"))
        menu = self.choice.menu()
        group = QActionGroup(menu)
        for name, title in models.items():
            action = menu.addAction(visible_controls(title).replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(not group.actions())
            group.addAction(action)
            action.triggered.connect(lambda _checked, model=name: self.model_chosen.emit(model))

    def show_nothing(self) -> None:
        """No review of this note is known."""
        self._opinions = ()
        self.view.clear()
        self.view.hide()
        self.title.hide()

    def show_opinions(self, head: str, opinions: Sequence[Opinion]) -> None:
        """Show these under `head`, which says whose they are and how far the review is."""
        if tuple(opinions) != self._opinions:
            row = self.view.currentRow()
            self._opinions = tuple(opinions)
            self.view.clear()
            for opinion in opinions:
                self.view.addItem(QListWidgetItem(opinion_words(opinion)))
            self.view.setCurrentRow(min(row, len(opinions) - 1))
        self.title.setText(visible_controls(head))
        self.title.show()
        self.view.setVisible(bool(opinions))

    def _on_chosen(self, item: QListWidgetItem) -> None:
        if place := self._opinions[self.view.row(item)].place:
            self.chosen.emit(place)


def opinion_words(opinion: Opinion) -> str:
    """A point: whose opinion and where, the quote, and what the model says."""
    quote = opinion.point.quote
    shown = quote if len(quote) <= _MOST_QUOTED else f"{quote[:_MOST_QUOTED]}…"
    where = f"◇ 模型意见 · {_TITLES[opinion.place.section]}" if opinion.place else "◇ 模型意见 · 病历中没有这句话"
    return visible_controls("\n".join(part for part in (where, shown and f"“{shown}”", opinion.point.problem) if part))
