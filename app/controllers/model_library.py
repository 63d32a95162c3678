"""The model library of this installation and this data folder, as the window and every command open it. No Qt here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.inference.calibration import Calibration
from app.inference.catalog import Catalog
from app.inference.library import EngineChoices, ModelLibrary
from app.infra.paths import Paths, packs_of_setup
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


def offered_pack(paths: Paths) -> Path | None:
    """The model pack that is there to be installed: the policy's, or else the one that the setup laid down.

    Raises PolicyFault.
    """
    if (place := Policy.of(paths).pack_place) is not None:
        return place
    folder = packs_of_setup()
    laid_down = sorted(folder.iterdir()) if folder is not None and folder.is_dir() else []
    return laid_down[0] if laid_down else None


def quality_texts() -> dict[str, str]:
    """The texts that models are proved on, by language."""
    return {language: resource_text("quality", f"{language}.txt") for language in LANGUAGES}
