"""`wardnote evaluate differential`: hit@k of every model and of their consensus on cases with known diagnoses."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli import options, output
from app.core import evaluation
from app.core.evaluation import Answered, Share
from app.infra.paths import Paths

if TYPE_CHECKING:
    from app.core.diagnosis_table import DiagnosisTable


def add_task(tasks: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `evaluate differential`."""
    task = tasks.add_parser("differential", help="鉴别诊断的命中率（hit@1、3、5）与格式")
    task.add_argument(
        "--cases", type=Path, nargs="+", required=True, metavar="C.jsonl", help="病例，每行一个，带 gold；可有几个文件"
    )
    task.add_argument("--models", metavar="A,B,C", help="模型名，以逗号分隔（默认：前三个就绪的模型）")
    task.add_argument("--engine", choices=("auto", "bigdl", "openvino"), default=argparse.SUPPRESS, help="推理引擎")
    task.add_argument("--limit", type=int, metavar="N", help="每个文件只用前 N 例")
    task.add_argument("--without-tests", action="store_true", help="不给模型看辅助检查")
    task.add_argument("--answers", type=Path, metavar="A.jsonl", help="答案逐条写入这个文件，再次运行时接着做")
    task.add_argument("--kept-only", action="store_true", help="不再提问，只统计已写入的答案")
    task.add_argument("--output", type=Path, metavar="OUT.json", help="把结果写入这个文件")
    options.add_common(task, json=True)
    task.set_defaults(func=_run)


def _run(arguments: argparse.Namespace) -> int:
    from app.cli.evaluate_cases import Answers, read_cases
    from app.cli.suggest import model_names
    from app.controllers.model_library import open_library
    from app.core.prompts import PromptTemplate
    from app.infra.resources import resource_text
    from app.settings.terms import diagnosis_table

    paths = Paths.resolve(arguments.data_dir)
    with_tests = not arguments.without_tests
    sets = {path.stem: read_cases(path, with_tests=with_tests)[: arguments.limit] for path in arguments.cases}
    models = open_library(paths).choose(model_names(arguments.models), arguments.engine)
    answers = Answers(arguments.answers or paths.data_dir / "evaluation" / f"{'+'.join(sets)}.jsonl")

    from app.cli.evaluate_run import answer_cases, kept_cases

    template = PromptTemplate.parse(resource_text("prompts", "differential.md"))
    find = kept_cases if arguments.kept_only else answer_cases
    answered = {name: find(cases, models, template, answers) for name, cases in sets.items()}
    every = [case for cases in answered.values() for case in cases]
    names, table = [model.identity.model for model in models], diagnosis_table(paths.data_dir)
    document = report(every, names, table) | {"answers": str(answers.path), "with_tests": with_tests}
    if len(sets) > 1:
        document["sets"] = {name: report(cases, names, table) for name, cases in answered.items()}
    if arguments.output is not None:
        output.write_output(arguments.output, document)
    if arguments.json:
        output.print_json(document)
    elif arguments.output is None:
        output.print_text(_readable(document))
    return 0 if all(len(case.answers) == len(names) for case in every) else 3


def report(cases: Sequence[Answered], models: Sequence[str], table: DiagnosisTable) -> dict[str, object]:
    """The figures of each model over the cases that it answered, and of the consensus."""
    return {
        "cases": len(cases),
        "models": {model: _figures(cases, model, table) for model in models},
        "consensus": _hits(evaluation.consensus_hits(cases, table)),
    }


def _figures(cases: Sequence[Answered], model: str, table: DiagnosisTable) -> dict[str, object]:
    texts = [case.answers[model] for case in cases if model in case.answers]
    return {
        "answered": len(texts),
        **_hits(evaluation.hits(cases, model, table)),
        "parsed": _share(evaluation.share([evaluation.has_the_form(text) for text in texts])),
        "repeated": _share(evaluation.share([evaluation.repeats_itself(text) for text in texts])),
        "more_than_five": _share(evaluation.share([evaluation.exceeds(text) for text in texts])),
        "most_diagnoses": max(map(evaluation.written, texts), default=0),
        "longest_run_of_a_line": max(map(evaluation.longest_run, texts), default=0),
    }


def _hits(found: Mapping[int, Share]) -> dict[str, object]:
    return {f"hit@{most}": _share(one) for most, one in found.items()}


def _share(one: Share) -> dict[str, float]:
    return {"value": round(one.value, 4), "low": round(one.low, 4), "high": round(one.high, 4)}


def _readable(document: Mapping[str, object]) -> str:
    sets = document.get("sets", {})
    assert isinstance(sets, dict)
    parts = [f"{name}：{_lines(one)}" for name, one in sets.items()]
    return "\n\n".join([*parts, _lines(document)])


def _lines(document: Mapping[str, object]) -> str:
    models = document["models"]
    assert isinstance(models, dict)
    rows = {**models, "consensus": document["consensus"]}
    lines = [f"{document['cases']} 例；各项为比例，括号中是 95% 自助法区间"]
    for name, figures in rows.items():
        shown = [_figure(title, value) for title, value in figures.items()]
        lines.append(f"{name}：{'，'.join(shown)}")
    return "\n".join(lines)


def _figure(title: str, value: object) -> str:
    if not isinstance(value, dict):
        return f"{title} {value}"
    return f"{title} {value['value']:.1%}（{value['low']:.1%}–{value['high']:.1%}）"
