"""What IT is told of the parts: every part has its licence, and the bill names program, packages and the system's."""

from __future__ import annotations

import json
import sysconfig
from pathlib import Path

import pytest
from installers import bill
from installers.bill import SystemPackage
from installers.plan import Plan
from provision.interpreter import ROOT, SetupFault

ZLIB = SystemPackage("zlib1g", "1:1.2.13")


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return Plan(ROOT, tmp_path / "work", tmp_path / "dist", "1.2.3", 1_700_000_000)


def distribution(packages: Path, name: str, metadata: str, *texts: str) -> None:
    folder = packages / f"{name}-1.0.dist-info"
    for text in texts:
        (folder / text).parent.mkdir(parents=True, exist_ok=True)
        (folder / text).write_text(f"{name} {text}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "METADATA").write_text(f"Name: {name}\nVersion: 1.0\n{metadata}\n", encoding="utf-8")


def test_every_licence_text_is_collected_and_what_has_none_is_named(plan: Plan, tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    distribution(
        packages, "torch", "License-Expression: BSD-3-Clause", "licenses/LICENSE", "licenses/third_party/x.txt"
    )
    distribution(
        packages,
        "old",
        "License: " + "long text " * 50 + "\nClassifier: License :: OSI Approved :: MIT License",
        "COPYING",
    )
    distribution(packages, "jieba", "License: MIT")
    distribution(packages, "tokenizers", "")
    bill.collect_licences(plan, packages, [ZLIB], tmp_path / "licences")
    found = {
        str(path.relative_to(tmp_path / "licences")) for path in (tmp_path / "licences").rglob("*") if path.is_file()
    }
    assert found == {
        "torch-1.0/licenses/LICENSE",
        "torch-1.0/licenses/third_party/x.txt",
        "old-1.0/COPYING",
        "jieba-1.0/jieba-MIT.txt",
        "tokenizers-1.0/LICENSE",
        "debian-zlib1g/copyright",
        "WardNote/LICENSE",
        "list.txt",
    }
    listed = (tmp_path / "licences" / "list.txt").read_text()
    assert "torch-1.0: BSD-3-Clause\n" in listed
    assert "old-1.0: MIT License\n" in listed
    assert "tokenizers-1.0: see its text\n" in listed


def test_a_text_within_a_parts_own_folder_counts(plan: Plan, tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    distribution(packages, "runtime", "License: MIT")
    texts = ["runtime/LICENSE", "runtime/ThirdPartyNotices.txt"]
    for place in (*texts, "runtime/notice.py", "runtime/deep/LICENSE"):
        (packages / place).parent.mkdir(parents=True, exist_ok=True)
        (packages / place).write_text(place)
    bill.collect_licences(plan, packages, [], tmp_path / "licences")
    found = sorted(path.name for path in (tmp_path / "licences" / "runtime-1.0").rglob("*"))
    assert found == ["LICENSE", "ThirdPartyNotices.txt"]


def test_all_that_is_installed_here_has_a_licence_text(plan: Plan, tmp_path: Path) -> None:
    bill.collect_licences(plan, Path(sysconfig.get_path("purelib")), [], tmp_path / "licences")


def test_a_part_without_a_licence_text_is_not_handed_out(plan: Plan, tmp_path: Path) -> None:
    distribution(tmp_path / "packages", "bare", "License: MIT")
    with pytest.raises(SetupFault, match=r"bare-1\.0"):
        bill.collect_licences(plan, tmp_path / "packages", [], tmp_path / "licences")


def test_the_bill_has_the_program_on_top_and_the_systems_parts(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {"components": [{"bom-ref": "torch==2"}], "dependencies": [{"ref": "root-component"}, {"ref": "torch==2"}]}
    monkeypatch.setattr(bill, "ensure_tools", lambda _: tmp_path)
    monkeypatch.setattr(bill, "answer", lambda *_: json.dumps(found))
    target = tmp_path / bill.SBOM
    bill.write_sbom(plan, tmp_path / "python", [ZLIB], target)
    document = json.loads(target.read_text())
    assert document["metadata"]["component"]["version"] == "1.2.3"
    assert document["components"][1]["purl"] == "pkg:deb/debian/zlib1g@1:1.2.13?arch=amd64&distro=debian-12"
    assert document["dependencies"][-1] == {
        "ref": "WardNote@1.2.3",
        "dependsOn": ["pkg:deb/debian/zlib1g@1:1.2.13?arch=amd64&distro=debian-12", "torch==2"],
    }
