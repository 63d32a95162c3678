"""What a Linux desktop is told of the program: its entry in the menus, its kind of files, its links, its icons."""

from __future__ import annotations

import shutil
from pathlib import Path

from installers import product
from installers.plan import Plan
from installers.tools import run

_ENTRY = """[Desktop Entry]
Type=Application
Version=1.0
Name={name}
Name[zh_CN]={chinese_name}
Comment={summary}
Comment[zh_CN]={chinese_summary}
Exec={command} open %u
Icon={app_id}
Terminal=false
StartupNotify=true
StartupWMClass=wardnote
Categories=Office;MedicalSoftware;
MimeType={mime};x-scheme-handler/{scheme};
"""
_MIME = """<?xml version="1.0" encoding="UTF-8"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
  <mime-type type="{mime}">
    <sub-class-of type="application/json"/>
    <comment>{encounter}</comment>
    <comment xml:lang="zh_CN">{chinese_encounter}</comment>
    <icon name="{app_id}"/>
    <glob pattern="*{suffix}"/>
  </mime-type>
</mime-info>
"""


def entry(command: str) -> str:
    """The desktop entry; `command` is the program's path, quoted if it must be."""
    return _ENTRY.format(
        name=product.NAME,
        chinese_name=product.CHINESE_NAME,
        summary=product.SUMMARY,
        chinese_summary=product.CHINESE_SUMMARY,
        command=command,
        app_id=product.APP_ID,
        mime=product.ENCOUNTER_MIME,
        scheme=product.URL_SCHEME,
    )


def mime() -> str:
    """The kind of file, for shared-mime-info."""
    return _MIME.format(
        mime=product.ENCOUNTER_MIME,
        encounter=product.ENCOUNTER,
        chinese_encounter=product.CHINESE_ENCOUNTER,
        app_id=product.APP_ID,
        suffix=product.ENCOUNTER_SUFFIX,
    )


def place(plan: Plan, tree: Path, folder: Path, command: str) -> None:
    """Put everything into a folder laid out like `/usr/share` (`applications`, `mime/packages`, `icons/hicolor`)."""
    files = {f"applications/{product.APP_ID}.desktop": entry(command), f"mime/packages/{product.APP_ID}.xml": mime()}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    _place_icons(plan, tree, folder / "icons" / "hicolor")


def _place_icons(plan: Plan, tree: Path, theme: Path) -> None:
    drawn = plan.part("icons")
    # The program's own Python has the Qt that draws them.
    python = tree / "python" / "bin" / "python3.11"
    run([python, plan.root / "packaging" / "icons.py", drawn], "the icons could not be drawn")
    for image in sorted(drawn.glob("wardnote*")):
        size = image.stem.rpartition("-")[2]
        if image.suffix == ".svg":
            _copy(image, theme / "scalable" / "apps" / f"{product.APP_ID}.svg")
        elif image.suffix == ".png":
            _copy(image, theme / f"{size}x{size}" / "apps" / f"{product.APP_ID}.png")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
