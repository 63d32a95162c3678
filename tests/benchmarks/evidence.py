"""How long the rules take for a finished answer of 15 points beside a note of 5,000 characters.

`python -m tests.benchmarks.evidence`
"""

from __future__ import annotations

import json
import statistics
import time

from app.core.diagnosis_table import DiagnosisTable
from app.core.evidence import EvidenceIndex
from app.core.judged_answer import judged
from app.infra.resources import resource_path, resource_text

CHARACTERS, POINTS, ROUNDS = 5_000, 15, 50


def main() -> None:
    """Print milliseconds: all rules together (sources, facts without a source, dangerous diagnoses)."""
    table = DiagnosisTable.parse(resource_text("terms", "diagnoses.csv"))
    cases = [json.loads(file.read_text("utf-8")) for file in sorted(resource_path("samples").glob("*.json"))]
    note = "".join(case["case_features"] for case in cases)
    note = (note * (CHARACTERS // len(note) + 1))[:CHARACTERS]
    clauses = note.replace("。", "，").split("，")[: POINTS * 3 : 3]
    items = [clauses[start : start + 3] for start in range(0, POINTS, 3)]
    answer = "\n".join(f"{n}. **诊断{n}**\n   - 支持点：{'；'.join(points)}" for n, points in enumerate(items, 1))
    walls, processor = [], []
    for _ in range(ROUNDS):
        begun, used = time.perf_counter(), time.process_time()
        judged(answer, {"case_features": note}, EvidenceIndex({"case_features": note}), table)
        walls.append((time.perf_counter() - begun) * 1000)
        processor.append((time.process_time() - used) * 1000)
    found = {"median_ms": statistics.median(walls), "max_ms": max(walls), "processor_ms": statistics.median(processor)}
    print(json.dumps({name: round(value, 1) for name, value in found.items()}))


if __name__ == "__main__":
    main()
