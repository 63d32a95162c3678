"""`wardnote models`: every action, on scripted and invented models, and on the prepared demonstration models."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli.main import run
from app.controllers.model_library import open_library
from app.core.runs import Message
from app.inference.calibration import Calibration
from app.inference.conversion import prepare as preparing
from app.inference.engines.scripted import FaultKind, Script
from app.inference.prepared import PreparedModel, Speed
from app.infra.paths import Paths
from tests.helpers.catalog_models import make_ready
from tests.helpers.scripted_catalog import ALLOW_SCRIPTED, add_scripted_models
from tests.helpers.tiny_gguf import Tiny, write_tiny_gguf
from tests.helpers.tiny_huggingface import write_tiny_huggingface

DEMONSTRATION = ["qwen2.5-coder-1.5b", "qwen2.5-coder-0.5b", "smollm2-135m"]


def no_window(paths: Paths, arguments: argparse.Namespace) -> int:
    raise AssertionError("no window was asked for")


class Models:
    """Runs `wardnote models …` on one data folder and keeps what was printed."""

    def __init__(self, data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.paths = Paths.resolve(data_dir)
        self.out = self.err = ""
        self._capsys = capsys

    def __call__(self, *arguments: str | Path) -> int:
        self._capsys.readouterr()
        code = run(["models", *map(str, arguments), "--data-dir", str(self.paths.data_dir)], no_window)
        self.out, self.err = self._capsys.readouterr()
        return code

    def listed(self, *names: str) -> list[dict[str, object]]:
        assert self("list", "--json", *names) == 0
        documents: list[dict[str, object]] = json.loads(self.out)["models"]
        return documents


@pytest.fixture
def models(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> Models:
    return Models(data_dir, capsys)


@pytest.fixture
def scripted(models: Models, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts scripted models into the hospital's catalog."""
    monkeypatch.setenv(*next(iter(ALLOW_SCRIPTED.items())))
    return lambda **scripts: add_scripted_models(models.paths.data_dir, scripts)


def test_on_a_fresh_machine_the_list_says_what_to_do(models: Models) -> None:
    assert models("list") == 0
    assert models.err == ""
    for name in DEMONSTRATION:
        assert f"尚未获取：wardnote models fetch {name}" in models.out
        assert models.out.count(f"尚未准备：wardnote models prepare {name}") == 2
    assert models.out.count("（演示模型，非医疗模型）") == 3


def test_the_list_says_that_text_would_leave_this_computer(models: Models) -> None:
    models.paths.hospital_catalog.mkdir(parents=True)
    source = 'kind = "openai-server"\nurl = "http://10.1.2.3:8000/v1"\nmodel = "m"\n'
    (models.paths.hospital_catalog / "own.toml").write_text(f'[[model]]\nname = "ward-70b"\n[model.source]\n{source}')
    assert models("list", "ward-70b") == 0
    assert "服务器 10.1.2.3:8000：本机策略（policy.toml）不允许，未启用" in models.out
    models.paths.policy.write_text('[servers]\nallowed = ["10.1.2.3:8000"]\n')
    assert models("list", "ward-70b") == 0
    assert "病历文字会离开本机，发送到院内服务器 10.1.2.3:8000" in models.out
    assert "服务器不约束回答的格式" in models.out
    assert models("fetch", "ward-70b") == models("verify", "ward-70b") == 0
    models.paths.policy.write_text("[servers")
    assert models("list") == 3
    assert models.err.startswith("策略文件")


def test_the_hospital_may_forbid_the_network(models: Models) -> None:
    models.paths.data_dir.mkdir(parents=True)
    models.paths.policy.write_text("[models]\nfetch = false\n")
    assert models("fetch", "smollm2-135m") == 3
    assert "models.fetch = false" in models.err


