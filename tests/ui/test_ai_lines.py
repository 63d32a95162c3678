from app.ui.ai_lines import AiLines

SUGGESTION = "1. **急性心肌梗死**\n   - 支持点：持续胸痛3小时，肌钙蛋白升高\n   - 建议检查：急诊冠脉造影"


def test_lines_of_an_inserted_suggestion_are_known_also_after_a_small_edit() -> None:
    lines = AiLines()
    lines.learn([SUGGESTION])
    assert lines.contains("1. 急性心肌梗死")
    assert lines.contains("   · 支持点：持续胸痛3小时，肌钙蛋白升高")
    assert lines.contains("   · 支持点：持续胸痛5小时，肌钙蛋白轻度升高")
    assert not lines.contains("患者否认发热、咳嗽，无皮疹")
    assert not lines.contains("1. 肺炎")


def test_nothing_is_known_before_or_after_clearing() -> None:
    lines = AiLines()
    assert not lines.contains("1. 急性心肌梗死")
    lines.learn([SUGGESTION])
    lines.clear()
    assert not lines.contains("1. 急性心肌梗死")


def test_a_suggestion_is_recognised_in_a_reopened_note_only_if_it_stands_there() -> None:
    lines = AiLines()
    other = "1. **带状疱疹**\n   - 支持点：单侧皮疹，沿神经分布"
    note = "考虑如下：\n1. 急性心肌梗死\n   · 支持点：持续胸痛3小时，肌钙蛋白升高\n   · 建议检查：急诊冠脉造影"
    lines.recognise([SUGGESTION, other], ["", note])
    assert lines.contains("1. 急性心肌梗死")
    assert not lines.contains("   · 支持点：单侧皮疹，沿神经分布")
    assert not lines.contains("考虑如下：")
