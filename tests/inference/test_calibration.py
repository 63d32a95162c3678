"""Measured speeds: of this machine, for this recipe, or none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.errors import EnvironmentFault
from app.inference import calibration as module
from app.inference.calibration import Calibration, engine_options, machine_key, setting_choices, with_settings
from app.inference.engines.scripted import Script, scripted_model
from app.inference.prepared import Speed, Together

SPEED = Speed(reading=150.0, writing=12.5, load_seconds=2.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "calibration.json"


def measured(path: Path) -> Calibration:
    calibration = Calibration.read(path).with_speed("a", "bigdl", "bigdl/2/1", SPEED)
    calibration.write()
    return calibration


def test_figures_come_back(path: Path) -> None:
    measured(path)
    again = Calibration.read(path)
    assert again.speed("a", "bigdl", "bigdl/2/1") == SPEED
    assert list(path.parent.iterdir()) == [path], "nothing half-written is left"


def test_figures_are_added_and_replaced(path: Path) -> None:
    first = measured(path)
    both = Calibration.read(path).with_speed("a", "openvino", "openvino/1/1", SPEED)
    both.with_speed("a", "bigdl", "bigdl/2/1", replace(SPEED, writing=99.0)).write()
    again = Calibration.read(path)
    assert again.speed("a", "openvino", "openvino/1/1") == SPEED
    assert again.speed("a", "bigdl", "bigdl/2/1") == replace(SPEED, writing=99.0)
    assert first.speed("a", "openvino", "openvino/1/1") is None, "values do not change"


@pytest.mark.parametrize(
    "asked",
    [
        ("a", "bigdl", "bigdl/2/2"),
        ("a", "bigdl", "bigdl/3/1"),
        ("a", "openvino", "bigdl/2/1"),
        ("b", "bigdl", "bigdl/2/1"),
    ],
)
def test_another_recipe_engine_or_model_is_not_measured(asked: tuple[str, str, str], path: Path) -> None:
    assert measured(path).speed(*asked) is None


def test_what_models_gain_together_is_kept_for_just_these(path: Path, tmp_path: Path) -> None:
    one, other = (scripted_model(tmp_path / f"{name}.json", Script("答"), name=name) for name in "ab")
    measured(path).with_together([one, other], Together(1.7, 4)).write()
    again = Calibration.read(path)
    assert again.together([other, one]) == Together(1.7, 4), "the order of the panes does not matter"
    assert again.together([one]) == Together()
    assert again.speed("a", "bigdl", "bigdl/2/1") == SPEED


def test_an_older_gain_does_not_cost_the_speeds(path: Path) -> None:
    measured(path).write()
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**document, "gains": {"a bigdl": 2.0}}), encoding="utf-8")
    assert Calibration.read(path).speed("a", "bigdl", "bigdl/2/1") == SPEED


def test_models_that_gain_by_running_at_once_have_their_share_of_the_cores(path: Path, tmp_path: Path) -> None:
    models = [scripted_model(tmp_path / f"{name}.json", Script("答"), name=name) for name in "abc"]

    def threads(together: Together) -> list[int]:
        return [one.request.threads for one in measured(path).with_together(models, together).arranged(models)]

    assert threads(Together(1.8, 4)) == [4] * 3
    assert threads(Together(1.8, 0)) == threads(Together(1.4, 4)) == [models[0].request.threads] * 3


def test_guessing_is_on_only_where_it_was_measured_to_pay() -> None:
    assert engine_options("bigdl", None) == ()
    assert engine_options("bigdl", SPEED) == ()
    assert engine_options("bigdl", replace(SPEED, copying=1.05)) == ()
    assert engine_options("bigdl", replace(SPEED, copying=1.8)) == (("lookup", "7"),)
    assert engine_options("scripted", replace(SPEED, copying=1.8)) == ()


def test_figures_of_an_earlier_version_are_read(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(document(reading=1, writing=2, load_seconds=3), encoding="utf-8")
    assert Calibration.read(path).speed("a", "b", "c") == Speed(1, 2, 3, copying=1.0)


def test_settings_are_kept_beside_the_speeds(path: Path) -> None:
    place = ("a", "openvino", "openvino/1/1")
    chosen = (("kv", "f16"), ("threads", "8"))
    measured(path).with_settings(*place, chosen).with_speed(*place, SPEED).with_together([], Together(1.2)).write()
    again = Calibration.read(path)
    assert again.settings(*place) == chosen
    assert again.settings("a", "bigdl", "bigdl/2/1") == ()
    assert (again.speed(*place), again.together([])) == (SPEED, Together(1.2))


def test_settings_replace_the_defaults_and_nothing_else(tmp_path: Path) -> None:
    model = scripted_model(tmp_path / "script.json", Script("答"))
    assert with_settings(model, (("threads", "8"),)) == model, "no engine of this machine"
    identity = replace(model.identity, engine="openvino")
    request = replace(model.request, threads=2, options=(("lookup", "7"), ("kv", "f16")))
    model = replace(model, identity=identity, request=request)
    chosen = with_settings(model, (("kv", "bf16"), ("threads", "8"))).request
    assert (chosen.threads, chosen.options) == (8, (("lookup", "7"), ("kv", "bf16")))
    assert with_settings(model, ()).request.options == (("lookup", "7"),)


@pytest.mark.parametrize(("logical", "threads"), [(4, [("threads", "4")]), (2, [])])
def test_threads_are_a_choice_where_cores_run_two(
    logical: int, threads: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    count = {True: logical, False: 2}
    monkeypatch.setattr("psutil.cpu_count", lambda logical=True: count[logical])
    assert setting_choices("bigdl") == threads
    assert setting_choices("openvino")[: len(threads)] == threads
    assert setting_choices("scripted") == []


def test_another_machine_measures_anew(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured(path)
    monkeypatch.setattr(module, "_processor", lambda: "Other Xeon")
    assert Calibration.read(path).speed("a", "bigdl", "bigdl/2/1") is None


def test_the_machine_is_its_processor_and_cores() -> None:
    assert len(machine_key().split("/")) >= 3
    assert machine_key() == machine_key()


def document(**speed: object) -> str:
    return json.dumps({"machine": machine_key(), "speeds": {"a b c": speed}})


def with_kept(settings: object) -> str:
    raw = json.loads(document(reading=1, writing=2, load_seconds=3))
    return json.dumps({**raw, "settings": {"a b c": settings}})


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        json.dumps({"machine": machine_key()}),
        json.dumps({"machine": machine_key(), "speeds": []}),
        json.dumps({"machine": machine_key(), "speeds": {"a b c": 3}}),
        document(reading=1),
        document(reading=1, writing=0, load_seconds=1),
        document(reading=-1, writing=1, load_seconds=1),
        document(reading="fast", writing=1, load_seconds=1),
        document(reading=None, writing=1, load_seconds=1),
        document(reading=float("nan"), writing=1, load_seconds=1),
        document(reading=1, writing=float("inf"), load_seconds=1),
        with_kept({"kv": "u1"}),
        with_kept({"threads": "0"}),
        with_kept({"threads": "many"}),
        with_kept({"attention": "SDPA"}),
        with_kept("kv"),
    ],
)
def test_a_damaged_file_is_as_good_as_none(damage: str, path: Path) -> None:
    path.parent.mkdir()
    path.write_text(damage, encoding="utf-8")
    assert Calibration.read(path).speed("a", "b", "c") is None
    measured(path)
    assert Calibration.read(path).speed("a", "bigdl", "bigdl/2/1") == SPEED


def test_the_file_is_whole_or_the_old_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calibration = measured(path)
    before = path.read_text(encoding="utf-8")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        calibration.with_speed("b", "bigdl", "x", SPEED).write()
    assert path.read_text(encoding="utf-8") == before


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(EnvironmentFault, match=r"无法写入 .*calibration\.json"):
        measured(tmp_path / "file" / "calibration.json")


def test_a_typical_differential(tmp_path: Path) -> None:
    model = scripted_model(tmp_path / "script.json", Script("答"))
    assert Calibration.job_seconds(model) == float("inf")
    assert Calibration.job_seconds(replace(model, speed=Speed(100, 10, 9))) == pytest.approx(36)
