"""One build: what it is made from, where it is made, and what its files are dated."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from provision.interpreter import SetupFault

from installers import product

EPOCH_VARIABLE = "SOURCE_DATE_EPOCH"


@dataclass(frozen=True)
class Plan:
    """`root` is the checkout, `work` is for what may be thrown away, `output` takes what is handed out.

    `epoch` (seconds) dates every file, so that the same input gives the same bytes.
    """

    root: Path
    work: Path
    output: Path
    version: str
    epoch: int

    @classmethod
    def of(cls, root: Path, output: Path, environment: Mapping[str, str] = os.environ) -> Plan:
        """Raises SetupFault where no date is given and none can be taken from the last commit."""
        epoch = environment.get(EPOCH_VARIABLE) or _commit_time(root)
        if not epoch.isdecimal():
            raise SetupFault(f"{EPOCH_VARIABLE} must be a number of seconds, not {epoch!r}.")
        return cls(root, root / "build" / "installers", output.absolute(), product.version(root), int(epoch))

    def part(self, name: str) -> Path:
        """The folder below `work` of this name; made."""
        folder = self.work / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def _commit_time(root: Path) -> str:
    asked = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=root, capture_output=True, text=True)
    if asked.returncode != 0:
        raise SetupFault(f"this is no git checkout: set {EPOCH_VARIABLE} to the date of the source, in seconds.")
    return asked.stdout.strip()