def test_the_hospitals_catalog_comes_first_and_its_engine_alone(models: Models, tmp_path: Path) -> None:
    write_tiny_gguf(tmp_path / "tiny.gguf")
    assert models("add", tmp_path / "tiny.gguf") == 0
    shared = tmp_path / "shared"
    shutil.copytree(models.paths.hospital_catalog, shared)
    shutil.rmtree(models.paths.hospital_catalog)
    text = f'[models]\ncatalog = {json.dumps(str(shared))}\nengine = "openvino"\n'
    models.paths.policy.write_text(text, encoding="utf-8")
    assert models.listed()[0]["name"] == "tiny"
    assert open_library(models.paths).engines.forced == "openvino"


def test_the_list_as_json(models: Models) -> None:
    documents = models.listed()
    assert [document["name"] for document in documents] == DEMONSTRATION
    assert documents[2] == {
        "name": "smollm2-135m",
        "title": "SmolLM2 135M",
        "base": "HuggingFaceTB/SmolLM2-135M-Instruct",
        "licence": "Apache-2.0",
        "languages": ["en"],
        "context_tokens": 8192,
        "engine": "auto",
        "demonstration": True,
        "sha256": "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        "bytes": 98362432,
        "fetched": False,
        "engines": {"bigdl": {"prepared": False}, "openvino": {"prepared": False}},
    }
    assert [document["name"] for document in models.listed("smollm2-135m")] == ["smollm2-135m"]


@pytest.mark.parametrize("action", ["list", "fetch", "verify", "prepare", "calibrate"])
def test_an_unknown_name_is_the_users(action: str, models: Models) -> None:
    assert models(action, "gpt-9") == 2
    assert models.out == ""
    assert "没有名为 gpt-9 的模型，已知的模型有：qwen2.5-coder-1.5b" in models.err and models.err.count("\n") == 1


@pytest.mark.parametrize("action", ["list", "fetch", "verify", "prepare", "calibrate"])
def test_a_broken_catalog_is_named(action: str, models: Models) -> None:
    models.paths.hospital_catalog.mkdir(parents=True)
    (models.paths.hospital_catalog / "own.toml").write_text("[[model")
    assert models(action) == 3
    assert models.err.startswith("模型目录 own.toml 不是有效的 TOML 文件") and models.err.count("\n") == 1


def test_what_is_not_there_does_not_verify(models: Models) -> None:
    assert models("verify", "smollm2-135m") == 3
    assert "✗ smollm2-135m 源文件：模型文件 smollm2-135m-instruct-q4_1.gguf 不存在" in models.err


def test_verify_goes_on_after_a_fault_and_covers_the_hospitals_own(
    models: Models, scripted: Callable[..., None]
) -> None:
    scripted(one=Script("一"), two=Script("二"))
    (models.paths.hospital_catalog / "one.json").write_text("changed")
    assert models("verify", "one", "two") == 3
    assert "✗ one 源文件：模型文件 one.json 大小不符" in models.err
    assert "✓ two 源文件：校验值相符" in models.err
    assert models("verify", "two") == 0
    assert models("verify") == 3
    assert "✓ two" in models.err and "✗ smollm2-135m" in models.err


def test_prepare_asks_for_the_files_first_and_tries_every_model(models: Models) -> None:
    assert models("prepare") == 3
    for name in DEMONSTRATION:
        assert f"模型 {name} 还没有获取，请先运行 wardnote models fetch {name}" in models.err


def test_nothing_to_calibrate(models: Models) -> None:
    assert models("calibrate") == 3
    assert models.err == "没有已准备好的模型可以校准，请先运行 wardnote models prepare\n"


def test_calibrate_measures_what_it_can_and_keeps_it(models: Models, scripted: Callable[..., None]) -> None:
    scripted(bad=Script("答", fault=FaultKind.EXIT), good=Script("答" * 9, token_ms=1))
    assert models("calibrate") == 3
    assert "good / scripted：载入" in models.err and "词元/秒" in models.err
    assert "bad / scripted：" in models.err
    speed = Calibration.read(models.paths.calibration).speed("good", "scripted", "scripted/1/1")
    assert speed is not None and speed.writing > 0
    assert models("calibrate", "good") == 0


