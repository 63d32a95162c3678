"""How long the rules take for a finished answer of 15 points: beside a note of 5,000 characters, and beside real cases.

`python -m tests.benchmarks.evidence [--cases C.jsonl]`; of the cases the ten longest are taken.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

from app.cli.evaluate_cases import read_cases
from app.core.diagnosis_table import DiagnosisTable
from app.core.evidence import EvidenceIndex
from app.core.judged_answer import judged
from app.infra.resources import resource_path, resource_text

CHARACTERS, POINTS, ROUNDS, MOST_CASES = 5_000, 15, 200, 10
TABLE = DiagnosisTable.parse(resource_text("terms", "diagnoses.csv"))


def main() -> None:
    """Print milliseconds: all rules together (sources, facts without a source, dangerous diagnoses)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=Path)
    arguments = parser.parse_args()
    samples = [json.loads(file.read_text("utf-8")) for file in sorted(resource_path("samples").glob("*.json"))]
    note = "".join(case["case_features"] for case in samples)
    document = {"a note of 5,000 characters": figures([(note * (CHARACTERS // len(note) + 1))[:CHARACTERS]])}
    if arguments.cases is not None:
        cases = read_cases(arguments.cases, with_tests=True)
        longest = sorted((one.case.case_features for one in cases), key=len)[-MOST_CASES:]
        document[f"cases of {len(longest[0])} to {len(longest[-1])} characters"] = figures(longest)
    print(json.dumps(document, ensure_ascii=False, indent=2))


def figures(notes: list[str]) -> dict[str, float]:
    """Over 200 rounds, the notes in turn; `processor`: this thread's own time."""
    walls, processor = [], []
    for number in range(ROUNDS):
        note = notes[number % len(notes)]
        answer = answer_about(note)
        begun, used = time.perf_counter(), time.thread_time()
        judged(answer, {"case_features": note}, EvidenceIndex({"case_features": note}), TABLE)
        walls.append((time.perf_counter() - begun) * 1000)
        processor.append((time.thread_time() - used) * 1000)
    found = {
        "median_ms": statistics.median(walls),
        "p99_ms": sorted(walls)[int(0.99 * ROUNDS)],
        "processor_median_ms": statistics.median(processor),
        "processor_p99_ms": sorted(processor)[int(0.99 * ROUNDS)],
    }
    return {name: round(value, 1) for name, value in found.items()}


def answer_about(note: str) -> str:
    """Five diagnoses whose points are clauses of the note."""
    clauses = [one for one in note.replace("。", "，").split("，") if one.strip()]
    picked = [clauses[place % len(clauses)] for place in range(0, POINTS * 3, 3)]
    items = [picked[start : start + 3] for start in range(0, POINTS, 3)]
    return "\n".join(f"{n}. **诊断{n}**\n   - 支持点：{'；'.join(points)}" for n, points in enumerate(items, 1))


if __name__ == "__main__":
    main()
