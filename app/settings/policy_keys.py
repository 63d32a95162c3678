"""Every key that a policy file may have: what it allows, what it does, an example. The reference page is made of it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_ADDRESS = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}")
# base64 of the 32 bytes of an Ed25519 public key
_PUBLIC_KEY = re.compile(r"[A-Za-z0-9+/]{43}=")
_UNRESOLVED = re.compile(r"\$\{?\w+\}?|%\w+%")

Reader = Callable[[object, Path], object]
"""Takes a value as TOML has it and the folder of the file; raises ValueError for one that is not allowed."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a value may be: `allowed` completes 可以是… in a sentence."""

    allowed: str
    read: Reader


@dataclass(frozen=True, slots=True)
class PolicyKey:
    """One key. `example` is its value as TOML; `system`: only the file for the whole computer may have it."""

    name: str
    form: Form
    example: str
    meaning: str
    otherwise: str
    system: bool = False

    @property
    def section(self) -> str:
        """The table it stands in."""
        return self.name.split(".")[0]


def one_of(*words: str) -> Form:
    """One of these words."""

    def read(value: object, _folder: Path) -> object:
        if value not in words:
            raise ValueError("none of the words")
        return value

    return Form("、".join(f'"{word}"' for word in words), read)


def _flag(value: object, _folder: Path) -> object:
    if not isinstance(value, bool):
        raise ValueError("no flag")
    return value


def _path(value: object, folder: Path) -> object:
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise ValueError("no path")
    expanded = os.path.expandvars(value.strip())
    if _UNRESOLVED.search(expanded):
        raise ValueError("an unknown variable")
    return (folder / Path(expanded).expanduser()).absolute()


def _texts(value: object, fits: Callable[[str], object]) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) and fits(one) for one in value):
        raise ValueError("no list of such texts")
    return frozenset(value)


def _addresses(value: object, _folder: Path) -> object:
    return frozenset(one.lower() for one in _texts(value, _ADDRESS.fullmatch))


def _keys(value: object, _folder: Path) -> object:
    return _texts(value, str.strip)


def _public_keys(value: object, _folder: Path) -> object:
    return _texts(value, _PUBLIC_KEY.fullmatch)


FLAG = Form("true 或 false", _flag)
PATH = Form("一个文件夹的路径（~ 和环境变量会展开；相对路径从策略文件所在处算起）", _path)
PLACE = Form("一个文件或文件夹的路径（展开的规则同上）", _path)
ADDRESSES = Form('地址的列表，例如 ["10.1.2.3:8000"]', _addresses)
TEXTS = Form("文字的列表", _keys)
PUBLIC_KEYS = Form("公钥的列表（wardnote models pack-key 会显示公钥）", _public_keys)

KEYS: tuple[PolicyKey, ...] = (
    PolicyKey(
        "data.folder",
        PATH,
        '"/srv/wardnote/$USER"',
        "数据文件夹；首次启动不再询问。命令行的 --data-dir 优先",
        "首次启动时由使用者选择，默认是用户数据目录",
        system=True,
    ),
    PolicyKey(
        "data.encrypted",
        FLAG,
        "true",
        "true：新建的病历数据库是加密的，命令行建立的也是。已有的数据库用 wardnote db encrypt 加密",
        "首次启动时由使用者选择；命令行建立的不加密",
    ),
    PolicyKey(
        "window.language",
        one_of("zh", "en"),
        '"zh"',
        "首次启动、模型和设置页面的语言，以及 Qt 自带对话框的语言",
        "由使用者选择，默认中文",
    ),
    PolicyKey("window.theme", one_of("system", "light", "dark"), '"system"', "浅色、深色，或跟随系统", "由使用者选择"),
    PolicyKey(
        "window.commit_first",
        FLAG,
        "true",
        "“先写后看”的默认值；医生自己切换过的，以医生的选择为准",
        "默认关闭",
    ),
    PolicyKey(
        "models.engine",
        one_of("auto", "bigdl", "openvino"),
        '"openvino"',
        "所有模型使用的引擎；模型页不能再切换。命令行的 --engine 优先",
        "每个模型取本机测得较快的，或在模型页选定的",
    ),
    PolicyKey(
        "models.catalog",
        PATH,
        '"/srv/wardnote/catalog"',
        "另一个模型目录文件夹，排在数据文件夹的 catalog 之前",
        "只有数据文件夹的 catalog 和程序自带的目录",
    ),
    PolicyKey(
        "models.fetch",
        FLAG,
        "false",
        "false：不允许从软件包索引获取演示模型，窗口和命令行都拒绝",
        "允许，但只在使用者要求时",
    ),
    PolicyKey(
        "packs.place",
        PLACE,
        '"/srv/wardnote/packs/ward.wnpack"',
        "首次启动和模型页从这里安装的模型包",
        "由使用者选择",
    ),
    PolicyKey(
        "packs.trusted",
        PUBLIC_KEYS,
        '["m9FKwsxSWYr2TQmHqfUrUzQwTlVWJIlNyM8mnStKcT8="]',
        "可以安装谁制作的模型包：制作者的公钥",
        "一个也不信任",
    ),
    PolicyKey(
        "packs.allow_unsigned",
        FLAG,
        "false",
        "true：没有签名或签名者不在上述名单中的模型包也可以安装。模型包中的权重可以执行代码，请慎用",
        "拒绝",
    ),
    PolicyKey(
        "first_start.models",
        one_of("pack", "later"),
        '"pack"',
        "pack：首次启动时不经询问就安装 packs.place 的模型包；later：不安装，也不询问",
        "首次启动时由使用者选择",
    ),
    PolicyKey(
        "first_start.calibrate",
        FLAG,
        "true",
        "true：首次启动时不经询问就测量各模型的速度；false：不测量，也不询问",
        "首次启动时由使用者选择",
    ),
    PolicyKey(
        "first_start.sample",
        FLAG,
        "false",
        "true：首次启动后载入并打开示例病历；false：不载入，也不询问",
        "首次启动时由使用者选择",
    ),
    PolicyKey(
        "servers.allowed",
        ADDRESSES,
        '["10.1.2.3:8000"]',
        "病历文字可以发送到的院内模型服务器，恰为 主机:端口",
        "一个也不允许",
    ),
    PolicyKey(
        "discharge.automatic",
        FLAG,
        "false",
        "出院记录打开或保存时自动起草的默认值；医生自己切换过的，以医生的选择为准",
        "默认开启",
    ),
    PolicyKey(
        "feedback.export",
        FLAG,
        "false",
        "false：不允许导出反馈，窗口和 wardnote feedback export 都拒绝",
        "允许（始终先去标识）",
    ),
)

BY_NAME = {key.name: key for key in KEYS}
