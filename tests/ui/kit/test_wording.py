from datetime import UTC, datetime, timedelta

import pytest

from app.core.entities import Encounter, Patient, Sex
from app.core.runs import FinishReason, RunOutcome, RunPhase, RunProgress, RunStatus
from app.ui.kit import wording

NOW = datetime(2026, 1, 10, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("progress", "speed", "line"),
    [
        (RunProgress("r", RunPhase.QUEUED), None, "排队"),
        (RunProgress("r", RunPhase.QUEUED, None, 1, 8.2), None, "排队 第 2 位 · 约 8 秒"),
        (RunProgress("r", RunPhase.LOADING, 0.4), None, "加载模型 40%"),
        (RunProgress("r", RunPhase.READING, 0.6), None, "正在阅读 60%"),
        (RunProgress("r", RunPhase.READING), None, "正在阅读"),
        (RunProgress("r", RunPhase.READING, 0.6, estimated=True), None, "正在阅读 约 60%"),
        (RunProgress("r", RunPhase.READING, 0.95, estimated=True), None, "正在阅读 比预计久"),
        (RunProgress("r", RunPhase.READING, 0.6, stage=2, stages=4), None, "第 2/4 段 正在阅读 60%"),
        (RunProgress("r", RunPhase.WRITING), 23.4, "正在生成 23 字/秒"),
        (RunProgress("r", RunPhase.WRITING), None, "正在生成"),
    ],
)
def test_progress(progress: RunProgress, speed: float | None, line: str) -> None:
    assert wording.progress_line(progress, speed) == line


@pytest.mark.parametrize(
    ("status", "reason", "text", "error", "line"),
    [
        (RunStatus.COMPLETED, FinishReason.STOP, "四个字哦", None, "完成 12 秒 · 4 字"),
        (RunStatus.COMPLETED, FinishReason.LENGTH, "四个字哦", None, "完成 12 秒 · 4 字 · 已达长度上限，未写完"),
        (RunStatus.CANCELLED, FinishReason.CANCELLED, "", None, "已取消"),
        (RunStatus.CANCELLED, FinishReason.CANCELLED, "两字", None, "已取消 · 保留 2 字"),
        (RunStatus.FAILED, FinishReason.ERROR, "两字", "引擎进程崩溃。", "失败 · 保留 2 字"),
    ],
)
def test_outcome(status: RunStatus, reason: FinishReason, text: str, error: str | None, line: str) -> None:
    assert wording.outcome_line(RunOutcome("r", status, reason, text, 1, 1, None, 12_300, error)) == line


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=-90), "刚刚"),
        (timedelta(seconds=59), "刚刚"),
        (timedelta(minutes=3), "3 分钟前"),
        (timedelta(hours=5), "5 小时前"),
        (timedelta(days=2), "2 天前"),
        (timedelta(days=8), "2026-01-02"),
    ],
)
def test_ago(passed: timedelta, words: str) -> None:
    assert wording.ago(NOW - passed, NOW) == words


def test_durations() -> None:
    assert [wording.duration(seconds) for seconds in (0.2, 8.4, 60, 65)] == ["1 秒", "8 秒", "1 分", "1 分 5 秒"]


def test_people() -> None:
    patient = Patient("p", "张某", Sex.MALE)
    encounter = Encounter("e", "p", "1", "65岁", "", "", "3", NOW)
    assert wording.person(patient, encounter) == "男 65岁"
    assert wording.patient_context(patient, encounter) == "男，65岁"
    assert wording.person(Patient("p", "x", Sex.UNKNOWN), encounter) == "65岁"
    assert [wording.bed_label(bed) for bed in ("3", "加3床", " ")] == ["3床", "加3床", "无床号"]


def test_a_time_of_today_has_no_day() -> None:
    assert wording.clock_time(NOW, NOW + timedelta(minutes=1)) == f"{NOW.astimezone():%H:%M}"
    assert wording.clock_time(NOW, NOW + timedelta(days=2)) == f"{NOW.astimezone():%m-%d %H:%M}"
