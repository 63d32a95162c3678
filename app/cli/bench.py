"""`wardnote bench`: how fast the program is on this machine, and how the bare libraries are beside it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli import options, output
from app.core.errors import UsageFault
from app.infra.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.inference.library import ModelLibrary

_ROUNDS = 5
_TOKENS = 48


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `bench`."""
    parser = subparsers.add_parser("bench", help="在本机测速，可与直接使用各推理库的速度比较")
    parser.add_argument("--peers", action="store_true", help="同时测量 OpenVINO GenAI、BigDL-LLM 与 llama.cpp 本身")
    tasks = ("start", "differential", "discharge")
    parser.add_argument("--task", choices=tasks, help="只测这一项；start 是冷、热载入（默认：全部）")
    parser.add_argument("--models", metavar="A,B,C", help="模型名，以逗号分隔（默认：前三个就绪的模型）")
    parser.add_argument("--rounds", type=int, default=_ROUNDS, metavar="N", help=f"轮数（默认：{_ROUNDS}）")
    parser.add_argument("--tokens", type=int, default=_TOKENS, metavar="N", help=f"每次书写的词元数（默认：{_TOKENS}）")
    parser.add_argument("--output", type=Path, metavar="目录", help="每轮之后把数据、图与报告写入此目录")
    options.add_common(parser, json=True)
    parser.set_defaults(func=_run)


def _run(arguments: argparse.Namespace) -> int:
    from app.cli.suggest import model_names
    from app.controllers.model_library import open_library

    if arguments.rounds < 1 or arguments.tokens < 2:
        raise UsageFault("--rounds 至少为 1，--tokens 至少为 2。")
    names = model_names(arguments.models)
    library = open_library(Paths.resolve(arguments.data_dir))
    document = _measure(library, _chosen(library, names), arguments)
    if arguments.json:
        output.print_json(document)
    else:
        from app.cli.bench_table import tables

        output.print_text(tables(document))
    return 0


def _measure(library: ModelLibrary, names: Sequence[str], arguments: argparse.Namespace) -> dict[str, object]:
    import psutil

    from app.cli.bench_prompts import TASKS, workloads
    from app.inference.bench.contestants import contestants, on_every_engine
    from app.inference.bench.machine import describe_machine, read_bandwidth
    from app.inference.bench.report import make_document
    from app.inference.bench.session import Session, run_session
    from app.inference.bench.starts import drop_page_cache, measure_starts

    threads = psutil.cpu_count(logical=False) or 1
    output.say("测量内存读取速度…")
    bandwidth = read_bandwidth(threads)
    machine = describe_machine(threads, bandwidth)
    models = [library.catalog.get(name) for name in names]
    starts = []
    if arguments.task in (None, "start"):
        own = [ready for model in models if not model.served for ready in on_every_engine(library, model)]
        starts = measure_starts(own, arguments.rounds, output.say, drop_page_cache)

    def keep(session: Session, rounds: int) -> None:
        if arguments.output:
            from app.cli.bench_report import write_report

            write_report(make_document(session, machine, rounds, bandwidth, starts), arguments.output)

    if arguments.task == "start":
        session = Session()
        keep(session, arguments.rounds)
    else:
        fields = [contestants(library, model, peers=arguments.peers) for model in models]
        prompts = workloads((arguments.task,) if arguments.task else TASKS)
        session = run_session(fields, prompts, arguments.rounds, arguments.tokens, output.say, keep)
    return make_document(session, machine, arguments.rounds, bandwidth, starts)


def _chosen(library: ModelLibrary, names: tuple[str, ...] | None) -> list[str]:
    return [model.identity.model for model in library.choose(names)]
