"""The catalog: what comes with the program, what a hospital adds, and how each wrong field is named."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from app.core.errors import ModelFileFault, UsageFault
from app.inference.catalog import Catalog, CatalogModel
from app.infra.resources import resource_path

SHA = "0123456789abcdef" * 4
SOURCE = {"kind": '"gguf"', "file": '"ward.gguf"', "size": "7", "sha256": f'"{SHA}"'}


def entry(source: dict[str, str] | None = None, tables: str = "", **fields: str) -> str:
    """One model in TOML; values are TOML too."""
    top = {"name": '"ward-7b"', **fields}
    lines = ["[[model]]", *(f"{key} = {value}" for key, value in top.items() if value), "[model.source]"]
    lines += [f"{key} = {value}" for key, value in {**SOURCE, **(source or {})}.items() if value]
    return "\n".join([*lines, tables, ""])


@pytest.fixture
def hospital(tmp_path: Path) -> Path:
    folder = tmp_path / "catalog"
    folder.mkdir()
    return folder


def read(hospital: Path, text: str, file: str = "own.toml") -> tuple[CatalogModel, ...]:
    (hospital / file).write_text(text, encoding="utf-8")
    return Catalog.read(hospital / "none", [hospital], hospital.parent / "store").models


def refusal(hospital: Path, text: str) -> str:
    with pytest.raises(ModelFileFault) as caught:
        read(hospital, text)
    return str(caught.value)


def test_the_three_demonstration_models_come_with_the_program(tmp_path: Path) -> None:
    catalog = Catalog.read(resource_path("catalog"), [], tmp_path)
    assert [model.name for model in catalog.select(None)] == [
        "qwen2.5-coder-1.5b",
        "qwen2.5-coder-0.5b",
        "smollm2-135m",
    ]
    for model in catalog.models:
        assert model.engines == ("bigdl", "openvino")
        assert model.demonstration and model.licence == "Apache-2.0" and model.wheels
        assert model.folder == tmp_path / f"{model.name}-{model.sha256[:16]}"


def test_a_hospitals_models_come_first_and_are_no_demonstration(hospital: Path) -> None:
    (hospital / "own.toml").write_text(entry(), encoding="utf-8")
    catalog = Catalog.read(resource_path("catalog"), [hospital], hospital)
    assert [model.name for model in catalog.models][:2] == ["ward-7b", "qwen2.5-coder-1.5b"]
    assert "ward-7b" not in [model.name for model in catalog.select(None)]
    assert catalog.select(["smollm2-135m", "ward-7b", "smollm2-135m"])[1].title == "ward-7b"


def test_a_relative_path_starts_at_the_catalog_file(hospital: Path) -> None:
    (model,) = read(hospital, entry({"path": '"models"'}))
    assert model.files[0].path == str(hospital / "models" / "ward.gguf")
    (model,) = read(hospital, entry({"path": '"/srv/models"'}))
    assert model.files[0].path == "/srv/models/ward.gguf"


def test_upper_case_hashes_are_the_same_hashes(hospital: Path) -> None:
    (model,) = read(hospital, entry({"sha256": f'"{SHA.upper()}"'}))
    assert model.sha256 == SHA


def test_several_files_are_identified_together(hospital: Path) -> None:
    def model_with(config: str) -> CatalogModel:
        files = f"""
