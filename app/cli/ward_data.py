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
from app.storage.encryption import DatabaseKind, encryption_sentence, kind_of
from app.storage.key_store import KeyStore
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


def _announced(path: Path, encrypt_new: bool, opener: Callable[[], T]) -> T:
    is_new = encrypt_new and kind_of(path) is DatabaseKind.ABSENT
    opened = opener()
    if is_new:
        output.say(
            f"按医院的策略建立了加密的病历数据库（{encryption_sentence(path, KeyStore.of_user())}）。{KEEP_THE_CODE}"
        )
    return opened