def test_the_prompts_of_a_calibration_are_two_cases(
    models: Models, scripted: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Message, ...]] = []

    def measure(model: PreparedModel, prompts: list[tuple[Message, ...]], make_host: object) -> Speed:
        asked.extend(prompts)
        return Speed(1, 1, 1)

    scripted(good=Script("答"))
    monkeypatch.setattr("app.controllers.model_keeper.measure_speed", measure)
    assert models("calibrate") == 0
    one, other = asked
    assert one[0].content.split()[0] != other[0].content.split()[0], "read before, an engine would seem faster"
    assert one[-1] != other[-1]
    assert len(one[-1].content) > 100


def test_a_hospitals_gguf_is_added_and_listed_first(models: Models, tmp_path: Path) -> None:
    write_tiny_gguf(tmp_path / "Ward 7B.gguf")
    assert models("add", tmp_path / "Ward 7B.gguf", "--title", "病房模型") == 0
    written = models.paths.hospital_catalog / "ward-7b.toml"
    assert f"已登记模型 ward-7b（gguf，1 个文件，0.4 MB）：{written}" in models.err
    assert f"下一步：wardnote models prepare ward-7b --data-dir {models.paths.data_dir}" in models.err
    first = models.listed()[0]
    assert (first["name"], first["title"], first["fetched"], first["demonstration"]) == (
        "ward-7b",
        "病房模型",
        True,
        False,
    )
    assert first["sha256"] == hashlib.sha256((tmp_path / "Ward 7B.gguf").read_bytes()).hexdigest()
    assert models("verify", "ward-7b") == 0
    assert models("fetch", "ward-7b") == 0 and "已经在本机" in models.err


def test_a_folder_is_added_with_all_its_files(models: Models, tmp_path: Path) -> None:
    files = write_tiny_huggingface(tmp_path / "ward")
    assert models("add", tmp_path / "ward", "--name", "ward-7b") == 0
    library = open_library(models.paths)
    assert library.catalog.get("ward-7b").files == files
    (tmp_path / "ward" / "config.json").write_text("{ }")
    assert models("verify", "ward-7b") == 3
    assert "config.json 大小不符" in models.err


def test_a_model_without_a_template_needs_one(models: Models, tmp_path: Path) -> None:
    write_tiny_gguf(tmp_path / "ward.gguf", Tiny(omit=frozenset({"chat_template"})))
    assert models("add", tmp_path / "ward.gguf") == 0
    assert "没有对话模板：请先在" in models.err and 'chat_template = "…"' in models.err


def test_the_same_model_is_not_added_twice(models: Models, tmp_path: Path) -> None:
    write_tiny_gguf(tmp_path / "ward.gguf")
    assert models("add", tmp_path / "ward.gguf") == 0
    before = (models.paths.hospital_catalog / "ward.toml").read_bytes()
    assert models("add", tmp_path / "ward.gguf") == 2
    assert models.err == "模型目录中已有名为 ward 的模型：请用 --name 另取一个名字\n"
    assert models("add", tmp_path / "ward.gguf", "--name", "smollm2-135m") == 2
    assert (models.paths.hospital_catalog / "ward.toml").read_bytes() == before


@pytest.mark.parametrize(("name", "code"), [("none", 2), ("text.gguf", 3), ("empty", 3)])
def test_what_is_no_model_is_not_added(name: str, code: int, models: Models, tmp_path: Path) -> None:
    (tmp_path / "text.gguf").write_text("not a model")
    (tmp_path / "empty").mkdir()
    assert models("add", tmp_path / name) == code
    assert models.err.count("\n") == 1
    assert not models.paths.hospital_catalog.exists()


