"""Making models ready: tiny ones for real, on both engines; the decisions around it on made-up figures."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import EngineFault, EnvironmentFault, ModelFileFault
from app.inference.calibration import Calibration
from app.inference.catalog import Catalog, CatalogModel, SourceKind, Weights
from app.inference.conversion import prepare as module
from app.inference.conversion import steps
from app.inference.conversion.adopted import NEEDED
from app.inference.conversion.prepare import Preparer, recipe
from app.inference.engine import Score
from app.inference.files import check_files, describe_files
from app.inference.library import ModelLibrary
from app.inference.prepared import CheckedFile, PreparedModel
from app.inference.quality import passes
from app.inference.store import Manifest, Quality, prepared_folder, read_manifest, write_manifest
from tests.helpers.catalog_models import CHATML, a_catalog_model
from tests.helpers.tiny_gguf import Tiny, write_tiny_gguf
from tests.helpers.tiny_huggingface import write_tiny_huggingface

TEXT = "患者男，65岁，因突发胸骨后压榨样疼痛3小时入院。查体：血压130/80 mmHg，心率96次/分。" * 2
TEXTS = {"zh": TEXT}


def gguf_model(folder: Path, tiny: Tiny) -> CatalogModel:
    folder.mkdir(exist_ok=True)
    write_tiny_gguf(folder / "tiny.gguf", tiny)
    return a_catalog_model(folder, "tiny", files=describe_files(folder), chat_template="")


def manifest_of(store: Path, model: CatalogModel, engine: str) -> Manifest:
    manifest = read_manifest(prepared_folder(store, model, engine), model)
    assert manifest is not None
    return manifest


class Real:
    """A tiny Llama model, prepared for both engines."""

    def __init__(self, folder: Path) -> None:
        self.store = folder / "store"
        self.model = gguf_model(folder / "source", Tiny("llama"))
        self.stages: dict[str, float] = {}
        self.done = Preparer(self.store, TEXTS).prepare(self.model, self.stages.__setitem__)

    def ready(self, engine: str) -> PreparedModel:
        library = ModelLibrary(Catalog([self.model]), self.store, Calibration(self.store / "none", {}))
        return library.choose(["tiny"], engine)[0]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Real:
    return Real(tmp_path_factory.mktemp("real"))


def test_a_gguf_is_ready_for_both_engines_and_proved(real: Real) -> None:
    assert real.done
    for engine, quantisation in (("bigdl", "sym_int4"), ("openvino", "int4 g32, int8 per row")):
        manifest = manifest_of(real.store, real.model, engine)
        assert (manifest.recipe, manifest.quantisation) == (recipe(engine), quantisation)
        assert manifest.quality is not None
        assert passes(manifest.quality)
        assert manifest.chat_template == CHATML
        check_files(real.ready(engine).files)


def test_the_decoder_sees_no_later_token(real: Real) -> None:
    """BigDL-LLM's own optimised Llama attention does, with this transformers: it is not used."""
    manifest = manifest_of(real.store, real.model, "bigdl")
    assert dict(manifest.options) == {"head": "int4"}
    assert manifest.quality is not None and manifest.quality.causality < 0.05


@pytest.mark.parametrize(("weights", "names"), [("int8", ("sym_int8", "int8 q8_0")), ("bf16", ("bf16", "float16"))])
def test_weights_of_more_bits_are_proved_alike(weights: str, names: tuple[str, str], tmp_path: Path) -> None:
    model = replace(gguf_model(tmp_path / "source", Tiny("qwen2")), weights=Weights(weights))
    assert Preparer(tmp_path, TEXTS).prepare(model, lambda stage, fraction: None)
    for engine, name in zip(("bigdl", "openvino"), names, strict=True):
        manifest = manifest_of(tmp_path, model, engine)
        assert manifest.quantisation == name
        assert manifest.quality is not None and manifest.quality.ratio == pytest.approx(1, abs=0.02)
        assert prepared_folder(tmp_path, model, engine).name == f"{engine}-{weights}"
    int4 = replace(model, weights=Weights.INT4)
    assert read_manifest(prepared_folder(tmp_path, int4, "bigdl"), int4) is None, "another model for the program"


