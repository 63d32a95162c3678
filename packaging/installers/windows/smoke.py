"""The setup program under Wine: install, use, upgrade, remove, and every end that is not a good one."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from installers import product
from installers.plan import Plan
from installers.smoke import Broken, Smoke, hold, picture, screen, timed, until
from installers.windows import launchers, setup, tools
from installers.windows.wine import Wine

EARLIER = "0.0.9"
_SCREEN = 78
# The earlier version goes without the large packages, so that two setup programs do not take twice the time.
_LARGE = {"torch", "torchgen", "openvino", "openvino_genai", "openvino_tokenizers", "transformers", "sympy", "bigdl"}
_FAILED = 1603 % 256  # exit codes reach Unix in one byte


def run(smoke: Smoke) -> None:
    """All of it. Raises Broken."""
    tools.supply((*tools.SETUP_NEEDS, *tools.WINE_NEEDS))
    smoke.artifacts.mkdir(parents=True, exist_ok=True)
    new = smoke.file(f"{product.NAME}-*-win64-setup.exe")
    plan = Plan.of(smoke.root, smoke.built)
    old = earlier_setup(plan)
    with screen(_SCREEN) as display:
        wine = Wine.make(plan.work / "wine", display)
        try:
            _one_doctor(smoke, wine, old, new, plan)
            _refusals(wine, old, new, plan)
            _whole_computer(smoke, wine, new, plan)
        finally:
            wine.stop()


def earlier_setup(plan: Plan) -> Path:
    """A setup program of an earlier version, of the tree that was assembled last."""
    tree = plan.work / "windows" / "stage"
    old = replace(plan, version=EARLIER, work=plan.part("windows-earlier"))
    small = old.work / "stage"
    shutil.rmtree(small, ignore_errors=True)
    shutil.copytree(
        tree / plan.version,
        small / EARLIER,
        ignore=lambda folder, names: _LARGE & set(names) if Path(folder).name == "packages" else (),
    )
    window, console = launchers.build(old.part("launchers"), small / EARLIER / "wardnote.ico", EARLIER)
    (small / "bin").mkdir()
    shutil.copyfile(window, small / launchers.WINDOW)
    shutil.copyfile(console, small / "bin" / launchers.CONSOLE)
    target = old.work / "earlier-setup.exe"
    setup.pack(small, target, old, "zlib")
    return target


def _one_doctor(smoke: Smoke, wine: Wine, old: Path, new: Path, plan: Plan) -> None:
    """Per user, in a folder with Chinese characters and a space; an upgrade and a removal keep the database."""
    home = wine.drive / "病房 软件" / product.NAME
    with timed("the earlier version, silently for one user"):
        # The folder is told last and without quotation marks, which Wine puts around a word with a space.
        _expect(wine, 0, str(old), "/S", "/CurrentUser", *f"/D=C:\\病房 软件\\{product.NAME}".split())
    console = str(home / "bin" / launchers.CONSOLE)
    sample = min((smoke.root / "resources" / "samples" / "stays").glob("*.json"))
    _expect(wine, 0, console, "import", str(sample))
    database = wine.local / setup.DATA_FOLDER / "wardnote.sqlite3"
    hold(database.is_file(), f"the database is in {database}")
    with timed("upgrade in place, silently"):
        _expect(wine, 0, str(new), "/S", "/CurrentUser")
    hold(_versions(home) == [plan.version], f"only {plan.version} is left after the upgrade: {_versions(home)}")
    hold(_rows(wine, console)["encounters"] == 1, "the encounter survives the upgrade")
    with timed("the program is asked for its version"):
        hold(f"wardnote {plan.version}" in wine.run(console, "--version")[1], "the new version runs")
    _look(smoke, wine, home)
    _expect(wine, _FAILED, str(old), "/S", "/CurrentUser")
    hold(_versions(home) == [plan.version], "an older setup changes nothing")
    with timed("removal, silently"):
        _remove(wine, home)
    hold(not home.exists(), f"nothing is left of the program: {_names(home)}")
    hold(not list(wine.drive.rglob(f"{product.CHINESE_NAME}.lnk")), "no link is left")
    hold(database.is_file(), "the database survives the removal")


def _refusals(wine: Wine, old: Path, new: Path, plan: Plan) -> None:
    """Another's folder, a full disk, an interrupted installation, a missing runtime library."""
    others = wine.drive / "others"
    others.mkdir()
    (others / "precious.txt").write_text("1")
    _expect(wine, _FAILED, str(old), "/S", "/CurrentUser", "/D=C:\\others")
    hold(_names(others) == ["precious.txt"], "a folder with other files is left alone")
    with _small_disk(wine) as disk:
        _expect(wine, _FAILED, str(old), "/S", "/CurrentUser", f"/D=S:\\{product.NAME}")
        hold(not _names(disk / product.NAME), f"a full disk is left as it was: {_names(disk)}")
    home = wine.local / "Programs" / product.NAME
    setup_process = wine.start(str(new), "/S", "/CurrentUser")
    until(lambda: (home / plan.version / "packages").exists(), "the setup begins to lay files down", 120)
    wine.stop()
    setup_process.communicate()
    hold(not (home / launchers.WINDOW).exists(), "an interrupted first installation offers nothing to start")
    _expect(wine, 0, str(old), "/S", "/CurrentUser")
    console = str(home / "bin" / launchers.CONSOLE)
    hold("wardnote" in wine.run(console, "--version")[1], "a setup after an interrupted one is whole")
    (home / EARLIER / "incomplete").touch()
    _says(wine, console, "上次安装没有完成", "last installation was interrupted")
    (home / EARLIER / "incomplete").unlink()
    (home / EARLIER / "python" / "msvcp140_2.dll").unlink()
    _says(wine, console, "缺少运行库 msvcp140_2.dll", "msvcp140_2.dll is missing")
    _remove(wine, home)
    hold(not home.exists(), f"what was laid down halfway is removed, too: {_names(home)}")


