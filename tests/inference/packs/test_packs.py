"""Packs: made from prepared folders, installed elsewhere; nothing that was changed, cut or smuggled in gets through."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.core.errors import EnvironmentFault, ModelFileFault, UsageFault
from app.inference.catalog import Catalog, CatalogModel, SourceKind
from app.inference.files import check_files
from app.inference.packs import installing
from app.inference.packs.installing import Pack, install_pack, read_pack
from app.inference.packs.making import make_pack
from app.inference.packs.manifest import PackManifest
from app.inference.packs.signature import PackTrust, public_text
from app.inference.prepared import CheckedFile
from app.inference.store import Manifest, model_folder, prepared_folder, read_manifest, write_manifest
from tests.helpers.catalog_models import CHATML, a_catalog_model, make_ready

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
TRUST = PackTrust(frozenset({public_text(KEY)}))
FORMS = ("pack", "pack.wnpack")


def silent(*_: object) -> None:
    pass


class Site(NamedTuple):
    """A machine: its store and its hospital's catalog."""

    store: Path
    hospital: Path

    @property
    def catalog(self) -> Catalog:
        return Catalog.read(self.store / "none", (self.hospital,), self.store)

    def install(self, pack: Pack, report: Callable[[str, float], None] = silent) -> tuple[str, ...]:
        return install_pack(pack, self.catalog, self.store, self.hospital, report)


@pytest.fixture
def model(tmp_path: Path) -> CatalogModel:
    model = a_catalog_model(tmp_path / "source")
    for engine in ("bigdl", "openvino"):
        make_ready(tmp_path / "made", model, engine)
    return model


@pytest.fixture
def ward(tmp_path: Path) -> Site:
    return Site(tmp_path / "病房 store", tmp_path / "data" / "catalog")


def packed(tmp_path: Path, model: CatalogModel, form: str = "pack", key: Ed25519PrivateKey | None = KEY) -> Path:
    make_pack([model], tmp_path / "made", tmp_path / form, silent, key=key)
    return tmp_path / form


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("form", FORMS)
def test_another_machine_gets_the_same_files_and_an_entry(
    form: str, tmp_path: Path, model: CatalogModel, ward: Site
) -> None:
    pack = read_pack(packed(tmp_path, model, form), TRUST)
    seen: list[tuple[str, float]] = []
    assert ward.install(pack, lambda *step: seen.append(step)) == ("ward-7b",)
    assert seen[-1] == ("ward-7b", 1.0)
    (there,) = ward.catalog.models
    assert replace(there, folder=model.folder, files=model.files) == model
    assert there.source_sha256 == model.source_sha256
    for engine in ("bigdl", "openvino"):
        here, made = prepared_folder(ward.store, there, engine), prepared_folder(tmp_path / "made", model, engine)
        assert everything(here) == everything(made)
        assert read_manifest(here, there)
    assert ward.install(pack) == ()
    assert sorted(path.name for path in model_folder(ward.store, there).iterdir()) == ["bigdl", "openvino"]


@pytest.mark.parametrize("form", FORMS)
def test_the_same_models_make_the_same_pack(form: str, tmp_path: Path, model: CatalogModel) -> None:
    first, second = (packed(tmp_path, model, f"{turn}-{form}") for turn in "ab")
    assert (everything(first) == everything(second)) if first.is_dir() else (first.read_bytes() == second.read_bytes())


def test_only_the_engine_that_was_asked_for_is_packed(tmp_path: Path, model: CatalogModel, ward: Site) -> None:
    make_pack([model], tmp_path / "made", tmp_path / "pack", silent, engine="openvino", key=KEY)
    ward.install(read_pack(tmp_path / "pack", TRUST))
    assert read_manifest(prepared_folder(ward.store, model, "bigdl"), model) is None
    with pytest.raises(EnvironmentFault, match="尚未准备好（引擎 bigdl）"):
        make_pack([model], tmp_path / "none", tmp_path / "other", silent, engine="bigdl")


