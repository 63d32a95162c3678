"""The MSI: a small tree installed, upgraded and removed by Wine's own msiexec; the whole package unpacked."""

from __future__ import annotations

import filecmp
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

from installers import product
from installers.plan import Plan
from installers.smoke import Broken, Smoke, hold, timed
from installers.windows import launchers, msi
from installers.windows.smoke_steps import expect, names
from installers.windows.wine import Wine


def run(smoke: Smoke, wine: Wine, small: Path, plan: Plan, earlier: str) -> None:
    """The small tree as two versions; the whole package, where it was built, by its tables and files."""
    old, new = plan.part("windows-msi-old"), plan.part("windows-msi-new")
    home = wine.drive / "Program Files" / product.NAME
    first = _package(small, old, plan, earlier, earlier)
    second = _package(small, new, plan, earlier, plan.version)
    with timed("the MSI of the earlier version, silently"):
        expect(wine, 0, "msiexec", "/i", str(first), "/qn")
    _same(old / "tree", home)
    hold(bool(_links(wine)), f"the links are there: {_links(wine)}")
    hold(earlier in wine.run(str(home / "bin" / launchers.CONSOLE), "--version")[1], "the program starts")
    with timed("upgrade by the MSI, silently"):
        expect(wine, 0, "msiexec", "/i", str(second), "/qn")
    _same(new / "tree", home)
    hold(wine.run("msiexec", "/i", str(first), "/qn")[0] != 0, "an older MSI is refused")
    _same(new / "tree", home)
    with timed("removal by the MSI, silently"):
        expect(wine, 0, "msiexec", "/x", str(second), "/qn")
    hold(not home.exists(), f"nothing is left of the program: {names(home)}")
    hold(not _links(wine), f"no link is left: {_links(wine)}")
    whole = sorted(smoke.built.glob(f"{product.NAME}-*-win64.msi"))
    if whole:
        _unpacked(whole[0], plan)


def _package(small: Path, work: Path, plan: Plan, earlier: str, version: str) -> Path:
    """The program and the interpreter without their packages, as a version of its own."""
    tree = work / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    for part in ("python", "program"):
        shutil.copytree(small / earlier / part, tree / version / part)
    shutil.copyfile(small / earlier / "wardnote.ico", tree / version / "wardnote.ico")
    window, console = launchers.build(plan.part(f"msi-{version}"), tree / version / "wardnote.ico", version)
    (tree / "bin").mkdir()
    shutil.copyfile(window, tree / launchers.WINDOW)
    shutil.copyfile(console, tree / "bin" / launchers.CONSOLE)
    target = work / f"{version}.msi"
    msi.pack(tree, target, replace(plan, version=version))
    return target


def _links(wine: Wine) -> list[str]:
    return [path.name for path in wine.drive.rglob("*.lnk") if product.CHINESE_NAME in path.name]


def _unpacked(package: Path, plan: Plan) -> None:
    """Every file of the whole package is the tree's, and no other is in it."""
    tree = plan.work / "windows" / "stage"
    unpacked = plan.part("windows-msi-unpacked")
    shutil.rmtree(unpacked)
    with timed("msiextract of the whole package"):
        done = subprocess.run(["msiextract", "-C", unpacked, package], capture_output=True, text=True)
    if done.returncode != 0:
        raise Broken(f"msiextract: {done.stderr}")
    _same(tree, next(path.parent for path in unpacked.rglob(launchers.WINDOW)))
    shutil.rmtree(unpacked)


def _same(tree: Path, found: Path) -> None:
    left = {path.relative_to(tree) for path in tree.rglob("*") if path.is_file()}
    right = {path.relative_to(found) for path in found.rglob("*") if path.is_file()}
    hold(left == right, f"{len(right)} files, not one more or less: {sorted(map(str, left ^ right))[:5]}")
    _, differing, failed = filecmp.cmpfiles(tree, found, sorted(left), shallow=False)
    hold(not differing and not failed, f"each is the tree's, byte for byte: {[*differing, *failed][:5]}")
