"""Where a command's words go: data to stdout, everything else to stderr, a document to a file whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import unicodedata
from pathlib import Path
from typing import TextIO

from app.core.errors import EnvironmentFault


def use_utf8() -> None:
    """Let both streams carry Chinese, whatever the locale; a program without a console has no streams."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")


def print_json(document: object) -> None:
    """One JSON document on stdout. Raises EnvironmentFault if it does not take it, as `print_text`."""
    _write(sys.stdout, json_text(document))


def print_text(text: str) -> None:
    """A line, or several, for a reader on stdout."""
    _write(sys.stdout, visible(text) + "\n")


def say(sentence: str) -> None:
    """A line on stderr: progress, or what went wrong. A place that takes none (a full disk) ends no work."""
    with contextlib.suppress(EnvironmentFault):
        _write(sys.stderr, visible(sentence) + "\n")


def json_text(document: object) -> str:
    """Readable JSON with Chinese as it is; a lone surrogate becomes a question mark."""
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    return text.encode("utf-8", "replace").decode()


def visible(text: str) -> str:
    """Text that can steer no terminal: control and direction characters become a replacement mark."""
    return "".join(character if _is_plain(character) else "�" for character in text)


def write_output(path: Path, document: object) -> None:
    """Write JSON so that the file is whole or untouched; only its owner may read a new one.

    Raises EnvironmentFault if the place cannot be written, after printing the document on stdout: nothing is lost.
    """
    text = json_text(document)
    try:
        _replace(path, text)
    except OSError as error:
        _write(sys.stdout, text)
        raise EnvironmentFault(
            f"无法写入 {path}（{error.strerror or type(error).__name__}），结果已改为输出到标准输出："
            "请检查该文件夹是否存在、是否有权限和空间。"
        ) from error


def _is_plain(character: str) -> bool:
    return character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")


def _write(stream: TextIO | None, text: str) -> None:
    """A stream may be missing (a windowed program) or closed by its reader (`| head`): neither is a failure."""
    if stream is None:
        return
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        _silence(stream)
    except OSError as error:
        _silence(stream)
        raise EnvironmentFault(
            f"无法写到标准输出（{error.strerror}）：请检查它所在磁盘的空间，或用 --output 写入别处。"
        ) from error


def _silence(stream: TextIO) -> None:
    """What is still in its buffer is thrown away; Python would fail with it once more at the end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _replace(path: Path, text: str) -> None:
    if path.is_dir():
        raise IsADirectoryError(21, "它是一个文件夹")
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
