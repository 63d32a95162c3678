"""`wardnote self-test`: does everything work on this machine? For the hospital's IT."""

from __future__ import annotations

import argparse

from app.cli import options, output
from app.cli.suggest import ENGINES
from app.infra.paths import Paths


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `self-test`."""
    parser = subparsers.add_parser("self-test", help="自检：依赖、字体、数据库、模型文件与一次真实生成")
    parser.add_argument("--engine", choices=ENGINES, default=argparse.SUPPRESS, help="推理引擎（默认：auto）")
    options.add_common(parser, json=True)
    parser.set_defaults(func=_run)


def _run(arguments: argparse.Namespace) -> int:
    from app.cli.checks import all_checks

    findings = []
    for check in all_checks(Paths.resolve(arguments.data_dir), arguments.engine):
        finding = check.run()
        findings.append(finding)
        show = output.say if arguments.json else output.print_text
        show(f"{'✓' if finding.ok else '✗'} {finding.sentence}")
    failed = sum(not finding.ok for finding in findings)
    if arguments.json:
        checks = [{"name": one.name, "ok": one.ok, "sentence": one.sentence} for one in findings]
        output.print_json({"ok": not failed, "checks": checks})
    output.say(f"自检完成：{len(findings)} 项，{failed} 项有问题。" if failed else f"自检通过：{len(findings)} 项。")
    return 3 if failed else 0
