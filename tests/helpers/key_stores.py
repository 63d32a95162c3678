"""Key stores of an operating system as they behave: one that works, one that blocks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import keyring
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError


class WorkingKeyring(KeyringBackend):
    """Keeps passwords, as a desktop does."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("not found")


class SilentKeyring(WorkingKeyring):
    """Waits for a person who never answers, until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.released.wait()
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        self.released.wait()


@contextmanager
def key_store_of_the_system(backend: KeyringBackend) -> Iterator[None]:
    """For this process; tests otherwise run on a computer without one."""
    before = keyring.get_keyring()
    keyring.set_keyring(backend)
    try:
        yield
    finally:
        keyring.set_keyring(before)
