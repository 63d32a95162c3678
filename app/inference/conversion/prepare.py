"""Make a model ready for its engines, and prove that it is still the same model."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from importlib import metadata
from pathlib import Path

from app.core.errors import EnvironmentFault, ModelFileFault
from app.core.runs import Message, ModelIdentity
from app.inference.catalog import CatalogModel, SourceKind, Weights
from app.inference.chat_template import render_chat
from app.inference.conversion import steps
from app.inference.conversion.adopted import adopted_weights, refuse_incomplete
from app.inference.conversion.isolated import isolated
from app.inference.engine import LoadRequest, Score
from app.inference.files import check_files, check_size, describe_files
from app.inference.prepared import CheckedFile, PreparedModel
from app.inference.quality import MAXIMUM_CAUSALITY, causality, measure, passes
from app.inference.store import Manifest, Quality, model_folder, prepared_folder, read_manifest, write_manifest
from app.inference.supervisor import ModelHost
from app.inference.work import MakeHost, Report

_METHODS = {"bigdl": "4", "openvino": "3"}
_PACKAGES = {"bigdl": "bigdl-llm", "openvino": "openvino-genai"}
# Fastest first; the first that passes is taken. A head that stays in float32 costs memory and speed, but the
# smallest models lose too much without it.
_BIGDL_SETTINGS: tuple[tuple[tuple[str, str], ...], ...] = (
    (("head", "int4"),),
    (("head", "float32"),),
)
_BIGDL_KINDS = {Weights.INT4: "sym_int4", Weights.INT8: "sym_int8", Weights.BF16: "bf16"}
_OPENVINO_KINDS = {Weights.INT8: "int8 q8_0", Weights.BF16: "float16"}
_TRIAL = (Message("system", "系统"), Message("user", "示例"), Message("assistant", "回答"), Message("user", "提问"))


class Preparer:
    """Prepares models of the catalog into a store. `texts` are the texts to prove them on, by language."""

    def __init__(self, store: Path, texts: Mapping[str, str], make_host: MakeHost = ModelHost) -> None:
        self._store = store
        self._texts = texts
        self._make_host = make_host

    def prepare(self, model: CatalogModel, report: Report, *, thorough: bool = False) -> bool:
        """Make a model ready for each engine it is allowed on; False if that was done already.

        What was made is made again if a file of it is gone or has another size; `thorough` reads all of it.
        Raises ModelFileFault if the source is wrong or a conversion does not pass. Interrupted, it can be repeated.
        """
        if model.served or model.kind is SourceKind.SCRIPTED:
            return False
        missing = [engine for engine in model.engines if not self._is_current(model, engine, thorough)]
        if not missing:
            return False
        remedy = f"请运行 wardnote models fetch {model.name}" if model.wheels else "请重新获取"
        check_files(model.files, remedy, partial(report, "校验源文件"))
        work = model_folder(self._store, model) / "work"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        try:
            self._prepare_engines(model, missing, work, report)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return True

    def _is_current(self, model: CatalogModel, engine: str, thorough: bool) -> bool:
        folder = prepared_folder(self._store, model, engine)
        manifest = read_manifest(folder, model)
        if manifest is None or manifest.recipe != recipe(engine):
            return False
        try:
            for file in manifest.files:
                here = replace(file, path=str(folder / file.path))
                check_files([here]) if thorough else check_size(here)
        except ModelFileFault:
            return False
        return True

    def _prepare_engines(self, model: CatalogModel, engines: list[str], work: Path, report: Report) -> None:
        if model.kind in (SourceKind.INT4_FOLDER, SourceKind.IR_FOLDER):
            report("校验模型文件夹", 0.0)
            self._adopt(model, engines[0])
            return
        parent = work / "parent"
        if model.kind is SourceKind.GGUF:
            isolated(steps.dequantise, _weights(model), parent, report=partial(report, "还原权重"))
        else:
            isolated(steps.open_parent, model.files, parent, report=partial(report, "读取模型文件夹"))
        text, template = self._text(model), _template(model, parent)
        reference = isolated(steps.score_parent, parent, text, report=partial(report, "测量原模型"))
        prove = _Proof(model, text, reference, template, self._make_host)
        faults = []
        for engine in engines:
            convert = _for_bigdl if engine == "bigdl" else _for_openvino
            try:
                folder, manifest = convert(prove, parent, work, report)
            except EnvironmentFault as fault:  # the other engine may still run the model
                faults.append(fault)
                continue
            self._keep(folder, prepared_folder(self._store, model, engine), manifest)
        if faults:
            raise faults[0]

    def _text(self, model: CatalogModel) -> str:
        """The text to prove it on, in its first language."""
        language = model.languages[0]
        if language not in self._texts:
            known = "、".join(self._texts)
            raise ModelFileFault(
                f"模型 {model.name} 的首个语言 {language} 没有校验文本（可用 {known}），请修改 languages"
            )
        return self._texts[language]

    def _adopt(self, model: CatalogModel, engine: str) -> None:
        """A hospital's folder that is ready as it is: it stays where it lies, and its hashes are the catalog's.

        There is no parent to compare it with; that it loads and sees no later token is proved all the same.
        """
        refuse_incomplete(model.kind, (Path(file.path).name for file in model.files), f"模型 {model.name} 的目录")
        template, kind, text = _template(model, model.folder), adopted_weights(model), self._text(model)
        with _loaded(model, engine, model.folder, template, (), self._make_host) as host:
            moved = causality(text, host.score)
        if moved > MAXIMUM_CAUSALITY:
            raise ModelFileFault(
                f"模型 {model.name} 会受后文影响（因果 {moved:.2f}），在这个引擎上结果不可信，已拒绝使用"
            )
        folder = prepared_folder(self._store, model, engine)
        folder.mkdir(parents=True, exist_ok=True)
        path = str(model.folder)
        write_manifest(folder, _manifest(model, engine, kind, path, template, (), model.files, None))

    def _keep(self, folder: Path, target: Path, manifest: Manifest) -> None:
        write_manifest(folder, manifest)
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)


class _Proof:
    """Compares candidates with one parent."""

    def __init__(
        self, model: CatalogModel, text: str, reference: Score, chat_template: str, make_host: MakeHost
    ) -> None:
        self.model = model
        self._make_host = make_host
        self.chat_template = chat_template
        self._text = text
        self._reference = reference

    def quality(self, engine: str, folder: Path, options: tuple[tuple[str, str], ...]) -> Quality:
        """Load a candidate into its engine's process and read the text with it."""
        with _loaded(self.model, engine, folder, self.chat_template, options, self._make_host) as host:
            return measure(self.model.languages[0], self._text, self._reference, host.score)

    def manifest(
        self, engine: str, folder: Path, kind: str, options: tuple[tuple[str, str], ...], quality: Quality
    ) -> Manifest:
        """The manifest of a candidate that passed; file paths relative to its folder."""
        files = tuple(
            CheckedFile(str(Path(file.path).relative_to(folder)), file.sha256, file.size)
            for file in describe_files(folder)
        )
        return _manifest(self.model, engine, kind, ".", self.chat_template, options, files, quality)