def test_an_added_folder_that_cannot_be_prepared_is_said(
    models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tiny_huggingface(tmp_path / "ward")
    assert models("add", tmp_path / "ward") == 0
    (tmp_path / "ward" / "model.safetensors").write_bytes(b"changed")
    monkeypatch.setattr(preparing, "isolated", pytest.fail)
    assert models("prepare", "ward") == 3
    assert "model.safetensors 大小不符" in models.err


@pytest.mark.models
def test_every_demonstration_model_was_proved_on_both_engines(models: Models) -> None:
    documents = {str(document["name"]): document for document in models.listed()}
    assert list(documents) == DEMONSTRATION
    for name, document in documents.items():
        engines = document["engines"]
        assert document["fetched"] and isinstance(engines, dict) and list(engines) == ["bigdl", "openvino"]
        for engine, state in engines.items():
            where, quality = f"{name} {engine}", state["quality"]
            assert state["prepared"] and state["engine_version"] and state["bytes"] > 50e6, where
            assert "int4" in state["quantisation"], where
            assert quality["ratio"] <= 1.3 and quality["causality"] <= 0.5 and quality["top1"] >= 0.5, where
            assert quality["ratio"] == pytest.approx(quality["perplexity"] / quality["parent_perplexity"]), where
            assert quality["language"] == ("en" if name == "smollm2-135m" else "zh"), where
            assert state["speed"] is None or state["speed"]["writing"] > 0, where


@pytest.mark.models
def test_the_demonstration_models_verify(models: Models) -> None:
    assert models("verify") == 0, models.err
    assert models.err.count("校验值相符") == 9 and "✗" not in models.err


@pytest.mark.models
@pytest.mark.parametrize(
    "file", ["bigdl/pytorch_model.bin", "openvino/openvino_model.bin", "smollm2-135m-instruct-q4_1.gguf"]
)
def test_one_changed_byte_is_found_and_named(
    file: str, models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = open_library(models.paths).catalog.get("smollm2-135m")
    copy = tmp_path / "cache" / "models" / model.folder.name
    shutil.copytree(model.folder, copy, copy_function=link_or_copy)
    victim = copy / file
    data = bytearray(victim.read_bytes())
    data[len(data) // 3] ^= 1
    victim.unlink()
    victim.write_bytes(data)
    monkeypatch.setenv("WARDNOTE_CACHE", str(tmp_path / "cache"))
    damaged = Models(tmp_path / "data", models._capsys)
    assert damaged("verify", "smollm2-135m") == 3
    faults = [line for line in damaged.err.splitlines() if line.startswith("✗")]
    assert len(faults) == 1
    assert f"模型文件 {victim.name} 的校验值不符，文件已损坏或被改动" in faults[0]


def link_or_copy(source: str, target: str) -> None:
    """A second name for the same bytes, where the file system allows it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy(source, target)


def test_a_pack_brings_a_model_to_another_machine(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, pack = tmp_path / "医院.pem", tmp_path / "盘 1" / "ward.wnpack"
    assert models("pack-key", key) == 0
    policy, elsewhere = models.out, tmp_path / "elsewhere"
    assert models("pack-key", key) == 0
    assert models.out == policy
    library = open_library(models.paths)
    for engine in ("bigdl", "openvino"):
        make_ready(library.store, library.catalog.get("smollm2-135m"), engine)
    assert models("pack", "smollm2-135m", "--output", pack, "--key", key) == 0
    assert "1 个模型" in models.err
    assert "已签名" in models.err
    shutil.rmtree(library.store)
    other = Models(elsewhere, capsys)
    assert other("install", pack) == 3
    assert "签名者不在本机信任的名单中" in other.err
    elsewhere.mkdir(exist_ok=True)
    (elsewhere / "policy.toml").write_text(policy)
    assert other("install", pack, "--json") == 0
    assert json.loads(other.out)["installed"] == ["smollm2-135m"]
    assert other("install", pack) == 0
    assert "已经在本机" in other.err
    (listed,) = other.listed("smollm2-135m")
    assert all(state["prepared"] for state in listed["engines"].values())  # type: ignore[attr-defined]
    assert other("list", "smollm2-135m") == 0
    assert "尚未获取" not in other.out


def test_wrong_keys_and_packs_have_their_sentences(models: Models, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("no key")
    assert models("pack", "smollm2-135m", "--output", tmp_path / "x", "--key", tmp_path / "key.pem") == 2
    assert "PEM 私钥" in models.err
    assert models("pack-key", tmp_path / "no folder" / "key.pem") == 3
    assert models("pack", "smollm2-135m", "--output", tmp_path / "x") == 3
    assert "尚未准备好" in models.err
    assert models("install", tmp_path / "x") == 2
    assert "没有找到模型包" in models.err
