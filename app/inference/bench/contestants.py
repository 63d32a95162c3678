"""Who takes part for one model: the program on each engine that it is ready for, and each bare library beside it."""

from __future__ import annotations

from dataclasses import replace

from app.inference.bench.own_path import OwnPath
from app.inference.bench.peer_path import PeerPath
from app.inference.bench.workload import Contestant
from app.inference.catalog import CatalogModel, SourceKind
from app.inference.library import ModelLibrary
from app.inference.prepared import PreparedModel


def on_every_engine(library: ModelLibrary, model: CatalogModel) -> list[PreparedModel]:
    """This model on each engine that it is ready for."""
    return [prepared for engine in model.engines if (prepared := library.prepared(model, engine))]


def contestants(library: ModelLibrary, model: CatalogModel, *, peers: bool) -> list[Contestant]:
    """All of them use the same threads; llama.cpp takes part where the model came as GGUF."""
    ready = on_every_engine(library, model)
    own = [OwnPath(prepared) for prepared in ready]
    if not peers or model.served or model.kind is SourceKind.SCRIPTED:
        return list(own)
    bare = [PeerPath(prepared.identity.engine, prepared.request) for prepared in ready]
    if ready and model.kind is SourceKind.GGUF:
        weights = max(model.files, key=lambda file: file.size).path
        bare.append(PeerPath("llama.cpp", replace(ready[0].request, path=weights)))
    return [*own, *bare]
