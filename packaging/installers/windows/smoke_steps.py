"""What the parts of the smoke test under Wine share: to expect an exit code, to remove, and what Wine cannot carry."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from installers import product
from installers.smoke import Broken, hold, until
from installers.windows import launchers, setup
from installers.windows.wine import Wine

FAILED = 1603 % 256  # exit codes reach Unix in one byte
RESTART = 3010 % 256
WITHOUT_MODELS = 3


def expect(wine: Wine, code: int, *command: str) -> str:
    """Run a program that ends with this code; what it said. Raises Broken."""
    found, said = wine.run(*command)
    called = f"{Path(command[0]).name} {' '.join(command[1:])}"
    if found != code:
        raise Broken(f"{called} ends with {found}, not {code}. {said}")
    hold(True, f"{called} ends with {code}")
    return said


def not_carried(step: str, evidence: str) -> None:
    """Name a step that this Wine does not carry, and how that showed: it has to be seen on a real Windows."""
    print(f"   – not carried by Wine: {step} ({evidence})", flush=True)


def says(wine: Wine, console: str, chinese: str, english: str) -> None:
    """The program does not start, and says why in the language of Windows."""
    for locale, sentence in (("zh_CN.UTF-8", chinese), ("en_US.UTF-8", english)):
        wine.stop()  # a running Wine keeps its language
        code, said = replace(wine, locale=locale).run(console, "--version")
        hold(code == 3 and sentence in said, f"{locale}: {sentence!r} and exit code 3, not {code} {said!r}")
    wine.stop()


def remove(wine: Wine, home: Path) -> None:
    """Remove silently, and look whether anything but the data is left. Raises Broken."""
    whose = "/AllUsers" if "Program Files" in home.parts else "/CurrentUser"
    code, _ = wine.run(str(home / "uninstall.exe"), "/S", whose)
    hold(code == 0, f"the removal ends with {code}")
    # The uninstaller goes on as a copy of itself in the temporary folder.
    until(lambda: not home.exists(), f"the removal of {home} ({names(home)} left)", 120)
    hold(not list(wine.drive.rglob(f"{product.CHINESE_NAME}.lnk")), "no link is left")
    left = [key for key in registered(wine) if wine.run("reg", "query", key)[0] == 0]
    hold(not left, f"no key of the registry is left: {left}")


def set_policy(wine: Wine, text: str) -> Path:
    """The policy of the whole computer; its file."""
    policy = wine.drive / "ProgramData" / product.NAME / "policy.toml"
    policy.parent.mkdir(parents=True, exist_ok=True)
    policy.write_text(text, encoding="utf-8")
    return policy


def registered(wine: Wine) -> list[str]:
    """The keys of the registry that the guide names, for one user and for all."""
    uninstall = f"Microsoft\\Windows\\CurrentVersion\\Uninstall\\{product.NAME}"
    classes = [f"Classes\\{one}" for one in (".wardnote", f"{product.NAME}.Encounter", product.URL_SCHEME)]
    return [f"{root}\\Software\\{key}" for root in ("HKCU", "HKLM") for key in (uninstall, *classes)]


def database(wine: Wine) -> Path:
    """The user's database."""
    return wine.local / setup.DATA_FOLDER / "wardnote.sqlite3"


def versions(home: Path) -> list[str]:
    """The versions that are laid down."""
    return [name for name in names(home) if name[0].isdigit()]


def names(folder: Path) -> list[str]:
    """What lies in a folder, nothing if there is none."""
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def console(home: Path) -> str:
    """The command line's program."""
    return str(home / "bin" / launchers.CONSOLE)
