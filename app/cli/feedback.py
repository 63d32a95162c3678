"""`wardnote feedback`: what doctors did with suggestions, as a list and as training data."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli import options, output
from app.core.errors import EnvironmentFault, UsageFault
from app.core.events import EventKind, Vote
from app.infra.paths import Paths
from app.learning.filters import FORMAT_NAMES, Filters

if TYPE_CHECKING:
    from app.storage.database import Database

_KINDS = {
    EventKind.SHOWN: "显示",
    EventKind.VOTE: "投票",
    EventKind.BACKFILL: "回填",
    EventKind.COPIED: "复制",
    EventKind.EDITED: "修改",
    EventKind.ERROR_REPORTED: "识别错误",
    EventKind.NONE_CORRECT: "都不正确",
    EventKind.ALL_ACCEPTABLE: "都可采用",
    EventKind.RERUN: "重新生成",
    EventKind.SIGNED: "签名",
    EventKind.FINAL_DIAGNOSIS: "最终诊断",
}
_VOTES = {Vote.UP: "赞", Vote.DOWN: "踩", Vote.WITHDRAWN: "撤回"}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `feedback` with what it can do."""
    parser = subparsers.add_parser("feedback", help="查看医生的反馈，或去标识后导出为训练数据")
    actions = parser.add_subparsers(dest="action", metavar="操作", required=True, title="操作")
    listing = actions.add_parser("list", help="列出反馈事件（不含病历内容）")
    _add_filters(listing)
    options.add_common(listing, json=True)
    listing.set_defaults(func=_list)
    export = actions.add_parser("export", help="去标识后导出到一个新文件夹；查到已知身份信息时拒绝导出")
    export.add_argument("--format", required=True, metavar="A,B", help=f"格式，以逗号分隔：{','.join(FORMAT_NAMES)}")
    export.add_argument("--output", type=Path, required=True, metavar="文件夹", help="要建立的文件夹")
    export.add_argument("--new", action="store_true", help="只要以前没有导出过的行")
    _add_filters(export)
    options.add_common(export, json=True)
    export.set_defaults(func=_export)
    imported = actions.add_parser("import", help="把 sqlite 格式的导出读入专用的数据文件夹，汇总几个病区的反馈")
    imported.add_argument("folder", type=Path, metavar="导出文件夹", help="feedback export --format sqlite 的输出")
    options.add_common(imported, json=True)
    imported.set_defaults(func=_import)
    exports = actions.add_parser("exports", help="列出已有的导出，以及其中多少行已有回执")
    options.add_common(exports, json=True)
    exports.set_defaults(func=_exports)
    returned = actions.add_parser("receipt", help="登记训练方的回执：一次导出中哪些行已用于训练")
    returned.add_argument("file", type=Path, metavar="回执.json", help='{"export_id", "model", "rows": [row_id…]}')
    options.add_common(returned, json=True)
    returned.set_defaults(func=_receipt)


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--since", metavar="日期", help="从这一天起（2025-03-01）")
    parser.add_argument("--until", metavar="日期", help="到这一天止，含当天")
    parser.add_argument("--department", metavar="科室", help="只要这个科室")
    parser.add_argument("--model", metavar="模型", help="只要这个模型")
    parser.add_argument("--task", metavar="任务", help="只要这项任务（differential）")


def _list(arguments: argparse.Namespace) -> int:
    from app.storage.feedback_source import FeedbackSource

    filters = _filters(arguments)
    with _database(Paths.resolve(arguments.data_dir)) as database:
        events = [_listed(row) for row in FeedbackSource(database).events() if _passes(row, filters)]
    if arguments.json:
        output.print_json({"events": events, "counts": dict(Counter(str(event["kind"]) for event in events))})
        return 0
    for event in events:
        output.print_text(_line(event))
    output.print_text(f"共 {len(events)} 条反馈事件。")
    return 0


def _export(arguments: argparse.Namespace) -> int:
    from app.controllers.feedback_export import export

    formats = _formats(arguments.format)
    filters = _filters(arguments)
    paths = Paths.resolve(arguments.data_dir)
    target = arguments.output.expanduser().absolute()
    with _database(paths) as database:
        result = export(database, paths, formats, filters, target, only_new=arguments.new)
    if arguments.json:
        output.print_json(
            {
                "output": str(target),
                "export_id": result.export_id,
                "exported_before": result.earlier,
                "counts": dict(result.counts),
                "comparisons": result.comparisons,
                "withheld_for_evaluation": result.evaluation,
                "quarantined": result.quarantined,
                "samples_left_out": result.samples,
                "replaced": dict(result.replaced),
            }
        )
        return 0
    for name, count in result.counts.items():
        output.print_text(f"{name}：{count} 行")
    output.print_text(
        f"已导出到 {target}：{result.comparisons} 次比较；另有 {result.evaluation} 次属于评估患者、"
        f"{result.quarantined} 行被隔离，没有导出。"
    )
    if result.samples:
        output.print_text(f"示例患者的 {result.samples} 次比较没有导出。")
    return 0


