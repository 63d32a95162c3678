"""The template files: those that come with the program, and the ward's own in the data folder."""

from __future__ import annotations

import re
from pathlib import Path

from app.core.errors import EnvironmentFault, UsageFault
from app.core.templates import NoteTemplate, in_force, parse_templates, to_toml
from app.infra.resources import resource_text

FOLDER = "templates"
_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f.]')


def load_templates(data_dir: Path) -> tuple[tuple[NoteTemplate, ...], tuple[str, ...]]:
    """The templates in force, and a sentence for each of the ward's files that cannot be used."""
    hospital: list[NoteTemplate] = []
    troubles: list[str] = []
    for path in sorted((data_dir / FOLDER).glob("*.toml")):
        try:
            hospital += parse_templates(path.read_text(encoding="utf-8-sig"))
        except UnicodeDecodeError:
            troubles.append(f"模板文件 {path.name} 不是 UTF-8 文字，没有使用。")
        except OSError as error:
            troubles.append(f"模板文件 {path.name} 无法读取（{error.strerror}），没有使用。")
        except UsageFault as fault:
            troubles.append(f"模板文件 {path.name} 没有使用：{fault}")
    return in_force(parse_templates(resource_text("templates", "common.toml")), hospital), tuple(troubles)


def save_template(data_dir: Path, template: NoteTemplate) -> None:
    """Write a template into the ward's folder, in place of its own with the same key. Raises EnvironmentFault."""
    name = "-".join((template.kind.value, template.department or "通用", template.name))
    path = data_dir / FOLDER / f"{_UNSAFE.sub('_', name)[:80]}.toml"
    draft = path.with_suffix(".draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(to_toml(template), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise EnvironmentFault(f"模板没有保存（{error.strerror}）：请检查数据文件夹的权限和磁盘空间。") from error
