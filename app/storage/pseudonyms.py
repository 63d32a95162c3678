"""Names that only the holder of the hospital's key can link to people: keyed HMAC-SHA-256."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from app.core.errors import EnvironmentFault

KEY_BYTES = 32
PSEUDONYM_DIGITS = 32


class Pseudonyms:
    """One key's pseudonyms. `key_id` names the key without revealing it, and is stored beside each pseudonym."""

    def __init__(self, key: bytes) -> None:
        """`key` is 32 random bytes."""
        self._key = key
        self.key_id = self._digest("key")[:16]

    @classmethod
    def load(cls, path: Path) -> Pseudonyms:
        """Read the key file, made on first use (only its owner may read it). Raises EnvironmentFault if it is damaged.

        Two processes that start at once must not both make one: call it inside a database transaction.
        """
        try:
            if not path.exists():
                _create(path)
            key = path.read_bytes()
        except OSError as error:
            raise EnvironmentFault(f"无法读写假名密钥文件 {path}：请检查数据文件夹的权限和磁盘空间。") from error
        if len(key) != KEY_BYTES:
            raise EnvironmentFault(f"假名密钥文件 {path} 已损坏，程序没有改动它：请从备份恢复这个文件。")
        return cls(key)

    def of(self, kind: str, identifier: str) -> str:
        """The pseudonym (32 hex digits) of a person or stay; `kind` is doctor, patient or encounter."""
        return self._digest(f"{kind}:{identifier}")[:PSEUDONYM_DIGITS]

    def _digest(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


def _create(path: Path) -> None:
    """Whole or not at all: a half-written key would lock the program out."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
