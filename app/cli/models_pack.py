"""`wardnote models pack`, `pack-key` and `install`: prepared models for machines without a network."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.cli import options, output
from app.cli.stages import stages
from app.controllers.model_library import open_library
from app.inference.catalog import ENGINES
from app.infra.paths import Paths


def add_actions(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the three to `models`."""
    pack = actions.add_parser("pack", help="把已准备好的模型做成模型包，供其他电脑离线安装")
    pack.add_argument("names", nargs="+", metavar="模型", help="模型名")
    pack.add_argument(
        "--output", type=Path, required=True, metavar="路径", help="新的文件夹；以 .wnpack 结尾时为单个文件"
    )
    pack.add_argument("--engine", choices=ENGINES, help="只装入这个引擎的文件（默认：全部已准备的）")
    pack.add_argument("--key", type=Path, metavar="私钥", help="用它签名（见 wardnote models pack-key）")
    options.add_common(pack)
    pack.set_defaults(func=_pack)
    key = actions.add_parser("pack-key", help="生成给模型包签名的密钥，并显示策略文件要写的公钥")
    key.add_argument("path", type=Path, metavar="私钥", help="新的私钥文件；已存在时只显示它的公钥")
    options.add_common(key)
    key.set_defaults(func=_key)
    install = actions.add_parser("install", help="从模型包安装模型")
    install.add_argument("path", type=Path, metavar="模型包", help="文件夹，或 .wnpack 文件")
    options.add_common(install, json=True)
    install.set_defaults(func=_install)


def _pack(arguments: argparse.Namespace) -> int:
    from app.inference.packs.making import make_pack
    from app.inference.packs.signature import read_key

    library = open_library(Paths.resolve(arguments.data_dir))
    key = read_key(arguments.key) if arguments.key else None
    models = library.catalog.select(arguments.names)
    with stages(arguments.output.name) as stage:
        manifest = make_pack(
            models,
            library.store,
            arguments.output,
            lambda fraction: stage("制作模型包", fraction),
            engine=arguments.engine,
            key=key,
        )
    signed = "已签名" if key else "没有签名：安装它的电脑需在策略文件中允许"
    output.say(f"已制作模型包 {arguments.output}（{len(models)} 个模型，{manifest.size / 1e6:.1f} MB，{signed}）")
    return 0


def _key(arguments: argparse.Namespace) -> int:
    from app.inference.packs.signature import new_key, public_text, read_key

    key = read_key(arguments.path) if arguments.path.exists() else new_key(arguments.path)
    output.say("请妥善保管私钥；在安装模型包的电脑上，策略文件 policy.toml 应有：")
    output.print_text(f'[packs]\ntrusted = ["{public_text(key)}"]')
    return 0


def _install(arguments: argparse.Namespace) -> int:
    from app.controllers.model_keeper import ModelKeeper
    from app.inference.work import Work

    keeper = ModelKeeper(Paths.resolve(arguments.data_dir))
    pack = keeper.look_into(arguments.path)
    with stages(arguments.path.name) as stage:
        new = keeper.install(pack, Work(stage))
    names = [model.name for model in pack.manifest.models]
    if arguments.json:
        output.print_json({"models": names, "installed": list(new), "signer": pack.signer or None})
    for name in names:
        output.say(f"{name}：{'已安装并通过校验' if name in new else '已经在本机'}")
    return 0
