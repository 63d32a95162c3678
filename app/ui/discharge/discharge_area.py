"""The discharge records side by side, with what is copied from the stay above them and what was found below."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton

from app.core.discharge.record import BLANK
from app.core.notes import ADMISSION_DATE, ADMISSION_DIAGNOSIS, DISCHARGE_DATE
from app.ui.comparison.pane_area import AreaModels, PaneArea
from app.ui.discharge.record_foot import RecordFoot
from app.ui.discharge.record_pane import RecordPane
from app.ui.kit.elided_label import ElidedLabel
from app.ui.kit.keys import Worded
from app.ui.kit.notice_bar import NoticeBar
from app.ui.kit.text_safety import visible_controls
from app.ui.kit.theme import Appearance

READY_HINT = "打开或保存出院记录后，各模型按住院资料自动起草；也可按 Ctrl+Enter 立即生成。"
AUTOMATIC_TIP = "打开或保存出院记录时自动起草：开启、关闭  Ctrl+Shift+A"
FILL_TIP = "把入院日期、出院日期、入院诊断填入空着的栏目  Ctrl+4"
_EXACT = (ADMISSION_DATE, DISCHARGE_DATE, ADMISSION_DIAGNOSIS)


class DischargeArea(PaneArea[RecordPane]):
    """The area of the discharge record."""

    def __init__(
        self, models: AreaModels, appearance: Appearance, now: Callable[[], datetime], notice: NoticeBar
    ) -> None:
        super().__init__("出院记录", READY_HINT, models, appearance, now, notice)
        self.automatic = QPushButton("自动起草")
        self.automatic.setObjectName("judge")
        self.automatic.setCheckable(True)
        self.automatic.setChecked(True)
        Worded(self.automatic, self.keys, AUTOMATIC_TIP, self.automatic.setToolTip)
        self._header.insertWidget(self._header.indexOf(self.disclaimer_sign), self.automatic)
        self.exact = ElidedLabel("exactParts")
        self.exact.setAccessibleName("照抄自住院资料")
        self.fill_button = QPushButton()
        self.fill_button.setObjectName("judge")
        Worded(self.fill_button, self.keys, "填入 Ctrl+4", self.fill_button.setText)
        Worded(self.fill_button, self.keys, FILL_TIP, self.fill_button.setToolTip)
        self.strip = QFrame()
        self.strip.setObjectName("exactStrip")
        row = QHBoxLayout(self.strip)
        row.setContentsMargins(16, 2, 12, 2)
        row.setSpacing(8)
        row.addWidget(self.exact, 1)
        row.addWidget(self.fill_button)
        self._page.insertWidget(self._page.indexOf(self.splitter), self.strip)
        self.foot = RecordFoot(appearance.keys)
        self._page.addWidget(self.foot)
        self.show_exact({})

    def make_pane(self, number: int) -> RecordPane:
        """A pane whose sections can be put into the document."""
        return RecordPane(number, self._appearance)

    def show_exact(self, exact: Mapping[str, str]) -> None:
        """The sections that are copied from the stay as they are, by key; nothing is known of them yet if empty."""
        told = [f"{one.title} {_one_line(exact[one.key])}" for one in _EXACT if exact.get(one.key, BLANK) != BLANK]
        missing = [one.title for one in _EXACT if exact.get(one.key) == BLANK]
        words = "　".join(told) + (f"　资料中没有：{'、'.join(missing)}" if missing else "")
        self.exact.setText(visible_controls(f"照抄　{words}") if exact else "正在读取住院资料…")
        self.fill_button.setEnabled(bool(told))


def _one_line(text: str) -> str:
    return "；".join(text.splitlines())
