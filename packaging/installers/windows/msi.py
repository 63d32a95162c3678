"""`WardNote-x.y.z-win64.msi` for group policy: the same tree per machine, by wixl."""

from __future__ import annotations

import mmap
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from provision.interpreter import SetupFault

from installers import product
from installers.plan import Plan
from installers.sums import sha256_of
from installers.windows import launchers, msi_source, signing, stage, tools

_LANGUAGE = 2052
_CODE_PAGE = 936
# Two properties of the type FILETIME: tenths of microseconds since 1601.
_TIMES = re.compile(rb"\x40\0\0\0(.{8})\x40\0\0\0(.{8})", re.DOTALL)
_SINCE_1601 = 11_644_473_600


def build(plan: Plan) -> Sequence[Path]:
    """Assemble the tree and pack it; signed where a certificate is given. Raises SetupFault."""
    tools.supply(tools.MSI_NEEDS)
    laid_down = stage.assemble(plan)
    signing.sign(laid_down / launchers.WINDOW, laid_down / "bin" / launchers.CONSOLE)
    plan.output.mkdir(parents=True, exist_ok=True)
    target = plan.output / f"{product.NAME}-{plan.version}-win64.msi"
    pack(laid_down, target, plan)
    signing.sign(target)
    return [target]


def pack(laid_down: Path, target: Path, plan: Plan) -> None:
    """Write the source for wixl and run it."""
    source = laid_down.with_suffix(".wxs")  # beside the tree: wixl takes no absolute paths
    source.write_text(msi_source.document(laid_down, plan.version), encoding="utf-8")
    code = _package_code(laid_down, plan.version)
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(plan.epoch), "LC_ALL": "C.UTF-8"}
    steps: list[list[str | Path]] = [
        ["wixl", "--arch", "x64", "--output", target, source],
        ["msibuild", target, "-i", _code_page(source.with_suffix(".idt"))],
        ["msibuild", target, *(part for query in queries(plan.version) for part in ("-q", query))],
        [
            "msibuild",
            target,
            "-s",
            product.NAME,
            product.PUBLISHER,
            f"x64;{_LANGUAGE}",
            code,
        ],
    ]
    for step in steps:
        done = subprocess.run(step, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            target.unlink(missing_ok=True)
            raise SetupFault(f"{step[0]} did not succeed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    date(target, code, plan.epoch)


def date(package: Path, code: str, epoch: int) -> None:
    """Set when the package was made and saved, told behind its `code` in the summary: msibuild takes the clock."""
    moment = ((epoch + _SINCE_1601) * 10_000_000).to_bytes(8, "little")
    with package.open("r+b") as file, mmap.mmap(file.fileno(), 0) as content:
        found = _TIMES.search(content, content.find(code.encode()))
        if found is None:
            raise SetupFault(f"{package.name} has no times in its summary.")
        for start, end in found.regs[1:]:
            content[start:end] = moment


def _code_page(target: Path) -> Path:
    """A table that tells msibuild in which code page all strings are stored; wixl knows none, and stores no Chinese."""
    target.write_text(f"\r\n\r\n{_CODE_PAGE}\t_ForceCodepage\r\n", encoding="ascii", newline="")
    return target


def _package_code(laid_down: Path, version: str) -> str:
    """It follows from what is packed: Windows takes two packages with the same code for the same file."""
    files = sorted(path for path in laid_down.rglob("*") if path.is_file())
    listing = "".join(f"{sha256_of(file)} {file.relative_to(laid_down)}\n" for file in files)
    return "{" + msi_source.guid("package", f"{version}\n{listing}") + "}"


def queries(version: str) -> Sequence[str]:
    """What is changed in the tables that wixl made: the Chinese texts, and the launchers' versions.

    Without its version a launcher would be taken for older than one that is installed, and left out of an upgrade.
    """
    newer = "已安装更高的版本。A newer version is installed."
    too_old = "需要 64 位 Windows 10 1809 或更高版本。64-bit Windows 10 1809 or newer is needed."
    changes = [
        ("Property", "Value", f"{product.CHINESE_NAME} {product.NAME}", "Property", "ProductName"),
        ("Shortcut", "Name", product.CHINESE_NAME, "Component_", "links"),
        ("Registry", "Value", product.CHINESE_ENCOUNTER, "Key", f"{msi_source.CLASSES}\\{msi_source.CLASS}"),
        ("LaunchCondition", "Description", newer, "Condition", "NOT WIX_DOWNGRADE_DETECTED"),
        ("LaunchCondition", "Description", too_old, "Condition", msi_source.NEW_ENOUGH),
    ]
    for launcher in (launchers.WINDOW, f"bin/{launchers.CONSOLE}"):
        key = msi_source.identifier("f", PurePosixPath(launcher))
        changes.append(("File", "Version", product.four_part(version), "File", key))
        changes.append(("File", "Language", "0", "File", key))
    return [
        f"UPDATE `{table}` SET `{column}` = '{text}' WHERE `{key}` = '{row}'"
        for table, column, text, key, row in changes
    ]
