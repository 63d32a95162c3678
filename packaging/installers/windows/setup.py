"""`WardNote-x.y.z-win64-setup.exe`: the setup program, by NSIS."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from provision.interpreter import SetupFault

from installers import product
from installers.plan import Plan
from installers.windows import launchers, signing, stage

TEMPLATE = Path(__file__).with_name("setup.nsi")
# platformdirs' place for the user's data, below %LOCALAPPDATA%.
DATA_FOLDER = "wardnote"
# One block for all files packs best. The window of 64 MB is memory that setup needs on the ward's PC, too.
COMPRESSION = "/SOLID lzma\nSetCompressorDictSize 64"


def build(plan: Plan) -> Sequence[Path]:
    """Assemble the tree and pack it; signed where a certificate is given. Raises SetupFault."""
    laid_down = stage.assemble(plan)
    target = plan.output / f"{product.NAME}-{plan.version}-win64-setup.exe"
    plan.output.mkdir(parents=True, exist_ok=True)
    signing.sign(laid_down / launchers.WINDOW, laid_down / "bin" / launchers.CONSOLE)
    pack(laid_down, target, plan, COMPRESSION)
    signing.sign(target)
    return [target]


def pack(laid_down: Path, target: Path, plan: Plan, compression: str) -> None:
    """Write the script and run makensis on it."""
    script = plan.part("windows") / "setup.nsi"
    text = launchers.filled(TEMPLATE.read_text(encoding="utf-8"), values(laid_down, target, plan, compression))
    script.write_text(text, encoding="utf-8-sig")
    environment = {"SOURCE_DATE_EPOCH": str(plan.epoch), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(["makensis", "-V2", script], env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        target.unlink(missing_ok=True)
        raise SetupFault(f"makensis did not succeed: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def values(laid_down: Path, target: Path, plan: Plan, compression: str) -> Mapping[str, str]:
    """What the script is filled with."""
    files = sorted(path.relative_to(laid_down) for path in laid_down.rglob("*") if path.is_file())
    size = sum((laid_down / file).stat().st_size for file in files)
    below = [PurePosixPath(file) for file in files if file.parts[0] == plan.version]
    return {
        **launchers.names(plan.version, launchers.WINDOW),
        "SUMMARY": product.SUMMARY,
        "CHINESE_SUMMARY": product.CHINESE_SUMMARY,
        "SUFFIX": product.ENCOUNTER_SUFFIX,
        "MIME": product.ENCOUNTER_MIME,
        "ENCOUNTER": product.ENCOUNTER,
        "CHINESE_ENCOUNTER": product.CHINESE_ENCOUNTER,
        "SCHEME": product.URL_SCHEME,
        "FOUR_PART": product.four_part(plan.version),
        "WINDOW": launchers.WINDOW,
        "CONSOLE": launchers.CONSOLE,
        "DATA_FOLDER": DATA_FOLDER,
        "COMPRESSION": compression,
        "OUTPUT": str(target),
        "ICON": str(laid_down / plan.version / "wardnote.ico"),
        "LICENCE": str(laid_down / plan.version / "LICENSE.txt"),
        "STAGE": str(laid_down),
        # With room for the earlier version beside it, and for the file system's own needs.
        "NEEDED_KB": str(size // 1024 * 11 // 10),
        "FILES": file_lines(below, laid_down),
    }


def file_lines(files: Iterable[PurePosixPath], laid_down: Path) -> str:
    """The script's lines for these files, in their order: `File /r` would take a folder's own order, never the same."""
    lines, folder = [], None
    for file in files:
        if file.parent != folder:
            folder = file.parent
            lines.append(f'  SetOutPath "$INSTDIR\\{escaped(folder)}"')
        lines.append(f'  File "{laid_down}/{str(file).replace("$", "$$")}"')
    return "\n".join(lines)


def escaped(path: PurePosixPath) -> str:
    """A relative path as the script writes it."""
    return str(path).replace("$", "$$").replace("/", "\\")
