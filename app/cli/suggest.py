"""`wardnote suggest`: the differential of one case from every model, without a window."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli import options, output
from app.core.case import Case
from app.core.errors import EnvironmentFault, UsageFault
from app.infra.paths import Paths

if TYPE_CHECKING:
    from app.cli.report import SuggestReport

ENGINES = ("auto", "bigdl", "openvino")
MAX_CASE_BYTES = 10_000_000


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `suggest`."""
    parser = subparsers.add_parser("suggest", help="不开窗口，用各模型为一份病例写鉴别诊断")
    parser.add_argument("--case", type=Path, required=True, metavar="CASE.json", help="病例文件")
    parser.add_argument("--models", metavar="A,B,C", help="模型名，以逗号分隔（默认：全部演示模型）")
    parser.add_argument(
        "--engine", choices=ENGINES, default=argparse.SUPPRESS, help="推理引擎（默认：auto，取本机较快者）"
    )
    parser.add_argument("--output", type=Path, metavar="OUT.json", help="把结果写入这个文件")
    options.add_common(parser, json=True)
    parser.set_defaults(func=_run)


def _run(arguments: argparse.Namespace) -> int:
    from app.controllers.model_library import open_library

    case = Case.parse(read_input(arguments.case, "--case"))
    refuse_overwriting(arguments.case, arguments.output, "--case")
    names = model_names(arguments.models)
    paths = Paths.resolve(arguments.data_dir)
    models = open_library(paths).choose(names, arguments.engine)

    from app.cli.suggest_case import suggest

    report = suggest(case, models, paths)
    _deliver(report, arguments)
    for fault in report.storing_faults:
        output.say(fault)
    return 0 if report.all_completed and not report.storing_faults else 3


def read_input(path: Path, option: str) -> str:
    """The text of the file given with this option.

    Raises UsageFault for a file that is none, or no text; EnvironmentFault if it may not be read.
    """
    if not path.is_file():
        raise UsageFault(f"找不到病例文件 {path}：请检查 {option} 的路径。")
    try:
        if path.stat().st_size > MAX_CASE_BYTES:
            raise UsageFault(f"病例文件 {path} 过大（超过 {MAX_CASE_BYTES // 1_000_000} MB），请检查是否选错了文件。")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UsageFault(f"病例文件 {path} 不是 UTF-8 编码：请另存为 UTF-8 后再试。") from None
    except OSError as error:
        raise EnvironmentFault(f"无法读取病例文件 {path}：{error.strerror}。") from error


def model_names(text: str | None) -> tuple[str, ...] | None:
    """The names of `--models`, or None where the library chooses. Raises UsageFault."""
    if text is None:
        return None
    names = tuple(name.strip() for name in text.replace("，", ",").split(","))
    if not all(names) or len(set(names)) < len(names):
        raise UsageFault("--models 应是以逗号分隔的模型名，不能有空名，也不能重复。")
    return names


def refuse_overwriting(given: Path, out: Path | None, option: str) -> None:
    """Raises UsageFault if the result would take the place of the file given with this option."""
    if out is not None and out.exists() and out.samefile(given):
        raise UsageFault(f"--output 不能与 {option} 是同一个文件。")


def _deliver(report: SuggestReport, arguments: argparse.Namespace) -> None:
    if arguments.output is not None:
        output.write_output(arguments.output, report.document())
        output.say(f"结果已写入 {arguments.output}。")
    if arguments.json:
        output.print_json(report.document())
    elif arguments.output is None:
        output.print_text(report.text())
