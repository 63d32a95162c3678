"""What the build takes from Debian and from PyPI for itself; none of it is handed out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from provision import system
from provision.console import call
from provision.interpreter import SetupFault

from installers.windows import cache

SETUP_NEEDS = tuple(
    system.Need(package, partial(system.program_exists, program))
    for package, program in (
        ("gcc-mingw-w64-x86-64", "x86_64-w64-mingw32-gcc"),
        ("binutils-mingw-w64-x86-64", "x86_64-w64-mingw32-windres"),
        ("nsis", "makensis"),
    )
)
MSI_NEEDS = (
    system.Need("wixl", partial(system.program_exists, "wixl")),
    system.Need("msitools", partial(system.program_exists, "msibuild")),
)
SIGNING_NEEDS = (system.Need("osslsigncode", partial(system.program_exists, "osslsigncode")),)
WINE_NEEDS = (
    system.Need("wine", partial(system.program_exists, "wine")),
    system.Need("locales", Path("/usr/share/i18n/locales/zh_CN").is_file),
)

# signify checks Authenticode signatures, uv resolves for another system, setuptools builds what has no wheel.
PYTHON_TOOLS = ("pip==26.3", "setuptools==84.2.1", "signify==0.9.3", "uv==0.13.9")


def supply(needs: Sequence[system.Need]) -> None:
    """Install Debian packages where that is allowed. Raises SetupFault naming the command where it is not."""
    lacking = system.supply(needs)
    if lacking:
        raise SetupFault(f"missing: {' '.join(lacking)}. They come with\n\n  {system.advice(lacking)}\n")


def python() -> Path:
    """The interpreter of an environment with the build's own tools, kept in the cache."""
    home = cache.kept("tools", cache.key_of(*(tool.encode() for tool in PYTHON_TOOLS)), _make_tools)
    return home / "bin" / "python"


def _make_tools(folder: Path) -> None:
    # An environment is moved into place when it is whole: only its `python` is used, never its scripts.
    base = str(getattr(sys, "_base_executable", None) or sys.executable)
    install: list[str | Path] = [folder / "bin" / "python", "-m", "pip", "install", "-qq", "--no-input", *PYTHON_TOOLS]
    if call([base, "-m", "venv", folder]) != 0 or call(install) != 0:
        raise SetupFault("the build's tools could not be installed; the reason is above.")
