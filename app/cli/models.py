"""`wardnote models`: list, fetch, add, verify, prepare, pack, calibrate and remove the models of the catalog."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli import models_pack, options, output
from app.cli.stages import stages
from app.core.errors import EnvironmentFault
from app.infra.paths import Paths

if TYPE_CHECKING:
    from app.controllers.model_keeper import Measured, ModelKeeper
    from app.inference.catalog import CatalogModel
    from app.inference.library import ModelLibrary
    from app.inference.prepared import PreparedModel
    from app.inference.work import Work

_SETTINGS = {"kv": "本机选用：键值缓存", "threads": "本机选用：线程数"}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `models` with its actions."""
    parser = subparsers.add_parser("models", help="管理模型：列出、获取、校验、准备、校准")
    actions = parser.add_subparsers(dest="action", metavar="操作", required=True, title="操作")
    for name, function, default, text in (
        ("list", _list, "全部模型", "列出模型、状态与转换后的精度"),
        ("fetch", _fetch, "全部演示模型", "获取模型文件"),
        ("verify", _verify, "全部模型", "重新计算所有文件的校验值"),
        ("prepare", _prepare, "全部演示模型", "量化并校验，使模型可在各引擎上运行，最后校准"),
        ("remove", _remove, "", "移除模型：准备好的文件和本院目录中的登记"),
        ("calibrate", _calibrate, "全部已准备的模型", "在本机选定各模型的设置并测量速度"),
    ):
        action = actions.add_parser(name, help=text)
        help_text = f"模型名（默认：{default}）" if default else "模型名"
        action.add_argument("names", nargs="*" if default else "+", metavar="模型", help=help_text)
        options.add_common(action, json=name == "list")
        action.set_defaults(func=_opened(function))
    _add_adding(actions)
    models_pack.add_actions(actions)


