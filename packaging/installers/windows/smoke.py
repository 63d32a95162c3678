"""The setup program and the MSI under Wine: install, use, upgrade, remove, and every end that is not a good one."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from installers import product
from installers.plan import Plan
from installers.smoke import Smoke, hold, screen, timed
from installers.windows import (
    launchers,
    setup,
    smoke_ends,
    smoke_languages,
    smoke_msi,
    smoke_removal,
    smoke_signing,
    smoke_use,
    tools,
)
from installers.windows.smoke_steps import FAILED, database, expect, names, not_carried, remove, versions
from installers.windows.wine import Wine

EARLIER = "0.0.9"
# The earlier version goes without the large packages, so that two setup programs do not take twice the time.
_LARGE = {
    *("torch", "torchgen", "openvino", "openvino_genai", "openvino_tokenizers", "onnxruntime", "onnx"),
    *("transformers", "sympy", "bigdl"),
}


def run(smoke: Smoke) -> None:
    """All of it. Raises Broken."""
    tools.supply((*tools.SETUP_NEEDS, *tools.WINE_NEEDS, *tools.SIGNING_NEEDS, *tools.MSI_NEEDS))
    smoke.artifacts.mkdir(parents=True, exist_ok=True)
    new = smoke.file(f"{product.NAME}-*-win64-setup.exe")
    plan = Plan.of(smoke.root, smoke.built)
    small, old = earlier_setup(plan)
    smoke_signing.run(plan.part("windows-signing"), old)
    with screen() as display:
        wine = Wine.make(plan.work / "wine", display)
        try:
            _one_doctor(smoke, wine, old, new, plan)
            smoke_ends.run(wine, old, new, plan, EARLIER)
            if smoke.pack.name:
                smoke_ends.packs(smoke, wine, old, small, replace(plan, version=EARLIER))
            smoke_languages.run(smoke, wine, new)
            _whole_computer(smoke, wine, new, plan)
            smoke_removal.run(smoke, wine, new)
            smoke_msi.run(smoke, wine, small, plan, EARLIER)
        finally:
            wine.stop()


def earlier_setup(plan: Plan) -> tuple[Path, Path]:
    """The tree and the setup program of an earlier version, from the tree that was assembled last."""
    tree = plan.work / "windows" / "stage"
    old = replace(plan, version=EARLIER, work=plan.part("windows-earlier"))
    small = old.work / "stage"
    shutil.rmtree(small, ignore_errors=True)
    shutil.copytree(
        tree / plan.version,
        small / EARLIER,
        ignore=lambda folder, found: _LARGE & set(found) if Path(folder).name == "packages" else (),
    )
    window, console = launchers.build(old.part("launchers"), small / EARLIER / "wardnote.ico", EARLIER)
    (small / "bin").mkdir()
    shutil.copyfile(window, small / launchers.WINDOW)
    shutil.copyfile(console, small / "bin" / launchers.CONSOLE)
    target = old.work / "earlier-setup.exe"
    setup.pack(small, target, old, "zlib")
    return small, target


def _one_doctor(smoke: Smoke, wine: Wine, old: Path, new: Path, plan: Plan) -> None:
    """Per user, in a folder with Chinese characters and a space; an upgrade and a removal keep the database."""
    home = wine.drive / "病房 软件" / product.NAME
    with timed("the earlier version, silently for one user"):
        # The folder is told last and without quotation marks, which Wine puts around a word with a space.
        expect(wine, 0, str(old), "/S", "/CurrentUser", *f"/D=C:\\病房 软件\\{product.NAME}".split())
    console = str(home / "bin" / launchers.CONSOLE)
    sample = min((smoke.root / "resources" / "samples" / "stays").glob("*.json"))
    expect(wine, 0, console, "import", str(sample))
    hold(database(wine).is_file(), f"the database is in {database(wine)}")
    with timed("upgrade in place, silently"):
        expect(wine, 0, str(new), "/S", "/CurrentUser")
    hold(versions(home) == [plan.version], f"only {plan.version} is left after the upgrade: {versions(home)}")
    hold(smoke_use.rows(wine, console)["encounters"] == 1, "the encounter survives the upgrade")
    with timed("the program is asked for its version"):
        hold(f"wardnote {plan.version}" in wine.run(console, "--version")[1], "the new version runs")
    smoke_use.windows(smoke, wine, home, new)
    expect(wine, FAILED, str(old), "/S", "/CurrentUser")
    hold(versions(home) == [plan.version], "an older setup changes nothing")
    with timed("removal, silently"):
        remove(wine, home)
    hold(database(wine).is_file(), "the database survives the removal")


def _whole_computer(smoke: Smoke, wine: Wine, new: Path, plan: Plan) -> None:
    """For all users, and the models at work."""
    home = wine.drive / "Program Files" / product.NAME
    packs = []
    if smoke.pack.name:
        shutil.copyfile(smoke.pack, wine.drive / "users" / smoke.pack.name)
        packs = [f"/PACK=C:\\users\\{smoke.pack.name}"]
    with timed("installation for all users, silently"):
        expect(wine, 0, str(new), "/S", "/AllUsers", *packs)
    laid_down = [plan.version, launchers.WINDOW, "bin", "uninstall.exe", *["packs"] * len(packs)]
    hold(names(home) == sorted(laid_down), f"{names(home)}")
    smoke_use.opens(smoke, wine)
    if packs:
        smoke_use.begin(smoke, wine, home)
    else:
        not_carried("a real model", "no --pack was given")
    smoke_use.models(smoke, wine, home)
    with timed("removal, silently"):
        remove(wine, home)
