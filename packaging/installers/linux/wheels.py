"""The packages of the Linux program: resolved once into `wheels.txt`, and installed from there by their hashes."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Sequence
from pathlib import Path

from installers.plan import Plan
from installers.tools import Command, ensure_tools, run
from installers.trim import UNWANTED

LOCK = Path("packaging") / "installers" / "linux" / "wheels.txt"
_HEAD = """# Every package of the Linux program with the hash of its file; `packaging/build.py linux-lock` writes this.
# torch is PyTorch's CPU build; jieba is built from its source.
"""


def build(plan: Plan) -> Sequence[Path]:
    """Resolve the needs of pyproject.toml under constraints.txt anew, and write the list."""
    project = tomllib.loads((plan.root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    report = plan.part("lock") / "report.json"
    command: Command = ["--dry-run", "--ignore-installed", "-qq", "--report", report]
    constraints: Command = ["-c", plan.root / "packaging" / "constraints.txt"]
    run([*_pip(plan), *command, *constraints, *project["dependencies"]], "pip could not resolve the needs")
    lock = plan.root / LOCK
    lock.write_text(_HEAD + "".join(_lines(json.loads(report.read_text(encoding="utf-8")))), encoding="utf-8")
    return [lock]


def _lines(report: dict[str, list[dict[str, dict[str, str]]]]) -> list[str]:
    lines = []
    for one in report["install"]:
        name, version = one["metadata"]["name"], one["metadata"]["version"]
        archive: dict[str, dict[str, str]] = one["download_info"]["archive_info"]  # type: ignore[assignment]
        if name.lower() not in UNWANTED:
            lines.append(f"{name}=={version} --hash=sha256:{archive['hashes']['sha256']}\n")
    return sorted(lines, key=str.lower)


def install(plan: Plan, target: Path) -> None:
    """Put the packages into a folder, each from a file with the listed hash. Raises SetupFault."""
    shutil.rmtree(target, ignore_errors=True)
    options: Command = [
        "--target",
        target,
        "--no-deps",
        "--no-compile",
        "--no-build-isolation",
        "--require-hashes",
        "-qq",
    ]
    run([*_pip(plan), *options, "-r", plan.root / LOCK], "pip could not install the packages")


def _pip(plan: Plan) -> Command:
    return [ensure_tools(plan) / "python", "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