def _add_adding(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    action = actions.add_parser("add", help="登记本院自己的模型")
    action.add_argument(
        "path", type=Path, metavar="路径", help="GGUF 文件，或 Hugging Face、BigDL INT4、OpenVINO IR 文件夹"
    )
    action.add_argument("--name", metavar="名称", help="命令行中使用的模型名（默认：取自路径）")
    action.add_argument("--title", metavar="标题", help="窗口中显示的名称（默认：取自路径）")
    options.add_common(action)
    action.set_defaults(func=_opened(_add))


def _opened(
    work: Callable[[argparse.Namespace, ModelKeeper, ModelLibrary], int],
) -> Callable[[argparse.Namespace], int]:
    def run(arguments: argparse.Namespace) -> int:
        from app.controllers.model_keeper import ModelKeeper

        keeper = ModelKeeper(Paths.resolve(arguments.data_dir))
        return work(arguments, keeper, keeper.library())

    return run


def _list(arguments: argparse.Namespace, keeper: ModelKeeper, library: ModelLibrary) -> int:
    from app.cli.models_report import describe, model_line

    documents = [describe(library, model) for model in _named_or_all(arguments, library)]
    if arguments.json:
        output.print_json({"models": documents})
    else:
        for document in documents:
            output.print_text(model_line(document))
    return 0


def _fetch(arguments: argparse.Namespace, keeper: ModelKeeper, library: ModelLibrary) -> int:
    for model in library.catalog.select(arguments.names):
        if model.served:
            output.say(f"{model.name}：在服务器 {model.served.address} 上，没有需要获取的文件")
            continue
        with _work(model.name) as work:
            fetched = keeper.fetch(model, work, thorough=bool(arguments.names))
        output.say(f"{model.name}：{'已获取并通过校验' if fetched else '已经在本机'}")
    return 0


def _add(arguments: argparse.Namespace, keeper: ModelKeeper, library: ModelLibrary) -> int:
    with _work(arguments.path.name) as work:
        added = keeper.add(arguments.path, arguments.name, arguments.title, work)
    size = sum(file.size for file in added.files) / 1e6
    output.say(
        f"已登记模型 {added.name}（{added.found.kind}，{len(added.files)} 个文件，{size:.1f} MB）：{added.entry}"
    )
    if not added.found.has_template:
        output.say(f'这个模型没有对话模板：请先在 {added.entry} 的 [[model]] 下加入 chat_template = "…"')
    output.say(f"下一步：wardnote models prepare {added.name}{_same_data_folder(arguments)}")
    return 0


def _same_data_folder(arguments: argparse.Namespace) -> str:
    return f" --data-dir {shlex.quote(str(arguments.data_dir))}" if arguments.data_dir else ""


def _remove(arguments: argparse.Namespace, keeper: ModelKeeper, library: ModelLibrary) -> int:
    for model in library.catalog.select(arguments.names):
        removed = keeper.remove(model)
        words = "、".join(map(str, removed))
        output.say(f"{model.name}：已移除 {words}" if removed else f"{model.name}：没有可移除的文件")
    return 0


def _verify(arguments: argparse.Namespace, keeper: ModelKeeper, library: ModelLibrary) -> int:
    faults = 0
    for model in _named_or_all(arguments, library):
        for group in keeper.verify(model, _silent()):
            faults += bool(group.fault)
            mark, found = ("✗", group.fault) if group.fault else ("✓", "校验值相符")
            output.say(f"{mark} {model.name} {group.what}：{found}")
    return 3 if faults else 0


def _prepare(arguments: argparse.Namespace, keeper: ModelKeeper, library: ModelLibrary) -> int:
    faults = 0
    for model in library.catalog.select(arguments.names):
        try:
            with _work(model.name) as work:
                done = keeper.prepare(model, work, thorough=bool(arguments.names))
            output.say(f"{model.name}：{'已准备好，并与原模型比对通过' if done else '已经准备好'}")
        except EnvironmentFault as fault:  # the other models can still be made ready
            faults += 1
            output.say(str(fault))
    pairs = _pairs(library, library.catalog.select(arguments.names))
    return _measure([(model, one) for model, one in pairs if not one.speed], keeper) or (3 if faults else 0)


def _calibrate(arguments: argparse.Namespace, keeper: ModelKeeper, library: ModelLibrary) -> int:
    pairs = _pairs(library, _named_or_all(arguments, library))
    if not pairs:
        raise EnvironmentFault("没有已准备好的模型可以校准，请先运行 wardnote models prepare")
    return _measure(pairs, keeper) or (0 if arguments.names else _measure_gain(keeper))


def _measure_gain(keeper: ModelKeeper) -> int:
    output.say("各模型同时运行：正在测量…")
    gain = keeper.measure_gain(_silent())
    output.say(f"同时运行 {gain.models} 个模型的总速度是单个模型的 {gain.factor:.2f} 倍：{gain.order}生成")
    return 0


def _measure(pairs: Sequence[tuple[CatalogModel, PreparedModel]], keeper: ModelKeeper) -> int:
    from app.inference.work import Work

    work = Work(lambda stage, _fraction: output.say(f"正在{stage}…"))
    return 3 if keeper.measure(pairs, work, lambda measured: output.say(_measured_line(measured))) else 0


def _measured_line(measured: Measured) -> str:
    place, speed = f"{measured.model} / {measured.engine}", measured.speed
    if speed is None:
        return f"{place}：{measured.fault}"
    settings = "".join(f"，{_SETTINGS[key]} {value}" for key, value in measured.settings)
    return (
        f"{place}：载入 {speed.load_seconds:.1f} 秒，阅读 {speed.reading:.0f} 词元/秒，"
        f"书写 {speed.writing:.1f} 词元/秒，写出院记录时提示词查找 {speed.copying:.2f} 倍{settings}"
    )


@contextmanager
def _work(name: str) -> Iterator[Work]:
    """Work whose stages a reader sees."""
    from app.inference.work import Work

    with stages(name) as stage:
        yield Work(stage)


def _silent() -> Work:
    from app.inference.work import Work

    return Work(lambda stage, fraction: None)


def _named_or_all(arguments: argparse.Namespace, library: ModelLibrary) -> tuple[CatalogModel, ...]:
    return library.catalog.select(arguments.names) if arguments.names else library.catalog.models


def _pairs(library: ModelLibrary, models: Sequence[CatalogModel]) -> list[tuple[CatalogModel, PreparedModel]]:
    from app.controllers.model_keeper import ready

    return [(model, one) for model in models for one in ready(library, model)]
