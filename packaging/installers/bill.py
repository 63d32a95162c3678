"""What hospital IT wants to know of the parts: a CycloneDX bill of materials, and the text of every licence."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

from provision.interpreter import SetupFault

from installers import product
from installers.plan import Plan
from installers.tools import answer, ensure_tools

SBOM = "sbom.cdx.json"
LICENCES = "licences"
_TEXT = re.compile(r"(licen[cs]e|copying|notice|copyright|authors|third.?party)", re.IGNORECASE)


# Wheels that carry no text of their licence.
_APACHE = ("bigdl-llm", "flatbuffers", "sentencepiece", "tokenizers")
_LGPL = ("PySide6_Essentials", "shiboken6")
_COMMON = Path("/usr/share/common-licenses")


@dataclass(frozen=True)
class SystemPackage:
    """A package of the system of which files are handed out."""

    name: str
    version: str

    @classmethod
    def installed(cls, name: str) -> SystemPackage:
        """As it is installed on this machine. Raises SetupFault."""
        return cls(name, answer(["dpkg-query", "-W", "-f", "${Version}", name], f"{name} is not installed"))

    @property
    def component(self) -> dict[str, object]:
        """As CycloneDX names it."""
        url = f"pkg:deb/debian/{self.name}@{self.version}?arch=amd64&distro=debian-12"
        return {"type": "library", "name": self.name, "version": self.version, "purl": url, "bom-ref": url}


def write_sbom(plan: Plan, python: Path, system: Sequence[SystemPackage], target: Path) -> None:
    """The bill of all packages that a Python has, and of the system's. Raises SetupFault."""
    program = ensure_tools(plan) / "cyclonedx-py"
    options = ["--output-reproducible", "--of", "JSON", "--spec-version", "1.6"]
    document = json.loads(answer([program, "environment", *options, python], "the bill of materials failed"))
    document["components"] += [package.component for package in system]
    reference = f"{product.NAME}@{plan.version}"
    licence = [{"license": {"id": "Apache-2.0"}}]
    root = {"type": "application", "name": product.NAME, "version": plan.version, "licenses": licence}
    document.setdefault("metadata", {})["component"] = {**root, "bom-ref": reference}
    needs = sorted(component["bom-ref"] for component in document["components"])
    document["dependencies"] = [
        *(one for one in document.get("dependencies", []) if one["ref"] != "root-component"),
        {"ref": reference, "dependsOn": needs},
    ]
    target.write_text(json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def collect_licences(plan: Plan, packages: Path, system: Sequence[SystemPackage], target: Path) -> None:
    """A folder of texts for each part, and a list of all licences. Raises SetupFault naming a part without a text."""
    target.mkdir(parents=True)
    lines, without = [], []
    for information in sorted(packages.glob("*.dist-info"), key=lambda path: path.name.lower()):
        about = HeaderParser().parsestr((information / "METADATA").read_text(encoding="utf-8"))
        part = f"{about['Name']}-{about['Version']}"
        texts = {text: text.relative_to(information) for text in _texts(information)}
        texts = texts or {text: Path(text.name) for text in _texts_within(packages, str(about["Name"]))}
        texts = texts or {text: Path(text.name) for text in _supplied(plan, str(about["Name"]))}
        for text, place in texts.items():
            _copy(text, target / part / place)
        if not texts:
            without.append(part)
        lines.append(
            f"{part}: {_licence(about.get('License-Expression'), about.get('License'), about.get_all('Classifier'))}\n"
        )
    for package in system:
        _copy(Path("/usr/share/doc") / package.name / "copyright", target / f"debian-{package.name}" / "copyright")
        lines.append(f"{package.name}-{package.version} (Debian): {target.name}/debian-{package.name}/copyright\n")
    _copy(plan.root / "LICENSE", target / product.NAME / "LICENSE")
    (target / "list.txt").write_text("".join(lines), encoding="utf-8")
    if without:
        raise SetupFault(f"no licence text comes with {', '.join(without)}: add it to installers/bill.py.")


def _supplied(plan: Plan, name: str) -> tuple[Path, ...]:
    """The text of a part whose wheel has none, by the licence that its metadata name."""
    if name in _APACHE:
        return (plan.root / "LICENSE",)
    if name in _LGPL:
        return (_COMMON / "LGPL-3", _COMMON / "GPL-3")
    own = Path(__file__).with_name("texts") / f"{name}-MIT.txt"
    return (own,) if own.exists() else ()


def _texts(information: Path) -> Iterator[Path]:
    for path in sorted(information.rglob("*")):
        if path.is_file() and (_TEXT.search(path.name) or "licenses" in path.relative_to(information).parts):
            yield path


def _texts_within(packages: Path, name: str) -> Iterator[Path]:
    """Texts at the top of a part's own folder. Its RECORD, which would name them, is not handed out."""
    for path in sorted((packages / name.replace("-", "_").lower()).glob("*")):
        if path.is_file() and path.suffix in ("", ".txt", ".md") and _TEXT.search(path.name):
            yield path


def _licence(expression: str | None, licence: str | None, classifiers: Sequence[str] | None) -> str:
    """What the metadata says, in one line."""
    if expression or (licence and len(licence) < 100):
        return " ".join((expression or licence or "").split())
    said = [one.rpartition(":: ")[2] for one in classifiers or () if one.startswith("License ::")]
    return ", ".join(said) or "see its text"


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
