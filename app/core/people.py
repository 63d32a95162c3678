"""Who works with the program, in which role, and how they show that it is they.

A PIN tells one colleague from another inside a data folder that the ward trusts; it does not protect the files.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass
from enum import StrEnum

MIN_PIN = 4
FREE_ATTEMPTS = 3
# About 60 ms and 16 MB on a ward's computer (RFC 7914).
_COST, _BLOCK, _PARALLEL = 2**14, 8, 1


class Role(StrEnum):
    """What somebody may do."""

    DOCTOR = "doctor"
    SENIOR = "senior"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"

    @property
    def words(self) -> str:
        """The role as the ward says it."""
        return _WORDS[self]

    @property
    def signs(self) -> bool:
        """May sign and amend documents."""
        return self in (Role.DOCTOR, Role.SENIOR)


_WORDS = {
    Role.DOCTOR: "住院医师",
    Role.SENIOR: "上级医师",
    Role.AUDITOR: "质控员",
    Role.ADMINISTRATOR: "管理员",
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the ward. `pin` is what `sealed_pin` made; empty as long as none was chosen."""

    person_id: str
    name: str
    role: Role
    pin: str = ""

    @property
    def title(self) -> str:
        """Name and role, as the window shows them."""
        return f"{self.name} · {self.role.words}"


def pin_fault(pin: str) -> str:
    """Why this cannot be a PIN, as a sentence; empty if it can."""
    return "" if len(pin) >= MIN_PIN else f"签名密码至少 {MIN_PIN} 位。"


def sealed_pin(pin: str) -> str:
    """What is stored of a PIN: salt and scrypt hash, in hex."""
    salt = os.urandom(16)
    return f"{salt.hex()}:{_hash(pin, salt).hex()}"


def is_pin(pin: str, sealed: str) -> bool:
    """Whether this is the PIN that was sealed; never for one that was not chosen."""
    salt, _, expected = sealed.partition(":")
    return bool(expected) and hmac.compare_digest(_hash(pin, bytes.fromhex(salt)).hex(), expected)


def pause_after(wrong: int) -> float:
    """Seconds to wait after so many wrong PINs in a row: none for two slips, then 5, 10, 20 … up to 300."""
    return 0.0 if wrong < FREE_ATTEMPTS else min(5.0 * 2.0 ** min(wrong - FREE_ATTEMPTS, 10), 300.0)


def may_manage(person: Person, people: tuple[Person, ...]) -> bool:
    """Whether this one may add people and change roles: an administrator, or anybody while there is none."""
    return person.role is Role.ADMINISTRATOR or all(other.role is not Role.ADMINISTRATOR for other in people)


def _hash(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode("utf-8", "replace"), salt=salt, n=_COST, r=_BLOCK, p=_PARALLEL)
