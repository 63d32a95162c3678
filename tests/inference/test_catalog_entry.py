"""A model's entry in the hospital's catalog: its name, its hashes, and that the catalog reads it back."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import EnvironmentFault, ModelFileFault, UsageFault
from app.inference.catalog import NAME, Catalog, SourceKind
from app.inference.catalog_entry import entry_name, hashed, toml_entry, write_entry
from app.inference.files import check_files
from app.inference.recognition import Recognised


@pytest.fixture
def model(tmp_path: Path) -> Recognised:
    folder = tmp_path / "models"
    folder.mkdir()
    for name, content in (("config.json", b"{}"), ("model.safetensors", b"weights" * 100)):
        (folder / name).write_bytes(content)
    files = tuple(sorted(folder.iterdir()))
    return Recognised(SourceKind.HUGGINGFACE, folder, files, 4096, has_template=True)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/srv/Ward-7B.Q4_K_M.gguf", "ward-7b.q4_k_m"),
        ("/srv/病房 Model 7B", "model-7b"),
        ("/srv/ｗａｒｄ", "ward"),
        ("/srv/--..a..--", "a"),
        ("/srv/" + "x" * 99, "x" * 64),
    ],
)
def test_a_name_is_made_from_the_path(path: str, name: str) -> None:
    assert entry_name(None, Path(path), []) == name


@given(st.text(st.characters(blacklist_characters="/\0", blacklist_categories=("Cs",)), min_size=1))
def test_a_made_name_is_a_name_or_asked_for(text: str) -> None:
    try:
        assert NAME.fullmatch(entry_name(None, Path("/srv") / text, []))
    except UsageFault as fault:
        assert "--name" in str(fault)


@pytest.mark.parametrize("wanted", ["", "a b", "病房", "../x", "-x", "a" * 65])
def test_a_wanted_name_is_taken_as_it_is_or_refused(wanted: str) -> None:
    assert entry_name("Ward-7B", Path("/srv/x"), []) == "Ward-7B"
    with pytest.raises(UsageFault, match="模型名只能由"):
        entry_name(wanted, Path("/srv/x"), [])


@pytest.mark.parametrize("wanted", [None, "smollm2-135m"])
def test_a_known_name_is_refused(wanted: str | None) -> None:
    with pytest.raises(UsageFault, match="已有名为 smollm2-135m 的模型：请用 --name 另取"):
        entry_name(wanted, Path("/srv/smollm2-135m.gguf"), ["smollm2-135m"])


def test_every_file_is_hashed_with_progress(model: Recognised) -> None:
    fractions: list[float] = []
    files = hashed(model, fractions.append)
    assert [(Path(file.path).name, file.size) for file in files] == [("config.json", 2), ("model.safetensors", 700)]
    assert files[0].sha256 == hashlib.sha256(b"{}").hexdigest()
    assert fractions == [pytest.approx(2 / 702), 1.0]
    check_files(files)


def test_a_file_that_vanishes_is_said(model: Recognised) -> None:
    def remove(fraction: float) -> None:
        model.files[1].unlink(missing_ok=True)

    with pytest.raises(ModelFileFault, match="模型文件无法读取"):
        hashed(model, remove)


def test_the_catalog_reads_what_was_written(model: Recognised, tmp_path: Path) -> None:
    files = hashed(model, lambda fraction: None)
    written = write_entry(tmp_path / "data" / "catalog", "ward-7b", "病房 “7B”\\n", model, files)
    assert written == tmp_path / "data" / "catalog" / "ward-7b.toml"
    assert list(written.parent.iterdir()) == [written]
    (read,) = Catalog.read(tmp_path / "none", [written.parent], tmp_path).models
    assert (read.name, read.title, read.kind, read.folder) == ("ward-7b", "病房 “7B”\\n", model.kind, model.folder)
    assert read.files == files
    assert read.engines == ("bigdl",) and not read.demonstration
    assert read.context_tokens == 4096


@given(title=st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), min_size=1))
def test_any_title_survives(title: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp() / "titles"
    folder.mkdir(exist_ok=True)
    path = folder / "a.bin"
    path.write_bytes(b"x")
    model = Recognised(SourceKind.INT4_FOLDER, folder, (path,), 1, has_template=False)
    (folder / "a.toml").write_text(
        toml_entry("a", title, model, hashed(model, lambda _: None)), encoding="utf-8", newline=""
    )
    (read,) = Catalog.read(folder / "none", [folder], folder).models
    assert read.title == title


def test_what_is_there_is_not_replaced(model: Recognised, tmp_path: Path) -> None:
    (tmp_path / "ward.toml").write_text("mine")
    with pytest.raises(UsageFault, match=r"ward\.toml 已经存在"):
        write_entry(tmp_path, "ward", "t", model, ())
    assert (tmp_path / "ward.toml").read_text() == "mine"


def test_a_place_that_cannot_be_written_is_said(model: Recognised, tmp_path: Path) -> None:
    (tmp_path / "catalog").write_text("no folder")
    with pytest.raises(EnvironmentFault, match=r"无法写入 .*ward\.toml"):
        write_entry(tmp_path / "catalog", "ward", "t", model, ())


def test_an_interrupted_write_leaves_no_half_catalog(
    model: Recognised, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_entry(tmp_path / "catalog", "ward", "t", model, ())
    assert list((tmp_path / "catalog").iterdir()) == []


def test_a_path_that_is_no_text_is_said(model: Recognised, tmp_path: Path) -> None:
    odd = Recognised(model.kind, Path("/srv/\udcff"), model.files, 1, has_template=True)
    with pytest.raises(UsageFault, match="无法识别的字符"):
        write_entry(tmp_path, "ward", "t", odd, ())
