import pytest
from pytestqt.qtbot import QtBot

from app.controllers.comparison import ModelStatus
from app.ui.comparison.model_status import ModelStatusLabel, summary_words


def status(model: str, state: str, fraction: float | None = None, message: str = "") -> ModelStatus:
    return ModelStatus(model, model.upper(), "bigdl", "asym_int4", state, fraction, message)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        ([], "未准备"),
        ([status("a", "ready"), status("b", "ready")], "就绪"),
        ([status("a", "ready"), status("b", "loading", 0.4), status("c", "waiting")], "1/3 就绪，正在加载 40%"),
        ([status("a", "ready"), status("b", "failed", None, "文件损坏。")], "1/2 就绪，1 个无法使用"),
    ],
)
def test_words(statuses: list[ModelStatus], words: str) -> None:
    assert summary_words(statuses) == words


def test_signs_differ_in_form_not_only_in_colour(qtbot: QtBot) -> None:
    label = ModelStatusLabel(["a", "b", "c"])
    qtbot.addWidget(label)
    assert label.text() == "模型：○○○ 等待加载"
    for each in (status("a", "ready"), status("b", "loading", 0.4), status("c", "failed", None, "文件损坏。")):
        label.update_status(each)
    assert label.text() == "模型：●◐✕ 1/3 就绪，正在加载 40%，1 个无法使用"
    assert "无法使用 文件损坏。" in label.toolTip()
    assert label.accessibleName() == "模型状态：1/3 就绪，正在加载 40%，1 个无法使用"
