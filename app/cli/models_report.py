"""What `models list` says of a model."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from app.inference.catalog import CatalogModel, SourceKind
from app.inference.fetch import is_fetched
from app.inference.library import ModelLibrary
from app.inference.store import Quality, prepared_folder, read_manifest


def describe(library: ModelLibrary, model: CatalogModel) -> dict[str, Any]:
    """One model as JSON: what the catalog knows, and its state on each engine with quality and speed."""
    return {
        "name": model.name,
        "title": model.title,
        "base": model.base,
        "licence": model.licence,
        "languages": list(model.languages),
        "context_tokens": model.context_tokens,
        "engine": model.engine,
        "demonstration": model.demonstration,
        "sha256": model.sha256,
        "bytes": sum(file.size for file in model.files),
        **_server(library, model),
        "fetched": model.kind is SourceKind.SCRIPTED or is_fetched(model),
        "engines": {engine: _engine(library, model, engine) for engine in model.engines},
    }


def _server(library: ModelLibrary, model: CatalogModel) -> dict[str, Any]:
    """Where text would be sent, for a model on a server only."""
    if model.served is None:
        return {}
    return {
        "server": model.served.address,
        "allowed": library.allows(model),
        "holds_form": model.served.holds_form,
    }


def _engine(library: ModelLibrary, model: CatalogModel, engine: str) -> dict[str, Any]:
    ready = library.prepared(model, engine)
    if ready is None:
        return {"prepared": False}
    manifest = read_manifest(prepared_folder(library.store, model, engine), model)
    return {
        "prepared": True,
        "engine_version": ready.identity.engine_version,
        "quantisation": ready.identity.quantisation,
        "bytes": sum(file.size for file in ready.files),
        "options": dict(ready.request.options),
        "threads": ready.request.threads,
        "quality": _quality(manifest.quality) if manifest and manifest.quality else None,
        "speed": asdict(ready.speed) if ready.speed else None,
    }


def _quality(quality: Quality) -> dict[str, Any]:
    return {**asdict(quality), "ratio": quality.ratio}


def model_line(document: dict[str, Any]) -> str:
    """The same for a reader."""
    head = "  ".join(part for part in (document["name"], document["title"], document["licence"]) if part)
    marks = [head + ("（演示模型，非医疗模型）" if document["demonstration"] else "")]
    if not document["fetched"] and not any(state["prepared"] for state in document["engines"].values()):
        marks.append(f"  尚未获取：wardnote models fetch {document['name']}")
    if "server" in document:
        return "\n".join([*marks, _server_line(document)])
    marks += [_engine_line(document["name"], engine, state) for engine, state in document["engines"].items()]
    return "\n".join(marks)


def _server_line(document: dict[str, Any]) -> str:
    server = document["server"]
    if not document["allowed"]:
        return f"  服务器 {server}：本机策略（policy.toml）不允许，未启用"
    form = "" if document["holds_form"] else "；服务器不约束回答的格式"
    return f"  病历文字会离开本机，发送到院内服务器 {server}；精度未知，未与原模型比对{form}"


def _engine_line(name: str, engine: str, state: dict[str, Any]) -> str:
    if not state["prepared"]:
        return f"  {engine}：尚未准备：wardnote models prepare {name}"
    parts = [f"  {engine}：{state['quantisation']}"]
    if quality := state["quality"]:
        ratio = f"原模型 {quality['parent_perplexity']:.1f}，{quality['ratio']:.2f} 倍"
        parts.append(f"困惑度 {quality['perplexity']:.1f}（{ratio}）")
        parts.append(f"首选一致 {quality['top1'] * 100:.0f}%")
    if speed := state["speed"]:
        parts.append(f"阅读 {speed['reading']:.0f}、书写 {speed['writing']:.1f} 词元/秒")
    return "，".join(parts)
