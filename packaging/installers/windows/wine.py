"""A Windows of the smoke test's own: a fresh Wine with what Windows 10 has and Wine 8 has not."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from provision.interpreter import SetupFault

_SOURCE = Path(__file__).with_name("wine_stubs.c")
# Each library, and the name that chooses its part of the source.
_STUBS: Mapping[str, tuple[str, ...]] = {
    "bcryptprimitives": ("-DBCRYPTPRIMITIVES", "-ladvapi32"),
    "icuuc": ("-DICUUC",),
    "uisettings": ("-DVIEWMANAGEMENT",),
}
# What Windows speaks follows from these; a bare Debian has neither.
LANGUAGES = ("zh_CN", "en_US")
_WINRT = r"HKLM\Software\Microsoft\WindowsRuntime\ActivatableClassId\Windows.UI.ViewManagement.UISettings"


@dataclass(frozen=True)
class Wine:
    """One Wine: `prefix` holds its disk C:, `display` is the X server that its windows are on."""

    prefix: Path
    display: str
    locale: str = "zh_CN.UTF-8"

    @classmethod
    def make(cls, prefix: Path, display: str) -> Wine:
        """A fresh one that says it is Windows 10. Raises SetupFault."""
        shutil.rmtree(prefix, ignore_errors=True)
        prefix.mkdir(parents=True)
        wine = cls(prefix, display)
        wine.locales.mkdir()
        for language in LANGUAGES:
            command = ["localedef", "-i", language, "-f", "UTF-8", str(wine.locales / f"{language}.UTF-8")]
            if subprocess.run(command).returncode != 0:
                raise SetupFault(f"the language {language} for Wine could not be made.")
        wine.run("wineboot", "-i")
        wine.run("winecfg", "-v", "win10")
        for name, options in _STUBS.items():
            library = wine.drive / "windows" / "system32" / f"{name}.dll"
            compiler: list[str | Path] = [
                "x86_64-w64-mingw32-gcc",
                "-shared",
                "-O1",
                _SOURCE,
                options[0],
                "-o",
                library,
                *options[1:],
            ]
            if subprocess.run(compiler).returncode != 0:
                raise SetupFault(f"{name}.dll for Wine could not be compiled.")
        library_path = r"C:\windows\system32\uisettings.dll"
        wine.run("reg", "add", _WINRT, "/v", "DllPath", "/t", "REG_SZ", "/d", library_path, "/f")
        return wine

    @property
    def locales(self) -> Path:
        """Where the C library finds the languages."""
        return self.prefix / "locales"

    @property
    def drive(self) -> Path:
        """Disk C:."""
        return self.prefix / "drive_c"

    @property
    def local(self) -> Path:
        """The user's %LOCALAPPDATA%."""
        return next(path for path in (self.drive / "users").glob("*/AppData/Local") if path.parts[-3] != "Public")

    def environment(self, **more: str) -> dict[str, str]:
        """Scripted models are let in; torch asks Wine for processor facts that it has not."""
        own = {"WINEPREFIX": str(self.prefix), "WINEDEBUG": "-all", "WINEARCH": "win64", "DISPLAY": self.display}
        more = {
            "KMP_AFFINITY": "disabled",
            "WARDNOTE_ALLOW_SCRIPTED": "1",
            "LC_ALL": self.locale,
            "LOCPATH": str(self.locales),
            **more,
        }
        return {**os.environ, **own, **more}

    def start(self, *command: str, **more: str) -> subprocess.Popen[str]:
        """Start a Windows program. Its streams are pipes: Wine 8 gives Python no usable handle of a file."""
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return subprocess.Popen(
            ["wine", *command], env=self.environment(**more), text=True, errors="replace", **streams
        )  # type: ignore[call-overload,no-any-return]

    def run(self, *command: str, timeout: float = 300, **more: str) -> tuple[int, str]:
        """Run a Windows program to its end: its exit code (0 to 255 as Unix passes it on), and what it said."""
        process = self.start(*command, **more)
        try:
            said, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.stop()  # a program that it left behind holds the pipe
            process.kill()
            said, _ = process.communicate()
            return 124, f"{said}\nstopped after {timeout:.0f} s"
        return process.returncode, said

    def shows(self, title: str) -> bool:
        """Whether a window with these words in its title is on the screen."""
        search = ["xdotool", "search", "--onlyvisible", "--name", title]
        environment = {"DISPLAY": self.display, "PATH": "/usr/bin", "LC_ALL": "C.UTF-8"}
        return subprocess.run(search, env=environment, capture_output=True).returncode == 0

    def stop(self) -> None:
        """End everything that runs in this Wine."""
        server = shutil.which("wineserver") or "/usr/lib/wine/wineserver"
        subprocess.run([server, "-k"], env=self.environment(), capture_output=True)
