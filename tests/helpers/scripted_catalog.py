"""Scripted models in the catalog of a throwaway data folder: the real program runs them like any others."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from app.inference.engines.scripted import Script, scripted_model
from app.inference.prepared import CheckedFile

# What a program needs in its environment to take scripted models for models.
ALLOW_SCRIPTED = {"WARDNOTE_ALLOW_SCRIPTED": "1"}
# A program whose first start on a new data folder asks nothing: the hospital decided every step.
PRESET = {"WARDNOTE_POLICY": str(Path(__file__).with_name("preset_policy.toml"))}


def add_scripted_models(data_dir: Path, scripts: Mapping[str, Script]) -> None:
    """Write a hospital catalog of these models, in this order, and their scripts."""
    folder = data_dir / "catalog"
    folder.mkdir(parents=True, exist_ok=True)
    entries = [
        _entry(name, scripted_model(folder / f"{name}.json", script).files[0]) for name, script in scripts.items()
    ]
    (folder / "scripted.toml").write_text("\n".join(entries), encoding="utf-8")


def program_environment(**more: str) -> dict[str, str]:
    """This process's environment for a child that may run scripted models and asks nothing at its first start."""
    return {**os.environ, **ALLOW_SCRIPTED, **PRESET, **more}


def _entry(name: str, file: CheckedFile) -> str:
    path = Path(file.path)
    return f"""[[model]]
name = {json.dumps(name)}
title = {json.dumps(f"脚本 {name}", ensure_ascii=False)}
demonstration = true

[model.source]
kind = "scripted"
path = {json.dumps(str(path.parent))}
file = {json.dumps(path.name)}
size = {file.size}
sha256 = "{file.sha256}"
"""