def test_every_stage_was_told_and_nothing_else_is_left(real: Real) -> None:
    assert list(real.stages) == [
        "校验源文件",
        "还原权重",
        "测量原模型",
        "转换为 INT4（BigDL）",
        "校验 BigDL 模型",
        "转换为 OpenVINO IR",
        "校验 OpenVINO 模型",
    ]
    (folder,) = real.store.iterdir()
    assert sorted(path.name for path in folder.iterdir()) == ["bigdl", "openvino"]


def test_what_is_ready_is_not_made_again(real: Real) -> None:
    told: list[str] = []
    assert Preparer(real.store, TEXTS).prepare(real.model, lambda stage, fraction: told.append(stage)) is False
    assert told == []


def test_a_hugging_face_folder_with_tied_weights_is_quantised(tmp_path: Path) -> None:
    files = write_tiny_huggingface(tmp_path / "ward")
    model = a_catalog_model(tmp_path / "ward", kind=SourceKind.HUGGINGFACE, files=files, chat_template="")
    assert Preparer(tmp_path / "store", TEXTS).prepare(model, lambda stage, fraction: None)
    manifest = manifest_of(tmp_path / "store", model, "bigdl")
    assert manifest.quantisation == "sym_int4" and manifest.quality is not None
    assert manifest.quality.ratio == pytest.approx(1, abs=0.05), "its weights are exact in four bits"
    assert describe_files(tmp_path / "ward") == files


@pytest.mark.parametrize(
    ("engine", "kind", "quantisation", "options"),
    [
        ("bigdl", SourceKind.INT4_FOLDER, "sym_int4", ()),
        ("openvino", SourceKind.IR_FOLDER, "int4 u4+u8", ()),
    ],
)
def test_a_folder_that_is_ready_is_used_where_it_lies(
    engine: str, kind: SourceKind, quantisation: str, options: tuple[Any, ...], real: Real, tmp_path: Path
) -> None:
    folder = prepared_folder(real.store, real.model, engine)
    files = tuple(file for file in describe_files(folder) if not file.path.endswith("prepared.json"))
    model = a_catalog_model(folder, "own", kind=kind, files=files)
    assert Preparer(tmp_path, TEXTS).prepare(model, lambda stage, fraction: None)
    manifest = manifest_of(tmp_path, model, engine)
    assert (manifest.quantisation, manifest.options, manifest.quality) == (quantisation, options, None)
    library = ModelLibrary(Catalog([model]), tmp_path, Calibration(tmp_path / "none", {}))
    (ready,) = library.choose(["own"], engine)
    assert ready.request.path == str(folder)
    assert ready.files == files
    check_files(ready.files)
    assert Preparer(tmp_path, TEXTS).prepare(model, lambda stage, fraction: None) is False


class Payload:
    """What a hostile weights file would run."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._path,)


def test_code_in_an_adopted_weights_file_is_not_run(real: Real, tmp_path: Path) -> None:
    folder = tmp_path / "hostile"
    shutil.copytree(prepared_folder(real.store, real.model, "bigdl"), folder)
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Payload(tmp_path / "run"), protocol=2))
    model = a_catalog_model(folder, "own", kind=SourceKind.INT4_FOLDER, files=describe_files(folder))
    with pytest.raises(EnvironmentFault):
        Preparer(tmp_path / "store", TEXTS).prepare(model, lambda stage, fraction: None)
    assert not (tmp_path / "run").exists()


class Conversions:
    """Stands for the steps and the engines: made-up figures, no libraries."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps: list[str] = []
        self.qualities: dict[str, list[Quality]] = {}
        self.tried: list[tuple[str, dict[str, str]]] = []
        self.fails_at: dict[str, BaseException] = {}
        monkeypatch.setattr(module, "isolated", self._isolated)
        monkeypatch.setattr(module._Proof, "quality", lambda proof, *arguments: self._quality(*arguments))

    def _isolated(self, step: Callable[..., Any], *arguments: Any, report: Callable[[float], None]) -> Any:
        self.steps.append(step.__name__)
        if step.__name__ in self.fails_at:
            raise self.fails_at[step.__name__]
        if step is steps.score_parent:
            return Score((1,), (), ())
        arguments[1].mkdir()
        (arguments[1] / "weights.bin").write_text(step.__name__)
        return "int4 q4_1"

    def _quality(self, engine: str, folder: Path, options: tuple[tuple[str, str], ...]) -> Quality:
        self.tried.append((engine, dict(options)))
        figures = self.qualities.get(engine)
        return figures.pop(0) if figures else GOOD


