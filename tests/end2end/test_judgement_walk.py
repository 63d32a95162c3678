"""Judging three answers in a real window with the keyboard alone: sources, consensus, votes, report, what changed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.bootstrap import sample_encounters
from app.inference.engines.scripted import Script
from app.infra.paths import Paths
from app.storage.repositories import open_repositories
from app.storage.samples import install_samples
from tests.helpers.screen import Program, Screen, focus, opened, wait_for
from tests.helpers.scripted_catalog import add_scripted_models

pytestmark = pytest.mark.xvfb

ANSWERS = (
    """1. **主动脉夹层**
   - 支持点：突发胸骨后撕裂样疼痛；右上肢BP 186/102 mmHg，左上肢BP 148/88 mmHg；床旁胸片：上纵隔影增宽
   - 不支持点：双足背动脉搏动对称
   - 缺什么：主动脉CTA
   - 建议检查：主动脉CTA；超声心动图
2. **急性心肌梗死**
   - 支持点：II、III、aVF导联ST段抬高0.1 mV；高敏肌钙蛋白T 0.35 ng/mL
   - 不支持点：胸前导联无ST段改变
   - 建议检查：复查肌钙蛋白
3. **急性肺栓塞**
   - 支持点：D-二聚体 12.4 mg/L；左下肢肿胀
   - 不支持点：无咯血
   - 建议检查：肺动脉CTA
""",
    """1. **急性下壁心肌梗死**
   - 支持点：II、III、aVF导联ST段抬高；大汗、恶心
   - 不支持点：CK-MB 18 U/L
   - 缺什么：心电图动态变化
   - 建议检查：冠状动脉造影
2. **主动脉夹层**
   - 支持点：放射至肩胛间区；舒张期叹气样杂音
   - 不支持点：无肢体活动障碍
   - 缺什么：主动脉影像
   - 建议检查：主动脉CTA
""",
    """1. **急性胰腺炎**
   - 支持点：恶心，呕吐胃内容物1次
   - 不支持点：血淀粉酶 68 U/L
   - 缺什么：脂肪酶
   - 建议检查：腹部CT
2. **气胸**
   - 支持点：突发胸痛
   - 不支持点：未见气胸
   - 建议检查：胸部CT
