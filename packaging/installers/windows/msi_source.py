"""The source of the MSI for wixl, in ASCII: wixl drops every other string, and `msi.py` puts the Chinese in later."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path, PurePosixPath
from xml.sax.saxutils import escape, quoteattr

from installers import product
from installers.windows import launchers

# Never to change: by this Windows knows that one version takes the place of another.
UPGRADE_CODE = "7B0C5E0A-6B1D-4E55-9C0B-3B9E8F2D6A41"
_NAMESPACE = uuid.UUID("5a1f54f3-0c53-4c7e-9a57-2f6a1f4f9d10")
WINDOWS_BUILD = 17763
NEW_ENOUGH = f"Installed OR (VersionNT64 AND WINDOWSBUILDNUMBER >= {WINDOWS_BUILD})"
CLASS = f"{product.NAME}.Encounter"
CLASSES = "Software\\Classes"
# Windows Installer takes 1600 components in a feature at most.
_COMPONENTS = 1000


def document(laid_down: Path, version: str) -> str:
    """The whole source. Everything in it follows from the tree and the version, identifiers too."""
    files = sorted(PurePosixPath(path.relative_to(laid_down)) for path in laid_down.rglob("*") if path.is_file())
    components = ["links", "classes", *(identifier("c", folder) for folder in sorted({file.parent for file in files}))]
    name = quoteattr(product.NAME)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">
 <Product Id="{guid("product", version)}" UpgradeCode="{UPGRADE_CODE}" Name={name} Version="{version}"
          Manufacturer="{product.PUBLISHER}" Language="2052">
  <Package InstallerVersion="500" Compressed="yes" InstallScope="perMachine" Languages="2052"
           Description={name} Manufacturer="{product.PUBLISHER}"/>
  <MajorUpgrade DowngradeErrorMessage="A newer version is installed."/>
  <Media Id="1" Cabinet="wardnote.cab" EmbedCab="yes"/>
  <Property Id="WINDOWSBUILDNUMBER">
   <RegistrySearch Id="build" Root="HKLM" Key="SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
                   Name="CurrentBuildNumber" Type="raw" Win64="yes"/>
  </Property>
  <Condition Message="64-bit Windows 10 1809 or newer is needed.">{escape(NEW_ENOUGH)}</Condition>
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
{"".join(_features(components))}  </Feature>
 </Product>
</Wix>
"""


def _features(components: Sequence[str]) -> Iterator[str]:
    """All components, in features that nobody sees or chooses."""
    for start in range(0, len(components), _COMPONENTS):
        yield f'   <Feature Id="Part{start}" Level="1" Display="hidden" Absent="disallow">\n'
        yield from (f'    <ComponentRef Id="{one}"/>\n' for one in components[start : start + _COMPONENTS])
        yield "   </Feature>\n"


def folders(files: Sequence[PurePosixPath], laid_down: Path) -> str:
    """Every folder as one component with all its files: for each component Windows keeps a key of the registry."""
    return "\n".join(_lines(files, PurePosixPath(), laid_down))


def _lines(files: Sequence[PurePosixPath], folder: PurePosixPath, laid_down: Path) -> Iterator[str]:
    here = [file for file in files if file.parent == folder]
    if here:
        yield f'<Component Id="{identifier("c", folder)}" Guid="{guid("folder", str(folder))}" Win64="yes">'
        for number, file in enumerate(here):
            key = ' KeyPath="yes"' if number == 0 else ""
            source = quoteattr(f"{laid_down.name}/{file}")
            yield f'<File Id="{identifier("f", file)}" Name={quoteattr(file.name)} Source={source}{key}/>'
        yield "</Component>"
    below = [file for file in files if file.parent != folder]
    depth = len(folder.parts)
    for name, inside in groupby(below, key=lambda file: file.parts[depth]):
        yield f'<Directory Id="{identifier("d", folder / name)}" Name={quoteattr(name)}>'
        yield from _lines(list(inside), folder / name, laid_down)
        yield "</Directory>"


def _links() -> str:
    target = f'Target="[INSTALLDIR]{launchers.WINDOW}" WorkingDirectory="INSTALLDIR"'
    shortcuts = "".join(
        f'<Shortcut Id="{place}Link" Directory="{place}" Name="{product.NAME}" {target}/>'
        for place in ("ProgramMenuFolder", "DesktopFolder")
    )
    key = f'<RegistryValue Root="HKLM" Key="Software\\{product.NAME}" Name="links" Type="integer" Value="1"'
    return f'<Component Id="links" Guid="{guid("links", "")}" Win64="yes">{shortcuts}{key} KeyPath="yes"/></Component>'


def _classes() -> str:
    kind, command = CLASS, f'"[INSTALLDIR]{launchers.WINDOW}" open "%1"'
    values = (
        (product.ENCOUNTER_SUFFIX, "", kind),
        (product.ENCOUNTER_SUFFIX, "Content Type", product.ENCOUNTER_MIME),
        (kind, "", product.ENCOUNTER),
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
        place = f'Root="HKLM" Key={quoteattr(CLASSES + chr(92) + key)}'
        lines.append(f'<RegistryValue {place}{named} Type="string" Value={quoteattr(value)}{first}/>')
    return f'<Component Id="classes" Guid="{guid("classes", "")}" Win64="yes">{"".join(lines)}</Component>'


def identifier(kind: str, path: PurePosixPath) -> str:
    """A short name that wixl takes, the same for the same path."""
    return f"{kind}{hashlib.sha256(str(path).encode()).hexdigest()[:20]}"


def guid(kind: str, name: str) -> str:
    """A GUID that is the same for the same thing."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}/{name}")).upper()
