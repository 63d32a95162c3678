"""The secret of an encrypted data folder, and the recovery code in which a person keeps it.

The secret is 160 random bits. The recovery code is that secret, not a password for it: 32 characters of Crockford's
base32 and 4 that check them, in groups of four. What the database is encrypted with is derived from it (RFC 5869), and
so is a name that tells which secret a file needs without telling anything about it. As the secret is random and long,
nothing has to be slow: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass, field

from app.core.errors import UsageFault

SECRET_BYTES = 20
KEY_BYTES = 32
KEY_ID_BYTES = 8
GROUP = 4

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BITS = 5
_SECRET_CHARACTERS = SECRET_BYTES * 8 // _BITS
_CHECK_CHARACTERS = 4
_CODE_CHARACTERS = _SECRET_CHARACTERS + _CHECK_CHARACTERS
# Crockford leaves I, L, O and U out: whoever writes one meant its neighbour.
_MEANT = str.maketrans("ILOU", "110V")
_IGNORED = frozenset("-_.·—–")
_SALT = b"wardnote data folder 1"


@dataclass(frozen=True, slots=True)
class RecoverySecret:
    """160 bits. Never logged and never shown but as `code`."""

    value: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.value) != SECRET_BYTES:
            raise ValueError("a secret of another length")

    @classmethod
    def new(cls) -> RecoverySecret:
        """A fresh random one."""
        return cls(secrets.token_bytes(SECRET_BYTES))

    @classmethod
    def parse(cls, text: str) -> RecoverySecret:
        """Read a recovery code as a person writes it: any case, spaces, dashes, full-width letters, O for 0, I for 1.

        Raises UsageFault for what is no code: too short, a strange character, or a check that does not fit.
        """
        letters = _letters(text)
        if len(letters) != _CODE_CHARACTERS:
            raise UsageFault(f"恢复码应有 {_CODE_CHARACTERS} 个字符，输入的有 {len(letters)} 个：请对照检查。")
        strange = sorted(set(letters) - set(_ALPHABET))
        if strange:
            raise UsageFault(f"恢复码里不会有“{strange[0]}”：请对照检查。")
        secret = cls(_decoded(letters[:_SECRET_CHARACTERS]))
        if not hmac.compare_digest(_check(secret.value), letters[_SECRET_CHARACTERS:]):
            raise UsageFault("恢复码有字符抄错了（校验不符）：请逐组对照检查。")
        return secret

    @property
    def code(self) -> str:
        """The recovery code: nine groups of four, joined by dashes."""
        letters = _base32(int.from_bytes(self.value, "big"), _SECRET_CHARACTERS) + _check(self.value)
        return "-".join(letters[start : start + GROUP] for start in range(0, len(letters), GROUP))

    @property
    def key(self) -> bytes:
        """The 256-bit key of the database."""
        return hkdf_sha256(self.value, _SALT, b"database key", KEY_BYTES)

    @property
    def key_id(self) -> str:
        """Which secret this is, in hexadecimal; may be known by everybody."""
        return hkdf_sha256(self.value, _SALT, b"key id", KEY_ID_BYTES).hex()


def hkdf_sha256(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869 with SHA-256."""
    pseudorandom = hmac.digest(salt, secret, "sha256")
    output, block, number = b"", b"", 0
    while len(output) < length:
        number += 1
        block = hmac.digest(pseudorandom, block + info + bytes([number]), "sha256")
        output += block
    return output[:length]


def _letters(text: str) -> str:
    # A Chinese input method may leave full-width letters.
    plain = unicodedata.normalize("NFKC", text).upper().translate(_MEANT)
    return "".join(letter for letter in plain if not letter.isspace() and letter not in _IGNORED)


def _check(secret: bytes) -> str:
    digest = hashlib.sha256(b"wardnote recovery code" + secret).digest()
    bits = int.from_bytes(digest, "big") >> (len(digest) * 8 - _CHECK_CHARACTERS * _BITS)
    return _base32(bits, _CHECK_CHARACTERS)


def _base32(number: int, characters: int) -> str:
    return "".join(_ALPHABET[number >> (_BITS * place) & 31] for place in reversed(range(characters)))


def _decoded(letters: str) -> bytes:
    number = 0
    for letter in letters:
        number = number << _BITS | _ALPHABET.index(letter)
    return number.to_bytes(SECRET_BYTES, "big")
