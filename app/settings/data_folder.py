"""Can a folder hold the ward's data? Said before anything is written there, in a sentence that names the way out."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil

LEAST_FREE_BYTES = 1_000_000_000
_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "afs", "ncpfs", "9p", "ceph", "glusterfs", "davfs"}
    | {"fuse.sshfs", "fuse.gvfsd-fuse", "fuse.davfs2"}
)
DATABASE = "wardnote.sqlite3"


@dataclass(frozen=True, slots=True)
class Examined:
    """`folder` is absolute; `fault` says why it cannot be used, and is empty if it can; `used`: data are there."""

    folder: Path
    fault: str = ""
    free_bytes: int = 0
    used: bool = False


def examine(text: str) -> Examined:
    """Look at a folder, and make it if it is missing. May wait for a disk or a network: not for the GUI thread."""
    if not text.strip() or "\0" in text:
        return Examined(Path(), "请写明数据文件夹的位置。")
    folder = Path(os.path.abspath(Path(text.strip()).expanduser()))  # noqa: PTH100  (resolve would follow links)
    if fault := _refusal(folder):
        return Examined(folder, fault)
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        return Examined(
            folder,
            f"{folder} 所在的磁盘太满：只剩 {free / 1e9:.1f} GB，至少需要 1 GB。请清理磁盘，或另选文件夹。",
            free,
        )
    return Examined(folder, "", free, used=(folder / DATABASE).exists())


def _refusal(folder: Path) -> str:
    if is_on_network(folder):
        return f"{folder} 在网络共享上：数据库放在那里可能损坏，病历也会经过网络。请选本机磁盘上的文件夹。"
    if folder.exists() and not folder.is_dir():
        return f"{folder} 是一个文件，不是文件夹：请另选。"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder) as trial:
            trial.write(b"wardnote")
    except OSError as error:
        return f"{folder} 不能写入（{error.strerror}）：请另选文件夹，或请信息科开放权限。"
    return ""


def is_on_network(folder: Path) -> bool:
    """Whether a folder (it need not exist) lies on another computer's disk."""
    if str(folder).startswith(("\\\\", "//")):
        return True
    mounts = ((Path(one.mountpoint), one) for one in psutil.disk_partitions(all=True))
    holding = [(len(place.parts), one) for place, one in mounts if folder.is_relative_to(place)]
    if not holding:
        return False
    _, nearest = max(holding, key=lambda pair: pair[0])
    return nearest.fstype.lower() in _NETWORK or "remote" in nearest.opts.split(",")
