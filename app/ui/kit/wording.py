"""The short Chinese phrases of the window: states, times, people. Pure functions."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.core.case import CasePatient
from app.core.entities import Encounter, Patient, Sex
from app.core.runs import MOST_ESTIMATED, ModelIdentity, RunOutcome, RunPhase, RunProgress, RunStatus
from app.ui.kit.text_safety import visible_controls


def weights_name(identity: ModelIdentity) -> str:
    """How a model is quantised; of one on a server, that nobody tells."""
    return "精度未知" if identity.quantisation == "unknown" else identity.quantisation


def progress_line(progress: RunProgress, characters_per_second: float | None = None) -> str:
    """A live run in a few words (`正在阅读 60%`; in stages, `第 2/4 段 正在阅读 60%`)."""
    stage = f"第 {progress.stage}/{progress.stages} 段 " if progress.stages > 1 else ""
    return stage + _phase_line(progress, characters_per_second)


def _phase_line(progress: RunProgress, characters_per_second: float | None) -> str:
    if progress.phase is RunPhase.QUEUED:
        return _queued(progress)
    if progress.phase is RunPhase.WRITING:
        return "正在生成" if characters_per_second is None else f"正在生成 {characters_per_second:.0f} 字/秒"
    words = {RunPhase.LOADING: "加载模型", RunPhase.READING: "正在阅读"}[progress.phase]
    if progress.estimated and progress.fraction is not None and progress.fraction >= MOST_ESTIMATED:
        return f"{words} 比预计久"
    about = "约 " if progress.estimated else ""
    return words if progress.fraction is None else f"{words} {about}{progress.fraction:.0%}"


def _queued(progress: RunProgress) -> str:
    place = f"排队 第 {progress.queue_position + 1} 位" if progress.queue_position else "排队"
    wait = progress.estimated_wait_s
    return place if wait is None else f"{place} · 约 {duration(wait)}"


def outcome_line(outcome: RunOutcome) -> str:
    """How a run ended (`完成 12 秒 · 412 字`)."""
    kept = f"{len(outcome.text)} 字" if outcome.text else ""
    if outcome.status is RunStatus.COMPLETED:
        cut = "" if outcome.is_whole else "已达长度上限，未写完"
        return _joined(f"完成 {duration(outcome.duration_ms / 1000)}", kept, cut)
    if outcome.status is RunStatus.CANCELLED:
        return _joined("已取消", kept and f"保留 {kept}")
    return _joined("失败", kept and f"保留 {kept}")


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def duration(seconds: float) -> str:
    """Seconds as a doctor says them (`8 秒`, `1 分 5 秒`)."""
    whole = max(1, round(seconds))
    minutes, rest = divmod(whole, 60)
    if not minutes:
        return f"{rest} 秒"
    return f"{minutes} 分 {rest} 秒" if rest else f"{minutes} 分"


def ago(moment: datetime, now: datetime) -> str:
    """A past moment, relative (`3 分钟前`); older than a week as a date. A clock set back reads as 刚刚."""
    passed = now - moment
    if passed < timedelta(minutes=1):
        return "刚刚"
    if passed < timedelta(hours=1):
        return f"{passed // timedelta(minutes=1)} 分钟前"
    if passed < timedelta(days=1):
        return f"{passed // timedelta(hours=1)} 小时前"
    if passed < timedelta(days=7):
        return f"{passed.days} 天前"
    return f"{moment.astimezone():%Y-%m-%d}"


def exact(moment: datetime) -> str:
    """A moment in local time, to the second."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S}"


def minute(moment: datetime) -> str:
    """A moment in local time, to the minute."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def clock_time(moment: datetime, now: datetime) -> str:
    """A moment in local time: today the time alone, before that with the day."""
    local = moment.astimezone()
    return f"{local:%H:%M}" if local.date() == now.astimezone().date() else f"{local:%m-%d %H:%M}"


def day(moment: datetime) -> str:
    """A day as a ward says it (`3月2日`)."""
    local = moment.astimezone()
    return f"{local.month}月{local.day}日"


def bed_label(bed: str) -> str:
    """A bed as a ward says it (`3床`)."""
    bed = visible_controls(bed).strip()
    if not bed:
        return "无床号"
    return bed if bed.endswith("床") else f"{bed}床"


def target(patient: Patient, encounter: Encounter) -> str:
    """Whose note a text would go into (`3床 张某 住院号 ZY1`)."""
    return visible_controls(f"{bed_label(encounter.bed)} {patient.name} 住院号 {encounter.mrn}")


def person(patient: Patient, encounter: Encounter) -> str:
    """Sex and age (`男 65岁`), without what is not known."""
    sex = "" if patient.sex is Sex.UNKNOWN else str(patient.sex)
    return " ".join(part for part in (sex, encounter.age) if part)


def whose(patient: Patient, encounter: Encounter) -> str:
    """What tells one patient from another, in one line (`3床 张某　男 65岁　住院号 ZY1　心内一病区　在院`)."""
    number = f"住院号 {encounter.mrn}" if encounter.mrn else "无住院号"
    left = encounter.discharged_at
    state = f"{day(left)}出院" if left else "在院"
    name = f"{bed_label(encounter.bed)} {patient.name}"
    parts = (name, person(patient, encounter), number, encounter.ward or encounter.department, state)
    return visible_controls("　".join(part for part in parts if part))


def patient_context(patient: Patient, encounter: Encounter) -> str:
    """What a model is told of the patient (`男，65岁`): no name, no number."""
    return CasePatient(sex=patient.sex, age=encounter.age).context
