"""The data folder as the commands and the window open it: by one door, encrypted from the start where IT says so."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from app.cli import output
from app.infra.paths import Paths
from app.settings.policy import Policy
from app.storage.database import Database
from app.storage.encryption import DatabaseKind, key_id_of, kind_of
from app.storage.key_store import KeyPlace, KeyStore
from app.storage.repositories import Repositories, open_repositories

T = TypeVar("T")

KEEP_THE_CODE = "恢复码请用 wardnote db recovery-code 查看，抄写后保存在别处：没有它，换了电脑或用户就无法打开。"


def ward_opener(paths: Paths, doctor: str) -> Callable[[], Repositories]:
    """What opens everything that is stored, in the thread that calls it. Raises PolicyFault at once."""
    encrypt_new = Policy.of(paths).encrypted
    opener = partial(open_repositories, paths.database, paths.pseudonym_key, doctor, encrypt_new=encrypt_new)
    return partial(_announced, paths.database, encrypt_new, opener)


def open_database(paths: Paths) -> Database:
    """The database alone. Raises PolicyFault or DatabaseFault."""
    encrypt_new = Policy.of(paths).encrypted
    return _announced(paths.database, encrypt_new, partial(Database.open, paths.database, encrypt_new=encrypt_new))


def encryption_sentence(path: Path) -> str:
    """Whether an existing database is encrypted, and where this user has its key. Asks the key store."""
    key_id = key_id_of(path)
    if key_id is None:
        return "没有加密：能读到文件的人就能读到病历"
    keys = KeyStore.of_user()
    found = keys.find(key_id)
    return f"已加密，{place_sentence(found[1], keys.file_of(key_id))}" if found else "已加密，这个用户在本机没有密钥"


def place_sentence(place: KeyPlace, file: Path) -> str:
    """Where a key is kept, in the user's words; `file` where there is no key store."""
    if place is KeyPlace.SYSTEM:
        return "密钥保存在系统密钥库中"
    return f"本机没有可用的系统密钥库，密钥保存在只有这个用户能读的文件 {file} 中"


def _announced(path: Path, encrypt_new: bool, opener: Callable[[], T]) -> T:
    is_new = encrypt_new and kind_of(path) is DatabaseKind.ABSENT
    opened = opener()
    if is_new:
        output.say(f"按医院的策略建立了加密的病历数据库（{encryption_sentence(path)}）。{KEEP_THE_CODE}")
    return opened
