"""The makeself `.run`: for users without root, into their own home."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from installers import product
from installers.linux import desktop, tree
from installers.plan import Plan
from installers.tools import Command, require, run

FILE_NAME = product.NAME + "-{version}-linux-x86_64.run"
_SCRIPT = Path(__file__).with_name("install.sh")


def build(plan: Plan) -> Sequence[Path]:
    """Build the installer, with the tree that was made last or a new one."""
    made = tree.made(plan)
    program, outer = plan.part("run-program"), plan.part("run")
    shutil.rmtree(program)
    shutil.rmtree(outer)
    outer.mkdir()
    shutil.copytree(made, program, symlinks=True, copy_function=os.link)
    # The installer writes the path to which this leads.
    desktop.place(plan, made, program / "share", "wardnote")
    shutil.copyfile(_SCRIPT, program / "uninstall.sh")
    tree.date(program, plan.epoch)
    _archive(plan, program, outer / "tree.tar.gz")
    shutil.copyfile(_SCRIPT, outer / "install.sh")
    (outer / "install.sh").chmod(0o755)
    (outer / "version").write_text(f"{plan.version}\n")
    (outer / "kilobytes").write_text(f"{_kilobytes(program)}\n")
    tree.date(outer, plan.epoch)
    return [_makeself(plan, outer)]


def _archive(plan: Plan, folder: Path, target: Path) -> None:
    options = f"--sort=name --mtime=@{plan.epoch} --owner=0 --group=0 --numeric-owner --hard-dereference"
    # gzip, not xz: it is unpacked three times as fast. -n keeps the time out of it.
    command = f'tar {options} -C "$1" -cf - . | gzip -n -6 >"$2"'
    run(["sh", "-c", command, "sh", folder, target], "the program could not be packed")


def _makeself(plan: Plan, outer: Path) -> Path:
    plan.output.mkdir(parents=True, exist_ok=True)
    target = plan.output / FILE_NAME.format(version=plan.version)
    tar = f"--sort=name --mtime=@{plan.epoch} --owner=0 --group=0 --numeric-owner"
    options = ["--nocomp", "--sha256", "--nomd5", "--nocrc", "--tar-quietly", "--quiet", "--noprogress", "--nowait"]
    command: Command = [require("makeself", "makeself"), *options, "--tar-extra", tar]
    # It writes its own command line into the file: no path of this machine may be in it.
    made = outer.with_name(target.name)
    command += ["--packaging-date", f"@{plan.epoch}", outer.name, made.name, f"{product.NAME} {plan.version}"]
    run([*command, "./install.sh"], "the installer could not be built", cwd=outer.parent, env={"LC_ALL": "C"})
    shutil.move(made, target)
    return target


def _kilobytes(folder: Path) -> int:
    """What it takes on a disk, in blocks of 4 KiB, and a twentieth more."""
    blocks = sum(-(-file.lstat().st_size // 4096) for file in folder.rglob("*") if not file.is_dir())
    return blocks * 4 * 21 // 20
