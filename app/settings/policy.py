"""What the hospital's IT decides: TOML files that the program reads and never writes.

One for the whole computer, one in the data folder. What the first sets, the second cannot change.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from app.core.errors import PolicyFault
from app.infra.paths import Paths, system_policy
from app.settings.policy_keys import BY_NAME, KEYS, PolicyKey


@dataclass(frozen=True, slots=True)
class Policy:
    """`values`: what is set, by the key's full name; `places`: the file that set it; `files`: all that were found."""

    values: Mapping[str, object] = field(default_factory=dict)
    places: Mapping[str, Path] = field(default_factory=dict)
    files: tuple[Path, ...] = ()

    @classmethod
    def of_computer(cls) -> Policy:
        """The file for the whole computer alone, which says where the data folder is. Raises PolicyFault."""
        return cls.read(system_policy())

    @classmethod
    def of(cls, paths: Paths) -> Policy:
        """All that holds for a data folder. Raises PolicyFault: nothing is allowed by guess."""
        return cls.of_computer().then(cls.read(paths.policy, system=False))

    @classmethod
    def read(cls, path: Path, *, system: bool = True) -> Policy:
        """One file; an empty policy if there is none. Raises PolicyFault naming file, line, key and what is allowed."""
        try:
            text = path.read_text(encoding="utf-8-sig")
            table = tomllib.loads(text)
        except (FileNotFoundError, NotADirectoryError):
            return cls()
        except tomllib.TOMLDecodeError as error:
            raise PolicyFault(f"策略文件 {path} 不是有效的 TOML 文件（{_position(str(error))}），请修改") from error
        except UnicodeDecodeError as error:
            raise PolicyFault(f"策略文件 {path} 不是 UTF-8 文字，请另存为 UTF-8") from error
        except (ValueError, RecursionError) as error:
            raise PolicyFault(f"策略文件 {path} 嵌套过深或数字过长，请修改") from error
        except OSError as error:
            raise PolicyFault(f"策略文件 {path} 无法读取：{error.strerror}") from error
        values = _File(path, text, system).values(table)
        return cls(values, dict.fromkeys(values, path), (path,))

    def then(self, other: Policy) -> Policy:
        """This one, and what it leaves open from another."""
        return Policy({**other.values, **self.values}, {**other.places, **self.places}, self.files + other.files)

    def sets(self, name: str) -> bool:
        """Whether the hospital decided that."""
        return name in self.values

    @property
    def servers(self) -> frozenset[str]:
        """The `host:port` of model servers that text may be sent to."""
        return cast(frozenset[str], self.values.get("servers.allowed", frozenset()))

    @property
    def pack_keys(self) -> frozenset[str]:
        """The public keys whose model packs may be installed."""
        return cast(frozenset[str], self.values.get("packs.trusted", frozenset()))

    @property
    def may_install_unsigned(self) -> bool:
        """Whether packs of anyone may be installed."""
        return self.flag("packs.allow_unsigned") is True

    @property
    def data_folder(self) -> Path | None:
        """Where the data folder is."""
        return cast("Path | None", self.values.get("data.folder"))

    @property
    def encrypted(self) -> bool:
        """Whether a new database is encrypted."""
        return self.flag("data.encrypted") is True

    @property
    def pack_place(self) -> Path | None:
        """The model pack that is offered for installing."""
        return cast("Path | None", self.values.get("packs.place"))

    @property
    def catalogs(self) -> tuple[Path, ...]:
        """Folders of catalog files beside the data folder's own."""
        folder = cast("Path | None", self.values.get("models.catalog"))
        return (folder,) if folder else ()

    @property
    def engine(self) -> str:
        """The engine of all models, or `auto`."""
        return self.text("models.engine") or "auto"

    @property
    def may_fetch(self) -> bool:
        """Whether the demonstration models may be got over the network."""
        return self.flag("models.fetch") is not False

    @property
    def may_export(self) -> bool:
        """Whether feedback may be exported."""
        return self.flag("feedback.export") is not False

    def text(self, name: str) -> str:
        """A word that is set, else nothing."""
        return cast(str, self.values.get(name, ""))

    def flag(self, name: str) -> bool | None:
        """A flag that is set, else None."""
        return cast("bool | None", self.values.get(name))


def shown(value: object) -> str:
    """A value in words for a reader, as it would be written in the file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, frozenset):
        return "、".join(sorted(value)) or "（无）"
    return str(value)


@dataclass(frozen=True, slots=True)
class _File:
    """A file that was read, for values and for sentences."""

    path: Path
    text: str
    system: bool

    def values(self, table: Mapping[str, Any]) -> dict[str, object]:
        """The values of all its keys. Raises PolicyFault."""
        return {
            f"{section}.{key}": self._value(section, key, value)
            for section, keys in table.items()
            for key, value in self._keys(section, keys).items()
        }

    def _keys(self, section: str, keys: object) -> Mapping[str, object]:
        known = list(dict.fromkeys(key.section for key in KEYS))
        if section not in known:
            raise self._fault(section, None, f"没有名为 [{section}] 的部分，可以有：{'、'.join(known)}")
        if not isinstance(keys, dict):
            raise self._fault(section, None, f"{section} 应是一个部分，写作 [{section}]")
        return keys

    def _value(self, section: str, key: str, value: object) -> object:
        name = f"{section}.{key}"
        known = BY_NAME.get(name)
        if known is None:
            keys = "、".join(one.name.partition(".")[2] for one in KEYS if one.section == section)
            raise self._fault(section, key, f"没有名为 {name} 的设置，[{section}] 中可以有：{keys}")
        if known.system and not self.system:
            raise self._fault(section, key, f"{name} 只能写在整台计算机的策略文件 {system_policy()} 中")
        try:
            return known.form.read(value, self.path.parent)
        except ValueError:
            raise self._refusal(known, section, key, value) from None

    def _refusal(self, known: PolicyKey, section: str, key: str, value: object) -> PolicyFault:
        written = f"“{value}”" if isinstance(value, str) else shown(value)
        return self._fault(section, key, f"{known.name} 不能是 {written}，可以是：{known.form.allowed}")

    def _fault(self, section: str, key: str | None, reason: str) -> PolicyFault:
        return PolicyFault(f"策略文件 {self.path} 第 {_line_of(self.text, section, key)} 行：{reason}")


def _line_of(text: str, section: str, key: str | None) -> int:
    """The line of a key (from 1), or of its section; tomllib does not tell."""
    here, of_section = "", 1
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\s*([\w.-]+)\s*\]", line):
            here = header[1]
        written = re.match(r"\s*([\w.-]+)\s*=", line)
        name = ".".join(part for part in (here, written[1] if written else "") if part)
        if key is not None and name == f"{section}.{key}":
            return number
        if name.split(".")[0] == section and of_section == 1:
            of_section = number
    return of_section


def _position(message: str) -> str:
    """Where tomllib stopped, in Chinese."""
    found = re.search(r"line (\d+), column (\d+)", message)
    return f"第 {found[1]} 行第 {found[2]} 列" if found else "在文件末尾"
