"""`evaluate differential` with scripted models: the real program and processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.evaluate_cases import Answers, read_cases
from app.core.errors import EnvironmentFault, UsageFault
from app.inference.engines.scripted import Script
from tests.cli.test_suggest import APPENDICITIS
from tests.helpers.scripted_catalog import add_scripted_models, program_environment

ROWS = [
    {"id": "a", "chief_complaint": "右下腹痛1天", "case_features": "麦氏点压痛", "gold": "急性阑尾炎"},
    {"id": "b", "chief_complaint": "腹痛", "history": "1天", "aux_exam": "CT正常", "gold": ["急性胃肠炎", "肺炎"]},
]


def written(path: Path, *rows: object) -> Path:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


def evaluate(cases: Path, data_dir: Path, *options: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app", "evaluate", "differential", "--cases", cases, "--data-dir", data_dir]
    return subprocess.run(
        [*map(str, command), *map(str, options)],
        env=program_environment(),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )


def test_models_are_scored_and_a_second_run_asks_only_for_what_is_missing(data_dir: Path, tmp_path: Path) -> None:
    add_scripted_models(data_dir, {"alpha": Script(APPENDICITIS), "beta": Script("不知道")})
    cases, answers = written(tmp_path / "c.jsonl", *ROWS), tmp_path / "answers.jsonl"
    first = evaluate(cases, data_dir, "--answers", answers, "--limit", "1", "--json")
    assert first.returncode == 0, first.stderr
    figures = json.loads(first.stdout)["models"]
    assert figures["alpha"]["hit@1"]["value"] == figures["alpha"]["parsed"]["value"] == 1.0
    assert figures["beta"]["parsed"]["value"] == 0.0
    with answers.open("a", encoding="utf-8") as file:
        file.write('{"case": "cut o\n')
    second = evaluate(cases, data_dir, "--answers", answers, "--json")
    assert second.returncode == 0, second.stderr
    assert second.stderr.count("第 ") == 1
    document = json.loads(second.stdout)
    assert (document["cases"], document["consensus"]["hit@1"]["value"]) == (2, 0.5)


def test_several_files_are_told_one_by_one_and_together_and_kept_answers_without_asking(
    data_dir: Path, tmp_path: Path
) -> None:
    add_scripted_models(data_dir, {"alpha": Script(APPENDICITIS)})
    one, two = written(tmp_path / "one.jsonl", ROWS[0]), written(tmp_path / "two.jsonl", ROWS[1])
    answers = tmp_path / "answers.jsonl"
    assert evaluate(one, data_dir, "--answers", answers).returncode == 0
    kept = evaluate(one, data_dir, "--cases", one, two, "--answers", answers, "--kept-only", "--json")
    assert (kept.returncode, "第 " in kept.stderr) == (3, False)
    both = json.loads(evaluate(one, data_dir, "--cases", one, two, "--answers", answers, "--json").stdout)
    for document, count in ((json.loads(kept.stdout), 1), (both, 2)):
        assert [document["cases"], document["models"]["alpha"]["answered"]] == [2, count]
        assert [part["models"]["alpha"]["answered"] for part in document["sets"].values()] == [1, count - 1]
    assert both["models"]["alpha"]["most_diagnoses"] > 0
    assert both["models"]["alpha"]["longest_run_of_a_line"] == 1


def test_tests_can_be_kept_from_the_models(tmp_path: Path) -> None:
    cases = written(tmp_path / "c.jsonl", ROWS[1])
    ((seen,), (kept,)) = (read_cases(cases, with_tests=with_tests) for with_tests in (True, False))
    assert (seen.case.case_features, kept.case.case_features) == ("1天\n辅助检查：CT正常", "1天")


@pytest.mark.parametrize(
    "row", ["text", {"chief_complaint": "痛"}, {"gold": "肺炎"}, {"gold": 3, "chief_complaint": "痛"}]
)
def test_a_row_that_is_no_case_is_named(tmp_path: Path, row: object) -> None:
    with pytest.raises(UsageFault, match="第 2 行"):
        read_cases(written(tmp_path / "c.jsonl", ROWS[0], row), with_tests=True)


def test_answers_are_found_again_only_for_the_same_input_weights_and_prompt(tmp_path: Path) -> None:
    answers = Answers(tmp_path / "deep" / "a.jsonl")
    answers.add({"case": "a", "input_hash": "i", "model_sha256": "m", "template_hash": "t", "text": "答"})
    again = Answers(answers.path)
    assert again.text("a", "i", "m", "t") == "答"
    assert again.text("a", "other", "m", "t") is None


def answer(case: str, text: str) -> dict[str, str]:
    return {"case": case, "input_hash": "i", "model_sha256": "m", "template_hash": "t", "text": text}


def test_an_answer_that_was_cut_off_takes_no_later_one_along(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(answer("a", "答"))[:-7], encoding="utf-8")
    Answers(path).add(answer("b", "第一行\u2028第二行\x85第三行"))
    again = Answers(path)
    assert again.text("a", "i", "m", "t") is None
    assert again.text("b", "i", "m", "t") == "第一行\u2028第二行\x85第三行"


def test_a_full_disk_is_no_bug(tmp_path: Path) -> None:
    answers = Answers(tmp_path / "a.jsonl")
    answers.path.unlink()
    answers.path.symlink_to("/dev/full")
    with pytest.raises(EnvironmentFault, match="磁盘空间"):
        answers.add(answer("a", "答"))


def test_a_line_of_a_case_may_hold_every_separator_that_json_allows(tmp_path: Path) -> None:
    case = {"chief_complaint": "腹痛", "case_features": "甲\u2028乙", "gold": "阑尾炎"}
    path = tmp_path / "c.jsonl"
    path.write_bytes(json.dumps(case, ensure_ascii=False).encode() + b"\r\n\r\n")
    assert [one.case.case_features for one in read_cases(path, with_tests=True)] == ["甲\u2028乙"]
