"""Files that come with the program: prompts, sample encounters, icons, the model catalog."""

from __future__ import annotations

from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2] / "resources"


def resource_path(*parts: str) -> Path:
    """The path of a file or folder below the top-level `resources` folder. It need not exist."""
    return _ROOT.joinpath(*parts)


def resource_text(*parts: str) -> str:
    """The text of a resource file (UTF-8). Raises FileNotFoundError if the installation lacks it."""
    return resource_path(*parts).read_text(encoding="utf-8")
