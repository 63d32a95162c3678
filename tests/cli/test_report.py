from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.cli.report import NOTICE, SuggestReport, outcome_sentence
from app.core.case import Case
from app.core.runs import (
    Binding,
    Comparison,
    Decoding,
    FinishReason,
    Generation,
    ModelIdentity,
    Prompt,
    Run,
    RunOutcome,
    RunStatus,
)

NOW = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
BINDING = Binding("p", "e", "n", 1, "hash")
CASE = Case.parse(
    json.dumps(
        {"id": "c-1", "runs": "taken", "chief_complaint": "右下腹痛1天", "case_features": "体温38.5℃，麦氏点压痛。"}
    )
)
GOOD = RunOutcome("r0", RunStatus.COMPLETED, FinishReason.STOP, "", 400, 101, 1_000.0, 6_000.0, None, 250.0)


def generation(number: int, text: str, **changes: object) -> Generation:
    identity = ModelIdentity(f"m{number}", f"模型{number}", f"sha{number}", "base", "bigdl", "2.5", "asym_int4")
    run = Run(f"r{number}", "c", BINDING, identity, Prompt((), "t", "1", "h"), Decoding(), number, NOW)
    return Generation(run, replace(GOOD, run_id=f"r{number}", text=text, **changes), NOW)  # type: ignore[arg-type]


def report(*generations: Generation) -> SuggestReport:
    runs = tuple(one.run for one in generations)
    comparison = Comparison("c", BINDING, CASE.chief_complaint, CASE.case_features, NOW, runs)
    return SuggestReport(CASE, comparison, generations, {"m0"})


APPENDICITIS = "1. **急性阑尾炎**\n   - 支持点：右下腹痛；体温39.5℃\n   - 建议检查：腹部CT"
THREE = report(
    generation(0, APPENDICITIS),
    generation(1, "1. 输尿管结石\n2. 急性阑尾炎（可能）"),
    generation(2, "1. 急性阑尾炎", status=RunStatus.FAILED, finish_reason=FinishReason.ERROR, error="引擎异常退出。"),
)


def test_the_document_is_the_contract() -> None:
    document = json.loads(json.dumps(THREE.document()))
    assert (document["comparison_id"], document["input_hash"], document["notice"]) == ("c", "hash", NOTICE)
    assert document["consensus"] == [
        {"name": "急性阑尾炎", "models": ["m0", "m1"]},
        {"name": "输尿管结石", "models": ["m1"]},
    ]
    start = APPENDICITIS.index("39.5℃")
    assert document["runs"][0] == {
        "run_id": "r0",
        "model": "m0",
        "title": "模型0",
        "model_sha256": "sha0",
        "engine": "bigdl",
        "engine_version": "2.5",
        "quantisation": "asym_int4",
        "demonstration": True,
        "status": "completed",
        "finish_reason": "stop",
        "text": APPENDICITIS,
        "differential": [
            {
                "name": "急性阑尾炎",
                "supporting": ["右下腹痛", "体温39.5℃"],
                "opposing": [],
                "missing": [],
                "next_steps": ["腹部CT"],
            }
        ],
        "unsupported": [{"start": start, "end": start + 5, "quote": "39.5℃", "kind": "number"}],
        "input_tokens": 400,
        "output_tokens": 101,
        "ttft_ms": 1000.0,
        "duration_ms": 6000.0,
        "load_ms": 250.0,
        "tokens_per_second": 20.0,
        "error": None,
    }


def test_unknown_fields_of_the_case_are_kept_and_replace_nothing() -> None:
    document = THREE.document()
    assert document["id"] == "c-1"
    assert document["runs"] != "taken"


def test_a_failed_run_is_in_the_document_and_not_in_the_consensus() -> None:
    failed = THREE.document()["runs"][2]  # type: ignore[index]
    assert (failed["status"], failed["error"]) == ("failed", "引擎异常退出。")
    assert not THREE.all_completed


@pytest.mark.parametrize("ended", [1, 2])
def test_all_completed_means_every_run_of_the_comparison(ended: int) -> None:
    both = report(generation(0, "a"), generation(1, "b"))
    assert replace(both, generations=both.generations[:ended]).all_completed is (ended == 2)


def test_the_readable_form_names_every_model_and_the_mark() -> None:
    text = THREE.text()
    assert "模型0 · bigdl · asym_int4（演示模型，不是医学模型）" in text
    assert "模型1 · bigdl · asym_int4\n" in text
    assert "〔失败：引擎异常退出。〕" in text
    assert "急性阑尾炎 2/3 · 输尿管结石 1/3" in text
    assert text.endswith(NOTICE)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "完成：101 个词元，用时 6.0 秒，20.0 词元/秒"),
        (
            {"finish_reason": FinishReason.LENGTH},
            "完成（达到长度上限，可能不完整）：101 个词元，用时 6.0 秒，20.0 词元/秒",
        ),
        ({"output_tokens": 1}, "完成：1 个词元，用时 6.0 秒"),
        ({"status": RunStatus.CANCELLED}, "已取消，用时 6.0 秒"),
        ({"status": RunStatus.FAILED}, "失败：原因不明"),
    ],
)
def test_how_a_run_ended(changes: dict[str, object], sentence: str) -> None:
    assert outcome_sentence(replace(GOOD, **changes)) == sentence  # type: ignore[arg-type]