GOOD = Quality("zh", 11.0, 10.0, 0.8, 0.1)
LOSSY = replace(GOOD, perplexity=14.0)
CLAIRVOYANT = replace(GOOD, perplexity=3.0, causality=8.0)


@pytest.fixture
def conversions(monkeypatch: pytest.MonkeyPatch) -> Conversions:
    return Conversions(monkeypatch)


@pytest.fixture
def source(tmp_path: Path) -> CatalogModel:
    path = tmp_path / "source" / "ward.gguf"
    path.parent.mkdir()
    path.write_bytes(b"GGUF")
    return a_catalog_model(path.parent, files=describe_files(path.parent))


def prepare(source: CatalogModel, tmp_path: Path, *, thorough: bool = False) -> bool:
    return Preparer(tmp_path / "store", TEXTS).prepare(source, lambda stage, fraction: None, thorough=thorough)


def kept(source: CatalogModel, tmp_path: Path) -> list[str]:
    (folder,) = (tmp_path / "store").iterdir()
    return sorted(path.name for path in folder.iterdir())


def test_the_first_setting_that_passes_is_taken(conversions: Conversions, source: CatalogModel, tmp_path: Path) -> None:
    conversions.qualities["bigdl"] = [LOSSY, GOOD]
    prepare(source, tmp_path)
    assert [options for engine, options in conversions.tried if engine == "bigdl"] == [
        {"head": "int4"},
        {"head": "float32"},
    ]
    manifest = manifest_of(tmp_path / "store", source, "bigdl")
    assert manifest.quantisation == "sym_int4, float32 head"
    assert dict(manifest.options) == {"head": "float32"}
    assert manifest.quality == GOOD
    assert conversions.steps.count("quantise_for_bigdl") == 2, "once for each head"


def test_what_passes_in_no_setting_is_refused_with_the_figures(
    conversions: Conversions, source: CatalogModel, tmp_path: Path
) -> None:
    conversions.qualities["bigdl"] = [LOSSY, CLAIRVOYANT]
    with pytest.raises(
        ModelFileFault, match=r"ward-7b 转换到 BigDL 后与原模型不符（困惑度比 1\.40.*因果 8\.00），已拒绝"
    ):
        prepare(source, tmp_path)
    assert kept(source, tmp_path) == ["openvino"], "the other engine may run it"


def test_an_engine_that_cannot_convert_does_not_stop_the_other(
    conversions: Conversions, source: CatalogModel, tmp_path: Path
) -> None:
    conversions.qualities["openvino"] = [LOSSY]
    with pytest.raises(ModelFileFault, match=r"转换到 OpenVINO 后与原模型不符（困惑度比 1\.40、首选一致 0\.80"):
        prepare(source, tmp_path)
    assert kept(source, tmp_path) == ["bigdl"]
    conversions.fails_at["convert_for_openvino"] = EngineFault("模型转换进程意外退出")
    conversions.steps.clear()
    with pytest.raises(EngineFault):
        prepare(source, tmp_path)
    assert "quantise_for_bigdl" not in conversions.steps, "what is ready is not made again"


@pytest.mark.parametrize("at", ["dequantise", "score_parent", "quantise_for_bigdl", "convert_for_openvino"])
def test_an_interruption_leaves_only_what_is_complete(
    at: str, conversions: Conversions, source: CatalogModel, tmp_path: Path
) -> None:
    conversions.fails_at[at] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        prepare(source, tmp_path)
    assert kept(source, tmp_path) == (["bigdl"] if at == "convert_for_openvino" else [])
    conversions.fails_at.clear()
    assert prepare(source, tmp_path)
    assert kept(source, tmp_path) == ["bigdl", "openvino"]


@pytest.mark.parametrize("change", [{"recipe": "bigdl/1.0/1"}, {"source_sha256": "0" * 64}])
def test_another_recipe_or_source_is_made_anew(
    change: dict[str, str], conversions: Conversions, source: CatalogModel, tmp_path: Path
) -> None:
    prepare(source, tmp_path)
    manifest = manifest_of(tmp_path / "store", source, "bigdl")
    write_manifest(prepared_folder(tmp_path / "store", source, "bigdl"), replace(manifest, **change))  # type: ignore[arg-type]
    conversions.steps.clear()
    assert prepare(source, tmp_path)
    assert "quantise_for_bigdl" in conversions.steps and "convert_for_openvino" not in conversions.steps
    assert manifest_of(tmp_path / "store", source, "bigdl").recipe == recipe("bigdl")