def _whole_computer(smoke: Smoke, wine: Wine, new: Path, plan: Plan) -> None:
    """For all users; a running program is no obstacle to an upgrade, but asks for a restart."""
    home = wine.drive / "Program Files" / product.NAME
    with timed("installation for all users, silently"):
        _expect(wine, 0, str(new), "/S", "/AllUsers")
    hold(_names(home) == sorted([plan.version, launchers.WINDOW, "bin", "uninstall.exe"]), f"{_names(home)}")
    code, said = wine.run(str(home / "bin" / launchers.CONSOLE), "self-test")
    (smoke.artifacts / "windows-self-test.txt").write_text(f"exit code {code}\n{said}", encoding="utf-8")
    print(said)
    _remove(wine, home)
    hold(not home.exists(), f"nothing is left of the program: {_names(home)}")


def _look(smoke: Smoke, wine: Wine, home: Path) -> None:
    """Open the window, picture it, and upgrade under it."""
    started = time.monotonic()
    window = wine.start(str(home / launchers.WINDOW))
    until(lambda: _window_is_shown(wine.display), "the window", 120)
    print(f"   from the start to the window: {time.monotonic() - started:.1f} s", flush=True)
    time.sleep(5)
    picture(wine.display, smoke.artifacts / "windows-window.png")
    code, _ = wine.run(str(smoke.file(f"{product.NAME}-*-win64-setup.exe")), "/S", "/CurrentUser")
    hold(code == _FAILED, "the version that runs is not laid down again")
    window.kill()
    wine.stop()
    window.communicate()


def _window_is_shown(display: str) -> bool:
    command = ["xdotool", "search", "--onlyvisible", "--name", f"^{product.CHINESE_NAME}$"]
    return (
        subprocess.run(
            command, env={"DISPLAY": display, "PATH": "/usr/bin", "LC_ALL": "C.UTF-8"}, capture_output=True
        ).returncode
        == 0
    )


def _rows(wine: Wine, console: str) -> dict[str, int]:
    _, said = wine.run(console, "db", "check", "--json")
    rows: dict[str, int] = json.loads(said[said.index("{") : said.rindex("}") + 1])["rows"]
    return rows


def _remove(wine: Wine, home: Path) -> None:
    code, _ = wine.run(str(home / "uninstall.exe"), "/S", "/CurrentUser" if "users" in home.parts else "")
    hold(code == 0, f"the removal ends with {code}")
    until(lambda: not (home / launchers.WINDOW).exists(), "the program is removed", 120)
    time.sleep(3)


def _says(wine: Wine, console: str, chinese: str, english: str) -> None:
    for locale, sentence in (("zh_CN.UTF-8", chinese), ("en_US.UTF-8", english)):
        code, said = replace(wine, locale=locale).run(console, "--version")
        hold(code == 3 and sentence in said, f"{locale}: {sentence!r} and exit code 3, not {code} {said!r}")


def _expect(wine: Wine, code: int, *command: str) -> None:
    found, said = wine.run(*command)
    called = f"{Path(command[0]).name} {' '.join(command[1:])}"
    if found != code:
        raise Broken(f"{called} ends with {found}, not {code}. {said}")
    hold(True, f"{called} ends with {code}")


@contextmanager
def _small_disk(wine: Wine) -> Iterator[Path]:
    disk = wine.prefix / "small"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=50M", "tmpfs", disk], check=True)
    (wine.prefix / "dosdevices" / "s:").symlink_to(disk)
    try:
        yield disk
    finally:
        (wine.prefix / "dosdevices" / "s:").unlink()
        subprocess.run(["umount", "--lazy", disk], check=True)


def _versions(home: Path) -> list[str]:
    return [name for name in _names(home) if name[0].isdigit()]


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
