"""Turns and reports of a session, with contestants that only count."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from app.core.errors import EngineFault
from app.core.runs import Message
from app.inference.bench.figures import Answers, Take, Timing
from app.inference.bench.report import make_document
from app.inference.bench.session import run_session
from app.inference.bench.workload import Workload, ask_all, warm_up

SHORT = Workload("differential", "short", (Message("user", "a"),), (Message("user", "b"),))
LONG = Workload("differential", "long", (Message("user", "aa"),), (Message("user", "ab"),))


def take(first_s: float = 1.0, per_token_s: float = 0.1) -> Take:
    timing = Timing(100, ((first_s, 1), (first_s + 10 * per_token_s, 10)))
    return Take(1.0, Answers(timing, timing, timing), 100.0, 1_000)


@dataclass
class Counting:
    """Answers with the takes it is given, one a call; an exception instead of one is raised."""

    path: str
    engine: str
    log: list[str]
    takes: list[Take | EngineFault] = field(default_factory=list)
    model: str = "m"
    closed: int = 0

    def measure(self, workload: Workload, tokens: int) -> Take:
        self.log.append(f"{self.path}/{workload.prompt}")
        answer = self.takes.pop(0) if self.takes else take()
        if isinstance(answer, EngineFault):
            raise answer
        return answer

    def close(self) -> None:
        self.closed += 1


def run(*contestants: Counting, workloads: tuple[Workload, ...] = (SHORT,), rounds: int = 1) -> dict[str, Any]:
    session = run_session([contestants], workloads, rounds, 8, lambda words: None)
    return make_document(session, {"processor": "x"}, rounds, bandwidth=1e6)


def test_contestants_take_turns_and_another_begins_each_round() -> None:
    log: list[str] = []
    run(Counting("wardnote", "openvino", log), Counting("openvino", "openvino", log), workloads=(SHORT, LONG), rounds=2)
    first = ["wardnote/short", "openvino/short", "wardnote/long", "openvino/long"]
    assert log == [*first, "openvino/short", "wardnote/short", "openvino/long", "wardnote/long"]


def test_a_row_has_the_contracts_fields() -> None:
    document = run(Counting("wardnote", "bigdl", []), rounds=3)
    assert document["rounds"] == 3
    assert document["machine"] == {"processor": "x"}
    (row,) = document["results"]
    words = {"path": "wardnote", "engine": "bigdl", "model": "m", "task": "differential", "prompt": "short"}
    assert row.items() >= words.items()
    for name in ("load_s", "ttft_cold_ms", "ttft_warm_ms", "prefill_tokens_per_second", "decode_tokens_per_second"):
        assert set(row[name]) == {"median", "min", "max"}
    assert {"peak_rss_mib", "bandwidth_share"} <= set(row)
    assert 0 <= row["others_cpu_share"]["median"] <= 1
    assert document["ratios"] == []


def test_a_library_that_takes_long_has_fewer_rounds_and_the_report_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.inference.bench.session.LONG_S", -1.0)
    log: list[str] = []
    document = run(Counting("wardnote", "bigdl", log), Counting("bigdl", "bigdl", log), rounds=4)
    assert (log.count("wardnote/short"), log.count("bigdl/short")) == (4, 2)
    assert [row["rounds"] for row in document["results"]] == [4, 2]
    assert len(document["missing"]) == 1
    assert "最多测 2 轮" in document["missing"][0]


def test_one_that_fails_is_left_out_with_a_sentence_and_the_rest_goes_on() -> None:
    log: list[str] = []
    broken = Counting("llama.cpp", "llama.cpp", log, [take(), EngineFault("没有安装 xllamacpp")])
    document = run(Counting("wardnote", "bigdl", log), broken, rounds=3)
    assert [line for line in log if line.startswith("llama")] == ["llama.cpp/short"] * 2
    assert log.count("wardnote/short") == 3
    assert document["missing"] == ["m llama.cpp differential/short：没有安装 xllamacpp"]
    assert [row["path"] for row in document["results"]] == ["wardnote", "llama.cpp"]


def test_nothing_measured_at_all_is_a_fault() -> None:
    with pytest.raises(EngineFault, match=r"没有任何一项测速完成.*坏了"):
        run(Counting("wardnote", "bigdl", [], [EngineFault("坏了")]))


def test_ratios_are_taken_round_by_round() -> None:
    """The second round is ten times slower for both: the ratio stays."""
    own = Counting("wardnote", "openvino", [], [take(1.0, 0.1), take(10.0, 1.0)])
    bare = Counting("openvino", "openvino", [], [take(2.0, 0.2), take(20.0, 2.0)])
    (row,) = run(own, bare, rounds=2)["ratios"]
    assert row["ratio"] == "wardnote/openvino"
    assert row["ttft_cold_ms"] == {"median": 0.5, "min": 0.5, "max": 0.5}
    assert row["decode_tokens_per_second"] == {"median": 2.0, "min": 2.0, "max": 2.0}


def test_a_round_that_one_of_the_two_lacks_is_in_no_ratio() -> None:
    own = Counting("wardnote", "bigdl", [], [take(1.0), take(100.0)])
    bare = Counting("bigdl", "bigdl", [], [take(2.0), EngineFault("坏了")])
    (row,) = run(own, bare, rounds=2)["ratios"]
    assert row["ttft_cold_ms"]["max"] == 0.5


def test_a_row_tells_whether_guessing_changed_the_text() -> None:
    guessed = replace(take(), plain=take(per_token_s=0.2).answers.cold)
    other = replace(guessed, same_text=False)
    (row,) = run(Counting("wardnote", "bigdl", [], [guessed, other]), rounds=2)["results"]
    assert row["lookup_same_text"] is False
    assert row["lookup_gain"]["median"] == 2.0
    assert row["rounds"] == 2
    assert "lookup_same_text" not in run(Counting("wardnote", "bigdl", []))["results"][0]


def test_llama_cpp_meets_the_better_of_the_programs_engines() -> None:
    slow, fast = take(3.0), take(1.0)
    document = run(
        Counting("wardnote", "bigdl", [], [slow]),
        Counting("wardnote", "openvino", [], [fast]),
        Counting("llama.cpp", "llama.cpp", [], [take(2.0)]),
    )
    (row,) = document["ratios"]
    assert (row["ratio"], row["engine"]) == ("wardnote best/llama.cpp", "openvino")
    assert row["ttft_cold_ms"]["median"] == 0.5


def test_the_better_engine_is_that_of_a_typical_answer_not_of_a_short_one() -> None:
    document = run(
        Counting("wardnote", "bigdl", [], [take(2.0, 0.1)]),
        Counting("wardnote", "openvino", [], [take(1.0, 0.18)]),
        Counting("llama.cpp", "llama.cpp", [], [take(2.0)]),
    )
    assert [row["engine"] for row in document["ratios"]] == ["bigdl"]


def test_all_are_asked_the_same_in_the_same_order() -> None:
    asked: list[tuple[tuple[Message, ...], int]] = []

    def answer(messages: tuple[Message, ...], tokens: int) -> Timing:
        asked.append((messages, tokens))
        return Timing(len(asked), ((1.0, 1),))

    answers = ask_all(answer, replace(SHORT, length=3), 8)
    assert asked == [(SHORT.messages, 24), (SHORT.messages, 2), (SHORT.edited, 2)]
    read = [timing.input_tokens for timing in (answers.cold, answers.warm, answers.edited) if timing]
    assert read == [1, 2, 3]
    asked.clear()
    warm_up(answer)
    assert asked[0][0] not in (SHORT.messages, SHORT.edited)


def test_one_that_keeps_nothing_is_asked_once() -> None:
    asked: list[int] = []

    def answer(messages: tuple[Message, ...], tokens: int) -> Timing:
        asked.append(tokens)
        return Timing(5, ((1.0, 1),))

    answers = ask_all(answer, SHORT, 8, keeps=False)
    assert asked == [8]
    assert (answers.warm, answers.edited) == (None, None)


def test_each_round_has_fresh_processes_and_leaves_what_there_is() -> None:
    one, kept = Counting("wardnote", "bigdl", []), list[int]()
    run_session([[one]], [SHORT, LONG], 3, 8, lambda words: None, lambda session, rounds: kept.append(rounds))
    assert one.closed == 3
    assert kept == [1, 2, 3]


def test_a_long_record_takes_part_in_fewer_rounds() -> None:
    log: list[str] = []
    run(Counting("wardnote", "bigdl", log), workloads=(SHORT, replace(LONG, rounds=2)), rounds=3)
    assert (log.count("wardnote/short"), log.count("wardnote/long")) == (3, 2)
