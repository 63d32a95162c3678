"""The models of the window: listed with what they cost, changed by one act at a time, stopped at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.controllers.model_cards import ModelListing
from app.controllers.model_keeper import ModelKeeper
from app.controllers.models import ModelsController
from app.inference.calibration import Calibration
from app.inference.engines.scripted import Script
from app.infra.paths import Paths, packs_of_setup
from tests.helpers.scripted_catalog import ALLOW_SCRIPTED, add_scripted_models
from tests.helpers.tiny_gguf import write_tiny_gguf


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "data", tmp_path / "cache")


@pytest.fixture
def models(paths: Paths, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelsController]:
    monkeypatch.setenv(*next(iter(ALLOW_SCRIPTED.items())))
    controller = ModelsController(ModelKeeper(paths))
    yield controller
    controller.close()
    controller.deleteLater()


def listed(models: ModelsController, qtbot: QtBot) -> ModelListing:
    with qtbot.waitSignal(models.listed) as told:
        models.refresh()
    listing = told.args[0]  # type: ignore[index]
    assert isinstance(listing, ModelListing)
    return listing


def test_the_demonstration_models_wait_to_be_fetched(models: ModelsController, qtbot: QtBot) -> None:
    listing = listed(models, qtbot)
    assert [card.name for card in listing.cards] == ["qwen2.5-coder-1.5b", "qwen2.5-coder-0.5b", "smollm2-135m"]
    assert {(card.can_fetch, card.fetched, card.ready, card.demonstration) for card in listing.cards} == {
        (True, False, False, True)
    }
    assert listing.hospital_engine == ""


def test_the_setups_pack_is_offered_unless_the_policy_names_another(
    models: ModelsController, paths: Paths, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert listed(models, qtbot).pack == ""
    laid_down = tmp_path / "packs"
    monkeypatch.setattr("app.controllers.model_library.packs_of_setup", lambda: laid_down)
    assert listed(models, qtbot).pack == ""
    laid_down.mkdir()
    (laid_down / "三个模型.wnpack").touch()
    assert listed(models, qtbot).pack == str(laid_down / "三个模型.wnpack")
    paths.data_dir.mkdir(exist_ok=True)
    paths.policy.write_text('[packs]\nplace = "/share/ward.wnpack"\n', encoding="utf-8")
    assert listed(models, qtbot).pack == "/share/ward.wnpack"


def test_the_setup_lays_packs_down_beside_the_versions(tmp_path: Path) -> None:
    assert packs_of_setup(str(tmp_path / "WardNote" / "1.2.3" / "python"), "win32") == tmp_path / "WardNote" / "packs"
    assert packs_of_setup("/usr", "win32") is None
    assert packs_of_setup(str(tmp_path / "a" / "b"), "linux") is None


def test_what_is_measured_is_kept(models: ModelsController, paths: Paths, qtbot: QtBot) -> None:
    add_scripted_models(paths.data_dir, {"good": Script("答" * 20, token_ms=1)})
    with qtbot.waitSignal(models.ended, timeout=60_000) as told:
        models.calibrate(["good"])
    assert told.args == [True, "已测量 1 项。"]
    (engine,) = listed(models, qtbot).cards[0].engines
    assert (engine.engine, engine.prepared, engine.in_use) == ("scripted", True, True)
    speed = Calibration.read(paths.calibration).speed("good", "scripted", "scripted/1/1")
    assert speed is not None and speed.writing > 0 and speed.memory_bytes > 0


def test_an_act_is_stopped_in_the_middle_and_the_next_begins(
    models: ModelsController, paths: Paths, qtbot: QtBot
) -> None:
    """The script would write for an hour."""
    add_scripted_models(paths.data_dir, {"slow": Script("慢" * 3600, token_ms=1000)})
    with qtbot.waitSignal(models.progressed):
        models.calibrate()
    assert models.busy
    models.calibrate()
    with qtbot.waitSignal(models.ended, timeout=20_000) as told:
        models.stop()
    assert told.args == [False, "已停止。已经完成的部分保留，可以再做一次。"]
    assert not models.busy
    with qtbot.waitSignal(models.ended, timeout=20_000) as told:
        models.verify(["slow"])
    assert told.args == [True, "校验值相符：2 组文件没有改动。"]


def test_a_hospitals_model_is_put_into_the_catalog_even_if_it_cannot_be_prepared(
    models: ModelsController, tmp_path: Path, qtbot: QtBot
) -> None:
    """It has no chat template, and says so."""
    write_tiny_gguf(tmp_path / "ward.gguf")
    with qtbot.waitSignal(models.ended, timeout=120_000) as told:
        models.install(tmp_path / "ward.gguf")
    done, sentence = told.args or (None, "")
    assert done is False and sentence, "what is invented is no faithful model"
    card = listed(models, qtbot).cards[0]
    assert (card.name, card.fetched, card.ready) == ("ward", True, False)


@pytest.mark.parametrize("name", ["nothing", "no.wnpack", "text.txt"])
def test_what_is_no_model_is_said(models: ModelsController, tmp_path: Path, name: str, qtbot: QtBot) -> None:
    if name == "text.txt":
        (tmp_path / name).write_text("no model")
    with qtbot.waitSignal(models.ended, timeout=20_000) as told:
        models.install(tmp_path / name)
    assert told.args and told.args[0] is False and name in told.args[1]


def test_the_hospital_sets_the_engine(models: ModelsController, paths: Paths, qtbot: QtBot) -> None:
    paths.data_dir.mkdir()
    chosen: list[tuple[str, str]] = []
    models.engine_chosen.connect(lambda *choice: chosen.append(choice))
    with qtbot.waitSignal(models.listed):
        models.use_engine("smollm2-135m", "openvino")
    assert chosen == [("smollm2-135m", "openvino")]
    paths.policy.write_text('[models]\nengine = "bigdl"\n', encoding="utf-8")
    assert listed(models, qtbot).hospital_engine == "bigdl"
    with qtbot.waitSignal(models.ended) as told:
        models.use_engine("smollm2-135m", "openvino")
    assert len(chosen) == 1 and told.args and "医院的策略" in told.args[1]


def test_a_wrong_catalog_is_said(models: ModelsController, paths: Paths, qtbot: QtBot) -> None:
    paths.hospital_catalog.mkdir(parents=True)
    (paths.hospital_catalog / "own.toml").write_text("[[model")
    with qtbot.waitSignal(models.failed) as told:
        models.refresh()
    assert told.args and "own.toml" in told.args[0]
