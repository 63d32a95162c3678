#!/usr/bin/env python3
"""Installs what packaging/build.py made on systems that never saw the source, and uses it there. Long; needs root.

    python3 packaging/smoke.py windows [--pack PACK --policy POLICY.toml] [--built dist] [--artifacts FOLDER]
    python3 packaging/smoke.py linux-deb linux-run --pack PACK --policy POLICY.toml [--built dist] [--artifacts FOLDER]

PACK is a model pack with three models (windows: any, best for OpenVINO alone), POLICY.toml lets it in. Screenshots and
times go to the artifacts folder.
Exit codes: 0 all well, 1 something did not hold, 2 usage, 3 this machine lacks something.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from provision.interpreter import ROOT, SetupFault, ensure_supported


def main(argv: list[str]) -> int:
    """Run the asked smoke tests; the return value is the exit code."""
    try:
        ensure_supported(argv, Path(__file__))
        from installers.smoke import SMOKES, Broken, Smoke

        options = parse(argv, sorted(SMOKES))
        smoke = Smoke(ROOT, options.built.absolute(), options.pack, options.policy, options.artifacts.absolute())
        for name in options.names:
            print(f"== {name}", flush=True)
            SMOKES[name](smoke)
    except SetupFault as fault:
        print(f"\nsmoke: {fault}", file=sys.stderr)
        return 3
    except Broken as broken:
        print(f"\nsmoke: does not hold: {broken}", file=sys.stderr)
        return 1
    return 0


def parse(argv: list[str], names: list[str]) -> argparse.Namespace:
    """Which smoke tests, on what."""
    parser = argparse.ArgumentParser(prog="smoke.py", description="Uses the built installers on bare systems.")
    parser.add_argument("names", nargs="+", choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--pack", type=Path, default=Path(), help="a model pack with three models (windows: any)")
    parser.add_argument("--policy", type=Path, default=Path(), help="a policy.toml that trusts the pack's maker")
    parser.add_argument("--built", type=Path, default=ROOT / "dist", help="default: dist")
    parser.add_argument("--artifacts", type=Path, default=ROOT / "artifacts" / "smoke", help="default: artifacts/smoke")
    options = parser.parse_args(argv)
    if bool(options.pack.name) != bool(options.policy.name):
        parser.error("--pack and --policy come together")
    if set(options.names) != {"windows"} and not (options.pack.name and options.policy.name):
        parser.error("--pack and --policy are needed for Linux")
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
