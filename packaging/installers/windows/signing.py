"""Signing with the certificate of whoever builds: without one everything is built, and nothing is signed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from provision.console import say
from provision.interpreter import SetupFault

from installers import product
from installers.windows import tools

CERTIFICATE = "WARDNOTE_SIGNING_PKCS12"
PASSWORD_FILE = "WARDNOTE_SIGNING_PASSWORD_FILE"
TIMESTAMP = "WARDNOTE_SIGNING_TIMESTAMP_URL"


@dataclass(frozen=True)
class Signer:
    """A PKCS#12 file, the file that holds its password, and a time stamp server (whose use needs a network)."""

    certificate: Path
    password_file: Path | None
    timestamp: str | None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Signer | None:
        """From the environment; None if no certificate is named. Raises SetupFault for one that is not there."""
        if not environment.get(CERTIFICATE):
            return None
        certificate = Path(environment[CERTIFICATE])
        password = Path(environment[PASSWORD_FILE]) if environment.get(PASSWORD_FILE) else None
        for file in (certificate, password):
            if file is not None and not file.is_file():
                raise SetupFault(f"{file} is not there; it is named by {CERTIFICATE} or {PASSWORD_FILE}.")
        return cls(certificate, password, environment.get(TIMESTAMP) or None)

    def command(self, source: Path, target: Path) -> Sequence[str]:
        """What signs `source` into `target`."""
        command = ["osslsigncode", "sign", "-pkcs12", str(self.certificate), "-h", "sha256", "-n", product.NAME]
        if self.password_file:
            command += ["-readpass", str(self.password_file)]
        if self.timestamp:
            command += ["-ts", self.timestamp]
        return [*command, "-in", str(source), "-out", str(target)]


def sign(*files: Path, environment: Mapping[str, str] = os.environ) -> None:
    """Sign each file in place. Raises SetupFault if that fails: an unsigned one is never taken for signed."""
    signer = Signer.of(environment)
    if signer is None:
        say(f"      not signed: {', '.join(file.name for file in files)} ({CERTIFICATE} names no certificate)")
        return
    tools.supply(tools.SIGNING_NEEDS)
    for file in files:
        signed = file.with_name(f"{file.name}.signed")
        done = subprocess.run(signer.command(file, signed), capture_output=True, text=True)
        if done.returncode != 0:
            signed.unlink(missing_ok=True)
            raise SetupFault(f"{file.name} could not be signed: {done.stdout}{done.stderr}")
        signed.replace(file)