@contextmanager
def _loaded(
    model: CatalogModel,
    engine: str,
    folder: Path,
    template: str,
    options: tuple[tuple[str, str], ...],
    make_host: MakeHost,
) -> Iterator[ModelHost]:
    """A folder in its engine's process, for reading texts."""
    identity = ModelIdentity(model.name, model.title, model.sha256, model.base, engine, "", "")
    request = LoadRequest(model.name, str(folder), template, model.context_tokens, 0, options)
    host = make_host(PreparedModel(identity, request, (), model.demonstration))
    try:
        yield host
    finally:
        host.close()


def _template(model: CatalogModel, folder: Path) -> str:
    """The chat template, shown to work on the messages that the program sends. Raises ModelFileFault."""
    template = model.chat_template or steps.read_chat_template(folder)
    if not template:
        raise ModelFileFault(f"模型 {model.name} 没有对话模板，请在模型目录中填写 chat_template")
    if _TRIAL[-1].content not in render_chat(template, _TRIAL):
        raise ModelFileFault(f"模型 {model.name} 的对话模板丢掉了提问内容，请在模型目录中填写正确的 chat_template")
    return template


def recipe(engine: str) -> str:
    """How models are made for an engine: method and library version. A new one prepares them again."""
    return f"{engine}/{metadata.version(_PACKAGES[engine])}/{_METHODS[engine]}"


def _for_bigdl(proof: _Proof, parent: Path, work: Path, report: Report) -> tuple[Path, Manifest]:
    tried, weights = [], proof.model.weights
    for options in _bigdl_settings(weights):
        head = dict(options).get("head", "")
        folder, stage = work / f"bigdl-{head}", f"转换为 {weights.upper()}（BigDL）"
        if not folder.exists():
            report(stage, 0.0)
            isolated(
                steps.quantise_for_bigdl,
                parent,
                folder,
                _BIGDL_KINDS[weights],
                head,
                report=partial(report, stage),
            )
        report("校验 BigDL 模型", 0.0)
        quality = proof.quality("bigdl", folder, options)
        if passes(quality):
            kind = _BIGDL_KINDS[weights] + (", float32 head" if head == "float32" else "")
            return folder, proof.manifest("bigdl", folder, kind, options, quality)
        tried.append(quality)
    raise _refusal(proof.model, "BigDL", tried)


def _bigdl_settings(weights: Weights) -> tuple[tuple[tuple[str, str], ...], ...]:
    """A head of its own kind is for 4-bit weights only."""
    return _BIGDL_SETTINGS if weights is Weights.INT4 else ((),)


def _for_openvino(proof: _Proof, parent: Path, work: Path, report: Report) -> tuple[Path, Manifest]:
    folder = work / "ir"
    source = _weights(proof.model)
    stage = partial(report, "转换为 OpenVINO IR")
    weights = proof.model.weights
    isolated(steps.convert_for_openvino, source, folder, weights, report=stage)
    if weights is Weights.INT4:
        plain, folder = folder, work / "ir-int4"
        kind = isolated(steps.compress_for_openvino, plain, folder, report=stage)
    else:
        kind = _OPENVINO_KINDS[weights]
    report("校验 OpenVINO 模型", 0.0)
    quality = proof.quality("openvino", folder, ())
    if not passes(quality):
        raise _refusal(proof.model, "OpenVINO", [quality])
    return folder, proof.manifest("openvino", folder, kind, (), quality)


def _refusal(model: CatalogModel, engine: str, tried: list[Quality]) -> ModelFileFault:
    figures = "；".join(f"困惑度比 {one.ratio:.2f}、首选一致 {one.top1:.2f}、因果 {one.causality:.2f}" for one in tried)
    return ModelFileFault(f"模型 {model.name} 转换到 {engine} 后与原模型不符（{figures}），已拒绝使用")


def _manifest(
    model: CatalogModel,
    engine: str,
    kind: str,
    path: str,
    template: str,
    options: tuple[tuple[str, str], ...],
    files: tuple[CheckedFile, ...],
    quality: Quality | None,
) -> Manifest:
    return Manifest(recipe(engine), model.source_sha256, kind, path, template, options, files, quality)


def _weights(model: CatalogModel) -> Path:
    return Path(max(model.files, key=lambda file: file.size).path)