@pytest.mark.parametrize(("change", "thorough"), [("gone", False), ("cut", False), ("flipped", True)])
def test_what_was_damaged_is_made_anew(
    change: str, thorough: bool, conversions: Conversions, source: CatalogModel, tmp_path: Path
) -> None:
    prepare(source, tmp_path)
    folder = prepared_folder(tmp_path / "store", source, "bigdl")
    file = folder / manifest_of(tmp_path / "store", source, "bigdl").files[0].path
    content = file.read_bytes()
    if change == "gone":
        file.unlink()
    else:
        file.write_bytes(content[:-1] if change == "cut" else bytes([content[0] ^ 1, *content[1:]]))
    conversions.steps.clear()
    assert prepare(source, tmp_path, thorough=thorough)
    assert "quantise_for_bigdl" in conversions.steps and "convert_for_openvino" not in conversions.steps
    assert file.read_bytes() == content


def test_one_engine_only_where_the_catalog_says_so(
    conversions: Conversions, source: CatalogModel, tmp_path: Path
) -> None:
    prepare(replace(source, engine="openvino"), tmp_path)
    assert kept(source, tmp_path) == ["openvino"]


def test_a_wrong_source_reaches_no_loader(conversions: Conversions, source: CatalogModel, tmp_path: Path) -> None:
    Path(source.files[0].path).write_bytes(b"FUGG")
    with pytest.raises(ModelFileFault, match=r"ward\.gguf 的校验值不符"):
        prepare(source, tmp_path)
    assert conversions.steps == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"languages": ("fr",)}, "首个语言 fr 没有校验文本（可用 zh）"),
        ({"chat_template": ""}, "没有对话模板，请在模型目录中填写 chat_template"),
        ({"chat_template": "{{ 1 / 0 }}"}, "对话模板无法使用：ZeroDivisionError"),
        ({"chat_template": "{{ messages[0].content }}"}, "对话模板丢掉了提问内容"),
    ],
)
def test_what_the_catalog_lacks_is_said_before_the_long_work(
    change: dict[str, Any], words: str, conversions: Conversions, source: CatalogModel, tmp_path: Path
) -> None:
    with pytest.raises(ModelFileFault, match=words):
        prepare(replace(source, **change), tmp_path)
    assert "quantise_for_bigdl" not in conversions.steps


@pytest.mark.parametrize(
    ("kind", "missing"),
    [(SourceKind.INT4_FOLDER, "tokenizer.json"), (SourceKind.IR_FOLDER, "openvino_detokenizer.bin")],
)
def test_an_incomplete_folder_is_not_adopted(kind: SourceKind, missing: str, tmp_path: Path) -> None:
    folder = tmp_path / "ward"
    folder.mkdir()
    for name in set(NEEDED[kind]) - {missing}:
        (folder / name).write_text("{}")
    model = a_catalog_model(folder, kind=kind, files=describe_files(folder))
    with pytest.raises(ModelFileFault, match=f"模型 ward-7b 的目录 缺少文件 {missing}"):
        prepare(model, tmp_path)


def test_a_scripted_model_needs_nothing(source: CatalogModel, tmp_path: Path) -> None:
    assert prepare(replace(source, kind=SourceKind.SCRIPTED, engine="auto"), tmp_path) is False


def test_a_file_of_a_folder_that_changed_makes_it_anew(
    conversions: Conversions, source: CatalogModel, tmp_path: Path
) -> None:
    other = tmp_path / "source" / "x.json"
    other.write_text("{}")
    two = replace(source, files=(*source.files, CheckedFile(*_described(other))))
    prepare(two, tmp_path)
    other.write_text("[]")
    changed = replace(source, files=(*source.files, CheckedFile(*_described(other))))
    assert changed.sha256 == two.sha256
    assert prepare(changed, tmp_path) is True


def _described(path: Path) -> tuple[str, str, int]:
    found = next(file for file in describe_files(path.parent) if file.path == str(path))
    return found.path, found.sha256, found.size
