"""What can be built. Each target's module is imported when it is asked for: they need different tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from installers.plan import Plan


@dataclass(frozen=True)
class Target:
    """`module` has `build(plan) -> Sequence[Path]`: the files that it put into `plan.output`."""

    summary: str
    module: str

    def build(self, plan: Plan) -> Sequence[Path]:
        """Build it. Raises SetupFault where this machine lacks something."""
        built: Sequence[Path] = import_module(self.module).build(plan)
        return built


TARGETS: Mapping[str, Target] = {
    "windows": Target("the setup program for 64-bit Windows", "installers.windows.setup"),
    "linux-tree": Target("the program for Linux x86_64 in one movable folder", "installers.linux.tree"),
    "linux-deb": Target(".deb laid out as UOS and Kylin want, with the tree made last", "installers.linux.deb"),
    "linux-run": Target("makeself .run for users without root, with the tree made last", "installers.linux.run"),
    "linux-sbom": Target("the CycloneDX bill of materials of the tree made last", "installers.linux.sbom"),
    "linux-lock": Target("the list of Linux packages and hashes anew, from pyproject.toml", "installers.linux.wheels"),
    "windows-msi": Target("the same for group policy, as .msi", "installers.windows.msi"),
    "windows-pins": Target("the pins and hashes of the packages for Windows, anew", "installers.windows.pins"),
    "sums": Target("SHA256SUMS of all that lies in the output folder", "installers.sums"),
}