[[model.source.files]]
file = "model.safetensors"
size = 900
sha256 = "{SHA}"
[[model.source.files]]
file = "config.json"
size = 9
sha256 = "{config}"
"""
        source = {"kind": '"huggingface"', "path": '"m"', "file": "", "size": "", "sha256": ""}
        return read(hospital, entry(source, files))[0]

    one, other = model_with("a" * 64), model_with("b" * 64)
    assert one.sha256 == other.sha256 == SHA, "the weights are the same"
    assert one.source_sha256 != other.source_sha256
    lines = sorted([f"{SHA}  model.safetensors\n", f"{'a' * 64}  config.json\n"])
    assert one.source_sha256 == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_one_file_is_identified_by_its_hash(hospital: Path) -> None:
    (model,) = read(hospital, entry())
    assert model.source_sha256 == model.sha256 == SHA


def test_an_empty_file_and_an_unknown_field_are_no_fault(hospital: Path) -> None:
    assert read(hospital, "# nothing yet\n") == ()
    (model,) = read(hospital, entry(contact='"radiology"'))
    assert model.name == "ward-7b"


WHEELS = "[model.wheels]\npackages = {packages}\nversion = {version}\nparts = {parts}\nmember = {member}\n"


def wheels(packages: str = '"p{part}"', version: str = '"1"', parts: str = "2", member: str = '"d/{part:02d}"') -> str:
    return WHEELS.format(packages=packages, version=version, parts=parts, member=member)


ONE_FILE = f'{{file = "a", size = 1, sha256 = "{SHA}"}}'


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (entry(name=""), "name 缺失"),
        (entry(name="7"), "name 应是文字"),
        (entry(name='"../../etc"'), "name 只能由"),
        (entry(name='"a,b"'), "name 只能由"),
        (entry(name='"病房"'), "name 只能由"),
        (entry(title="7"), "title 应是文字"),
        (entry(title='"a\\u0000b"'), "title 应是文字"),
        (entry(languages='"zh"'), "languages 应是文字的列表"),
        (entry(languages="[]"), "languages 应是文字的列表"),
        (entry(context_tokens='"4096"'), "context_tokens 应是正整数"),
        (entry(context_tokens="0"), "context_tokens 应是正整数"),
        (entry(demonstration='"no"'), "demonstration 应是 true 或 false"),
        (entry(engine='"llama.cpp"'), "engine = llama.cpp 无效"),
        (entry({"kind": '"huggingface"'}, engine='"openvino"'), "kind = huggingface 可用 auto、bigdl"),
        (entry(weights='"int3"'), "weights = int3 无效（kind = gguf 可用 int4、int8、bf16）"),
        (entry({"kind": '"onnx"'}), "kind = onnx 无效（可用 gguf、huggingface、bigdl-int4、openvino-ir、openai-server"),
        (entry({"kind": ""}), "source.kind 缺失"),
        (entry({"kind": '"scripted"'}), "source.kind = scripted 仅用于测试"),
        (entry({"file": ""}), "source.file 缺失"),
        (entry({"file": '"../x"'}), "source.file 指向了文件夹之外"),
        (entry({"file": '"/etc/passwd"'}), "source.file 指向了文件夹之外"),
        (entry({"size": ""}), "source.size 缺失"),
        (entry({"size": "-1"}), "source.size 应是正整数"),
        (entry({"size": "true"}), "source.size 应是正整数"),
        (entry({"size": "1.5"}), "source.size 应是正整数"),
        (entry({"sha256": '"abc"'}), "source.sha256 应是 64 位十六进制数"),
        (entry({"sha256": f'"../../{SHA[6:]}"'}), "source.sha256 应是 64 位十六进制数"),
        (entry({"files": "[]"}), "source.files 应是表的列表"),
        (entry({"files": '["a"]'}), "source.files 应是表的列表"),
        (entry({"files": '[{file = "a", size = 1}]'}), "source.files[0].sha256 缺失"),
        (entry({"files": '[{file = "a", size = 1}]', "path": '"m"'}), "source.files[0].sha256 缺失"),
        (entry(tables=wheels(packages='"--index-url=http://x"')), "wheels.packages 应是软件包名"),
        (entry(tables=wheels(packages='"p{part.__class__}"')), "wheels.packages 应是软件包名"),
        (entry(tables=wheels(version='"1 --pre"')), "wheels.version 应是版本号"),
        (entry(tables=wheels(parts="0")), "wheels.parts 应是正整数"),
        (entry(tables=wheels(member='"{other}"')), "wheels.member 应是软件包内的路径"),
        (entry({"files": f"[{ONE_FILE}, {ONE_FILE}]"}, wheels()), "wheels 只能用于单个文件的模型"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_the_file_and_the_field(text: str, field: str, hospital: Path) -> None:
    sentence = refusal(hospital, text)
    assert sentence.startswith("模型目录 own.toml")
    assert field in sentence
    assert "name" in field or "中模型 ward-7b 的字段" in sentence


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[model]", "不是有效的 TOML 文件"),
        ("model = 3", "字段 model 应是表的列表"),
        ("model = [3]", "字段 model 应是表的列表"),
        ("[model]\nname = 'x'", "字段 model 应是表的列表"),
        ("[[model]]\nname = 'x'", "中模型 x 的字段 source 缺失"),
        ("[[model]]\nname = 'x'\nsource = 'y'", "中模型 x 的字段 source 应是一个表"),
    ],
)
def test_what_is_no_catalog_is_said(text: str, words: str, hospital: Path) -> None:
    sentence = refusal(hospital, text)
    assert sentence.startswith("模型目录 own.toml") and words in sentence


def test_another_encoding_is_said(hospital: Path) -> None:
    (hospital / "own.toml").write_bytes('title = "病房"'.encode("gbk"))
    with pytest.raises(ModelFileFault, match=r"own\.toml 不是 UTF-8 文字"):
        Catalog.read(hospital, [], hospital)


def test_a_file_that_cannot_be_read_is_said(hospital: Path) -> None:
    (hospital / "own.toml").mkdir()
    with pytest.raises(ModelFileFault, match=r"own\.toml 无法读取"):
        Catalog.read(hospital, [], hospital)


def test_a_name_may_be_taken_once(hospital: Path) -> None:
    (hospital / "a.toml").write_text(entry(), encoding="utf-8")
    assert "own.toml 重复定义了模型 ward-7b" in refusal(hospital, entry())
    (hospital / "a.toml").unlink()
    assert "own.toml 重复定义了模型 ward-7b" in refusal(hospital, entry() + entry())
    (hospital / "own.toml").write_text(entry(name='"smollm2-135m"'), encoding="utf-8")
    with pytest.raises(ModelFileFault, match="重复定义了模型 smollm2-135m"):
        Catalog.read(resource_path("catalog"), [hospital], hospital)


def test_scripted_models_are_for_tests_that_say_so(hospital: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARDNOTE_ALLOW_SCRIPTED", "1")
    (model,) = read(hospital, entry({"kind": '"scripted"'}))
    assert model.engines == ("scripted",)


def test_an_unknown_name_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    catalog = Catalog.read(resource_path("catalog"), [tmp_path], tmp_path)
    with pytest.raises(UsageFault, match=r"没有名为 gpt-9 的模型.*qwen2\.5-coder-1\.5b.*smollm2-135m"):
        catalog.get("gpt-9")
    with pytest.raises(UsageFault, match="gpt-9"):
        catalog.select(["smollm2-135m", "gpt-9"])


def test_a_file_from_notepad_with_its_mark_is_read(hospital: Path) -> None:
    assert read(hospital, "\ufeff" + entry())[0].name == "ward-7b"


@pytest.mark.parametrize("text", ["a = " + "[" * 5_000, "a = " + "9" * 5_000])
def test_what_no_parser_takes_names_the_file(text: str, hospital: Path) -> None:
    assert "own.toml 不是有效的 TOML" in refusal(hospital, text)
