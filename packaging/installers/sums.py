"""SHA256SUMS of everything that is handed out, for `sha256sum -c`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from provision.interpreter import SetupFault

from installers.plan import Plan

NAME = "SHA256SUMS"


def build(plan: Plan) -> Sequence[Path]:
    """Hash every file that lies in the output folder now, sorted by name; last in a build."""
    files = sorted(path for path in plan.output.glob("*") if path.is_file() and path.name != NAME)
    if not files:
        raise SetupFault(f"nothing is in {plan.output} yet: name what to build before {NAME.lower()}.")
    target = plan.output / NAME
    target.write_text("".join(f"{sha256_of(file)}  {file.name}\n" for file in files), encoding="utf-8")
    return [target]


def sha256_of(path: Path) -> str:
    """SHA-256 (hex) of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
