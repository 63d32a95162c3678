"""Catalog models and prepared folders for tests: real manifests over invented files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from app.inference.catalog import CatalogModel, SourceKind
from app.inference.files import describe_files
from app.inference.prepared import CheckedFile
from app.inference.store import Manifest, Quality, prepared_folder, write_manifest

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
RECIPES = {"bigdl": "bigdl/2.5/1", "openvino": "openvino/2026.4/1"}


def a_catalog_model(
    folder: Path,
    name: str = "ward-7b",
    *,
    kind: SourceKind = SourceKind.GGUF,
    engine: str = "auto",
    files: tuple[CheckedFile, ...] = (),
    chat_template: str = CHATML,
    demonstration: bool = False,
) -> CatalogModel:
    """A model whose source files are these, or one file that need not exist."""
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    return CatalogModel(
        name=name,
        title=f"模型 {name}",
        base="vendor/ward",
        licence="Apache-2.0",
        languages=("zh",),
        context_tokens=4096,
        engine=engine,
        demonstration=demonstration,
        kind=kind,
        folder=folder,
        files=files or (CheckedFile(str(folder / f"{name}.gguf"), sha256, 9),),
        chat_template=chat_template,
        wheels=None,
    )


def make_ready(store: Path, model: CatalogModel, engine: str, *, template: str = CHATML) -> Manifest:
    """A prepared folder with one file, as `prepare` leaves it."""
    folder = prepared_folder(store, model, engine)
    folder.mkdir(parents=True)
    (folder / "weights.bin").write_bytes(f"{model.name} {engine}".encode())
    (found,) = describe_files(folder)
    manifest = Manifest(
        recipe=RECIPES[engine],
        source_sha256=model.source_sha256,
        quantisation="sym_int4",
        path=".",
        chat_template=template,
        options=(("optimised", "1"),),
        files=(CheckedFile("weights.bin", found.sha256, found.size),),
        quality=Quality("zh", 11.0, 10.0, 0.8, 0.1),
    )
    write_manifest(folder, manifest)
    return manifest
