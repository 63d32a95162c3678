"""The short form of `python -m tests.benchmarks.soak`: a few comparisons in a row leave nothing behind."""

from __future__ import annotations

from pathlib import Path

from app.core.runs import Decoding
from app.inference.engines.scripted import Script, scripted_model
from tests.benchmarks.soak import Footprint, Record, findings, soak, wait_findings
from tests.helpers.desk import sample_cases


def test_comparisons_in_a_row_leave_no_thread_and_no_handle(tmp_path: Path, qapp: object) -> None:
    script = Script("答" * 12, token_ms=1)
    models = [scripted_model(tmp_path / f"{name}.json", script, name=name) for name in "abc"]
    record = soak(models, sample_cases(), 10, Decoding(max_tokens=12))
    assert len(record.footprints) == 10
    right = {name: as_it_should for name, _, as_it_should in findings(record)}
    assert right["threads"] and right["file handles"]
    assert right["memory"]
    assert record.engine_bytes > 1 << 20
    assert record.file_bytes == sum(model.files[0].size for model in models)


def test_growth_and_wrong_promises_are_found() -> None:
    footprints = [Footprint(100, 5, 9)] * 9 + [Footprint(104, 6, 10)]
    record = Record(100, footprints, [("a", 10.0, 20.0), ("a", 10.0, 21.0), ("a", 10.0, 10.0)], engine_bytes=121)
    assert [right for _, _, right in findings(record)] == [False] * 5


def test_each_pane_has_its_own_share_of_right_promises() -> None:
    waits = [("a", 12.0, 10.0), ("a", 10.0, 10.0), ("a", 20.0, 10.0), ("b", 5.0, 10.0)]
    assert wait_findings(waits) == [
        ("wait of a", "median +20%, 67% of 3 within 30%", True),
        ("wait of b", "median -50%, 0% of 1 within 30%", False),
    ]
