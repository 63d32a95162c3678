from __future__ import annotations

from app.controllers.section_clock import SectionClock
from app.core.runs import RunPhase, RunProgress


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_first_section_is_there_once_the_next_begins() -> None:
    at = Clock()
    clock = SectionClock(at)
    clock.progressed(RunProgress("a", RunPhase.LOADING))
    at.now = 130.0
    clock.progressed(RunProgress("a", RunPhase.READING, 0.0, stage=1, stages=2))
    at.now = 140.0
    clock.progressed(RunProgress("a", RunPhase.READING, 0.0, stage=2, stages=2))
    clock.text_arrived("a", "【出院诊断】\n右输尿管结石\n【入")
    assert clock.first_section_ms == {}
    at.now = 142.5
    clock.text_arrived("a", "院情况】")
    at.now = 150.0
    clock.text_arrived("a", "\n右腰痛。\n【诊疗经过】")
    assert clock.first_section_ms == {"a": 12_500.0}


def test_a_text_without_sections_has_no_time() -> None:
    clock = SectionClock(Clock())
    clock.progressed(RunProgress("a", RunPhase.READING))
    clock.text_arrived("a", "没有标题。")
    clock.text_arrived("b", "【出院诊断】\n【入院情况】")
    assert clock.first_section_ms == {}
