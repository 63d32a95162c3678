from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.evaluate_discharge import rouge_l
from app.cli.stay_cases import read_stays
from app.core.discharge.draft import render
from app.core.errors import UsageFault
from app.inference.engines.scripted import FaultKind, Script
from app.infra.resources import resource_path
from tests.helpers.scripted_catalog import add_scripted_models, program_environment
from tests.helpers.stays import sample_stays

FIRST = sample_stays()[0]


def evaluate(cases: Path, data_dir: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "app", "evaluate", "discharge"),
            *("--cases", str(cases), "--data-dir", str(data_dir), *options),
        ],
        env=program_environment(),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )


def test_rouge_l_counts_common_characters_in_their_order() -> None:
    assert rouge_l("右输尿管结石", "右输尿管结石") == pytest.approx(1.0, abs=1e-6)
    assert rouge_l("右输尿管结石\n", "左输尿管结石") == pytest.approx(5 / 6, abs=1e-6)
    assert rouge_l("", "右输尿管结石") == 0.0


def test_a_model_that_writes_the_reference_scores_high_and_one_that_invents_is_seen(
    data_dir: Path, tmp_path: Path
) -> None:
    written = render(FIRST.reference)
    invented = written.replace("6 mm", "9 mm").replace("98 μmol/L", "189 μmol/L")
    add_scripted_models(data_dir, {"alpha": Script(written), "beta": Script(invented)})
    cases = tmp_path / "cases.jsonl"
    text = resource_path("samples", "stays", f"{FIRST.name}.json").read_text(encoding="utf-8")
    cases.write_text(json.dumps(json.loads(text), ensure_ascii=False) + "\n", encoding="utf-8")
    out = tmp_path / "out.json"
    answers = tmp_path / "answers.jsonl"
    done = evaluate(cases, data_dir, "--output", str(out), "--answers", str(answers))
    assert done.returncode == 0, done.stderr
    models = json.loads(out.read_text(encoding="utf-8"))["models"]
    assert models["alpha"]["whole"] == models["beta"]["whole"] == 1
    assert models["alpha"]["rouge_l"]["入院情况"] > 0.99 > models["beta"]["rouge_l"]["入院情况"]
    assert models["alpha"]["unsupported_per_record"] == 0 and models["beta"]["unsupported_per_record"] >= 2
    assert "ROUGE-L" in done.stdout and "脚本 beta" in done.stdout
    rows = map(json.loads, answers.read_text(encoding="utf-8").splitlines())
    times = next(row for row in rows if row["model"] == "alpha")
    assert models["alpha"]["first_section_of_reading"] == pytest.approx(
        times["first_section_ms"] / times["ttft_ms"], abs=0.01
    )


def test_what_is_answered_is_not_asked_again_and_what_failed_is(data_dir: Path, tmp_path: Path) -> None:
    written = render(FIRST.reference)
    add_scripted_models(data_dir, {"alpha": Script(written), "beta": Script(written, fault=FaultKind.RAISE)})
    cases, answers = tmp_path / "cases", tmp_path / "answers.jsonl"
    cases.mkdir()
    for sample in sample_stays()[:2]:
        source = resource_path("samples", "stays", f"{sample.name}.json")
        (cases / source.name).write_bytes(source.read_bytes())
    done = evaluate(cases, data_dir, "--answers", str(answers), "--json")
    assert done.returncode == 3, done.stderr
    models = json.loads(done.stdout)["models"]
    assert (models["alpha"]["completed"], models["beta"]["completed"], models["beta"]["runs"]) == (2, 0, 2)
    kept = answers.read_text(encoding="utf-8").splitlines()
    assert [(row["model"], row["case"]) for row in map(json.loads, kept)] == [
        ("alpha", sample.name) for sample in sample_stays()[:2]
    ]
    again = evaluate(cases, data_dir, "--answers", str(answers), "--json")
    assert "脚本 alpha：第" not in again.stderr and "脚本 beta：第 1/2 份" in again.stderr
    assert json.loads(again.stdout)["models"]["alpha"] == models["alpha"]
    assert answers.read_text(encoding="utf-8").splitlines() == kept


def test_the_sample_stays_are_cases() -> None:
    cases = read_stays(resource_path("samples", "stays"))
    assert [(case.case_id, case.reference) for case in cases] == [(one.name, one.reference) for one in sample_stays()]


@pytest.mark.parametrize("line", ["{", '{"admission": {}}', '{"reference": {}}'])
def test_a_wrong_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(line, encoding="utf-8")
    with pytest.raises(UsageFault, match="第 1 行"):
        read_stays(path)


def test_a_stay_without_a_reference_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(
        '{"admission": {"date": "2026-03-02", "complaint": "胸痛", "case_features": "胸痛。"}}', encoding="utf-8"
    )
    with pytest.raises(UsageFault, match=r"a\.json.*reference"):
        read_stays(tmp_path)
