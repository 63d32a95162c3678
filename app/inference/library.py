"""The models that can run on this machine now, chosen by name, engine and measured speed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.core.errors import EnvironmentFault, UsageFault
from app.core.runs import ModelIdentity
from app.inference.calibration import Calibration, engine_options, physical_cores, with_settings
from app.inference.catalog import Catalog, CatalogModel, SourceKind
from app.inference.engine import LoadRequest
from app.inference.prepared import CheckedFile, PreparedModel
from app.inference.served import ENGINE, PROTOCOL, refusal
from app.inference.store import Manifest, prepared_folder, read_manifest

PANES = 3
_SERVED_RECIPE = f"{ENGINE}/{PROTOCOL}/1"
_CHOICES = ("auto", "bigdl", "openvino")


@dataclass(frozen=True, slots=True)
class EngineChoices:
    """`forced` is the engine of every model that can run on it (or `auto`); `chosen` a model's own, where it is ready.

    An engine that is asked for by name goes before both.
    """

    forced: str = "auto"
    chosen: Mapping[str, str] = field(default_factory=dict)


class ModelLibrary:
    """Reading it touches no weights: hashes are checked when a model is loaded, in its own thread.

    `servers` are the addresses (`host:port`) that models may be on; a model on another is refused.
    """

    def __init__(
        self,
        catalog: Catalog,
        store: Path,
        calibration: Calibration,
        servers: Collection[str] = frozenset(),
        engines: EngineChoices | None = None,
    ) -> None:
        self.catalog = catalog
        self.store = store
        self.calibration = calibration
        self.engines = engines or EngineChoices()
        self._servers = frozenset(servers)

    def choose(self, names: Sequence[str] | None, engine: str = "auto") -> tuple[PreparedModel, ...]:
        """The named models, or the first three that are ready, each on one engine.

        Raises UsageFault for an unknown name or engine, EnvironmentFault if a named model is not prepared for it or
        if no model is ready at all.
        """
        if engine not in _CHOICES:
            raise UsageFault(f"没有名为 {engine} 的推理引擎，可用：{'、'.join(_CHOICES)}")
        if names:
            return tuple(self._required(self.catalog.get(name), engine) for name in dict.fromkeys(names))
        ready = [best for model in self.catalog.models if (best := self._best(model, engine))][:PANES]
        if not ready:
            raise EnvironmentFault(
                "还没有可用的模型：请安装模型包（wardnote models install），或运行 wardnote models fetch 和 prepare"
            )
        return tuple(ready)

    def prepared(self, model: CatalogModel, engine: str) -> PreparedModel | None:
        """This model on this engine, if it is ready."""
        if model.kind is SourceKind.SCRIPTED:
            return _scripted(model) if engine == "scripted" else None
        if model.served:
            return self._served(model) if engine == ENGINE and self.allows(model) else None
        folder = prepared_folder(self.store, model, engine)
        manifest = read_manifest(folder, model)
        return None if manifest is None else self._ready(model, engine, folder, manifest)

    def in_use(self, model: CatalogModel) -> PreparedModel | None:
        """This model on the engine that the window takes, if it is ready."""
        return self._best(model, "auto")

    def allows(self, model: CatalogModel) -> bool:
        """Whether this workstation's policy lets text go where this model is."""
        return model.served is None or model.served.address in self._servers

    def refusals(self) -> tuple[str, ...]:
        """A sentence for each model of the catalog that the policy does not allow."""
        refused = ((model.name, model.served) for model in self.catalog.models if not self.allows(model))
        return tuple(str(refusal(name, served)) for name, served in refused if served)

    def _required(self, model: CatalogModel, engine: str) -> PreparedModel:
        found = self._best(model, engine)
        if found is None and model.served and not self.allows(model):
            raise refusal(model.name, model.served)
        if found is None:
            where = "" if engine == "auto" else f"（引擎 {engine}）"
            raise EnvironmentFault(f"模型 {model.name} 尚未准备好{where}，请运行 wardnote models prepare {model.name}")
        return found

    def _best(self, model: CatalogModel, engine: str) -> PreparedModel | None:
        """`auto` takes the engine that was chosen, else the one measured faster here; BigDL before any measurement."""
        wanted = self._wanted(model) if engine == "auto" else tuple(name for name in model.engines if name == engine)
        ready = [found for name in wanted if (found := self.prepared(model, name))]
        chosen = self.engines.chosen.get(model.name) if engine == "auto" else None
        by_choice = (found for found in ready if found.identity.engine == chosen)
        return next(by_choice, None) or min(ready, key=self.calibration.job_seconds, default=None)

    def _wanted(self, model: CatalogModel) -> tuple[str, ...]:
        return (self.engines.forced,) if self.engines.forced in model.engines else model.engines

    def _served(self, model: CatalogModel) -> PreparedModel:
        """Ready as it is: nothing is here to hash. What precision its weights have, no server tells."""
        assert model.served
        base = f"{model.served.model_id} @ {model.served.address}"
        identity = ModelIdentity(model.name, model.title, "", base, ENGINE, PROTOCOL, "unknown")
        options = (("model", model.served.model_id), ("dialect", model.served.dialect.value))
        request = LoadRequest(model.name, model.served.url, "", model.context_tokens, 0, options)
        speed = self.calibration.speed(model.name, ENGINE, _SERVED_RECIPE)
        return PreparedModel(identity, request, (), model.demonstration, speed, model.served.address, model.languages)

    def _ready(self, model: CatalogModel, engine: str, folder: Path, manifest: Manifest) -> PreparedModel:
        identity = ModelIdentity(
            model=model.name,
            title=model.title,
            model_sha256=model.sha256,
            base=model.base,
            engine=engine,
            engine_version=manifest.recipe.split("/")[1],
            quantisation=manifest.quantisation,
        )
        speed = self.calibration.speed(model.name, engine, manifest.recipe)
        request = LoadRequest(
            model=model.name,
            path=str(folder / manifest.path),
            chat_template=model.chat_template or manifest.chat_template,
            context_tokens=model.context_tokens,
            threads=physical_cores(),
            options=(*manifest.options, *engine_options(engine, speed)),
        )
        files = tuple(CheckedFile(str(folder / file.path), file.sha256, file.size) for file in manifest.files)
        ready = PreparedModel(identity, request, files, model.demonstration, speed, languages=model.languages)
        return with_settings(ready, self.calibration.settings(model.name, engine, manifest.recipe))


def _scripted(model: CatalogModel) -> PreparedModel:
    """The engine of the tests: its source is a JSON script, ready as it is."""
    identity = ModelIdentity(model.name, model.title, model.sha256, model.base, "scripted", "1", "scripted")
    request = LoadRequest(model.name, model.files[0].path, model.chat_template, model.context_tokens)
    return PreparedModel(identity, request, model.files, model.demonstration)


def recipe_of(store: Path, model: CatalogModel, engine: str) -> str:
    """How a prepared model was made; raises EnvironmentFault if it is not prepared."""
    if model.kind is SourceKind.SCRIPTED:
        return "scripted/1/1"
    if model.served:
        return _SERVED_RECIPE
    manifest = read_manifest(prepared_folder(store, model, engine), model)
    if manifest is None:
        raise EnvironmentFault(f"模型 {model.name} 尚未准备好，请运行 wardnote models prepare {model.name}")
    return manifest.recipe
