"""One model into one folder, outside any catalog: made and proved as `prepare` does it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from app.core.errors import EnvironmentFault, UsageFault
from app.inference.catalog import CONVERTED, CatalogModel, Weights, runs_on
from app.inference.conversion.prepare import Preparer
from app.inference.prepared import CheckedFile
from app.inference.recognition import Recognised
from app.inference.store import Manifest, prepared_folder, read_manifest
from app.inference.supervisor import ModelHost
from app.inference.work import MakeHost, Report


def source_model(
    name: str, found: Recognised, files: tuple[CheckedFile, ...], engine: str, weights: Weights, language: str
) -> CatalogModel:
    """What was recognised, as a model for one engine. Raises UsageFault if that engine cannot be given it."""
    if found.kind not in CONVERTED:
        raise UsageFault(f"{found.folder} 已经是 {found.kind} 格式，不需要转换：请直接用 wardnote models add 登记")
    if engine not in runs_on(found.kind):
        raise UsageFault(f"{found.kind} 格式不能转换到 {engine}（可用 {'、'.join(runs_on(found.kind))}）")
    return CatalogModel(
        name=name,
        title=name,
        base="",
        licence="",
        languages=(language,),
        context_tokens=found.context_tokens,
        engine=engine,
        demonstration=False,
        kind=found.kind,
        folder=found.folder,
        files=files,
        chat_template="",
        wheels=None,
        weights=weights,
    )


def refuse_used(output: Path) -> None:
    """Raise UsageFault if something lies where the folder is to be made, EnvironmentFault if it cannot be made."""
    if output.exists():
        raise UsageFault(f"{output} 已经存在：请指定一个新文件夹")
    if not output.absolute().parent.is_dir():
        raise EnvironmentFault(f"{output.absolute().parent} 不存在：请先建立上级文件夹")


def convert(
    model: CatalogModel, output: Path, texts: Mapping[str, str], report: Report, make_host: MakeHost = ModelHost
) -> Manifest:
    """Make `output`, whole or not at all, with the manifest of its proof and its chat template.

    Raises ModelFileFault if the source is wrong or the result is not the same model.
    """
    refuse_used(output)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{output.name}-", dir=output.absolute().parent) as work:
            Preparer(Path(work), texts, make_host).prepare(model, report)
            made = prepared_folder(Path(work), model, model.engine)
            manifest = read_manifest(made, model)
            assert manifest
            (made / "chat_template.jinja").write_text(manifest.chat_template, encoding="utf-8")
            made.rename(output)
    except OSError as error:
        raise EnvironmentFault(f"无法写入 {output}（{error.strerror}），请检查权限和磁盘空间") from error
    return manifest
