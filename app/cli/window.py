"""`wardnote open`: the window, with a file or link that the desktop hands over."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.cli import options

COMMAND = "open"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `open`."""
    parser = subparsers.add_parser(COMMAND, help="打开窗口，并在其中打开一个病历文件或链接")
    parser.add_argument(
        "target",
        nargs="?",
        default="",
        type=_target,
        metavar="文件或链接",
        help="一次住院的文件（.wardnote，即 ENC.json），导入前会询问；或 wardnote://patient/住院号",
    )
    options.add_common(parser)


def _target(text: str) -> str:
    """Links as they are, paths absolute: another process may open them."""
    return text if not text or text.startswith("wardnote:") else str(Path(text).absolute())
