from __future__ import annotations

from pathlib import Path

import pytest

from app.core.errors import ModelFileFault
from app.settings.policy import Policy


def written(folder: Path, text: str) -> Path:
    path = folder / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_no_server_is_allowed(tmp_path: Path) -> None:
    assert Policy.read(tmp_path / "policy.toml") == Policy(frozenset())


def test_addresses_are_host_and_port(tmp_path: Path) -> None:
    path = written(tmp_path, '[servers]\nallowed = ["10.1.2.3:8000", "Models.Hospital.cn:443", "[fe80::1]:80"]\n')
    assert Policy.read(path).servers == {"10.1.2.3:8000", "models.hospital.cn:443", "[fe80::1]:80"}


@pytest.mark.parametrize(
    "text",
    [
        "[servers\n",
        "servers = 1\n",
        '[servers]\nallowed = "10.1.2.3:8000"\n',
        '[servers]\nallowed = ["10.1.2.3"]\n',
        '[servers]\nallowed = ["http://10.1.2.3:8000"]\n',
        '[servers]\nallowed = ["*:8000"]\n',
        '[servers]\nallowed = ["10.1.2.3:8000/v1"]\n',
    ],
)
def test_what_is_not_understood_allows_nothing(tmp_path: Path, text: str) -> None:
    with pytest.raises(ModelFileFault, match="策略文件"):
        Policy.read(written(tmp_path, text))