def test_a_folder_that_is_used_where_it_lies_travels_too(tmp_path: Path, ward: Site) -> None:
    own = tmp_path / "医院 models"
    own.mkdir()
    (own / "openvino_model.bin").write_bytes(b"weights")
    file = CheckedFile(str(own / "openvino_model.bin"), sha256(b"weights"), 7)
    model = a_catalog_model(own, kind=SourceKind.IR_FOLDER, files=(file,))
    folder = prepared_folder(tmp_path / "made", model, "openvino")
    folder.mkdir(parents=True)
    write_manifest(
        folder, Manifest("openvino/1/2", model.source_sha256, "int4", str(own), CHATML, (), model.files, None)
    )
    ward.install(read_pack(packed(tmp_path, model), TRUST))
    there = prepared_folder(ward.store, ward.catalog.get("ward-7b"), "openvino")
    manifest = read_manifest(there, ward.catalog.get("ward-7b"))
    assert manifest and manifest.path == "."
    check_files([replace(one, path=str(there / one.path)) for one in manifest.files])


@pytest.mark.parametrize("form", FORMS)
def test_whom_the_policy_does_not_name_is_refused(form: str, tmp_path: Path, model: CatalogModel) -> None:
    unsigned = packed(tmp_path, model, f"u-{form}", key=None)
    strange = packed(tmp_path, model, f"s-{form}", key=OTHER)
    with pytest.raises(ModelFileFault, match=r"没有签名.*policy\.toml"):
        read_pack(unsigned, TRUST)
    with pytest.raises(ModelFileFault, match="签名者不在本机信任的名单中"):
        read_pack(strange, TRUST)
    for keys in (frozenset(), TRUST.keys):
        assert read_pack(unsigned, PackTrust(keys, allow_unsigned=True)).signer == ""
        assert read_pack(strange, PackTrust(keys, allow_unsigned=True)).signer == public_text(OTHER)


def test_a_manifest_that_was_changed_after_signing_is_refused_even_where_unsigned_ones_are_taken(
    tmp_path: Path, model: CatalogModel
) -> None:
    pack = packed(tmp_path, model)
    text = (pack / "pack.json").read_text(encoding="utf-8")
    (pack / "pack.json").write_text(text.replace("Apache-2.0", "Apache-3.0"), encoding="utf-8")
    for trust in (TRUST, PackTrust(allow_unsigned=True)):
        with pytest.raises(ModelFileFault, match="签名与内容不符"):
            read_pack(pack, trust)
    for text in ("{}", "[]", "x", "", '{"key": "", "signature": ""}', "[" * 3000):
        (pack / "pack.sig").write_text(text)
        with pytest.raises(ModelFileFault, match="签名与内容不符"):
            read_pack(pack, PackTrust(allow_unsigned=True))


def test_a_changed_file_is_named_and_nothing_of_its_folder_is_installed(
    tmp_path: Path, model: CatalogModel, ward: Site
) -> None:
    pack = packed(tmp_path, model)
    file = pack / "ward-7b" / "openvino" / "weights.bin"
    for changed in (file.read_bytes()[:-1] + b"X", file.read_bytes() + b"X", file.read_bytes()[:-1]):
        file.write_bytes(changed)
        with pytest.raises(ModelFileFault, match=r"ward-7b/openvino/weights\.bin 校验值不符"):
            ward.install(read_pack(pack, TRUST))
        assert not prepared_folder(ward.store, model, "openvino").exists()
    assert read_manifest(prepared_folder(ward.store, model, "bigdl"), model)


def test_a_link_in_a_folder_pack_is_refused(tmp_path: Path, model: CatalogModel, ward: Site) -> None:
    pack = packed(tmp_path, model)
    file = pack / "ward-7b" / "bigdl" / "weights.bin"
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ModelFileFault, match="不是普通文件"):
        ward.install(read_pack(pack, TRUST))


