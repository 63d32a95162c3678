"""What is taken away with a model, and what is not."""

from __future__ import annotations

from pathlib import Path

from app.inference.removal import remove
from app.inference.store import model_folder
from tests.helpers.catalog_models import a_catalog_model, make_ready

ENTRY = '[[model]]\nname = "{}"\n'


def test_what_was_made_and_the_entry_go_the_source_stays(tmp_path: Path) -> None:
    store, catalog, source = (tmp_path / name for name in ("store", "catalog", "source"))
    catalog.mkdir()
    source.mkdir()
    (source / "ward-7b.gguf").write_bytes(b"GGUF")
    (catalog / "ward-7b.toml").write_text(ENTRY.format("ward-7b"))
    model = a_catalog_model(source)
    make_ready(store, model, "bigdl")
    assert remove(model, store, catalog) == (model_folder(store, model), catalog / "ward-7b.toml")
    assert not any(store.iterdir()) and not any(catalog.iterdir())
    assert (source / "ward-7b.gguf").exists()
    assert remove(model, store, catalog) == ()


def test_an_entry_beside_others_is_left_to_its_owner(tmp_path: Path) -> None:
    (tmp_path / "ward-7b.toml").write_text(ENTRY.format("ward-7b") + ENTRY.format("ward-14b"))
    assert remove(a_catalog_model(tmp_path), tmp_path / "store", tmp_path) == ()
    assert (tmp_path / "ward-7b.toml").exists()
