"""How the product is called where systems ask: in menus, package lists, file managers and the registry."""

from __future__ import annotations

import re
from pathlib import Path

NAME = "WardNote"
CHINESE_NAME = "病程助手"
SUMMARY = "Differential diagnoses from local language models, beside the progress note"
CHINESE_SUMMARY = "本地大语言模型辅助书写病程记录"
PUBLISHER = "WardNote"
APP_ID = "org.wardnote.wardnote"

# One stay (ENC.json) as a file of its own kind, and links such as wardnote://patient/B2024001.
ENCOUNTER_SUFFIX = ".wardnote"
ENCOUNTER_MIME = "application/vnd.wardnote.encounter+json"
CHINESE_ENCOUNTER = "病程助手住院病历"
ENCOUNTER = "WardNote encounter"
URL_SCHEME = "wardnote"

_VERSION = re.compile(r'^__version__ = "([0-9]+(?:\.[0-9]+){2})"$', re.MULTILINE)


def version(root: Path) -> str:
    """The program's version, `x.y.z`: the one place is `app/__init__.py`, where pyproject.toml takes it from too."""
    found = _VERSION.search((root / "app" / "__init__.py").read_text(encoding="utf-8"))
    if found is None:
        raise ValueError("app/__init__.py names no version of the form x.y.z")
    return found[1]


def four_part(version: str) -> str:
    """`x.y.z.0`, as Windows and UOS want it."""
    return f"{version}.0"
