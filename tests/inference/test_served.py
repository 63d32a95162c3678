"""Models on a hospital's server: what the catalog may say, and that the policy decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.errors import EnvironmentFault, ModelFileFault
from app.inference.calibration import Calibration
from app.inference.catalog import Catalog
from app.inference.library import ModelLibrary, recipe_of
from app.inference.served import Dialect

ENTRY = """[[model]]
name = "ward-70b"
[model.source]
kind = "openai-server"
url = "{url}"
model = "medical-70b"
"""


def catalog(folder: Path, url: str = "https://10.1.2.3:8000/v1", more: str = "") -> Catalog:
    own = folder / "catalog"
    own.mkdir(exist_ok=True)
    (own / "own.toml").write_text(ENTRY.format(url=url) + more, encoding="utf-8")
    return Catalog.read(folder / "none", [own], folder / "store")


def library(folder: Path, *servers: str, url: str = "https://10.1.2.3:8000/v1") -> ModelLibrary:
    return ModelLibrary(catalog(folder, url), folder / "store", Calibration(folder / "c.json", {}), servers)


def test_the_catalog_names_one_address_and_one_model(tmp_path: Path) -> None:
    served = catalog(tmp_path).get("ward-70b").served
    assert served is not None
    assert (served.address, served.model_id, served.dialect) == ("10.1.2.3:8000", "medical-70b", Dialect.OPENAI)
    assert not served.holds_form


@pytest.mark.parametrize(
    "url",
    [
        "10.1.2.3:8000/v1",
        "http://10.1.2.3/v1",
        "ftp://10.1.2.3:8000/v1",
        "http://user:word@10.1.2.3:8000/v1",
        "http://10.1.2.3:99999/v1",
        "http://10.1.2.3:8000/v1?key=1",
        "http://:8000/v1",
    ],
)
def test_other_urls_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ModelFileFault, match=r"source\.url 应写作"):
        catalog(tmp_path, url)


def test_an_unknown_dialect_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileFault, match="dialect = ollama 无效"):
        catalog(tmp_path, more='dialect = "ollama"\n')


@pytest.mark.parametrize("allowed", [(), ("10.1.2.3:80",), ("10.1.2.4:8000",), ("10.1.2.3",)])
def test_an_address_that_the_policy_does_not_list_is_refused(tmp_path: Path, allowed: tuple[str, ...]) -> None:
    shelf = library(tmp_path, *allowed)
    assert shelf.prepared(shelf.catalog.get("ward-70b"), "openai") is None
    with pytest.raises(EnvironmentFault, match=r"10\.1\.2\.3:8000 上，而本机的策略不允许"):
        shelf.choose(["ward-70b"])
    assert [sentence[:12] for sentence in shelf.refusals()] == ["模型 ward-70b "]


def test_an_allowed_model_says_where_it_is_and_what_is_not_known(tmp_path: Path) -> None:
    shelf = library(tmp_path, "10.1.2.3:8000")
    (model,) = shelf.choose(None)
    assert (model.server, model.identity.engine, model.identity.quantisation) == ("10.1.2.3:8000", "openai", "unknown")
    assert model.identity.base == "medical-70b @ 10.1.2.3:8000"
    assert (model.files, model.identity.model_sha256, shelf.refusals()) == ((), "", ())
    assert recipe_of(shelf.store, shelf.catalog.get("ward-70b"), "openai") == "openai/v1/1"


def test_a_local_engine_does_not_take_it(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="引擎 bigdl"):
        library(tmp_path, "10.1.2.3:8000").choose(["ward-70b"], "bigdl")