""",
)
MODELS = ("m1", "m2", "m3")


@dataclass
class Walk:
    """A doctor at the keys, and pictures of what there is to see."""

    screen: Screen
    program: Program
    pictures: Path
    theme: str

    def keys(self, *keys: str) -> None:
        self.screen.keys(*keys)

    def picture(self, name: str) -> None:
        time.sleep(0.6)
        self.screen.picture(self.pictures / f"judgement-{name}-{self.theme}.png")

    def until(self, condition: Callable[[], object], what: str, timeout: float = 20) -> None:
        wait_for(condition, what, timeout)

    def votes(self) -> list[tuple[str, str]]:
        rows = self.program.rows("SELECT item, data FROM feedback_events WHERE kind = 'vote' ORDER BY seq")
        return [(item, json.loads(data)["vote"]) for item, data in rows]

    def is_asked(self) -> bool:
        """Nothing happens before the note is open, or when it is asked about already."""
        if not self.program.rows("SELECT 1 FROM comparisons"):
            self.keys("ctrl+Return")
            time.sleep(1)
        return bool(self.program.rows("SELECT 1 FROM comparisons"))

    def wait_for_answers(self, count: int) -> None:
        self.until(lambda: len(self.program.generations()) == count, f"{count} answers", 120)
        time.sleep(3)  # until they are judged, of which nothing is stored


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_three_answers_are_judged_by_keys(
    screen: Screen, start: Callable[[], Program], data_dir: Path, artifacts: Path, theme: str
) -> None:
    paths = Paths(data_dir, data_dir / "cache")
    with closing(open_repositories(paths.database, paths.pseudonym_key, "医师")) as repositories:
        install_samples(repositories, sample_encounters())
    (data_dir / "policy.toml").write_text(f'[window]\ntheme = "{theme}"\n', encoding="utf-8")
    scripts = {name: Script(text, token_ms=15, prefill_ms=100) for name, text in zip(MODELS, ANSWERS, strict=True)}
    add_scripted_models(data_dir, scripts)
    walk = Walk(screen, start(), artifacts, theme)
    focus(screen)
    ask_about_a_sample(walk)
    follow_sources_and_vote(walk)
    report_an_error(walk)
    filter_by_the_consensus(walk)
    judge_all_and_take_it_back(walk)
    ask_again_and_compare(walk)
    walk.keys("ctrl+shift+e")
    opened(screen, "我的反馈")
    walk.picture("mine")
    walk.keys("Escape")


def ask_about_a_sample(walk: Walk) -> None:
    walk.keys("ctrl+k")
    walk.screen.write("SL0002")
    walk.keys("Return")
    walk.until(walk.is_asked, "the comparison", 60)
    time.sleep(2)
    walk.picture("running")
    walk.wait_for_answers(3)


def follow_sources_and_vote(walk: Walk) -> None:
    """The point that the keyboard stands on shows where it comes from."""
    walk.keys("alt+1", "Down", "Down")
    walk.picture("evidence")
    walk.keys("plus")
    walk.until(lambda: walk.votes() == [("主动脉夹层", "up")], "the vote on a diagnosis")
    walk.keys("Right", "Right", "Delete", "ctrl+Down")
    walk.until(lambda: ("", "down") in walk.votes(), "the vote on a suggestion")


def report_an_error(walk: Walk) -> None:
    walk.keys("alt+1", "Left", "Down", "Down", "ctrl+e")
    opened(walk.screen, "识别错误")
    walk.keys("alt+5", "alt+w", "Tab")
    walk.picture("report")
    walk.keys("Return")
    walk.until(lambda: "error_reported" in walk.program.events(), "the report")
    focus(walk.screen)
    ((data,),) = walk.program.rows("SELECT data FROM feedback_events WHERE kind = 'error_reported'")
    found = json.loads(data)
    assert (found["type"], found["severity"]) == ("剂量", "严重")
    assert ANSWERS[0][found["start"] : found["end"]] == found["quote"] == "高敏肌钙蛋白T 0.35 ng/mL"


def filter_by_the_consensus(walk: Walk) -> None:
    """The consensus row stands after the last pane: → there leaves one diagnosis in all panes, ← brings all back."""
    walk.keys("alt+3", *["Tab"] * 6, *["Right"] * 5)
    walk.picture("consensus")
    walk.keys("alt+2", "plus")
    walk.until(lambda: ("急性下壁心肌梗死", "up") in walk.votes(), "the vote on the only diagnosis shown")
    walk.keys("alt+3", *["Tab"] * 6, *["Left"] * 5)


def judge_all_and_take_it_back(walk: Walk) -> None:
    walk.keys("ctrl+0")
    walk.until(lambda: "none_correct" in walk.program.events(), "none of them is right")
    time.sleep(0.5)
    walk.keys("ctrl+0")
    query = "SELECT json_extract(data, '$.withdrawn') FROM feedback_events WHERE kind = 'none_correct' ORDER BY seq"
    walk.until(lambda: walk.program.rows(query) == [(None,), (1,)], "that taken back")


def ask_again_and_compare(walk: Walk) -> None:
    """Asked again about another input, the two comparisons can be laid beside each other."""
    walk.keys("ctrl+k", "F6", "Tab", "ctrl+End")
    walk.screen.write(" No fever.")
    walk.until(lambda: walk.program.rows("SELECT 1 FROM notes WHERE sections LIKE '%No fever.%'"), "the input")
    walk.keys("ctrl+Return")
    walk.wait_for_answers(6)
    walk.keys("ctrl+shift+h")
    opened(walk.screen, "两次生成的不同")
    walk.picture("history")
    walk.keys("Escape")
    focus(walk.screen)
    assert walk.program.events().count("rerun") == 1
