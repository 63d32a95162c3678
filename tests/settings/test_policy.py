"""The hospital's policy: what may stand in it, what is said of what may not, and which of two files wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.errors import PolicyFault
from app.infra.paths import Paths, system_policy
from app.settings.policy import Policy, shown
from app.settings.policy_keys import KEYS, PolicyKey
from app.settings.policy_page import PAGE, page


def written(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_everything_is_open_but_servers(tmp_path: Path) -> None:
    policy = Policy.read(tmp_path / "policy.toml")
    assert policy == Policy()
    assert policy.servers == frozenset()
    assert (policy.data_folder, policy.engine, policy.catalogs) == (None, "auto", ())
    assert (policy.may_fetch, policy.may_export) == (True, True)


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_every_example_of_the_reference_is_understood(key: PolicyKey, tmp_path: Path) -> None:
    name = key.name.partition(".")[2]
    path = written(tmp_path, f"[{key.section}]\n{name} = {key.example}\n".replace("$USER", "li"))
    policy = Policy.read(path)
    assert policy.sets(key.name)
    assert policy.places == {key.name: path}
    assert shown(policy.values[key.name])


def test_addresses_are_host_and_port(tmp_path: Path) -> None:
    path = written(tmp_path, '[servers]\nallowed = ["10.1.2.3:8000", "Models.Hospital.cn:443", "[fe80::1]:80"]\n')
    assert Policy.read(path).servers == {"10.1.2.3:8000", "models.hospital.cn:443", "[fe80::1]:80"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = " + "[" * 5_000, "嵌套过深"),
        ("[servers\n", "不是有效的 TOML 文件（第 1 行第 9 列）"),
        ("\nservers = 1\n", "第 2 行：servers 应是一个部分，写作 [servers]"),
        ('[servers]\n\nallowed = "10.1.2.3:8000"\n', "第 3 行：servers.allowed 不能是 “10.1.2.3:8000”，可以是：地址"),
        ('[servers]\nallowed = ["10.1.2.3"]\n', "第 2 行"),
        ('[servers]\nallowed = ["http://10.1.2.3:8000"]\n', "第 2 行"),
        ('[servers]\nallowed = ["*:8000"]\n', "第 2 行"),
        ('[servers]\nallowed = ["10.1.2.3:8000/v1"]\n', "第 2 行"),
        ('servers.allowed = [""]\n', "第 1 行"),
        ('[packs]\ntrusted = ["KKKK"]\n', "第 2 行：packs.trusted 不能是"),
        ('[window]\ntheme = "light"\ntheme_ = "blue"\n', "第 3 行：没有名为 window.theme_ 的设置，[window] 中可以有："),
        ('[window]\ntheme = "blue"\n', '第 2 行：window.theme 不能是 “blue”，可以是："system"、"light"、"dark"'),
        ("[window]\n[updates]\nx = 1\n", "第 2 行：没有名为 [updates] 的部分，可以有：data、window、"),
        ("[feedback]\nexport = 0\n", "第 2 行：feedback.export 不能是 0，可以是：true 或 false"),
        ('[data]\nfolder = "$NOBODY_SET_THIS/x"\n', "第 2 行：data.folder 不能是"),
    ],
)
def test_what_is_not_understood_is_named_and_allows_nothing(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(PolicyFault) as caught:
        Policy.read(path)
    assert str(caught.value).startswith(f"策略文件 {path} ")
    assert said in str(caught.value)


def test_a_file_that_is_no_text_or_no_file(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_bytes(b'[window]\ntheme = "\xff"\n')
    with pytest.raises(PolicyFault, match="UTF-8"):
        Policy.read(tmp_path / "policy.toml")
    with pytest.raises(PolicyFault, match="无法读取"):
        Policy.read(tmp_path)


def test_notepads_mark_is_no_fault(tmp_path: Path) -> None:
    assert Policy.read(written(tmp_path, '\ufeff[window]\ntheme = "dark"\n')).text("window.theme") == "dark"


def test_paths_start_at_the_file_and_take_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARD", "内科")
    path = written(tmp_path, '[data]\nfolder = "data/$WARD"\n[models]\ncatalog = "/srv/c"\n')
    policy = Policy.read(path)
    assert policy.data_folder == tmp_path / "data" / "内科"
    assert policy.catalogs == (Path("/srv/c"),)


@pytest.fixture
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """A policy for the whole computer, and one in the data folder."""
    text = '[window]\ntheme = "dark"\n[servers]\nallowed = []\n'
    monkeypatch.setenv("WARDNOTE_POLICY", str(written(tmp_path / "computer", text)))
    written(tmp_path / "data", '[window]\ntheme = "light"\nlanguage = "en"\n[servers]\nallowed = ["10.1.2.3:80"]\n')
    return Paths(tmp_path / "data", tmp_path / "cache")


@pytest.mark.skipif(Path("/etc/wardnote/policy.toml").exists(), reason="this machine has a policy of its own")
def test_the_computers_policy_cannot_be_undone_by_the_data_folders(both: Paths) -> None:
    policy = Policy.of(both)
    assert policy.text("window.theme") == "dark"
    assert policy.text("window.language") == "en", "what it leaves open, the other may set"
    assert policy.servers == frozenset()
    assert policy.places["window.theme"] == system_policy()
    assert policy.places["window.language"] == both.policy
    assert policy.files == (system_policy(), both.policy)


def test_the_data_folder_cannot_say_where_it_is(tmp_path: Path) -> None:
    path = written(tmp_path, '[data]\nfolder = "/elsewhere"\n')
    with pytest.raises(PolicyFault, match=r"第 2 行：data\.folder 只能写在整台计算机的策略文件"):
        Policy.read(path, system=False)


def test_the_reference_page_is_that_of_the_keys() -> None:
    """`python -m app.settings.policy_page` writes it."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_whose_packs_are_taken(tmp_path: Path) -> None:
    key = "K" * 43 + "="
    policy = Policy.read(written(tmp_path, f'[packs]\ntrusted = ["{key}"]\nallow_unsigned = true\n'))
    assert policy.pack_keys == {key}
    assert policy.may_install_unsigned
    assert not Policy().may_install_unsigned
