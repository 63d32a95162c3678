"""`wardnote demo`: a data folder with sample encounters and feedback, for tests, training trials and screenshots."""

from __future__ import annotations

import argparse
import re

from app.cli import options, output
from app.core.errors import UsageFault
from app.infra.paths import Paths


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `demo`."""
    parser = subparsers.add_parser("demo", help="在数据文件夹中生成示例病例与反馈（脚本引擎，全部标有“示例”）")
    parser.add_argument("--encounters", type=_count, required=True, metavar="N", help="示例住院的数量")
    parser.add_argument("--events", type=_count, required=True, metavar="M", help="反馈事件的数量")
    options.add_common(parser, json=True)
    parser.set_defaults(func=_run)


def _count(text: str) -> int:
    """A whole number above zero; argparse turns the ValueError into its own sentence."""
    if re.fullmatch(r"[1-9]\d{0,6}", text) is None:
        raise ValueError(text)
    return int(text)


def _run(arguments: argparse.Namespace) -> int:
    paths = Paths.resolve(arguments.data_dir)
    if arguments.data_dir is None:
        raise UsageFault("请用 --data-dir 指定一个存放示例的文件夹：示例不会写入日常使用的数据文件夹。")

    from app.cli.demo_run import make_demonstration

    made = make_demonstration(paths, arguments.encounters, arguments.events)
    if arguments.json:
        output.print_json({"encounters": made.encounters, "generations": made.generations, "events": made.events})
    else:
        output.print_text(f"已生成 {made.encounters} 次示例住院、{made.generations} 份建议、{made.events} 条反馈。")
    return 0
