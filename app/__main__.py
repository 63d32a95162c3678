"""The program's entry: `wardnote`, or `python -m app`."""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from app.infra.interrupts import interruptible

if TYPE_CHECKING:
    from app.infra.paths import Paths


def main() -> int:
    """Run what the arguments ask for; returns the exit code. It can be interrupted before the rest is imported."""
    with interruptible():
        from app.cli.main import run

        return run(sys.argv[1:], _open_window, _show_fault)


def _open_window(paths: Paths, arguments: argparse.Namespace) -> int:
    """A splash is shown before the rest is imported: on a cold disk that takes the longest."""
    from app.core.errors import EnvironmentFault
    from app.ui.desktop import make_application
    from app.ui.splash import Splash, show_fault

    splash = Splash(make_application())
    try:
        from app.bootstrap import run_window

        ask_folder = arguments.data_dir is None
        return run_window(paths, engine=arguments.engine, ask_folder=ask_folder, target=arguments.target)
    except EnvironmentFault as fault:
        splash.leave()
        show_fault(str(fault))
        raise
    finally:
        splash.leave()
        splash.deleteLater()


def _show_fault(sentence: str) -> None:
    from app.core.errors import EnvironmentFault
    from app.ui.desktop import make_application
    from app.ui.splash import show_fault

    with suppress(EnvironmentFault):  # without a screen the sentence on stderr is all there is
        make_application()
        show_fault(sentence)


if __name__ == "__main__":
    sys.exit(main())
