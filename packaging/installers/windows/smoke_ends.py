"""Ends that are not good ones: another's folder, a full disk, an interruption, a missing library, a running program."""

from __future__ import annotations

import filecmp
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from installers import product
from installers.plan import Plan
from installers.smoke import Smoke, hold, timed, until
from installers.windows import launchers, setup
from installers.windows.smoke_steps import (
    FAILED,
    RESTART,
    WITHOUT_MODELS,
    console,
    expect,
    names,
    remove,
    says,
    versions,
)
from installers.windows.wine import Wine

_SECTION = 1024 * 1024
# Enough that the setup begins, and less than any pack.
_SLACK_KB = 8 * 1024


def run(wine: Wine, old: Path, new: Path, plan: Plan, earlier: str) -> None:
    """Each leaves what was there as it was, or is mended by the next setup."""
    others = wine.drive / "others"
    others.mkdir()
    (others / "precious.txt").write_text("1")
    expect(wine, FAILED, str(old), "/S", "/CurrentUser", "/D=C:\\others")
    hold(names(others) == ["precious.txt"], "a folder with other files is left alone")
    _full_disks(wine, old)
    home = wine.local / "Programs" / product.NAME
    _interrupted(wine, old, new, plan, home)
    (home / earlier / "incomplete").touch()
    says(wine, console(home), "上次安装没有完成", "last installation was interrupted")
    (home / earlier / "incomplete").unlink()
    library = home / earlier / "python" / "msvcp140_2.dll"
    library.unlink()
    says(wine, console(home), "缺少运行库 msvcp140_2.dll", "msvcp140_2.dll is missing")
    expect(wine, 0, str(old), "/S", "/CurrentUser")
    hold(library.is_file() and "wardnote" in wine.run(console(home), "--version")[1], "the setup, run again, mends it")
    _while_it_runs(wine, new, plan, home, earlier)
    remove(wine, home)


def _full_disks(wine: Wine, old: Path) -> None:
    """Too small from the beginning, and full while files are laid down."""
    with _disk(wine, "50M") as disk:
        expect(wine, FAILED, str(old), "/S", "/CurrentUser", f"/D=S:\\{product.NAME}")
        hold(not names(disk / product.NAME), f"a disk that is too small is left as it was: {names(disk)}")
    with _disk(wine, "600M") as disk:
        filler = threading.Thread(target=_fill, args=(disk,))
        filler.start()
        expect(wine, FAILED, str(old), "/S", "/CurrentUser", f"/D=S:\\{product.NAME}")
        filler.join()
        hold((disk / "filler").stat().st_size > _SECTION, "the disk was filled while files were laid down")
        hold(not names(disk / product.NAME), f"a disk that fills up is left as it was: {names(disk / product.NAME)}")


def packs(smoke: Smoke, wine: Wine, built: Path, tree: Path, plan: Plan) -> None:
    """A pack for all users, with room for it and without, and one that is not there; `built` is the setup of `tree`."""
    pack = wine.drive / "users" / smoke.pack.name
    shutil.copyfile(smoke.pack, pack)
    option = f"/PACK=C:\\users\\{pack.name}"
    needed = int(setup.values(tree, built, plan, "")["NEEDED_KB"])
    for kilobytes, code in (
        (needed + pack.stat().st_size // 1024 + _SLACK_KB, 0),
        (needed + _SLACK_KB, WITHOUT_MODELS),
    ):
        with _disk(wine, f"{kilobytes}k") as disk:
            home = disk / product.NAME
            expect(wine, code, str(built), "/S", "/AllUsers", option, f"/D=S:\\{product.NAME}")
            laid_down = home / "packs" / pack.name
            whole = laid_down.exists() and filecmp.cmp(laid_down, pack, shallow=False)
            hold(whole if code == 0 else not laid_down.parent.exists(), "a pack is laid down whole or not at all")
            hold("wardnote" in wine.run(console(home), "--version")[1], "the program starts")
            expect(wine, 0, str(home / "uninstall.exe"), "/S", "/AllUsers")
            until(lambda: not (disk / product.NAME).exists(), "the removal", 120)
    for wrong in ("none.wnpack", "windows"):
        expect(wine, FAILED, str(built), "/S", "/CurrentUser", f"/PACK=C:\\{wrong}")
    hold(not (wine.local / "Programs" / product.NAME).exists(), "what is no pack ends it before anything")


def _fill(disk: Path) -> None:
    """Take all room as soon as the setup has begun."""
    end = time.monotonic() + 120
    while not list((disk / product.NAME).glob("*/packages")) and time.monotonic() < end:
        time.sleep(0.02)
    with (disk / "filler").open("wb", buffering=0) as file:
        try:
            while file.write(bytes(_SECTION)) == _SECTION:
                pass
        except OSError:
            return


def _interrupted(wine: Wine, old: Path, new: Path, plan: Plan, home: Path) -> None:
    """Killed amid the files: nothing to start, and the next setup is whole."""
    setup_process = wine.start(str(new), "/S", "/CurrentUser")
    until(lambda: (home / plan.version / "packages").exists(), "the setup begins to lay files down", 120)
    wine.stop()
    setup_process.communicate(timeout=60)
    hold(not (home / launchers.WINDOW).exists(), "an interrupted first installation offers nothing to start")
    expect(wine, 0, str(old), "/S", "/CurrentUser")
    hold("wardnote" in wine.run(console(home), "--version")[1], "a setup after an interrupted one is whole")
    hold(versions(home) != [], f"what was laid down halfway is no version: {versions(home)}")


def _while_it_runs(wine: Wine, new: Path, plan: Plan, home: Path, earlier: str) -> None:
    """An upgrade while the program runs: it goes on running, and the old launcher goes with the next restart."""
    window = wine.start(str(home / launchers.WINDOW))
    try:
        until(lambda: wine.shows(product.CHINESE_NAME), "the earlier version's window", 120)
        with timed("upgrade while the program runs"):
            expect(wine, RESTART, str(new), "/S", "/CurrentUser")
        hold(window.poll() is None, "the running program goes on")
        hold({earlier, plan.version} <= set(versions(home)), "both versions are there until the next setup")
    finally:
        wine.stop()
        window.communicate(timeout=60)
    hold(f"wardnote {plan.version}" in wine.run(console(home), "--version")[1], "the new version starts")


@contextmanager
def _disk(wine: Wine, size: str) -> Iterator[Path]:
    """A small disk S: of its own."""
    disk, letter = wine.prefix / "small", wine.prefix / "dosdevices" / "s:"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], check=True)
    letter.symlink_to(disk)
    try:
        yield disk
    finally:
        letter.unlink()
        wine.stop()
        subprocess.run(["umount", "--lazy", disk], check=True)
        shutil.rmtree(disk, ignore_errors=True)
