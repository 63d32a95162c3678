"""What `prepare` made: one folder per model and engine, with a manifest that says what it is and how it was proved."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from app.inference.catalog import CatalogModel, Weights
from app.inference.prepared import CheckedFile

MANIFEST = "prepared.json"


@dataclass(frozen=True, slots=True)
class Quality:
    """How a converted model compares with its unquantised parent on one text.

    Perplexities are per token (exp of the mean negative log-likelihood); `top1` is the share of positions at which
    both prefer the same token; `causality` is how much a later token moved an earlier log-likelihood (nats, largest).
    """

    language: str
    perplexity: float
    parent_perplexity: float
    top1: float
    causality: float

    @property
    def ratio(self) -> float:
        """Perplexity over the parent's: 1.0 is no loss."""
        return self.perplexity / self.parent_perplexity


@dataclass(frozen=True, slots=True)
class Manifest:
    """A prepared model. `recipe` is `engine/version/method`: another recipe prepares again.

    `source_sha256` ties it to the catalog; `path` is relative to the folder, and so are the paths of `files`.
    """

    recipe: str
    source_sha256: str
    quantisation: str
    path: str
    chat_template: str
    options: tuple[tuple[str, str], ...]
    files: tuple[CheckedFile, ...]
    quality: Quality | None


def prepared_folder(store: Path, model: CatalogModel, engine: str) -> Path:
    """Where a model that is ready for an engine lies: keyed by the hash of its source, and by its weights."""
    folder = engine if model.weights is Weights.INT4 else f"{engine}-{model.weights}"
    return model_folder(store, model) / folder


def model_folder(store: Path, model: CatalogModel) -> Path:
    """Where all that is made of a model lies, and its source file if that was fetched."""
    return store / f"{model.name}-{model.sha256[:16]}"


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Written last, so that a folder with a manifest is complete."""
    temporary = folder / f"{MANIFEST}.partial"
    temporary.write_text(manifest_text(manifest), encoding="utf-8")
    temporary.replace(folder / MANIFEST)


def manifest_text(manifest: Manifest) -> str:
    """The manifest as its file has it."""
    return json.dumps(asdict(manifest), ensure_ascii=False, indent=1)


def read_manifest(folder: Path, model: CatalogModel) -> Manifest | None:
    """The manifest of a complete folder made from this very source, else None."""
    try:
        raw = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest = Manifest(
            **{
                **raw,
                "options": tuple((str(key), str(value)) for key, value in raw["options"]),
                "files": tuple(CheckedFile(**file) for file in raw["files"]),
                "quality": Quality(**raw["quality"]) if raw["quality"] else None,
            }
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    known = manifest.source_sha256 == model.source_sha256 and str(manifest.recipe).count("/") == 2
    return manifest if known else None
