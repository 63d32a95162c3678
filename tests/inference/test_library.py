"""Which models fill the panes, and on which engine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.core.errors import EnvironmentFault, UsageFault
from app.inference.calibration import Calibration
from app.inference.catalog import Catalog, CatalogModel, SourceKind
from app.inference.files import verify_files
from app.inference.library import EngineChoices, ModelLibrary, recipe_of
from app.inference.prepared import PreparedModel, Speed
from tests.helpers.catalog_models import CHATML, RECIPES, a_catalog_model, make_ready

SLOW, FAST = Speed(100, 5, 1), Speed(200, 10, 1)


class Shelf:
    """A library under construction."""

    def __init__(self, folder: Path) -> None:
        self.store = folder / "models"
        self.models: list[CatalogModel] = []
        self.calibration = Calibration(folder / "calibration.json", {})
        self.engines = EngineChoices()

    def add(self, name: str, *engines: str, demonstration: bool = True, **more: object) -> CatalogModel:
        """A model that is ready on these engines."""
        model = replace(a_catalog_model(self.store, name, demonstration=demonstration), **more)  # type: ignore[arg-type]
        self.models.append(model)
        for engine in engines:
            make_ready(self.store, model, engine)
        return model

    def measure(self, name: str, engine: str, speed: Speed) -> None:
        self.calibration = self.calibration.with_speed(name, engine, RECIPES[engine], speed)

    def choose(self, names: list[str] | None = None, engine: str = "auto") -> tuple[PreparedModel, ...]:
        return self.library.choose(names, engine)

    @property
    def library(self) -> ModelLibrary:
        return ModelLibrary(Catalog(self.models), self.store, self.calibration, engines=self.engines)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def chosen(models: tuple[PreparedModel, ...]) -> list[str]:
    return [f"{model.identity.model}/{model.identity.engine}" for model in models]


def test_three_that_are_ready_in_the_order_of_the_catalog(shelf: Shelf) -> None:
    for name in ("a", "b", "c", "d"):
        shelf.add(name, *([] if name == "b" else ["bigdl"]))
    assert chosen(shelf.choose()) == ["a/bigdl", "c/bigdl", "d/bigdl"]


def test_a_fourth_model_finds_no_pane(shelf: Shelf) -> None:
    for name in ("own", "a", "b", "c"):
        shelf.add(name, "bigdl", demonstration=name != "own")
    models = shelf.choose()
    assert chosen(models) == ["own/bigdl", "a/bigdl", "b/bigdl"]
    assert [model.demonstration for model in models] == [False, True, True]


def test_named_models_come_as_named_and_once(shelf: Shelf) -> None:
    for name in ("a", "b", "c", "d"):
        shelf.add(name, "bigdl")
    assert chosen(shelf.choose(["d", "a", "d"])) == ["d/bigdl", "a/bigdl"]
    assert len(shelf.choose(["a", "b", "c", "d"])) == 4


def test_bigdl_runs_before_any_measurement(shelf: Shelf) -> None:
    shelf.add("a", "openvino", "bigdl")
    assert chosen(shelf.choose()) == ["a/bigdl"]
    shelf.measure("a", "bigdl", SLOW)
    assert chosen(shelf.choose()) == ["a/bigdl"]


@pytest.mark.parametrize("faster", ["bigdl", "openvino"])
def test_auto_takes_the_engine_that_was_measured_faster(faster: str, shelf: Shelf) -> None:
    shelf.add("a", "bigdl", "openvino")
    for engine in RECIPES:
        shelf.measure("a", engine, FAST if engine == faster else SLOW)
    (model,) = shelf.choose()
    assert (model.identity.engine, model.speed) == (faster, FAST)


def test_reading_and_writing_both_count(shelf: Shelf) -> None:
    shelf.add("a", "bigdl", "openvino")
    shelf.measure("a", "bigdl", Speed(1000, 5, 1))
    shelf.measure("a", "openvino", Speed(100, 10, 1))
    assert chosen(shelf.choose()) == ["a/openvino"], "60.6 s against 36 s"
    shelf.measure("a", "openvino", Speed(10, 10, 0.1))
    assert chosen(shelf.choose()) == ["a/bigdl"], "60.6 s against 90 s"


def test_a_forced_engine_is_forced(shelf: Shelf) -> None:
    shelf.add("a", "bigdl", "openvino")
    shelf.add("b", "openvino")
    for engine, speed in (("bigdl", FAST), ("openvino", SLOW)):
        shelf.measure("a", engine, speed)
    assert chosen(shelf.choose(engine="openvino")) == ["a/openvino", "b/openvino"]
    assert chosen(shelf.choose(engine="bigdl")) == ["a/bigdl"], "b is not prepared for it"
    with pytest.raises(EnvironmentFault, match=r"模型 b 尚未准备好（引擎 bigdl），请运行 wardnote models prepare b"):
        shelf.choose(["b"], "bigdl")


def test_a_chosen_engine_goes_before_the_faster_one_where_it_is_ready(shelf: Shelf) -> None:
    for name, engines in (("a", ("bigdl", "openvino")), ("b", ("bigdl",))):
        shelf.add(name, *engines)
        shelf.measure(name, "bigdl", FAST)
    shelf.measure("a", "openvino", SLOW)
    shelf.engines = EngineChoices(chosen={"a": "openvino", "b": "openvino"})
    assert chosen(shelf.choose()) == ["a/openvino", "b/bigdl"]
    assert chosen(shelf.choose(engine="bigdl")) == ["a/bigdl", "b/bigdl"]


def test_the_hospitals_engine_is_the_only_one_for_all_that_run_on_it(shelf: Shelf) -> None:
    shelf.add("a", "bigdl", "openvino")
    shelf.add("b", "bigdl")
    shelf.add("c", "bigdl", engine="bigdl")
    shelf.engines = EngineChoices("openvino", {"a": "bigdl"})
    assert chosen(shelf.choose()) == ["a/openvino", "c/bigdl"], "b is not prepared for it, c cannot run on it"
    assert shelf.library.in_use(shelf.models[1]) is None


def test_the_catalog_may_allow_one_engine_only(shelf: Shelf) -> None:
    shelf.add("a", "bigdl", "openvino", engine="openvino")
    assert chosen(shelf.choose()) == ["a/openvino"]
    with pytest.raises(EnvironmentFault, match="尚未准备好（引擎 bigdl）"):
        shelf.choose(["a"], "bigdl")


def test_what_is_not_prepared_is_said(shelf: Shelf) -> None:
    shelf.add("a")
    with pytest.raises(EnvironmentFault, match="模型 a 尚未准备好，请运行 wardnote models prepare a"):
        shelf.choose(["a"])
    with pytest.raises(EnvironmentFault, match="还没有可用的模型：请安装模型包"):
        shelf.choose()


def test_unknown_names_are_the_users(shelf: Shelf) -> None:
    shelf.add("a", "bigdl")
    with pytest.raises(UsageFault, match=r"没有名为 gpt-9 的模型，已知的模型有：a"):
        shelf.choose(["gpt-9"])
    with pytest.raises(UsageFault, match="没有名为 cuda 的推理引擎，可用：auto、bigdl、openvino"):
        shelf.choose(engine="cuda")


def test_a_prepared_model_says_what_it_is_and_can_be_verified(shelf: Shelf) -> None:
    model = shelf.add("a", "openvino")
    (ready,) = shelf.choose()
    assert ready.identity.engine_version == "2026.4"
    assert ready.identity.model_sha256 == model.sha256
    assert ready.request.path == str(shelf.store / f"a-{model.sha256[:16]}" / "openvino")
    assert ready.request.options == (("optimised", "1"),)
    assert ready.request.threads > 0
    verify_files(ready)


def test_the_catalogs_template_goes_before_the_models_own(shelf: Shelf) -> None:
    assert shelf.add("a", "bigdl", chat_template="").chat_template == ""
    shelf.add("b", "bigdl", chat_template="{{ messages[0].content }}")
    assert [model.request.chat_template for model in shelf.choose()] == [CHATML, "{{ messages[0].content }}"]


def test_a_folder_made_from_another_source_is_not_taken(shelf: Shelf) -> None:
    model = shelf.add("a", "bigdl")
    assert recipe_of(shelf.store, model, "bigdl") == RECIPES["bigdl"]
    shelf.models = [replace(model, files=(replace(model.files[0], sha256=model.sha256[:16] + "0" * 48),))]
    with pytest.raises(EnvironmentFault, match="尚未准备好"):
        shelf.choose(["a"])
    with pytest.raises(EnvironmentFault, match="尚未准备好"):
        recipe_of(shelf.store, shelf.models[0], "bigdl")


def test_scripted_models_are_ready_as_they_are(shelf: Shelf) -> None:
    shelf.add("a", kind=SourceKind.SCRIPTED)
    assert chosen(shelf.choose()) == ["a/scripted"]
    assert shelf.library.prepared(shelf.models[0], "bigdl") is None
    assert recipe_of(shelf.store, shelf.models[0], "scripted").count("/") == 2


def test_what_suits_this_machine_is_how_a_model_is_started(shelf: Shelf) -> None:
    shelf.add("a", "bigdl", "openvino")
    place = ("a", "openvino", RECIPES["openvino"])
    shelf.calibration = shelf.calibration.with_settings(*place, (("kv", "f16"), ("threads", "7")))
    (one,) = shelf.choose(["a"], "openvino")
    (other,) = shelf.choose(["a"], "bigdl")
    assert one.request.threads == 7 and ("kv", "f16") in one.request.options
    assert other.request.threads != 7 and "kv" not in dict(other.request.options)
