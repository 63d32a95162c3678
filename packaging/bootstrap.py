#!/usr/bin/env python3
"""From a fresh checkout to the running program, or to the whole test suite, in one command.

    python3 packaging/bootstrap.py run [--headless] [-- ARGUMENTS OF wardnote]
    python3 packaging/bootstrap.py test [-- ARGUMENTS OF pytest]

Both may be interrupted and repeated: what is already done is not done again. Needs the standard library alone.
Exit codes: 0 done, 1 a check or test failed, 2 usage, 3 this machine lacks something, 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from provision.interpreter import ROOT, SetupFault, ensure_supported


def main(argv: list[str]) -> int:
    """Do what the command line says. The return value is the exit code; opening the window does not return."""
    options = parse(argv)
    try:
        ensure_supported(argv, Path(__file__))
        # Only now: an older Python could not read these modules, but must get a clear sentence.
        from provision.commands import run_program, run_tests

        if options.command == "run":
            return run_program(ROOT, headless=options.headless, arguments=options.arguments)
        return run_tests(ROOT, arguments=options.arguments)
    except SetupFault as fault:
        print(f"\nbootstrap: {fault}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("\nbootstrap: interrupted. The same command goes on where this one stopped.", file=sys.stderr)
        return 130


def parse(argv: list[str]) -> argparse.Namespace:
    """The options before `--`; what comes after it is `arguments`, untouched."""
    own, arguments = split_arguments(argv)
    parser = argparse.ArgumentParser(
        prog="bootstrap.py",
        description="Makes everything WardNote needs, then runs it or its tests.",
        epilog="Arguments after -- go to wardnote (run) or pytest (test).",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="prepare everything and open the window", epilog=parser.epilog)
    run.add_argument("--headless", action="store_true", help="no window: a sample case on all models, in the terminal")
    commands.add_parser("test", help="prepare everything and run all checks and tests", epilog=parser.epilog)
    options = parser.parse_args(own)
    options.arguments = arguments
    return options


def split_arguments(argv: list[str]) -> tuple[list[str], list[str]]:
    """What comes before the first `--`, and what comes after it."""
    if "--" not in argv:
        return argv, []
    at = argv.index("--")
    return argv[:at], argv[at + 1 :]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
