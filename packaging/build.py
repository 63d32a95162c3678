#!/usr/bin/env python3
"""Builds what is handed out: installers, and what hospital IT wants to see beside them.

    python3 packaging/build.py --help
    python3 packaging/build.py TARGET... [--output FOLDER]

On Debian 12 (amd64) with its Python 3.11. The files are dated by SOURCE_DATE_EPOCH or the last commit.
Exit codes: 0 done, 1 a bug, 2 usage, 3 this machine lacks something, 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from provision.interpreter import ROOT, SetupFault, ensure_supported


def main(argv: list[str]) -> int:
    """Build what the command line asks for. The return value is the exit code."""
    try:
        ensure_supported(argv, Path(__file__))
        from installers.plan import Plan
        from installers.targets import TARGETS
        from provision.console import Steps, say

        options = parse(argv, {name: target.summary for name, target in TARGETS.items()})
        plan = Plan.of(ROOT, options.output)
        steps = Steps(len(options.targets))
        for name in options.targets:
            with steps.step(f"{name} {plan.version}"):
                for built in TARGETS[name].build(plan):
                    say(f"      {built} ({size_of(built) / 1e6:.1f} MB)")
    except SetupFault as fault:
        print(f"\nbuild: {fault}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("\nbuild: interrupted. The same command begins anew.", file=sys.stderr)
        return 130
    return 0


def parse(argv: list[str], targets: dict[str, str]) -> argparse.Namespace:
    """The targets, by name with their summaries, and the folder for what is built."""
    listing = "\n".join(f"  {name:16} {summary}" for name, summary in targets.items())
    parser = argparse.ArgumentParser(
        prog="build.py",
        description="Builds WardNote's installers.",
        epilog=f"targets:\n{listing}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("targets", nargs="+", choices=sorted(targets), metavar="TARGET", help="what to build, in order")
    parser.add_argument("--output", type=Path, default=ROOT / "dist", metavar="FOLDER", help="default: dist")
    return parser.parse_args(argv)


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files below a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(file.lstat().st_size for file in path.rglob("*") if not file.is_dir())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
