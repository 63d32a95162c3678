"""The program's entry: `wardnote`, or `python -m app`."""

from __future__ import annotations

import argparse
import sys

from app.cli.main import run
from app.infra.paths import Paths


def main() -> int:
    """Run what the arguments ask for; returns the exit code."""
    return run(sys.argv[1:], _open_window)


def _open_window(paths: Paths, arguments: argparse.Namespace) -> int:
    from app.bootstrap import run_window

    return run_window(paths, engine=arguments.engine, ask_folder=arguments.data_dir is None)


if __name__ == "__main__":
    sys.exit(main())
