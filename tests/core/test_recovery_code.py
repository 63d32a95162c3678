from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import UsageFault
from app.core.recovery_code import SECRET_BYTES, RecoverySecret, hkdf_sha256

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
secrets = st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES).map(RecoverySecret)


def test_the_derivation_is_rfc_5869() -> None:
    """Appendix A.1 and A.2 of the standard."""
    okm = hkdf_sha256(bytes([0x0B]) * 22, bytes(range(13)), bytes(range(0xF0, 0xFA)), 42)
    assert okm.hex() == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    longer = hkdf_sha256(bytes(range(0x50)), bytes(range(0x60, 0xB0)), bytes(range(0xB0, 0x100)), 82)
    assert longer.hex().startswith(
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e"
    )


def test_what_a_code_stands_for_never_changes() -> None:
    """Codes that hospitals keep in a safe must open their files with every later version."""
    secret = RecoverySecret(bytes(range(20)))
    assert secret.code == "000G-40R4-0M30-E209-185G-R38E-1W81-24GK-PSAE"
    assert secret.key_id == "d2cde9f6b5bbf256"
    assert secret.key.hex() == "0580c80a2aaa18bb3c3ac05111e4e4449e6266f9f0a1c163bb76bcd477e9a465"


@given(secrets)
def test_a_code_reads_back(secret: RecoverySecret) -> None:
    groups = secret.code.split("-")
    assert [len(group) for group in groups] == [4] * 9
    assert set("".join(groups)) <= set(ALPHABET)
    assert RecoverySecret.parse(secret.code) == secret


@given(secrets, st.randoms(use_true_random=False))
def test_it_is_read_however_a_person_writes_it(secret: RecoverySecret, rng: random.Random) -> None:
    alike = {"0": "0oO０", "1": "1iIlL１", "V": "vVuU"}
    written = "".join(rng.choice(alike.get(letter, letter + letter.lower())) for letter in secret.code)
    for joint in ("", " ", " - ", "\u3000", "\n", "—"):
        assert RecoverySecret.parse(f"  {written.replace('-', joint)}\n") == secret


@given(secrets, st.integers(0, 35), st.integers(1, 31))
def test_one_wrong_letter_is_noticed(secret: RecoverySecret, place: int, step: int) -> None:
    letters = list(secret.code.replace("-", ""))
    letters[place] = ALPHABET[(ALPHABET.index(letters[place]) + step) % 32]
    with pytest.raises(UsageFault, match="抄错"):
        RecoverySecret.parse("".join(letters))


@pytest.mark.parametrize(
    ("text", "sentence"), [("", "36"), ("ABCD-EFGH", "8 个"), ("*" * 36, "不会有"), ("é" * 36, "不会有")]
)
def test_what_is_no_code_is_told(text: str, sentence: str) -> None:
    with pytest.raises(UsageFault, match=sentence):
        RecoverySecret.parse(text)


def test_secrets_are_new_and_unseen() -> None:
    one, other = RecoverySecret.new(), RecoverySecret.new()
    assert one != other and one.key != other.key and one.key_id != other.key_id
    assert one.value.hex() not in repr(one) and one.code not in repr(one) and repr(one.value) not in repr(one)
