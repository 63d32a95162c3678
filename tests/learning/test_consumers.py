"""Exports are read by the tools they are made for, where bootstrap.py's `test` has put them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from provision.consumers import consumers_home

from app.core.acts import ErrorReport
from app.core.events import ErrorSeverity, ErrorType, EventKind, Vote
from app.learning.export import Exporter
from app.learning.filters import FORMAT_NAMES, Filters
from app.learning.identities import KnownIdentities
from tests.helpers.feedback_records import a_record, a_vote_on, an_event, of_patient, reported, shown, signed

ROOT = Path(__file__).resolve().parents[2]
HOME = consumers_home(ROOT)


@pytest.fixture
def found(tmp_path: Path) -> dict[str, Any]:
    report = ErrorReport(5, 6, "丙", ErrorType.DIAGNOSIS, ErrorSeverity.MAJOR, "丁")
    events = [
        *(*shown(0, 1, 2), *signed(0, "1. 诊断甲", "1. 诊断甲"), a_vote_on(1, Vote.DOWN), reported(2, report)),
        an_event(0, EventKind.FINAL_DIAGNOSIS, generations=["g0", "g1", "g2"], diagnoses=["诊断乙"]),
    ]
    exporter = Exporter(KnownIdentities.of([], []), lambda kind, name: f"{'f' * 8}{kind}{name}", datetime.now(UTC))
    exporter.export([of_patient(a_record(events), "p", "c")], FORMAT_NAMES, Filters(), tmp_path / "out")
    command = [sys.executable, str(Path(__file__).with_name("consumers.py")), str(tmp_path / "out")]
    environment = {**os.environ, "PYTHONPATH": str(HOME)}
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300, env=environment)
    result: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    return result


@pytest.mark.skipif(not HOME.exists(), reason="packaging/bootstrap.py test installs these tools")
def test_the_real_tools_read_every_row(found: dict[str, Any]) -> None:
    assert found["trl"] == {
        "sft": [1, ["messages"], True],
        "kto": [3, ["completion", "label", "prompt"], True],
        "dpo": [3, ["chosen", "prompt", "rejected"], True],
        "grpo": [1, ["gold_diagnosis", "prompt"], True],
    }
    assert found["llama_factory"] == {
        "wardnote_sft.jsonl": [False, [[1, 1]]],
        "wardnote_kto.jsonl": [False, [[1, 2]] * 3],
        "wardnote_dpo.jsonl": [True, [[1, 2]] * 3],
    }
    assert found["label_studio"] == {"shown": [True] * 3, "regions": [1], "wrong": [[]]}
