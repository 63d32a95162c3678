"""What the models agree and differ on, in one row: dangerous diagnoses first, then those that fewest of them named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QTabBar

from app.core.consensus import Agreement
from app.core.events import EventKind
from app.ui.kit.keys import Worded
from app.ui.kit.text_safety import tool_tip, visible_controls
from app.ui.kit.theme import Appearance

ALL = "全部"


class ConsensusRow(QFrame):
    """One tab per diagnosis, reached by Tab and gone through by ← →; and what the doctor thinks of all answers.

    Signals:
        filter_wanted: the key of a diagnosis; empty for all.
        all_acceptable_wanted, none_correct_wanted
    """

    filter_wanted = Signal(str)
    all_acceptable_wanted = Signal()
    none_correct_wanted = Signal()

    def __init__(self, appearance: Appearance) -> None:
        super().__init__()
        self.setObjectName("consensusRow")
        self._appearance = appearance
        self._agreements: tuple[Agreement, ...] = ()
        self.title = QLabel("一致性")
        self.tabs = QTabBar()
        self.acceptable, self.none_correct = QPushButton(), QPushButton()
        Worded(self.acceptable, appearance.keys, "均可接受 Ctrl+9", self.acceptable.setText)
        Worded(self.none_correct, appearance.keys, "无一正确 Ctrl+0", self.none_correct.setText)
        self._set_up()

    def show_agreements(
        self, agreements: Sequence[Agreement], titles: Mapping[str, str], done: int, total: int
    ) -> None:
        """`titles` by model; `done` of `total` answers are there."""
        self._agreements = tuple(agreements)
        chosen = self.chosen_key
        self.tabs.blockSignals(True)
        while self.tabs.count():
            self.tabs.removeTab(self.tabs.count() - 1)
        self.tabs.addTab(ALL)
        for index, one in enumerate(self._agreements, 1):
            self.tabs.addTab(_words(one, total))
            self.tabs.setTabData(index, one.key)
            self.tabs.setTabToolTip(index, _tip(one, titles))
        keys = ["", *(one.key for one in self._agreements)]
        self.tabs.setCurrentIndex(keys.index(chosen) if chosen in keys else 0)
        self.tabs.blockSignals(False)
        self._colour()
        self.title.setText("一致性" if done >= total else f"一致性 已完成 {done}/{total}")
        self.setVisible(bool(agreements))
        for button in (self.acceptable, self.none_correct):
            button.setEnabled(done >= total)
        if self.chosen_key != chosen:
            self.filter_wanted.emit(self.chosen_key)

    def show_judgement(self, kind: EventKind | None) -> None:
        """What the doctor said of all answers, if anything."""
        self.acceptable.setChecked(kind is EventKind.ALL_ACCEPTABLE)
        self.none_correct.setChecked(kind is EventKind.NONE_CORRECT)

    @property
    def chosen_key(self) -> str:
        """The diagnosis that the panes are filtered by; empty for all."""
        return str(self.tabs.tabData(self.tabs.currentIndex()) or "")

    def _set_up(self) -> None:
        self.setAccessibleName("各模型的一致性")
        self.title.setObjectName("consensusTitle")
        self.tabs.setObjectName("consensus")
        self.tabs.setAccessibleName("按诊断筛选各栏")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(True)
        self.acceptable.setToolTip("各份建议都可以接受；再按一次撤回")
        self.none_correct.setToolTip("各份建议没有一份正确；再按一次撤回")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 2, 12, 2)
        row.setSpacing(8)
        row.addWidget(self.title)
        row.addWidget(self.tabs, 1)
        for button in (self.acceptable, self.none_correct):
            button.setObjectName("judge")
            button.setCheckable(True)
            row.addWidget(button)
        self.tabs.currentChanged.connect(lambda _index: self.filter_wanted.emit(self.chosen_key))
        self.acceptable.clicked.connect(self.all_acceptable_wanted)
        self.none_correct.clicked.connect(self.none_correct_wanted)
        self._appearance.changed.connect(self._colour)
        self.setVisible(False)

    def _colour(self) -> None:
        for index, one in enumerate(self._agreements, 1):
            theme = self._appearance.theme
            self.tabs.setTabTextColor(index, QColor(theme.danger if one.must_not_miss else theme.ink))


def _words(one: Agreement, total: int) -> str:
    name = visible_controls(one.name).replace("&", "&&")
    return f"{'危急 ' * one.must_not_miss}{name} {len(one.models)}/{total}"


def _tip(one: Agreement, titles: Mapping[str, str]) -> str:
    who = "、".join(titles.get(model, model) for model in one.models)
    code = f"ICD-10 {one.icd10}" if one.icd10 else ""
    return tool_tip(one.name, f"提到的模型：{who}", code, "按 ← → 或点击筛选各栏")
