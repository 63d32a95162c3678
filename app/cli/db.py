"""`wardnote db check`: is everything in the database as it was written?"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from app.cli import options, output
from app.core.errors import EnvironmentFault
from app.infra.paths import Paths

if TYPE_CHECKING:
    from app.storage.check import CheckReport


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `db` with what it can do."""
    parser = subparsers.add_parser("db", help="检查病历数据库")
    actions = parser.add_subparsers(dest="action", metavar="操作", required=True, title="操作")
    check = actions.add_parser("check", help="检查数据库的完整性与哈希链，有问题时退出码为 3")
    options.add_common(check, json=True)
    check.set_defaults(func=_check)


def _check(arguments: argparse.Namespace) -> int:
    from app.storage.database import Database

    path = Paths.resolve(arguments.data_dir).database
    if not path.exists():
        raise EnvironmentFault(f"还没有数据库（{path}）：先打开一次病程助手，或用 --data-dir 指定数据文件夹。")
    database = Database.open(path)
    try:
        report = database.check()
    finally:
        database.close()
    _show(report, as_json=arguments.json)
    return 0 if report.ok else 3


def _show(report: CheckReport, *, as_json: bool) -> None:
    if as_json:
        output.print_json(
            {
                "ok": report.ok,
                "schema_version": report.schema_version,
                "problems": list(report.problems),
                "rows": dict(report.rows),
            }
        )
        return
    for problem in report.problems:
        output.print_text(f"✗ {problem}")
    rows = sum(report.rows.values())
    summary = f"数据库完好：{rows} 行，数据格式 {report.schema_version}。"
    output.print_text(
        summary
        if report.ok
        else f"数据库有 {len(report.problems)} 处问题：请先复制保存整个数据文件夹，再请信息科处理。"
    )