def _import(arguments: argparse.Namespace) -> int:
    from app.cli.suggest_case import doctor_name
    from app.cli.ward_data import ward_opener
    from app.controllers.feedback_import import import_feedback

    paths = Paths.resolve(arguments.data_dir)
    repositories = ward_opener(paths, doctor_name())()
    with closing(repositories):
        result = import_feedback(repositories, arguments.folder, datetime.now().astimezone())
    if arguments.json:
        output.print_json(asdict(result))
    else:
        output.print_text(
            f"已导入 {result.comparisons} 次比较、{result.generations} 份建议、{result.events} 条反馈事件，"
            f"其中 {result.new_events} 条是新的。"
        )
    return 0


def _exports(arguments: argparse.Namespace) -> int:
    from app.storage.receipts import ReceiptRepository

    with _database(Paths.resolve(arguments.data_dir)) as database:
        exports = [dict(row) for row in ReceiptRepository(database).exports()]
    if arguments.json:
        output.print_json({"exports": exports})
        return 0
    for one in exports:
        output.print_text(f"{one['created_at']}  {one['export_id']}  {one['row_count']} 行，已用 {one['returned']} 行")
    output.print_text(f"共 {len(exports)} 次导出。")
    return 0


def _receipt(arguments: argparse.Namespace) -> int:
    from app.cli.feedback_receipt import read_receipt
    from app.storage.receipts import ReceiptRepository

    receipt = read_receipt(arguments.file)
    with _database(Paths.resolve(arguments.data_dir)) as database:
        marked = ReceiptRepository(database).mark_returned(
            receipt.import_id, receipt.export_id, receipt.model, receipt.rows, datetime.now().astimezone()
        )
    if arguments.json:
        output.print_json({"export_id": receipt.export_id, "model": receipt.model, "rows": marked})
    else:
        output.print_text(f"已登记：{marked} 行已用于 {receipt.model}。")
    return 0


@contextmanager
def _database(paths: Paths) -> Iterator[Database]:
    from app.cli.ward_data import open_database

    if not paths.database.exists():
        raise EnvironmentFault(
            f"还没有数据库（{paths.database}）：先打开一次病程助手，或用 --data-dir 指定数据文件夹。"
        )
    database = open_database(paths)
    try:
        yield database
    finally:
        database.close()


def _formats(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in text.replace("，", ",").split(",")))
    unknown = [name for name in names if name not in FORMAT_NAMES]
    if unknown:
        raise UsageFault(f"--format 不认识“{unknown[0]}”，可选：{'、'.join(FORMAT_NAMES)}。")
    return names


def _filters(arguments: argparse.Namespace) -> Filters:
    since, until = _day(arguments.since, "--since"), _day(arguments.until, "--until")
    if since is not None and until is not None and since > until:
        raise UsageFault("--since 晚于 --until：请检查两个日期。")
    return Filters(since, until, arguments.department, arguments.model, arguments.task)


def _day(text: str | None, option: str) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise UsageFault(f"{option} 应是 2025-03-01 这样的日期。") from None


def _passes(row: Mapping[str, Any], filters: Filters) -> bool:
    day = datetime.fromisoformat(row["occurred_at"]).date()
    return (
        filters.take_day(day)
        and filters.department in (None, row["department"])
        and filters.model in (None, row["model"])
        and filters.task in (None, row["task"])
    )


def _listed(row: Mapping[str, Any]) -> dict[str, object]:
    """An event without the patient's text."""
    plain = {name: row[name] for name in _LISTED}
    return {**plain, "vote": row["data"].get("vote"), "milliseconds": row["data"].get("milliseconds")}


_LISTED = (
    *("event_id", "generation_id", "comparison_id", "kind", "actor", "occurred_at", "item"),
    *("model", "task", "department"),
)


def _line(event: Mapping[str, object]) -> str:
    kind = _KINDS[EventKind(str(event["kind"]))]
    vote = f" {_VOTES[Vote(str(event['vote']))]}" if event["vote"] else ""
    return f"{event['occurred_at']}  {kind}{vote}  {event['model'] or '（未完成）'}  {event['department'] or ''}"
