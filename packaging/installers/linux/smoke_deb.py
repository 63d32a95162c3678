"""The .deb on a bare Debian: install, use, upgrade, remove, and what is left."""

from __future__ import annotations

import shutil
from dataclasses import replace

from installers import product
from installers.linux import deb
from installers.linux.bare_system import BareSystem, bare_system
from installers.linux.use import DATA, Ward
from installers.plan import Plan
from installers.smoke import Smoke, hold, timed

_PROGRAM = f"/opt/apps/{product.APP_ID}/files/bin/wardnote"


def run(smoke: Smoke) -> None:
    """Everything, in the order in which a hospital meets it."""
    packages = [smoke.file(f"{product.APP_ID}_*_amd64.deb"), smoke.file(f"{product.APP_ID}.desktop-integration_*.deb")]
    with bare_system(smoke, "deb") as system:
        system.run("apt-get", "update")
        # What a desktop has, and the program does not ask for.
        _apt(system, "install", "desktop-file-utils", "libglib2.0-bin", "shared-mime-info")
        before = system.files()
        for package in packages:
            shutil.copy(package, system.root / "tmp")
        with timed("apt install, with what it depends on"):
            _apt(system, "install", *(f"/tmp/{package.name}" for package in packages))
        foreign = {one for one in system.files() - before if one.startswith("opt/")}
        hold(
            all(one.startswith(f"opt/apps/{product.APP_ID}/") for one in foreign),
            "the program lies below its own folder",
        )
        hold(
            (system.root / "usr/share/applications" / f"{product.APP_ID}.desktop").is_symlink(), "a menu entry is there"
        )
        (system.root / DATA.lstrip("/")).mkdir()
        system.run("chown", "-R", "ward:ward", f"/{DATA.lstrip('/')}")
        ward = Ward(smoke, system, "wardnote")
        ward.begin("deb-first-page")
        ward.wardnote("demo", "--encounters", "10", "--events", "30")
        rows = ward.rows()
        _upgrade(smoke, system)
        hold(ward.rows() == rows, "the database is as it was before the upgrade")
        ward.look("deb-upgraded")
        ward.opens("deb")
        ward.first_start("deb-first-start", system.home / ".local" / "share" / "wardnote" / "wardnote.sqlite3")
        ward.wardnote("self-test")
        ward.differential()
        ward.look("deb")
        _remove(system)


def _apt(system: BareSystem, *arguments: str) -> None:
    system.run("apt-get", "-y", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0", *arguments)


def _upgrade(smoke: Smoke, system: BareSystem) -> None:
    """To the same program under the next version's number."""
    plan = Plan.of(smoke.root, system.root / "tmp" / "next")
    major, minor, patch = plan.version.split(".")
    for package in deb.build(replace(plan, version=f"{major}.{minor}.{int(patch) + 1}")):
        print(f"   built {package.name}")
    with timed("upgrade"):
        _apt(system, "install", *(f"/tmp/next/{one.name}" for one in sorted(plan.output.glob("*.deb"))))


def _remove(system: BareSystem) -> None:
    home = {one for one in system.files() if one.startswith("home/")}
    _apt(system, "purge", product.APP_ID, f"{product.APP_ID}.desktop-integration")
    left = {one for one in system.files() if product.APP_ID in one or one.startswith("opt/")}
    hold(not left, f"nothing of the program is left {sorted(left)[:5] or ''}")
    hold({one for one in system.files() if one.startswith("home/")} == home, "the user's files are all there")
