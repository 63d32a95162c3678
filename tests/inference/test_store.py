"""A folder with a manifest is complete; anything that is no manifest of this source is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.inference.store import Manifest, Quality, prepared_folder, read_manifest, write_manifest
from tests.helpers.catalog_models import a_catalog_model, make_ready


def test_a_manifest_comes_back_as_it_was(tmp_path: Path) -> None:
    model = a_catalog_model(tmp_path)
    manifest = make_ready(tmp_path, model, "bigdl")
    folder = prepared_folder(tmp_path, model, "bigdl")
    assert read_manifest(folder, model) == manifest
    assert [path.name for path in folder.iterdir() if path.suffix == ".partial"] == []


def test_a_manifest_replaces_the_old_one(tmp_path: Path) -> None:
    model = a_catalog_model(tmp_path)
    make_ready(tmp_path, model, "bigdl")
    folder = prepared_folder(tmp_path, model, "bigdl")
    newer = Manifest("bigdl/3/2", model.source_sha256, "asym_int4", ".", "模板", (), (), None)
    write_manifest(folder, newer)
    assert read_manifest(folder, model) == newer


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '"text"',
        "{}",
        "\udcff",
    ],
)
def test_what_is_no_manifest_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "prepared.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert read_manifest(tmp_path, a_catalog_model(tmp_path)) is None


@pytest.mark.parametrize(
    "change",
    [
        {"recipe": "handmade"},
        {"recipe": 3},
        {"source_sha256": "0" * 64},
        {"files": [{"path": "x"}]},
        {"files": 7},
        {"options": [["lonely"]]},
        {"quality": {"perplexity": 1}},
        {"unknown": 1},
    ],
)
def test_a_manifest_that_someone_changed_is_none(change: dict[str, object], tmp_path: Path) -> None:
    model = a_catalog_model(tmp_path)
    make_ready(tmp_path, model, "bigdl")
    path = prepared_folder(tmp_path, model, "bigdl") / "prepared.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **change}), encoding="utf-8")
    assert read_manifest(path.parent, model) is None


def test_a_missing_folder_is_none(tmp_path: Path) -> None:
    assert read_manifest(tmp_path / "none", a_catalog_model(tmp_path)) is None


def test_the_ratio_is_to_the_parent() -> None:
    assert Quality("zh", 12.0, 10.0, 1.0, 0.0).ratio == pytest.approx(1.2)
