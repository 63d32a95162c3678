"""What is handed out for Linux, as far as it can be seen without building it."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from installers import product, trim
from installers.linux import deb, desktop, wheels
from installers.plan import Plan
from provision.interpreter import ROOT


def test_the_listed_packages_are_the_needs_with_a_hash_each() -> None:
    lines = [line for line in (ROOT / wheels.LOCK).read_text().splitlines() if not line.startswith("#")]
    pinned = dict(line.split(" --hash=sha256:") for line in lines)
    assert all(len(digest) == 64 for digest in pinned.values())
    names = {normal(pin.partition("==")[0]): pin.partition("==")[2].partition("+")[0] for pin in pinned}
    constraints = (ROOT / "packaging" / "constraints.txt").read_text()
    agreed = dict(line.split("==") for line in constraints.splitlines() if not line.startswith("#"))
    assert {name: version for name, version in names.items() if name in map(normal, agreed)} == {
        normal(name): version for name, version in agreed.items() if normal(name) in names
    }
    assert not {normal(name) for name in trim.UNWANTED} & set(names)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = dict(need.split("==") for need in project["dependencies"])
    assert {normal(name): version for name, version in named.items()}.items() <= names.items()


def normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def test_the_menu_entry_and_the_kind_of_file_are_valid(tmp_path: Path) -> None:
    entry = tmp_path / f"{product.APP_ID}.desktop"
    entry.write_text(desktop.entry("/opt/apps/x/files/bin/wardnote"), encoding="utf-8")
    if shutil.which("desktop-file-validate"):
        subprocess.run(["desktop-file-validate", entry], check=True)
    (kind,) = ElementTree.fromstring(desktop.mime())
    assert kind.get("type") == product.ENCOUNTER_MIME
    assert product.ENCOUNTER_MIME in desktop.entry("x")


def test_the_package_has_no_scripts_and_lies_below_opt_apps(tmp_path: Path) -> None:
    plan = Plan(ROOT, tmp_path / "work", tmp_path / "dist", "1.2.3", 1_700_000_000)
    root = tmp_path / "root"
    file = root / "opt" / "apps" / product.APP_ID / "files" / "病 name"
    file.parent.mkdir(parents=True)
    file.write_text("x")
    text = deb._fields(plan, product.APP_ID, "amd64", ", ".join(deb._DEPENDS), 1, product.SUMMARY)
    first, second = (deb._pack(plan, shutil.copytree(root, tmp_path / turn), text).read_bytes() for turn in "ab")
    assert first == second
    (built,) = plan.output.iterdir()
    assert built.name == f"{product.APP_ID}_1.2.3_amd64.deb"
    listed = subprocess.run(["dpkg-deb", "--ctrl-tarfile", built], capture_output=True, check=True).stdout
    names = subprocess.run(["tar", "-t"], input=listed, capture_output=True, check=True).stdout.decode().split()
    assert sorted(names) == ["./", "./control", "./md5sums"]


@pytest.mark.parametrize(
    ("pattern", "all_of_it"),
    [("a", ["a"]), ("a{b,c}d", ["abd", "acd"]), ("{a,b}/{c,d}", ["a/c", "a/d", "b/c", "b/d"])],
)
def test_braces_stand_for_each_of_their_parts(pattern: str, all_of_it: list[str]) -> None:
    assert list(trim.braces(pattern)) == all_of_it


def test_trimming_takes_what_is_named_and_nothing_else(tmp_path: Path) -> None:
    for name in ("torch/bin/torch_shm_manager", "torch/bin/protoc", "torch/include/x.h", "PySide6/QtQml.abi3.so"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1234")
    info = tmp_path / "hf_xet-1.8.0.dist-info"
    info.mkdir()
    (info / "RECORD").write_text("hf_xet/__init__.py,,\nhf_xet-1.8.0.dist-info/RECORD,,\n../../bin/x,,\n")
    (tmp_path / "torch-2.dist-info").mkdir()
    (tmp_path / "torch-2.dist-info" / "RECORD").write_text("../../bin/torchrun,sha256=of-this-machine,9\n")
    (tmp_path / "hf_xet").mkdir()
    (tmp_path / "hf_xet" / "__init__.py").write_text("")
    assert trim.trim(tmp_path) > 12
    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert left == ["torch/bin/torch_shm_manager"]


def test_the_qt_modules_that_the_program_imports_are_kept(tmp_path: Path) -> None:
    sources = (file.read_text(encoding="utf-8") for file in (ROOT / "app").rglob("*.py"))
    modules = {found for text in sources for found in re.findall(r"^\s*from PySide6\.(\w+) import", text, re.MULTILINE)}
    parts = {f"PySide6/{module}.abi3.so" for module in modules}
    parts |= {f"PySide6/Qt/lib/lib{module.replace('Qt', 'Qt6', 1)}.so.6" for module in modules}
    for part in parts:
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / part).touch()
    trim.trim(tmp_path)
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.so*")} == parts
    assert "QtPrintSupport" in modules
