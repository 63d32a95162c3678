"""`wardnote`: reads the arguments, runs one command, and turns its end into an exit code."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Sequence
from enum import IntEnum

import app
from app.cli import (
    bench,
    convert,
    db,
    demo,
    discharge,
    evaluate,
    export,
    feedback,
    import_stays,
    models,
    options,
    output,
    self_test,
    suggest,
    window,
)
from app.core.errors import EnvironmentFault, UsageFault
from app.infra import interrupts
from app.infra import logging as log_file
from app.infra.paths import Paths
from app.settings.location import locate

logger = logging.getLogger(__name__)

Window = Callable[[Paths, argparse.Namespace], int]


class ExitCode(IntEnum):
    """How a command ended: the contract of the command line."""

    DONE = 0
    BUG = 1
    USAGE = 2
    ENVIRONMENT = 3


def run(
    arguments: Sequence[str], open_window: Window, show_fault: Callable[[str], object] = lambda sentence: None
) -> int:
    """Run one command, or open the window if there is none. Exits with 2 if the arguments are wrong.

    `show_fault` says in a window why none can be opened, before it was tried.
    """
    output.use_utf8()
    namespace = make_parser().parse_args(arguments)
    try:
        namespace.data_dir = locate(namespace.data_dir)
    except EnvironmentFault as fault:
        output.say(str(fault))
        if namespace.command is None:
            show_fault(str(fault))
        return ExitCode.ENVIRONMENT
    paths = Paths.resolve(namespace.data_dir)
    log_file.configure(paths, verbose=namespace.verbose)
    try:
        if namespace.command in (None, window.COMMAND):
            return _exit_code(lambda: open_window(paths, namespace), paths)
        return _exit_code(lambda: int(namespace.func(namespace)), paths)
    finally:
        log_file.shutdown()


def make_parser() -> argparse.ArgumentParser:
    """All commands. Each command's module adds its own and sets `func`: the namespace in, the exit code out."""
    parser = options.Parser(prog="wardnote", description="病程助手：三个本地模型并列书写鉴别诊断。不带命令时打开窗口。")
    parser.add_argument("--version", action="version", version=f"wardnote {app.__version__}", help="显示版本")
    parser.add_argument("--engine", choices=suggest.ENGINES, default="auto", help="窗口使用的引擎（默认：auto）")
    options.add_common(parser)
    parser.set_defaults(data_dir=None, verbose=False, json=False, target="")
    subparsers = parser.add_subparsers(dest="command", metavar="命令", title="命令")
    for module in (
        suggest,
        discharge,
        evaluate,
        export,
        models,
        convert,
        self_test,
        import_stays,
        db,
        feedback,
        bench,
        demo,
        window,
    ):
        module.add_parser(subparsers)
    return parser


def _exit_code(work: Callable[[], int], paths: Paths) -> int:
    try:
        return work()
    except UsageFault as fault:
        output.say(str(fault))
        return ExitCode.USAGE
    except EnvironmentFault as fault:
        output.say(str(fault))
        return ExitCode.ENVIRONMENT
    except KeyboardInterrupt:
        return _interrupted()
    except SystemError as error:  # C code's name for the KeyboardInterrupt that came while it ran
        return _interrupted() if interrupts.was_interrupted() else _bug(error, paths)
    except Exception as error:
        return _bug(error, paths)


def _interrupted() -> ExitCode:
    output.say(interrupts.SENTENCE)
    return ExitCode.ENVIRONMENT


def _bug(error: Exception, paths: Paths) -> ExitCode:
    logger.error("a command failed", exc_info=error)
    place = paths.logs / log_file.LOG_FILE
    output.say(f"程序内部出错（{type(error).__name__}），没有完成：详情（不含病历内容）已记入 {place}，请转交信息科。")
    return ExitCode.BUG
