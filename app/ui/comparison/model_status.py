"""The models' state in the top bar: a sign per model and a sentence for all, never colour alone."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from app.controllers.comparison import ModelStatus
from app.ui.kit.text_safety import tool_tip

_SIGNS = {"waiting": "○", "loading": "◐", "ready": "●", "failed": "✕"}


def state_words(status: ModelStatus) -> str:
    """One model's state in a few words."""
    if status.state == "loading":
        return "加载模型" if status.fraction is None else f"加载模型 {status.fraction:.0%}"
    return {"waiting": "等待加载", "ready": "就绪", "failed": "无法使用"}[status.state]


def summary_words(statuses: Sequence[ModelStatus]) -> str:
    """All models in one short sentence (`就绪`, `2/3 就绪，1 个无法使用`)."""
    ready = sum(status.state == "ready" for status in statuses)
    failed = sum(status.state == "failed" for status in statuses)
    if not statuses:
        return "未准备"
    if ready == len(statuses):
        return "就绪"
    loading = [status for status in statuses if status.state == "loading"]
    parts = [f"{ready}/{len(statuses)} 就绪"]
    if loading:
        share = loading[0].fraction
        parts.append("正在加载" if share is None else f"正在加载 {share:.0%}")
    if failed:
        parts.append(f"{failed} 个无法使用")
    return "，".join(parts)


class ModelStatusLabel(QLabel):
    """Follows the models by their changes."""

    def __init__(self, models: Sequence[str]) -> None:
        """`models` are the names, in pane order."""
        super().__init__()
        self.setObjectName("modelStatus")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._order = tuple(models)
        self._statuses: dict[str, ModelStatus] = {}
        self._show()

    def update_status(self, status: ModelStatus) -> None:
        """One model changed."""
        self._statuses[status.model] = status
        self._show()

    def _show(self) -> None:
        known = [self._statuses[model] for model in self._order if model in self._statuses]
        signs = "".join(_SIGNS[self._statuses[name].state] if name in self._statuses else "○" for name in self._order)
        words = summary_words(known) if len(known) == len(self._order) else "等待加载"
        self.setText(f"模型：{signs} {words}" if signs else f"模型：{words}")
        self.setAccessibleName(f"模型状态：{words}")
        self.setToolTip(
            tool_tip(*(f"{item.title}（{item.engine}）：{state_words(item)} {item.message}".strip() for item in known))
        )
