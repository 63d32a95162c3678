"""What the window shows of each model: where it is, on which engines it runs, what it costs and gives. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.inference.catalog import CatalogModel, SourceKind
from app.inference.fetch import is_fetched
from app.inference.library import ModelLibrary
from app.inference.store import prepared_folder, read_manifest


@dataclass(frozen=True, slots=True)
class EngineCard:
    """A model on one engine. Figures are 0 where nothing was measured; `ratio` is perplexity over the parent's.

    Sizes in bytes, speeds in tokens/s. `in_use`: the window takes this one.
    """

    engine: str
    prepared: bool
    in_use: bool = False
    quantisation: str = ""
    disk_bytes: int = 0
    memory_bytes: int = 0
    ratio: float = 0.0
    top1: float = 0.0
    load_seconds: float = 0.0
    reading: float = 0.0
    writing: float = 0.0


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model of the catalog. `server` is where text would be sent, empty for a model of this computer.

    `can_fetch`: its files come over the network; `refused`: the policy does not allow its server.
    """

    name: str
    title: str
    base: str
    licence: str
    demonstration: bool
    server: str
    refused: bool
    source_bytes: int
    fetched: bool
    can_fetch: bool
    can_prepare: bool
    engines: tuple[EngineCard, ...]

    @property
    def ready(self) -> bool:
        """Whether it can be used now."""
        return any(engine.prepared for engine in self.engines)

    @property
    def whole(self) -> bool:
        """Whether it is ready on every engine that it can run on."""
        return all(engine.prepared for engine in self.engines)

    @property
    def measured(self) -> bool:
        """Whether each engine that it is ready on was measured on this machine."""
        return all(engine.writing > 0 for engine in self.engines if engine.prepared)

    @property
    def used(self) -> EngineCard | None:
        """The engine that the window takes."""
        return next((engine for engine in self.engines if engine.in_use), None)


@dataclass(frozen=True, slots=True)
class ModelListing:
    """Every model; `hospital_engine` is the engine that the policy sets for all, empty if it sets none.

    `pack` is a model pack that is there to be installed, empty if there is none.
    """

    cards: tuple[ModelCard, ...]
    hospital_engine: str = ""
    pack: str = ""


def listing(library: ModelLibrary, pack: Path | None) -> ModelListing:
    """Every model, in the order of the catalog, and the pack that is offered; touches no weights."""
    forced = library.engines.forced
    cards = tuple(_card(library, model) for model in library.catalog.models)
    return ModelListing(cards, "" if forced == "auto" else forced, str(pack) if pack else "")


def _card(library: ModelLibrary, model: CatalogModel) -> ModelCard:
    used = library.in_use(model)
    engines = tuple(
        _engine(library, model, engine, used is not None and used.identity.engine == engine) for engine in model.engines
    )
    local = model.served is None and model.kind is not SourceKind.SCRIPTED
    return ModelCard(
        name=model.name,
        title=model.title,
        base=model.base,
        licence=model.licence,
        demonstration=model.demonstration,
        server=model.served.address if model.served else "",
        refused=not library.allows(model),
        source_bytes=sum(file.size for file in model.files),
        fetched=not local or is_fetched(model),
        can_fetch=model.wheels is not None,
        can_prepare=local,
        engines=engines,
    )


def _engine(library: ModelLibrary, model: CatalogModel, engine: str, in_use: bool) -> EngineCard:
    ready = library.prepared(model, engine)
    if ready is None:
        return EngineCard(engine, prepared=False)
    local = model.served is None and model.kind is not SourceKind.SCRIPTED
    manifest = read_manifest(prepared_folder(library.store, model, engine), model) if local else None
    quality, speed = manifest.quality if manifest else None, ready.speed
    return EngineCard(
        engine=engine,
        prepared=True,
        in_use=in_use,
        quantisation=ready.identity.quantisation,
        disk_bytes=sum(file.size for file in ready.files),
        memory_bytes=speed.memory_bytes if speed else 0,
        ratio=quality.ratio if quality else 0.0,
        top1=quality.top1 if quality else 0.0,
        load_seconds=speed.load_seconds if speed else 0.0,
        reading=speed.reading if speed else 0.0,
        writing=speed.writing if speed else 0.0,
    )
