"""What the README says is so: its example of a catalog is read, its commands and paths exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from provision.interpreter import ROOT

from app.cli.main import make_parser
from app.inference.catalog import Catalog, SourceKind

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_example_of_a_hospitals_catalog_is_read(tmp_path: Path) -> None:
    (tmp_path / "ward.toml").write_text(blocks("toml")[0], encoding="utf-8")
    (model,) = Catalog.read(tmp_path / "none", [tmp_path], tmp_path / "store").models
    assert model.name == "ward-7b"
    assert model.engines == ("bigdl",)
    names = {Path(file.path).relative_to("/srv/models/ward-7b").name for file in model.files}
    assert names == {"config.json", "model.safetensors", "tokenizer.json"}


def test_every_kind_of_source_is_named() -> None:
    kinds = {kind.value for kind in SourceKind} - {SourceKind.SCRIPTED.value}
    assert kinds <= set(re.findall(r"^\| `([\w-]+)` \|", README, re.MULTILINE))


def test_every_command_of_the_table_exists() -> None:
    table = re.findall(r"^\| `wardnote (.*?)` \|", README.replace("\\|", "/"), re.MULTILINE)
    parser = make_parser()
    assert len(table) >= 17
    for line in table:
        words = [word for word in shlex.split(re.sub(r"\[.*?\]", "", line)) if word != "…"]
        words = [re.sub(r"^([\w-]+)(?:/[\w-]+)+$", r"\1", word) for word in words]
        arguments = parser.parse_args(words)
        assert arguments.command == (words[0] if words else None)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"(?:packaging|resources|tests|app)/[\w./-]*\w", README))))
def test_every_path_exists(path: str) -> None:
    assert (ROOT / path).exists()
