"""`wardnote evaluate`: how good the models' texts are, against what doctors wrote."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

from app.cli import evaluate_differential, options, output
from app.cli.suggest import ENGINES, model_names, read_input
from app.core.discharge.draft import WRITTEN
from app.core.errors import UsageFault, WardNoteError
from app.core.stay import Stay
from app.infra.paths import Paths


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `evaluate` with its tasks."""
    parser = subparsers.add_parser("evaluate", help="评估模型写的文书")
    tasks = parser.add_subparsers(dest="task", metavar="任务", title="任务", required=True)
    evaluate_differential.add_task(tasks)
    discharge = tasks.add_parser("discharge", help="出院记录：与参考文本的 ROUGE-L、覆盖、无依据的内容")
    discharge.add_argument(
        "--cases",
        type=Path,
        required=True,
        metavar="C.jsonl",
        help="每行一份住院资料（ENC.json 加 reference：五个部分的参考文本），或放这些 .json 文件的文件夹",
    )
    discharge.add_argument("--models", metavar="A,B,C", help="模型名，以逗号分隔（默认：全部演示模型）")
    discharge.add_argument("--engine", choices=ENGINES, default=argparse.SUPPRESS, help="推理引擎（默认：auto）")
    discharge.add_argument("--output", type=Path, metavar="OUT.json", help="把结果写入这个文件")
    options.add_common(discharge, json=True)
    discharge.set_defaults(func=_discharge)


def _discharge(arguments: argparse.Namespace) -> int:
    from app.controllers.model_library import open_library

    cases = read_cases(arguments.cases)
    names = model_names(arguments.models)
    paths = Paths.resolve(arguments.data_dir)
    models = open_library(paths).choose(names, arguments.engine)

    from app.cli.discharge_stay import discharge
    from app.cli.evaluate_discharge import Evaluation

    evaluation = Evaluation()
    for number, (stay, reference) in enumerate(cases, 1):
        output.say(f"第 {number}/{len(cases)} 份")
        evaluation.add(discharge(stay, models, paths), reference)
    if arguments.output is not None:
        output.write_output(arguments.output, evaluation.document())
        output.say(f"结果已写入 {arguments.output}。")
    if arguments.json:
        output.print_json(evaluation.document())
    else:
        output.print_text(evaluation.text())
    return 0 if evaluation.all_completed else 3


def read_cases(path: Path) -> list[tuple[Stay, dict[str, str]]]:
    """The stays of a JSONL file, or of a folder of JSON files, each with its reference by section key.

    Raises UsageFault naming the line or the file that is none.
    """
    if path.is_dir():
        texts = [(file.name, read_input(file, "--cases")) for file in sorted(path.glob("*.json"))]
    else:
        lines = read_input(path, "--cases").splitlines()
        texts = [(f"第 {number} 行", line) for number, line in enumerate(lines, 1) if line.strip()]
    if not texts:
        raise UsageFault(f"{path} 中没有病例。")
    return [_case(place, text) for place, text in texts]


def _case(place: str, text: str) -> tuple[Stay, dict[str, str]]:
    try:
        stay = Stay.parse(text)
    except WardNoteError as fault:
        raise UsageFault(f"{place}：{fault}") from None
    written = json.loads(text).get("reference")
    if not isinstance(written, Mapping) or not all(isinstance(written.get(one.title), str) for one in WRITTEN):
        titles = "、".join(section.title for section in WRITTEN)
        raise UsageFault(f"{place}：reference 应含五个部分的参考文本（{titles}）。")
    return stay, {section.key: written[section.title] for section in WRITTEN}
