"""`wardnote evaluate`: how good the models' texts are, against what doctors wrote."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.cli import evaluate_differential, options, output
from app.cli.suggest import ENGINES, model_names
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
    discharge.add_argument("--answers", type=Path, metavar="A.jsonl", help="答案逐条写入这个文件，再次运行时接着做")
    discharge.add_argument("--output", type=Path, metavar="OUT.json", help="把结果写入这个文件")
    options.add_common(discharge, json=True)
    discharge.set_defaults(func=_discharge)


def _discharge(arguments: argparse.Namespace) -> int:
    from app.cli.evaluate_cases import Answers
    from app.cli.stay_cases import read_stays
    from app.controllers.model_library import open_library

    cases = read_stays(arguments.cases)
    names = model_names(arguments.models)
    paths = Paths.resolve(arguments.data_dir)
    models = open_library(paths).choose(names, arguments.engine)
    answers = Answers(arguments.answers or paths.data_dir / "evaluation" / f"discharge-{arguments.cases.stem}.jsonl")

    from app.cli.evaluate_discharge import Evaluation
    from app.cli.evaluate_stays import answer_stays

    evaluation = Evaluation(answer_stays(cases, models, answers))
    output.say(f"答案保存在 {answers.path}。")
    if arguments.output is not None:
        output.write_output(arguments.output, evaluation.document())
        output.say(f"结果已写入 {arguments.output}。")
    if arguments.json:
        output.print_json(evaluation.document())
    else:
        output.print_text(evaluation.text())
    return 0 if evaluation.all_completed else 3
