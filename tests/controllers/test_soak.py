"""The short form of `python -m tests.benchmarks.soak`: a few comparisons in a row leave nothing behind."""

from __future__ import annotations

from pathlib import Path

from app.core.runs import Decoding
from app.inference.engines.scripted import Script, scripted_model
from tests.benchmarks.soak import Footprint, Record, findings, soak
from tests.helpers.desk import sample_cases


def test_comparisons_in_a_row_leave_no_thread_and_no_handle(tmp_path: Path, qapp: object) -> None:
    script = Script("答" * 12, token_ms=1)
    models = [scripted_model(tmp_path / f"{name}.json", script, name=name) for name in "abc"]
    record = soak(models, sample_cases(), 10, Decoding(max_tokens=12))
    assert len(record.footprints) == 10
    right = {name: as_it_should for name, _, as_it_should in findings(record)}
    assert right["threads"] and right["file handles"]
    assert right["memory"]


def test_growth_and_wrong_promises_are_found() -> None:
    record = Record([Footprint(100, 5, 9)] * 9 + [Footprint(104, 6, 10)], [(10.0, 20.0), (10.0, 21.0), (10.0, 10.0)])
    assert [right for _, _, right in findings(record)] == [False] * 4
