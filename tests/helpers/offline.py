"""Programs run where there is no network, with every attempt to reach one written down.

The namespace stops native code as well; the record shows what Python code tried, even if it swallowed the failure.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

HOOK_FOLDER = Path(__file__).parent / "network_audit"
# Where one of these is set, libraries take themselves for tested and keep quiet about what they would send.
CI_VARIABLES = {"CI", "TF_BUILD", "JENKINS_URL"}


@dataclass(frozen=True)
class OfflineRun:
    """How a program ended, and the attempts that it and its Python children made."""

    returncode: int
    stdout: str
    stderr: str
    attempts: tuple[str, ...]


def run_offline(command: Sequence[str | Path], folder: Path, *, timeout: float) -> OfflineRun:
    """Run a program in a network namespace of its own that has nothing, not even a loopback that is up.

    `folder` is its home and takes the record. Skips the test where the kernel does not permit such a namespace.
    """
    prefix = namespace_prefix()
    if prefix is None:
        pytest.skip("this system does not permit network namespaces (unshare -n)")
    record = folder / "network-attempts"
    environment = {name: value for name, value in os.environ.items() if name not in CI_VARIABLES}
    environment |= {"HOME": str(folder), "PYTHONPATH": str(HOOK_FOLDER), "WARDNOTE_NETWORK_AUDIT": str(record)}
    done = subprocess.run([*prefix, *command], env=environment, capture_output=True, text=True, timeout=timeout)
    attempts = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
    return OfflineRun(done.returncode, done.stdout, done.stderr, tuple(attempts))


@cache
def namespace_prefix() -> tuple[str, ...] | None:
    """What starts a program without a network: as root, or as a user who is root in a namespace of its own."""
    for prefix in (("unshare", "-n", "--"), ("unshare", "-r", "-n", "--")):
        try:
            subprocess.run([*prefix, "true"], capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return prefix
    return None
