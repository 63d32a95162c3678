"""Who made a pack: an Ed25519 signature over its manifest, and whom this workstation trusts."""

from __future__ import annotations

import base64
import binascii
import json
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.core.errors import EnvironmentFault, ModelFileFault, UsageFault

SIGNATURE_NAME = "pack.sig"
MAX_SIGNATURE_BYTES = 4096
# What is signed begins with this, so that no signature over something else is taken for one.
_PURPOSE = b"wardnote model pack 1\n"


@dataclass(frozen=True, slots=True)
class PackTrust:
    """Public keys (base64) whose packs are taken here, and whether others are, too: what the policy says."""

    keys: frozenset[str] = frozenset()
    allow_unsigned: bool = False

    def check(self, manifest: bytes, signature: bytes | None, where: str) -> str:
        """The key that signed the manifest; empty if none did and that is allowed. Raises ModelFileFault.

        A signature that does not fit is refused in any case: something was changed after it was made.
        """
        signer = _signer(manifest, signature, where) if signature is not None else ""
        if signer in self.keys or self.allow_unsigned:
            return signer
        how = "的签名者不在本机信任的名单中" if signer else "没有签名"
        raise ModelFileFault(
            f"模型包 {where} {how}，已拒绝安装：请信息科在策略文件 policy.toml 的 [packs] trusted 中加入制作者的公钥"
        )


def _signer(manifest: bytes, signature: bytes, where: str) -> str:
    try:
        document = json.loads(signature)
        key, value = (base64.b64decode(document[field], validate=True) for field in ("key", "signature"))
        Ed25519PublicKey.from_public_bytes(key).verify(value, _PURPOSE + manifest)
    except (InvalidSignature, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelFileFault(f"模型包 {where} 的签名与内容不符，模型包已损坏或被改动，已拒绝安装") from error
    return base64.b64encode(key).decode()


def is_public_key(text: str) -> bool:
    """Whether a text is a key as `public_text` writes it."""
    try:
        return len(base64.b64decode(text, validate=True)) == 32
    except (binascii.Error, ValueError):
        return False


def new_key(path: Path) -> Ed25519PrivateKey:
    """Make a key and write it (PEM, without a password, for its owner alone). Raises UsageFault, EnvironmentFault."""
    key = Ed25519PrivateKey.generate()
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    data = key.private_bytes(encoding, form, serialization.NoEncryption())
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
    except FileExistsError as error:
        raise UsageFault(f"{path} 已经存在，没有改动") from error
    except OSError as error:
        raise EnvironmentFault(f"无法写入密钥 {path}（{error.strerror}），请检查权限和磁盘空间") from error
    return key


def read_key(path: Path) -> Ed25519PrivateKey:
    """A private key in a PEM file without a password. Raises UsageFault."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise UsageFault(f"密钥 {path} 无法读取：{error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise UsageFault(f"{path} 不是没有口令的 PEM 私钥") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageFault(f"{path} 不是 Ed25519 私钥：请用 wardnote models pack-key 生成")
    return key


def public_text(key: Ed25519PrivateKey) -> str:
    """Its public key as policies name it: base64 of the 32 bytes."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def sign(manifest: bytes, key: Ed25519PrivateKey) -> bytes:
    """The text of `pack.sig`."""
    signature = base64.b64encode(key.sign(_PURPOSE + manifest)).decode()
    return (json.dumps({"key": public_text(key), "signature": signature}, indent=1) + "\n").encode()
