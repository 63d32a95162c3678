"""`wardnote models`: list, fetch, add, verify, prepare, pack, calibrate and remove the models of the catalog."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli import models_pack, options, output
from app.cli.stages import stages
from app.controllers.model_library import open_library, quality_texts
from app.core.errors import EnvironmentFault, ModelFileFault
from app.infra.paths import Paths
from app.infra.resources import resource_path, resource_text
from app.settings.policy import Policy

if TYPE_CHECKING:
    from app.core.runs import Message
    from app.inference.catalog import CatalogModel
    from app.inference.library import ModelLibrary
    from app.inference.prepared import PreparedModel


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
        ("calibrate", _calibrate, "全部已准备的模型", "在本机测量各模型的速度"),
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
    work: Callable[[argparse.Namespace, Paths, ModelLibrary], int],
) -> Callable[[argparse.Namespace], int]:
    def run(arguments: argparse.Namespace) -> int:
        paths = Paths.resolve(arguments.data_dir)
        return work(arguments, paths, open_library(paths))

    return run


def _list(arguments: argparse.Namespace, paths: Paths, library: ModelLibrary) -> int:
    from app.cli.models_report import describe, model_line

    documents = [describe(library, model) for model in _named_or_all(arguments, library)]
    if arguments.json:
        output.print_json({"models": documents})
    else:
        for document in documents:
            output.print_text(model_line(document))
    return 0


def _fetch(arguments: argparse.Namespace, paths: Paths, library: ModelLibrary) -> int:
    from app.inference.fetch import fetch

    if not Policy.of(paths).may_fetch:
        raise EnvironmentFault("医院的策略不允许从网络获取模型（models.fetch = false）：请用模型包安装，或联系信息科")
    for model in library.catalog.select(arguments.names):
        if model.served:
            output.say(f"{model.name}：在服务器 {model.served.address} 上，没有需要获取的文件")
            continue
        with stages(model.name) as stage:
            fetched = fetch(model, partial(stage, "获取"), thorough=bool(arguments.names))
        output.say(f"{model.name}：{'已获取并通过校验' if fetched else '已经在本机'}")
    return 0


def _add(arguments: argparse.Namespace, paths: Paths, library: ModelLibrary) -> int:
    from app.inference.catalog_entry import entry_name, hashed, write_entry
    from app.inference.recognition import recognise

    name = entry_name(arguments.name, arguments.path, [model.name for model in library.catalog.models])
    with stages(name) as stage:
        found = recognise(arguments.path, partial(stage, "识别模型"))
        files = hashed(found, partial(stage, "计算校验值"))
    title = (arguments.title or "").strip() or arguments.path.absolute().name.removesuffix(".gguf")
    written = write_entry(paths.hospital_catalog, name, title, found, files)
    size = sum(file.size for file in files) / 1e6
    output.say(f"已登记模型 {name}（{found.kind}，{len(files)} 个文件，{size:.1f} MB）：{written}")
    if not found.has_template:
        output.say(f'这个模型没有对话模板：请先在 {written} 的 [[model]] 下加入 chat_template = "…"')
    output.say(f"下一步：wardnote models prepare {name}{_same_data_folder(arguments)}")
    return 0


def _same_data_folder(arguments: argparse.Namespace) -> str:
    return f" --data-dir {shlex.quote(str(arguments.data_dir))}" if arguments.data_dir else ""


def _remove(arguments: argparse.Namespace, paths: Paths, library: ModelLibrary) -> int:
    from app.inference.removal import remove

    for model in library.catalog.select(arguments.names):
        removed = remove(model, library.store, paths.hospital_catalog)
        words = "、".join(map(str, removed))
        output.say(f"{model.name}：已移除 {words}" if removed else f"{model.name}：没有可移除的文件")
    return 0


def _verify(arguments: argparse.Namespace, paths: Paths, library: ModelLibrary) -> int:
    from app.inference.files import check_files

    faults = 0
    for model in _named_or_all(arguments, library):
        again = f"请运行 wardnote models prepare {model.name}"
        got = f"请运行 wardnote models fetch {model.name}" if model.wheels else "请重新获取"
        groups = [("源文件", model.files, got)] if model.files else []
        groups += [(f"{ready.identity.engine} 文件", ready.files, again) for ready in _ready(library, model)]
        for what, files, remedy in groups:
            try:
                check_files(files, remedy)
                output.say(f"✓ {model.name} {what}：校验值相符")
            except ModelFileFault as fault:
                faults += 1
                output.say(f"✗ {model.name} {what}：{fault}")
    return 3 if faults else 0


def _prepare(arguments: argparse.Namespace, paths: Paths, library: ModelLibrary) -> int:
    from app.inference.conversion.prepare import Preparer
    from app.inference.fetch import is_fetched

    preparer = Preparer(library.store, quality_texts())
    faults = 0
    for model in library.catalog.select(arguments.names):
        try:
            if model.wheels and not is_fetched(model):
                raise EnvironmentFault(f"模型 {model.name} 还没有获取，请先运行 wardnote models fetch {model.name}")
            with stages(model.name) as stage:
                done = preparer.prepare(model, stage, thorough=bool(arguments.names))
            output.say(f"{model.name}：{'已准备好，并与原模型比对通过' if done else '已经准备好'}")
        except EnvironmentFault as fault:  # the other models can still be made ready
            faults += 1
            output.say(str(fault))
    models = library.catalog.select(arguments.names)
    unmeasured = [(model, ready) for model in models for ready in _ready(library, model) if not ready.speed]
    return _measure(unmeasured, library) or (3 if faults else 0)


def _calibrate(arguments: argparse.Namespace, paths: Paths, library: ModelLibrary) -> int:
    models = _named_or_all(arguments, library)
    pairs = [(model, ready) for model in models for ready in _ready(library, model)]
    if not pairs:
        raise EnvironmentFault("没有已准备好的模型可以校准，请先运行 wardnote models prepare")
    return _measure(pairs, library) or (0 if arguments.names else _measure_gain(Paths.resolve(arguments.data_dir)))


def _measure_gain(paths: Paths) -> int:
    """What the three models of the panes gain by running at once; by that the window starts them."""
    from app.inference.calibrate import measure_gain
    from app.inference.scheduler import slots_for

    library = open_library(paths)
    models = library.choose(None)
    output.say("各模型同时运行：正在测量…")
    gain = measure_gain(models, _sample_prompts())
    library.calibration.with_gain(models, gain).write()
    order = "同时生成" if slots_for(gain, len(models)) > 1 else "依次生成"
    output.say(f"同时运行 {len(models)} 个模型的总速度是单个模型的 {gain:.2f} 倍：{order}")
    return 0


def _measure(pairs: Sequence[tuple[CatalogModel, PreparedModel]], library: ModelLibrary) -> int:
    from app.inference.calibrate import measure_copying, measure_speed
    from app.inference.library import recipe_of

    calibration, faults, prompts = library.calibration, 0, _sample_prompts()
    for model, ready in pairs:
        name, engine = model.name, ready.identity.engine
        output.say(f"{name} / {engine}：正在测量速度…")
        try:
            speed = measure_speed(ready, prompts)
            speed = replace(speed, copying=measure_copying(ready, _copying_prompt()))
        except EnvironmentFault as fault:  # the others can still be measured
            faults += 1
            output.say(f"{name} / {engine}：{fault}")
            continue
        calibration = calibration.with_speed(name, engine, recipe_of(library.store, model, engine), speed)
        calibration.write()
        output.say(
            f"{name} / {engine}：载入 {speed.load_seconds:.1f} 秒，阅读 {speed.reading:.0f} 词元/秒，"
            f"书写 {speed.writing:.1f} 词元/秒，照抄原文时提示词查找 {speed.copying:.2f} 倍"
        )
    return 3 if faults else 0


def _named_or_all(arguments: argparse.Namespace, library: ModelLibrary) -> tuple[CatalogModel, ...]:
    return library.catalog.select(arguments.names) if arguments.names else library.catalog.models


def _ready(library: ModelLibrary, model: CatalogModel) -> list[PreparedModel]:
    return [ready for engine in model.engines if (ready := library.prepared(model, engine))]


def _sample_prompts() -> list[tuple[Message, ...]]:
    """Two sample cases, so that the second is not answered from the cache of the first."""
    from app.core.case import Case
    from app.core.prompts import PromptTemplate, differential_prompt

    template = PromptTemplate.parse(resource_text("prompts", "differential.md"))
    cases = [
        Case.parse(path.read_text(encoding="utf-8")) for path in sorted(resource_path("samples").glob("*.json"))[:2]
    ]
    return [
        differential_prompt(template, case.patient.context, case.chief_complaint, case.case_features).messages
        for case in cases
    ]


def _copying_prompt() -> tuple[Message, ...]:
    """A task whose answer is its source: how far guessing can help."""
    from app.core.runs import Message

    text = min(resource_path("samples").glob("*.json")).read_text(encoding="utf-8")
    return (Message("user", f"请逐字重复下面的文字，不要增减：\n{text}"),)
