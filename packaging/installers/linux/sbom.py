"""The bill of materials of the Linux program as a file of its own, beside the installers."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from installers import bill, product
from installers.linux import tree
from installers.plan import Plan

FILE_NAME = product.NAME + "-{version}-linux-x86_64.cdx.json"


def build(plan: Plan) -> Sequence[Path]:
    """Hand out what lies in the tree that was made last."""
    target = plan.output / FILE_NAME.format(version=plan.version)
    plan.output.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(tree.made(plan) / "doc" / bill.SBOM, target)
    return [target]
