"""What the administrator's guide says is so: its commands parse, its paths are the program's, its options exist."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest
from installers import bill, product
from installers.linux import run, tree
from provision.interpreter import ROOT

from app.cli.main import ExitCode, make_parser
from app.infra import logging as log_file
from app.infra.paths import CACHE_VARIABLE, Paths, system_policy
from app.settings.policy import Policy

GUIDE = (ROOT / "resources" / "help" / "admin.md").read_text(encoding="utf-8")
INSTALLER = (ROOT / "packaging" / "installers" / "linux" / "install.sh").read_text(encoding="utf-8")
COMMANDS = [
    line.partition("#")[0].strip()
    for block in re.findall(r"```bash\n(.*?)```", GUIDE, re.DOTALL)
    for line in block.splitlines()
]


def test_its_commands_are_the_programs() -> None:
    ours = [command for command in COMMANDS if command.startswith("wardnote ") and "--version" not in command]
    assert len(ours) >= 6
    for command in ours:
        make_parser().parse_args(shlex.split(command)[1:])


def test_its_installers_options_exist() -> None:
    options = {
        word for command in COMMANDS if command.startswith("sh ") for word in command.split() if word[:2] == "--"
    }
    assert options - {"--"} == {"--quiet", "--yes", "--prefix", "--pack", "--data"}
    assert all(option in INSTALLER for option in options)


def test_its_example_of_a_policy_is_understood(tmp_path: Path) -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "policy.toml").write_text(text, encoding="utf-8")
    policy = Policy.read(tmp_path / "policy.toml")
    assert set(policy.values) == {f"{section}.{key}" for section, keys in tomllib.loads(text).items() for key in keys}


def test_its_places_are_the_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (CACHE_VARIABLE, "XDG_DATA_HOME", "XDG_CONFIG_HOME", "WARDNOTE_POLICY"):
        monkeypatch.delenv(name, raising=False)
    paths = Paths.resolve()
    home = str(Path.home())
    places = [str(place).replace(home, "~") for place in (paths.data_dir, paths.cache_dir, system_policy())]
    places += [f"/opt/apps/{product.APP_ID}/files", f"logs/{log_file.LOG_FILE}", paths.database.name, CACHE_VARIABLE]
    places += [
        f"doc/{bill.SBOM}",
        f"doc/{bill.LICENCES}",
        str(tree.VERSION_FILE),
        run.FILE_NAME.format(version="VERSION"),
    ]
    for place in places:
        assert f"`{place}`" in GUIDE or f"/{place}\n" in GUIDE or f"{place}`" in GUIDE, place
    assert f"{log_file.BACKUPS} 个旧的" in GUIDE
    assert f"每个 {log_file.MAX_BYTES // 1_000_000} MB" in GUIDE


def test_its_exit_codes_are_the_programs() -> None:
    codes = {int(code) for code in re.findall(r"^\| ([0-9]+) \|", GUIDE, re.MULTILINE)}
    assert codes == {*(int(code) for code in ExitCode), 130}
    assert {int(code) for code in re.findall(r"\b(?:stop|exit) ([0-9]+)", INSTALLER)} <= codes
