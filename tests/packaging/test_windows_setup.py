"""The setup program's script, and who signs it; neither makensis nor a certificate is needed."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

import pytest
from installers.plan import Plan
from installers.windows import msi, msi_source, setup, signing
from provision.interpreter import ROOT, SetupFault


@pytest.fixture
def laid_down(tmp_path: Path) -> Path:
    """A tree as `stage.assemble` makes it, but tiny."""
    for name in ("WardNote.exe", "bin/wardnote.exe", "1.2.3/python/python311.dll", "1.2.3/packages/b/$x.py"):
        path = tmp_path / "stage" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(2048))
    return tmp_path / "stage"


@pytest.fixture
def script(laid_down: Path, tmp_path: Path) -> str:
    plan = Plan(ROOT, tmp_path, tmp_path, "1.2.3", 1)
    values = setup.values(laid_down, tmp_path / "setup.exe", plan, "zlib")
    return setup.launchers.filled(setup.TEMPLATE.read_text(encoding="utf-8"), values)


def test_every_placeholder_of_the_script_has_a_value(script: str) -> None:
    assert "@" not in script
    assert '!define VERSION "1.2.3"' in script


def test_files_come_in_one_order_and_with_their_folders(laid_down: Path) -> None:
    files = [PurePosixPath("1.2.3/a.txt"), PurePosixPath("1.2.3/b/$x.py"), PurePosixPath("1.2.3/b/y.py")]
    assert setup.file_lines(files, laid_down).splitlines() == [
        '  SetOutPath "$INSTDIR\\1.2.3"',
        f'  File "{laid_down}/1.2.3/a.txt"',
        '  SetOutPath "$INSTDIR\\1.2.3\\b"',
        f'  File "{laid_down}/1.2.3/b/$$x.py"',
        f'  File "{laid_down}/1.2.3/b/y.py"',
    ]


def test_the_launchers_are_laid_down_after_all_that_they_start(script: str) -> None:
    last = max(script.index(f'{name}"\n') for name in ("python311.dll", "$$x.py"))
    assert last < script.index("stage/WardNote.exe") < script.index("stage/bin/wardnote.exe")


def test_the_users_data_is_where_the_program_keeps_it(script: str) -> None:
    """The setup program names the folder that platformdirs takes on Windows: `wardnote` below the local folder."""
    assert 'RMDir /r "$LOCALAPPDATA\\wardnote"' in script
    assert script.count("RMDir /r") == script.count('RMDir /r "$INSTDIR\\') + 1


def test_a_model_pack_is_taken_before_the_setup_ends_and_goes_with_the_program(script: str) -> None:
    assert script.index("Call RemoveEarlier") < script.index("Call TakePack")
    assert """nsExec::Exec '"$INSTDIR\\bin\\wardnote.exe" models install "$Pack"'""" in script
    uninstall = script[script.index('Section "Uninstall"') :]
    assert 'RMDir /r "$INSTDIR\\packs"' in uninstall


def test_nobody_signs_unless_a_certificate_is_named(tmp_path: Path) -> None:
    assert signing.Signer.of({}) is None
    with pytest.raises(SetupFault, match="is not there"):
        signing.Signer.of({signing.CERTIFICATE: str(tmp_path / "none.p12")})
    certificate = tmp_path / "ward.p12"
    certificate.touch()
    signer = signing.Signer.of({signing.CERTIFICATE: str(certificate), signing.TIMESTAMP: "http://time.test"})
    assert signer is not None
    command = list(signer.command(Path("in.exe"), Path("out.exe")))
    assert command[command.index("-ts") + 1] == "http://time.test"
    assert "-readpass" not in command


def test_the_msi_names_every_file_once_and_the_same_way_again(laid_down: Path) -> None:
    source = msi_source.document(laid_down, "1.2.3")
    assert source == msi_source.document(laid_down, "1.2.3")
    tree = ElementTree.fromstring(source)
    space = {"w": "http://schemas.microsoft.com/wix/2006/wi"}
    files = [file.attrib["Source"] for file in tree.iterfind(".//w:File", space)]
    assert sorted(files) == [
        "stage/1.2.3/packages/b/$x.py",
        "stage/1.2.3/python/python311.dll",
        "stage/WardNote.exe",
        "stage/bin/wardnote.exe",
    ]
    components = [component.attrib["Id"] for component in tree.iterfind(".//w:Component", space)]
    references = [reference.attrib["Id"] for reference in tree.iterfind(".//w:ComponentRef", space)]
    assert sorted(components) == sorted(references)
    assert len(set(components)) == len(components)


def test_the_msi_has_a_component_per_folder_and_no_feature_with_more_than_windows_takes(laid_down: Path) -> None:
    for number in range(2000):
        (laid_down / "1.2.3" / "many" / str(number)).mkdir(parents=True)
        (laid_down / "1.2.3" / "many" / str(number) / "file").touch()
    (laid_down / "bin" / "second.txt").touch()
    tree = ElementTree.fromstring(msi_source.document(laid_down, "1.2.3"))
    space = {"w": "http://schemas.microsoft.com/wix/2006/wi"}
    keys = [len(one.findall("w:File[@KeyPath='yes']", space)) for one in tree.iterfind(".//w:Component[w:File]", space)]
    assert keys == [1] * 2004
    sizes = [len(feature.findall("w:ComponentRef", space)) for feature in tree.iterfind(".//w:Feature", space)]
    assert sum(sizes) == 2006 and max(sizes) <= 1600


def test_wixl_is_given_ascii_alone_and_the_chinese_comes_after_it(laid_down: Path) -> None:
    assert msi_source.document(laid_down, "1.2.3").isascii()
    changed = "\n".join(msi.queries("1.2.3"))
    assert "SET `Name` = '病程助手' WHERE `Component_` = 'links'" in changed
    assert changed.count("SET `Version` = '1.2.3.0'") == 2
    changed.encode("gbk")


def test_another_version_is_another_product_of_the_same_family(laid_down: Path) -> None:
    assert msi_source.guid("product", "1.2.3") != msi_source.guid("product", "1.2.4")
    assert f'UpgradeCode="{msi_source.UPGRADE_CODE}"' in msi_source.document(laid_down, "1.2.4")