@pytest.mark.parametrize("form", FORMS)
def test_what_was_interrupted_goes_on_where_it_stopped(
    form: str, tmp_path: Path, model: CatalogModel, ward: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = read_pack(packed(tmp_path, model, form), TRUST)
    monkeypatch.setattr(installing, "_CHUNK", 4)

    def stop(name: str, fraction: float) -> None:
        if fraction > 0.2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ward.install(pack, stop)
    assert list(ward.catalog.models) == []
    kept = sum(len(data) for data in everything(ward.store).values())
    assert kept > 0
    read: list[int] = []
    original = installing._next
    monkeypatch.setattr(installing, "_next", lambda *a: (data := original(*a), read.append(len(data)))[0])
    assert ward.install(pack) == ("ward-7b",)
    assert sum(read) == pack.manifest.size - kept


def test_what_an_interruption_garbled_is_copied_again(tmp_path: Path, model: CatalogModel, ward: Site) -> None:
    pack = read_pack(packed(tmp_path, model), TRUST)
    partial = model_folder(ward.store, model) / "bigdl.installing"
    partial.mkdir(parents=True)
    (partial / "weights.bin").write_bytes(b"\0\0\0\0")
    assert ward.install(pack) == ("ward-7b",)
    assert everything(prepared_folder(ward.store, model, "bigdl")) == everything(
        prepared_folder(tmp_path / "made", model, "bigdl")
    )


def test_a_damaged_installation_is_made_whole(tmp_path: Path, model: CatalogModel, ward: Site) -> None:
    pack = read_pack(packed(tmp_path, model), TRUST)
    ward.install(pack)
    file = prepared_folder(ward.store, model, "bigdl") / "weights.bin"
    file.write_bytes(b"x" * file.stat().st_size)
    assert ward.install(pack) == ("ward-7b",)
    assert file.read_bytes() == b"ward-7b bigdl"


def test_a_disk_without_room_is_told_before_anything_is_written(
    tmp_path: Path, model: CatalogModel, ward: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = read_pack(packed(tmp_path, model), TRUST)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(EnvironmentFault, match="磁盘空间不足"):
        ward.install(pack)
    assert not ward.store.exists()


def test_another_model_of_the_same_name_is_not_overwritten(tmp_path: Path, model: CatalogModel, ward: Site) -> None:
    other = replace(model, files=(replace(model.files[0], sha256="a" * 64),))
    pack = read_pack(packed(tmp_path, model), TRUST)
    with pytest.raises(ModelFileFault, match="已有另一个名为 ward-7b 的模型"):
        install_pack(pack, Catalog([other]), ward.store, ward.hospital, silent)


def test_a_model_of_the_programs_own_catalog_gets_no_second_entry(
    tmp_path: Path, model: CatalogModel, ward: Site
) -> None:
    pack = read_pack(packed(tmp_path, model), TRUST)
    assert install_pack(pack, Catalog([model]), ward.store, ward.hospital, silent) == ("ward-7b",)
    assert not ward.hospital.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("path", "../../evil"),
        ("path", "/etc/passwd"),
        ("path", "ward-7b/bigdl/..\\evil"),
        ("path", "ward-7b/bigdl/nul:x"),
        ("path", "ward-7b/other/x"),
        ("path", "ward-7b/bigdl/../x"),
        ("path", ""),
        ("path", 1),
        ("size", -1),
        ("size", True),
        ("size", "9"),
        ("sha256", "A" * 64),
        ("sha256", "aa"),
    ],
)
def test_a_manifest_leads_nowhere_else(field: str, value: object, tmp_path: Path, model: CatalogModel) -> None:
    pack = packed(tmp_path, model, key=None)
    document = json.loads((pack / "pack.json").read_text(encoding="utf-8"))
    document["models"][0]["folders"][0]["files"][0][field] = value
    (pack / "pack.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(ModelFileFault, match="清单"):
        read_pack(pack, PackTrust(allow_unsigned=True))


@pytest.mark.parametrize("text", ["", "{}", "[]", "[" * 3000, '{"format": "other/9"}', "\xff"])
def test_what_is_no_manifest_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(ModelFileFault, match=r"x\.wnpack"):
        PackManifest.parse(text.encode("latin-1"), "x.wnpack")


def test_a_file_that_no_manifest_of_the_engine_names_is_refused(
    tmp_path: Path, model: CatalogModel, ward: Site
) -> None:
    """What a loader might read without its hash being known."""
    pack = packed(tmp_path, model, key=None)
    document = json.loads((pack / "pack.json").read_text(encoding="utf-8"))
    (pack / "ward-7b" / "bigdl" / "evil.py").write_bytes(b"")
    extra = {"path": "ward-7b/bigdl/evil.py", "sha256": sha256(b""), "size": 0}
    document["models"][0]["folders"][0]["files"].append(extra)
    (pack / "pack.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(ModelFileFault, match="bigdl 文件夹不完整"):
        ward.install(read_pack(pack, PackTrust(allow_unsigned=True)))
    assert not prepared_folder(ward.store, model, "bigdl").exists()


def test_what_is_no_pack_is_refused(tmp_path: Path, model: CatalogModel) -> None:
    with pytest.raises(UsageFault, match="没有找到模型包"):
        read_pack(tmp_path / "nothing", TRUST)
    (tmp_path / "text.wnpack").write_text("text")
    with pytest.raises(ModelFileFault, match="不是模型包，或没有复制完整"):
        read_pack(tmp_path / "text.wnpack", TRUST)
    with pytest.raises(ModelFileFault, match=r"没有可读的 pack\.json"):
        read_pack(tmp_path, TRUST)
    whole = packed(tmp_path, model, "whole.wnpack").read_bytes()
    (tmp_path / "cut.wnpack").write_bytes(whole[:-30])
    with pytest.raises(ModelFileFault, match="没有复制完整"):
        read_pack(tmp_path / "cut.wnpack", TRUST)


def test_a_damaged_file_pack_is_refused_by_name(tmp_path: Path, model: CatalogModel, ward: Site) -> None:
    file = packed(tmp_path, model, "pack.wnpack")
    data = file.read_bytes()
    file.write_bytes(data.replace(b"ward-7b openvino", b"ward-7b openvinX", 1))
    with pytest.raises(ModelFileFault, match=r"openvino/weights\.bin"):
        ward.install(read_pack(file, TRUST))
    with zipfile.ZipFile(tmp_path / "bomb.wnpack", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("pack.json", b" " * (17 << 20))
    with pytest.raises(ModelFileFault, match="过大"):
        read_pack(tmp_path / "bomb.wnpack", TRUST)


def test_a_prepared_file_that_has_changed_is_not_packed(tmp_path: Path, model: CatalogModel) -> None:
    (prepared_folder(tmp_path / "made", model, "bigdl") / "weights.bin").write_bytes(b"changed")
    for form in FORMS:
        with pytest.raises(ModelFileFault, match=r"weights\.bin 的校验值不符"):
            packed(tmp_path, model, form)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made"]


def test_an_output_that_exists_is_left_alone(tmp_path: Path, model: CatalogModel) -> None:
    packed(tmp_path, model)
    with pytest.raises(UsageFault, match="已经存在"):
        packed(tmp_path, model)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_a_manifest_whose_bytes_rotted_is_refused_by_name(method: int, tmp_path: Path) -> None:
    file = tmp_path / "rotten.wnpack"
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("pack.json", "".join(map(str, range(2_000))))
    data = bytearray(file.read_bytes())
    data[100:140] = bytes(40)
    file.write_bytes(data)
    with pytest.raises(ModelFileFault, match=r"pack\.json"):
        read_pack(file, TRUST)
