"""The two programs that the doctor and IT start, compiled with MinGW: small, with icon and version, nothing packed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from provision.interpreter import SetupFault

from installers import product

WINDOW = "WardNote.exe"
CONSOLE = "wardnote.exe"
_SOURCES = Path(__file__).parent
_COMPILE = ("x86_64-w64-mingw32-gcc", "-municode", "-O2", "-s", "-Wall", "-Wextra", "-Werror", "-fno-ident")
_LINK = ("-static-libgcc", "-Wl,--no-insert-timestamp,--dynamicbase,--nxcompat,--high-entropy-va", "-lshell32")


def build(work: Path, icon: Path, version: str) -> tuple[Path, Path]:
    """Compile both into `work`: the window's and the command line's, in folders of their own (Windows folds case)."""
    shutil.copyfile(icon, work / "wardnote.ico")
    shutil.copyfile(_SOURCES / "launcher.manifest", work / "launcher.manifest")
    (work / "version.h").write_text(
        f'#define VERSION_FOLDER L"{version}"\n#define APP_ID L"{product.APP_ID}"\n', encoding="utf-8"
    )
    return (
        _one(work, "window", WINDOW, version, ("-mwindows",)),
        _one(work, "console", CONSOLE, version, ("-mconsole", "-DCONSOLE")),
    )


def _one(work: Path, folder: str, file: str, version: str, options: Sequence[str]) -> Path:
    script, resource, program = work / f"{folder}.rc", work / f"{folder}.o", work / folder / file
    program.parent.mkdir(exist_ok=True)
    script.write_text(filled((_SOURCES / "launcher.rc").read_text(encoding="utf-8"), names(version, file)), "utf-8")
    _run(["x86_64-w64-mingw32-windres", "-c", "65001", script.name, resource.name], work)
    inputs = [str(_SOURCES / "launcher.c"), f"-I{work}", resource.name]
    _run([*_COMPILE, *options, *inputs, *_LINK, "-o", str(program)], work)
    return program


def names(version: str, file: str) -> Mapping[str, str]:
    """What the resource script says of one program."""
    return {
        "NUMBERS": product.four_part(version).replace(".", ","),
        "VERSION": version,
        "FILE": file,
        "NAME": product.NAME,
        "CHINESE_NAME": product.CHINESE_NAME,
        "PUBLISHER": product.PUBLISHER,
    }


def filled(template: str, values: Mapping[str, str]) -> str:
    """The template with every `@NAME@` replaced. Raises KeyError for one that has no value."""
    parts = template.split("@")
    return "".join(part if index % 2 == 0 else values[part] for index, part in enumerate(parts))


def _run(command: Sequence[str], work: Path) -> None:
    done = subprocess.run(command, cwd=work, capture_output=True, text=True)
    if done.returncode != 0:
        raise SetupFault(f"{command[0]} did not succeed: {done.stderr}")
