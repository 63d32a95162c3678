"""Options that the commands share, and an argument parser that speaks Chinese."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import NoReturn

_MESSAGES = (
    (r"the following arguments are required: (.+)", r"缺少必需的参数：\1"),
    (r"unrecognized arguments: (.+)", r"不认识的参数：\1"),
    (r"argument (\S+): invalid choice: '?(.*?)'? \(choose from (.+)\)", r"\1 不能是“\2”，可选：\3"),
    (r"argument (\S+): expected .*", r"\1 后面缺少内容"),
    (r"argument (\S+): ignored explicit argument .*", r"\1 后面不能带内容"),
    (r"argument (\S+): invalid .* value: (.+)", r"\1 的值 \2 无效"),
    (r"ambiguous option: (\S+) could match (.+)", r"选项 \1 不明确，可能是：\2"),
)


class ChineseFormatter(argparse.HelpFormatter):
    """Help that begins with 用法."""

    def add_usage(self, usage, actions, groups, prefix=None):  # type: ignore[no-untyped-def]
        """As the base class, with a Chinese prefix."""
        super().add_usage(usage, actions, groups, "用法：" if prefix is None else prefix)


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose help and errors are Chinese. Errors end the program with exit code 2."""

    def __init__(self, **settings: object) -> None:
        """As ArgumentParser; `-h` is added here, abbreviations of options are not accepted."""
        settings |= {"add_help": False, "allow_abbrev": False, "formatter_class": ChineseFormatter}
        super().__init__(**settings)  # type: ignore[arg-type]
        self._positionals.title, self._optionals.title = "命令和参数", "选项"
        self.add_argument("-h", "--help", action="help", help="显示这段说明")

    def error(self, message: str) -> NoReturn:
        """One sentence on stderr."""
        self.exit(2, f"{_chinese(message)}。用 {self.prog} --help 查看用法。\n")


def _chinese(message: str) -> str:
    for pattern, translation in _MESSAGES:
        if re.fullmatch(pattern, message, re.DOTALL):
            return re.sub(pattern, translation, message, flags=re.DOTALL)
    return message


def _folder(text: str) -> Path:
    """An empty text (a variable that a script did not set) would be the current folder."""
    if not text.strip():
        raise ValueError
    return Path(text)


def add_common(parser: argparse.ArgumentParser, *, json: bool = False) -> None:
    """Add what every command takes: `--data-dir` and `--verbose`, and `--json` where data is printed.

    Defaults are suppressed, so that an option given before the command is not undone by the command's own.
    """
    suppress = argparse.SUPPRESS
    parser.add_argument(
        "--data-dir", type=_folder, default=suppress, metavar="文件夹", help="数据文件夹（默认：用户数据目录）"
    )
    parser.add_argument("--verbose", action="store_true", default=suppress, help="在标准错误输出上显示详细日志")
    if json:
        parser.add_argument("--json", action="store_true", default=suppress, help="在标准输出上只输出一个 JSON 文档")
