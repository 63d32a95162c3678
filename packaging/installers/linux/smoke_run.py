"""The .run as an ordinary user: refused without the desktop's libraries, then installed, used, upgraded, removed."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from installers import first_start
from installers.linux import run as run_installer
from installers.linux.bare_system import HOME, BareSystem, bare_system
from installers.linux.use import DATA, LOCALE, Ward
from installers.plan import Plan
from installers.smoke import Smoke, hold, timed, until

# A path with Chinese, a space and a character that shells know.
_PREFIX = f"/{HOME}/程序 $1/wardnote"
_DESKTOP = (
    "libegl1 libgl1 libfontconfig1 libfreetype6 libdbus-1-3 libglib2.0-0 libx11-6 libx11-xcb1 libxcb-glx0 "
    "libxcb-randr0 libxcb-render0 libxcb-shape0 libxcb-shm0 libxcb-sync1 libxcb-xfixes0 libxcb-xkb1 libwayland-client0 "
    "desktop-file-utils libglib2.0-bin shared-mime-info "
    "libwayland-cursor0 libwayland-egl1 libbrotli1 libgssapi-krb5-2 libstdc++6 xkb-data fonts-wqy-microhei"
)


def run(smoke: Smoke) -> None:
    """Everything, in the order in which a ward without root meets it."""
    installer = smoke.file("*-linux-x86_64.run")
    with bare_system(smoke, "run") as system:
        before = system.files()
        shutil.copy(installer, system.root / "tmp")
        place = f"/tmp/{installer.name}"
        done = _install(system, place, code=3)
        hold("lib" in done and "apt-get install" in done, "a missing library is named, with the command that brings it")
        hold(system.files() == before, "nothing was installed")
        system.run("apt-get", "update")
        system.run("apt-get", "install", "-y", "--no-install-recommends", *_DESKTOP.split())
        _full_disk(system, place)
        _interrupted(smoke, system, place)
        with timed("install"):
            _install(system, place)
        hold(not _place(system, ".installing").exists(), "what the interruption left is gone")
        system.as_user("mkdir", DATA)
        ward = Ward(smoke, system, f"{_PREFIX}/bin/wardnote")
        ward.begin("run-first-page")
        ward.wardnote("demo", "--encounters", "10", "--events", "30")
        rows = ward.rows()
        _upgrade(smoke, system)
        hold(ward.rows() == rows, "the database is as it was before the upgrade")
        ward.look("run-upgraded")
        ward.opens("run")
        _with_a_pack(system, ward, installer)
        ward.wardnote("self-test")
        ward.differential()
        ward.look("run")
        _remove(system)


def _install(system: BareSystem, place: str, *options: str, code: int = 0) -> str:
    words = ["sh", place, "--quiet", "--", "--yes", "--prefix", _PREFIX, *options]
    done = system.as_user(*words, env=LOCALE, check=False)
    told = done.stdout + done.stderr
    hold(done.returncode == code, f"the installer ends with {code}" + ("" if done.returncode == code else f": {told}"))
    return told


def _with_a_pack(system: BareSystem, ward: Ward, installer: Path) -> None:
    """From a disk on which the pack lies beside the installer; the policy has to let it in."""
    folder = Path(ward.bring_pack()).parent
    shutil.copy(installer, system.root / str(folder).lstrip("/"))
    told = _install(system, f"{folder}/{installer.name}", code=3)
    hold("The program is installed, the model pack is not" in told, "a pack that nobody trusts is told")
    ward.set_policy(first_start.policy(ward.smoke, preset=False))
    with timed("install, with three models from the pack beside it"):
        _install(system, f"{folder}/{installer.name}")
    system.run("rm", "-r", folder)


def _full_disk(system: BareSystem, place: str) -> None:
    """A home of 200 MB."""
    small = f"/{HOME}/small"
    system.as_user("mkdir", small)
    system.run("mount", "-t", "tmpfs", "-o", "size=200M,uid=1000", "tmpfs", small)
    words = ["sh", place, "--quiet", "--", "--yes", "--prefix", f"{small}/wardnote"]
    done = system.as_user(*words, env=LOCALE, check=False)
    left = list((system.root / small.lstrip("/")).iterdir())
    system.run("umount", small)
    system.as_user("rmdir", small)
    hold(
        done.returncode == 3 and "Not enough room" in done.stderr and not left,
        "a full disk is told, and left as it was",
    )


def _interrupted(smoke: Smoke, system: BareSystem, place: str) -> None:
    """Killed amid the files."""
    words = ["sh", place, "--quiet", "--", "--yes", "--prefix", _PREFIX]
    process = system.start(*words, env=LOCALE, told=smoke.artifacts / "run-interrupted.txt")
    until(lambda: (_place(system, ".installing") / "python" / "lib").exists(), "the installer begins to unpack", 120)
    system.kill()
    hold(process.wait() != 0 and not _place(system).exists(), "an interrupted installation leaves nothing to start")


def _place(system: BareSystem, end: str = "") -> Path:
    """The program's folder, seen from outside."""
    return system.root / f"{_PREFIX}{end}".lstrip("/")


def _upgrade(smoke: Smoke, system: BareSystem) -> None:
    plan = Plan.of(smoke.root, system.root / "tmp" / "next")
    major, minor, patch = plan.version.split(".")
    (built,) = run_installer.build(replace(plan, version=f"{major}.{minor}.{int(patch) + 1}"))
    with timed("upgrade"):
        _install(system, f"/tmp/next/{built.name}")


def _remove(system: BareSystem) -> None:
    program = Path(_PREFIX)
    kept = {one for one in system.files() if one.startswith(f"{HOME}/") and not one.startswith(f"{HOME}/程序")}
    system.as_user("sh", f"{_PREFIX}/uninstall.sh", "--yes", env=LOCALE)
    left = {one for one in system.files() if one.startswith(f"{HOME}/")}
    hold(not any(str(program).lstrip("/") in one for one in left), "nothing of the program is left")
    hold(
        all("/applications/" in one or "/icons/" in one or "/mime/" in one or "/bin/" in one for one in kept - left),
        "only the menu went with it",
    )
