"""Taking a model away: what was fetched and made of it, and its entry in the hospital's catalog."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

from app.core.errors import EnvironmentFault
from app.inference.catalog import CatalogModel
from app.inference.store import model_folder


def remove(model: CatalogModel, store: Path, catalog: Path) -> tuple[Path, ...]:
    """Remove what the program made or fetched, and `<catalog>/<name>.toml` if it names this model alone.

    A hospital's own source files are left where they lie. Returns what was removed. Raises EnvironmentFault.
    """
    made, entry = model_folder(store, model), catalog / f"{model.name}.toml"
    removed = []
    try:
        if model.files and made.exists():
            shutil.rmtree(made)
            removed.append(made)
        if _names_only(entry, model.name):
            entry.unlink()
            removed.append(entry)
    except OSError as error:
        raise EnvironmentFault(f"无法删除模型 {model.name}（{error.strerror}），请关闭病程助手后重试") from error
    return tuple(removed)


def _names_only(entry: Path, name: str) -> bool:
    try:
        models = tomllib.loads(entry.read_text(encoding="utf-8-sig")).get("model", [])
    except FileNotFoundError:
        return False
    return [model.get("name") for model in models] == [name]
