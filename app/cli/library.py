"""The model library of this installation and this data folder, as every command opens it."""

from __future__ import annotations

from app.inference.calibration import Calibration
from app.inference.catalog import Catalog
from app.inference.library import ModelLibrary
from app.infra.paths import Paths
from app.infra.resources import resource_path, resource_text
from app.settings.policy import Policy

LANGUAGES = ("zh", "en")


def open_library(paths: Paths) -> ModelLibrary:
    """Reads the catalogs, the calibration and the policy; touches no weights. Raises ModelFileFault for a wrong one."""
    catalog = Catalog.read(resource_path("catalog"), paths.hospital_catalog, paths.models)
    return ModelLibrary(catalog, paths.models, Calibration.read(paths.calibration), Policy.read(paths.policy).servers)


def quality_texts() -> dict[str, str]:
    """The texts that models are proved on, by language."""
    return {language: resource_text("quality", f"{language}.txt") for language in LANGUAGES}
