"""The build's signing, with a certificate that is made for this test and thrown away."""

from __future__ import annotations

import subprocess
from pathlib import Path

from installers.smoke import Broken, hold
from installers.windows import signing


def run(work: Path, setup: Path) -> None:
    """Sign a setup program in place through the build's own hook; what follows installs the signed one."""
    key, certificate, bundle, password = (work / name for name in ("key.pem", "cert.pem", "test.p12", "password"))
    password.write_text("only for this test")
    subject = ["-subj", "/CN=WardNote smoke test", "-addext", "extendedKeyUsage=codeSigning"]
    make = ["openssl", "req", "-x509", "-newkey", "rsa:3072", "-nodes", "-days", "2", *subject]
    _call(*make, "-keyout", key, "-out", certificate)
    _call(
        "openssl",
        "pkcs12",
        "-export",
        "-inkey",
        key,
        "-in",
        certificate,
        "-out",
        bundle,
        "-passout",
        f"file:{password}",
    )
    named = {signing.CERTIFICATE: str(bundle), signing.PASSWORD_FILE: str(password)}
    unsigned = subprocess.run(["osslsigncode", "verify", "-in", setup], capture_output=True, text=True)
    hold("No signature found" in unsigned.stderr, "without a certificate nothing is signed")
    signing.sign(setup, environment=named)
    said = _call("osslsigncode", "verify", "-CAfile", certificate, "-in", setup)
    hold(
        "WardNote smoke test" in said and "Signature verification: ok" in said, "osslsigncode verifies what was signed"
    )
    with setup.with_suffix(".changed").open("w+b") as file:
        file.write(setup.read_bytes())
        file.seek(100_000)
        file.write(b"changed")
    changed: list[str | Path] = ["osslsigncode", "verify", "-CAfile", certificate, "-in", setup.with_suffix(".changed")]
    hold(subprocess.run(changed, capture_output=True).returncode != 0, "a signed file that was changed is refused")
    setup.with_suffix(".changed").unlink()
    for secret in (key, bundle, password):
        secret.unlink()


def _call(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Broken(f"{command[0]}: {done.stdout}{done.stderr}")
    return done.stdout
