from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.evaluate import read_cases
from app.cli.evaluate_discharge import rouge_l
from app.core.discharge.draft import render
from app.core.errors import UsageFault
from app.inference.engines.scripted import Script
from app.infra.resources import resource_path
from tests.helpers.scripted_catalog import add_scripted_models, program_environment
from tests.helpers.stays import sample_stays

FIRST = sample_stays()[0]


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
    done = subprocess.run(
        [
            *(sys.executable, "-m", "app", "evaluate", "discharge"),
            *("--cases", str(cases), "--data-dir", str(data_dir), "--output", str(out)),
        ],
        env=program_environment(),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    models = json.loads(out.read_text(encoding="utf-8"))["models"]
    assert models["alpha"]["whole"] == models["beta"]["whole"] == 1
    assert models["alpha"]["rouge_l"]["入院情况"] > 0.99 > models["beta"]["rouge_l"]["入院情况"]
    assert models["alpha"]["unsupported_per_record"] == 0 and models["beta"]["unsupported_per_record"] >= 2
    assert "ROUGE-L" in done.stdout and "脚本 beta" in done.stdout


def test_the_sample_stays_are_cases() -> None:
    cases = read_cases(resource_path("samples", "stays"))
    assert [reference for _, reference in cases] == [sample.reference for sample in sample_stays()]


@pytest.mark.parametrize("line", ["{", '{"admission": {}}', '{"reference": {}}'])
def test_a_wrong_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(line, encoding="utf-8")
    with pytest.raises(UsageFault, match="第 1 行"):
        read_cases(path)


def test_a_stay_without_a_reference_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(
        '{"admission": {"date": "2026-03-02", "complaint": "胸痛", "case_features": "胸痛。"}}', encoding="utf-8"
    )
    with pytest.raises(UsageFault, match=r"a\.json.*reference"):
        read_cases(tmp_path)
