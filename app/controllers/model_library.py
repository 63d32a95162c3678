"""The model library of this installation and this data folder, as the window and every command open it. No Qt here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.inference.calibration import Calibration
from app.inference.catalog import Catalog
from app.inference.library import EngineChoices, ModelLibrary
from app.infra.paths import Paths
from app.infra.resources import resource_path, resource_text
from app.settings.file import SettingsFile
from app.settings.policy import Policy

if TYPE_CHECKING:
    from app.inference.packs.signature import PackTrust

LANGUAGES = ("zh", "en")


def open_library(paths: Paths) -> ModelLibrary:
    """Reads the catalogs, the calibration, the policy and the choices of engines; touches no weights.

    Raises ModelFileFault for a wrong catalog, PolicyFault for a wrong policy.
    """
    policy = Policy.of(paths)
    catalog = Catalog.read(resource_path("catalog"), (*policy.catalogs, paths.hospital_catalog), paths.models)
    chosen = {} if policy.sets("models.engine") else SettingsFile(paths.settings).load().engines
    return ModelLibrary(
        catalog,
        paths.models,
        Calibration.read(paths.calibration),
        policy.servers,
        EngineChoices(policy.engine, chosen),
    )


def pack_trust(paths: Paths) -> PackTrust:
    """Whose model packs the policy lets in. Raises PolicyFault."""
    from app.inference.packs.signature import PackTrust

    policy = Policy.of(paths)
    return PackTrust(policy.pack_keys, policy.may_install_unsigned)


def quality_texts() -> dict[str, str]:
    """The texts that models are proved on, by language."""
    return {language: resource_text("quality", f"{language}.txt") for language in LANGUAGES}
