"""`wardnote convert`: a model's weights, quantised once for one engine and proved, in a folder of their own."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli import options, output
from app.cli.stages import stages
from app.controllers.model_library import LANGUAGES, quality_texts

if TYPE_CHECKING:
    from app.inference.store import Manifest

ENGINES = ("bigdl", "openvino")
WEIGHTS = ("int4", "int8", "bf16")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `convert`."""
    parser = subparsers.add_parser("convert", help="把一个模型转换为某个引擎的格式，并与原模型比对")
    parser.add_argument("source", type=Path, metavar="来源", help="GGUF 文件，或 Hugging Face 文件夹")
    parser.add_argument("--to", choices=ENGINES, required=True, help="引擎")
    parser.add_argument("--weights", choices=WEIGHTS, default="int4", help="权重的精度（默认：int4）")
    parser.add_argument("--language", choices=LANGUAGES, default="zh", help="比对所用文本的语言（默认：zh）")
    parser.add_argument("--output", type=Path, required=True, metavar="文件夹", help="写入的新文件夹")
    options.add_common(parser, json=True)
    parser.set_defaults(func=_convert)


def _convert(arguments: argparse.Namespace) -> int:
    from app.inference.catalog import Weights
    from app.inference.catalog_entry import entry_name, hashed
    from app.inference.conversion.convert import convert, refuse_used, source_model
    from app.inference.recognition import recognise

    refuse_used(arguments.output)
    name = entry_name(None, arguments.output, ())
    with stages(name) as stage:
        found = recognise(arguments.source, partial(stage, "识别模型"))
        files = hashed(found, partial(stage, "计算校验值"))
        model = source_model(name, found, files, arguments.to, Weights(arguments.weights), arguments.language)
        manifest = convert(model, arguments.output, quality_texts(), stage)
    quality = manifest.quality
    assert quality
    output.say(
        f"已写入 {arguments.output}：{manifest.quantisation}，困惑度 {quality.perplexity:.1f}"
        f"（原模型 {quality.parent_perplexity:.1f}，{quality.ratio:.2f} 倍），首选一致 {quality.top1 * 100:.0f}%"
    )
    output.say(f"下一步：wardnote models add {arguments.output}")
    if arguments.json:
        output.print_json(_document(arguments, manifest))
    return 0


def _document(arguments: argparse.Namespace, manifest: Manifest) -> dict[str, object]:
    assert manifest.quality
    return {
        "output": str(arguments.output),
        "engine": arguments.to,
        "quantisation": manifest.quantisation,
        "options": dict(manifest.options),
        "quality": {**asdict(manifest.quality), "ratio": manifest.quality.ratio},
    }
