"""`wardnote discharge`: the discharge record of one stay from every model, without a window."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli import options, output
from app.cli.suggest import ENGINES, model_names, read_input, refuse_overwriting
from app.core.stay import Stay
from app.infra.paths import Paths

if TYPE_CHECKING:
    from app.cli.discharge_report import DischargeReport


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `discharge`."""
    parser = subparsers.add_parser("discharge", help="不开窗口，用各模型为一次住院写出院记录的五个部分")
    parser.add_argument("--encounter", type=Path, required=True, metavar="ENC.json", help="住院资料文件")
    parser.add_argument("--models", metavar="A,B,C", help="模型名，以逗号分隔（默认：全部演示模型）")
    parser.add_argument(
        "--engine", choices=ENGINES, default=argparse.SUPPRESS, help="推理引擎（默认：auto，取本机较快者）"
    )
    parser.add_argument("--output", type=Path, metavar="OUT.json", help="把结果写入这个文件")
    options.add_common(parser, json=True)
    parser.set_defaults(func=_run)


def _run(arguments: argparse.Namespace) -> int:
    from app.controllers.model_library import open_library

    stay = Stay.parse(read_input(arguments.encounter, "--encounter"))
    refuse_overwriting(arguments.encounter, arguments.output, "--encounter")
    names = model_names(arguments.models)
    paths = Paths.resolve(arguments.data_dir)
    models = open_library(paths).choose(names, arguments.engine)

    from app.cli.discharge_stay import discharge

    report = discharge(stay, models, paths)
    _deliver(report, arguments)
    for fault in report.storing_faults:
        output.say(fault)
    return 0 if report.all_completed and not report.storing_faults else 3


def _deliver(report: DischargeReport, arguments: argparse.Namespace) -> None:
    for sentence in report.omissions():
        output.say(sentence)
    if arguments.output is not None:
        output.write_output(arguments.output, report.document())
        output.say(f"结果已写入 {arguments.output}。")
    if arguments.json:
        output.print_json(report.document())
    elif arguments.output is None:
        output.print_text(report.text())
