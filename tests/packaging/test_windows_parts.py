"""The parts of the Windows build that need no compiler: pins, what is left out, and the launchers' resources."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from installers import product
from installers.windows import cache, cpython, launchers, msi, pins, stage, trim
from provision.interpreter import ROOT


def test_windows_has_the_versions_that_linux_was_tested_with() -> None:
    text = pins.REQUIREMENTS.read_text(encoding="utf-8")
    windows, linux = pins.pinned(text), pins.pinned(pins.CONSTRAINTS.read_text(encoding="utf-8"))
    named = pins.pinned("\n".join((*pins.named(ROOT), *pins.EXTRA)))
    assert named.items() <= windows.items(), "packaging/build.py windows-pins makes them anew"
    assert {name: version for name, version in windows.items() if linux.get(name, version) != version} == {}


def test_every_pin_has_a_hash() -> None:
    blocks = pins.REQUIREMENTS.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    assert [block for block in blocks if block.strip() and "--hash=sha256:" not in block] == []


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("torch/lib/torch_cpu.dll", True),
        ("torch/lib/torch_cpu.lib", False),
        ("torch/include/ATen/ATen.h", False),
        ("torch/testing/_internal/common_utils.py", True),
        ("openvino/libs/openvino_intel_cpu_plugin.dll", True),
        ("openvino/libs/openvino_intel_gpu_plugin.dll", False),
        ("openvino/libs/openvino_ir_frontend.dll", True),
        ("PySide6/Qt6Core.dll", True),
        ("PySide6/Qt6Quick.dll", False),
        ("PySide6/plugins/platforms/qwindows.dll", True),
        ("PySide6/plugins/sqldrivers/qsqlite.dll", False),
        ("PySide6/translations/qtbase_zh_CN.qm", True),
        ("PySide6/translations/qtbase_de.qm", False),
        ("bigdl/llm/libs/llama.dll", True),
        ("bigdl/llm/libs/main-llama.exe", False),
        ("pip/__init__.py", False),
        ("numpy/tests/test_abc.py", False),
        ("numpy-1.26.4.dist-info/METADATA", True),
        ("lxml/etree.pyi", False),
        ("binary/part.py", True),
    ],
)
def test_what_a_ward_pc_gets(path: str, kept: bool) -> None:
    assert trim.is_kept(PurePosixPath(path)) is kept


def test_every_qt_module_that_is_imported_is_kept() -> None:
    """Every Qt module that the program imports is among what is kept."""
    imported = {
        line.split()[1].removeprefix("PySide6.")
        for file in (ROOT / "app").rglob("*.py")
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.startswith("from PySide6.")
    }
    assert {f"{module}.pyd" for module in imported} <= set(trim.QT_KEPT)


def test_the_interpreter_comes_out_of_the_archive_flat(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as data:
        data.writestr("cp311/", "")
        data.writestr("cp311/python.exe", "MZ")
    archive = tmp_path / "archive.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        member = tarfile.TarInfo(cpython.DATA)
        member.size = len(inner.getvalue())
        tar.addfile(member, io.BytesIO(inner.getvalue()))
    cpython.unpack(cpython.data_of(archive), tmp_path)
    assert (tmp_path / "python.exe").read_bytes() == b"MZ"


def test_the_interpreter_looks_nowhere_else() -> None:
    assert stage.SEARCH_PATH.split() == ["python311.zip", ".", r"..\packages", r"..\program"]


def test_the_launchers_say_who_they_are() -> None:
    template = (Path(launchers.__file__).parent / "launcher.rc").read_text(encoding="utf-8")
    script = launchers.filled(template, launchers.names("1.2.3", launchers.WINDOW))
    assert "FILEVERSION 1,2,3,0" in script
    assert f'VALUE "FileDescription", "{product.CHINESE_NAME}"' in script
    assert "@" not in script
    with pytest.raises(KeyError):
        launchers.filled("@UNKNOWN@", {})


def test_what_was_interrupted_is_not_taken_for_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARDNOTE_CACHE", str(tmp_path))

    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.kept("thing", "1", fail)
    assert list(cache.home().iterdir()) == []
    made = cache.kept("thing", "1", lambda folder: (folder / "whole").touch())
    assert cache.kept("thing", "1", fail) == made
    assert (made / "whole").exists()


def test_a_package_is_dated_by_the_commit_alone(tmp_path: Path) -> None:
    code, package = "{6AECC7F1}", tmp_path / "x.msi"
    clock = b"@\0\0\0" + bytes(range(8))
    package.write_bytes(b"tables @\0\0\0" + b"x" * 30 + code.encode() + b"\0\0" + clock * 2 + b"rest")
    msi.date(package, code, 0)
    epoch = (116_444_736_000_000_000).to_bytes(8, "little")  # 1 January 1970
    dated = b"@\0\0\0" + epoch
    assert package.read_bytes() == b"tables @\0\0\0" + b"x" * 30 + code.encode() + b"\0\0" + dated * 2 + b"rest"
