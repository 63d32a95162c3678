"""Which data folder is this user's: given, decided by the hospital, chosen at the first start, or the usual one."""

from __future__ import annotations

import json
from pathlib import Path

import platformdirs

from app.core.errors import EnvironmentFault
from app.settings.policy import Policy

_CHOICE = "data-folder.json"


def locate(given: Path | None) -> Path | None:
    """The data folder, or None for the usual one. Raises PolicyFault, or EnvironmentFault for a file."""
    folder = given or Policy.of_computer().data_folder or chosen_folder()
    if folder is not None and folder.is_file():
        raise EnvironmentFault(f"{folder} 是一个文件，不是文件夹：请另选数据文件夹（--data-dir）。")
    return folder


def chosen_folder() -> Path | None:
    """What was chosen at the first start; None if nothing was, or if that cannot be read."""
    try:
        folder = json.loads(_choice().read_text(encoding="utf-8"))["folder"]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return Path(folder) if isinstance(folder, str) and folder else None


def choose_folder(folder: Path) -> None:
    """Keep it for the next starts. Raises EnvironmentFault."""
    place = _choice()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_suffix(".new")
        draft.write_text(json.dumps({"folder": str(folder)}, ensure_ascii=False), encoding="utf-8")
        draft.replace(place)
    except OSError as error:
        raise EnvironmentFault(
            f"无法记住数据文件夹的位置（{place}：{error.strerror}），请检查权限和磁盘空间。"
        ) from error


def _choice() -> Path:
    return Path(platformdirs.user_config_dir("wardnote", appauthor=False)) / _CHOICE
