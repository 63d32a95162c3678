#!/usr/bin/env python3
"""Checks the Authenticode signature of every program file of a folder; run with the build's own tools.

    python check_signatures.py FOLDER SIGNER...

Exit code 1, and a line for each file, if one is unsigned, changed, or signed by nobody whose name has a SIGNER in it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any
from unittest import mock

SUFFIXES = {".exe", ".dll", ".pyd"}


def authenticode() -> Any:
    """signify's class. Its oscrypto 1.3.0 does not understand versions of OpenSSL such as 3.0.19, with two digits."""
    search = re.search

    def patient(pattern: Any, text: Any, *flags: Any) -> Any:
        wanted = r"\b(\d\.\d\.\d+[a-z]*)\b" if pattern == r"\b(\d\.\d\.\d[a-z]*)\b" else pattern
        return search(wanted, text, *flags)

    with mock.patch.object(re, "search", patient):
        import oscrypto.asymmetric  # type: ignore[import-not-found]  # noqa: F401
    from signify.authenticode import AuthenticodeFile  # type: ignore[import-not-found]

    return AuthenticodeFile


def fault_of(path: Path, signers: list[str], kind: Any) -> str | None:
    """What is wrong with a file's signature, or None."""
    with path.open("rb") as file:
        try:
            signed = kind.from_stream(file)
            signed.verify()
            names = [certificate.subject.dn for one in signed.signatures for certificate in one.certificates]
        except Exception as error:
            return f"{type(error).__name__}: {error}"
    if any(signer in name for signer in signers for name in names):
        return None
    return f"signed by others: {'; '.join(names)}"


def main(arguments: list[str]) -> int:
    """Check all; the return value is the exit code."""
    folder, *signers = arguments
    kind = authenticode()
    files = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in SUFFIXES)
    faults = {path: fault for path in files if (fault := fault_of(path, signers, kind))}
    for path, fault in faults.items():
        print(f"{path.name}: {fault}")
    print(f"{len(files) - len(faults)} of {len(files)} files are as they were signed")
    return 1 if faults or not files else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
