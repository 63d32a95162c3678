"""`WardNote-x.y.z-win64.msi` for group policy: the same tree per machine, by wixl."""

from __future__ import annotations

import hashlib
import os
import subprocess
import uuid
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from xml.sax.saxutils import quoteattr

from provision.interpreter import SetupFault

from installers import product
from installers.plan import Plan
from installers.windows import launchers, signing, stage, tools

# Never to change: by this Windows knows that one version takes the place of another.
UPGRADE_CODE = "7B0C5E0A-6B1D-4E55-9C0B-3B9E8F2D6A41"
_NAMESPACE = uuid.UUID("5a1f54f3-0c53-4c7e-9a57-2f6a1f4f9d10")
WINDOWS_BUILD = 17763
_CLASSES = "Software\\Classes"


def build(plan: Plan) -> Sequence[Path]:
    """Assemble the tree and pack it; signed where a certificate is given. Raises SetupFault."""
    tools.supply(tools.MSI_NEEDS)
    laid_down = stage.assemble(plan)
    signing.sign(laid_down / launchers.WINDOW, laid_down / "bin" / launchers.CONSOLE)
    plan.output.mkdir(parents=True, exist_ok=True)
    target = plan.output / f"{product.NAME}-{plan.version}-win64.msi"
    pack(laid_down, target, plan)
    signing.sign(target)
    return [target]


def pack(laid_down: Path, target: Path, plan: Plan) -> None:
    """Write the source for wixl and run it."""
    source = laid_down.with_suffix(".wxs")  # beside the tree: wixl takes no absolute paths
    source.write_text(document(laid_down, plan.version), encoding="utf-8")
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(plan.epoch), "LC_ALL": "C.UTF-8"}
    command: list[str | Path] = ["wixl", "--arch", "x64", "--output", target, source]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        target.unlink(missing_ok=True)
        raise SetupFault(f"wixl did not succeed: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def document(laid_down: Path, version: str) -> str:
    """The whole source. Everything in it follows from the tree and the version, identifiers too."""
    files = sorted(PurePosixPath(path.relative_to(laid_down)) for path in laid_down.rglob("*") if path.is_file())
    ids = [identifier("c", file) for file in files]
    references = "\n".join(f'   <ComponentRef Id="{one}"/>' for one in [*ids, "links", "classes"])
    name = quoteattr(f"{product.CHINESE_NAME} {product.NAME}")
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">
 <Product Id="{guid("product", version)}" UpgradeCode="{UPGRADE_CODE}" Name={name} Version="{version}"
          Manufacturer="{product.PUBLISHER}" Language="2052" Codepage="936">
  <Package InstallerVersion="500" Compressed="yes" InstallScope="perMachine" Languages="2052"
           SummaryCodepage="936" Description={name} Manufacturer="{product.PUBLISHER}"/>
  <MajorUpgrade DowngradeErrorMessage="已安装更高的版本。A newer version is installed."/>
  <Media Id="1" Cabinet="wardnote.cab" EmbedCab="yes"/>
  <Property Id="WINDOWSBUILDNUMBER">
   <RegistrySearch Id="build" Root="HKLM" Key="SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
                   Name="CurrentBuildNumber" Type="raw" Win64="yes"/>
  </Property>
  <Condition Message="需要 64 位 Windows 10 1809 或更高版本。64-bit Windows 10 1809 or newer is needed."
             >Installed OR (VersionNT64 AND WINDOWSBUILDNUMBER &gt;= {WINDOWS_BUILD})</Condition>
  <Property Id="ARPNOMODIFY" Value="1"/>
  <Directory Id="TARGETDIR" Name="SourceDir">
   <Directory Id="ProgramFiles64Folder"><Directory Id="INSTALLDIR" Name="{product.NAME}">
{folders(files, laid_down)}
{_classes()}
   </Directory></Directory>
   <Directory Id="ProgramMenuFolder">{_links()}</Directory>
   <Directory Id="DesktopFolder"/>
  </Directory>
  <Feature Id="Main" Level="1">
{references}
  </Feature>
 </Product>
</Wix>
"""


def folders(files: Sequence[PurePosixPath], laid_down: Path) -> str:
    """Every file as a component of its own, in the folders that they lie in; `files` are sorted."""
    tree: dict[str, object] = {}
    for file in files:
        node = tree
        for part in file.parts[:-1]:
            node = node.setdefault(part, {})  # type: ignore[assignment]
        node[file.name] = file
    return "\n".join(_lines(tree, PurePosixPath(), laid_down))


def _lines(node: dict[str, object], below: PurePosixPath, laid_down: Path) -> list[str]:
    lines: list[str] = []
    for name, content in node.items():
        if isinstance(content, PurePosixPath):
            source = quoteattr(f"{laid_down.name}/{content}")
            ids = f'Id="{identifier("c", content)}" Guid="{guid("file", str(content))}" Win64="yes"'
            file = f'<File Id="{identifier("f", content)}" Name={quoteattr(name)} Source={source} KeyPath="yes"/>'
            lines.append(f"<Component {ids}>{file}</Component>")
        elif isinstance(content, dict):
            lines.append(f'<Directory Id="{identifier("d", below / name)}" Name={quoteattr(name)}>')
            lines += [*_lines(content, below / name, laid_down), "</Directory>"]
    return lines


def _links() -> str:
    target = f'Target="[INSTALLDIR]{launchers.WINDOW}" WorkingDirectory="INSTALLDIR"'
    shortcuts = "".join(
        f'<Shortcut Id="{place}Link" Directory="{place}" Name="{product.CHINESE_NAME}" {target}/>'
        for place in ("ProgramMenuFolder", "DesktopFolder")
    )
    key = f'<RegistryValue Root="HKLM" Key="Software\\{product.NAME}" Name="links" Type="integer" Value="1"'
    return f'<Component Id="links" Guid="{guid("links", "")}" Win64="yes">{shortcuts}{key} KeyPath="yes"/></Component>'


def _classes() -> str:
    kind, command = f"{product.NAME}.Encounter", f'"[INSTALLDIR]{launchers.WINDOW}" open "%1"'
    values = (
        (product.ENCOUNTER_SUFFIX, "", kind),
        (product.ENCOUNTER_SUFFIX, "Content Type", product.ENCOUNTER_MIME),
        (kind, "", product.CHINESE_ENCOUNTER),
        (f"{kind}\\DefaultIcon", "", f"[INSTALLDIR]{launchers.WINDOW},0"),
        (f"{kind}\\shell\\open\\command", "", command),
        (product.URL_SCHEME, "", f"URL:{product.NAME}"),
        (product.URL_SCHEME, "URL Protocol", ""),
        (f"{product.URL_SCHEME}\\shell\\open\\command", "", command),
    )
    lines = []
    for number, (key, name, value) in enumerate(values):
        named = f" Name={quoteattr(name)}" if name else ""
        first = ' KeyPath="yes"' if number == 0 else ""
        place = f'Root="HKLM" Key={quoteattr(_CLASSES + chr(92) + key)}'
        lines.append(f'<RegistryValue {place}{named} Type="string" Value={quoteattr(value)}{first}/>')
    return f'<Component Id="classes" Guid="{guid("classes", "")}" Win64="yes">{"".join(lines)}</Component>'


def identifier(kind: str, path: PurePosixPath) -> str:
    """A short name that wixl takes, the same for the same path."""
    return f"{kind}{hashlib.sha256(str(path).encode()).hexdigest()[:20]}"


def guid(kind: str, name: str) -> str:
    """A GUID that is the same for the same thing."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}/{name}")).upper()
