"""The .deb, as UOS and Kylin ask for it: all below `/opt/apps/<id>`, no scripts; and a small one for plain Debian.

UOS and Kylin find menus, icons and file types in `/opt/apps/<id>/entries`. Plain Debian and Ubuntu do not look there:
`<id>.desktop-integration` has nothing but links from the usual places.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from installers import product
from installers.linux import desktop, tree
from installers.plan import Plan
from installers.tools import require, run

_MAINTAINER = f"{product.PUBLISHER} <noreply@{product.URL_SCHEME}.invalid>"
# glibc for CPython of Debian 12; the rest for Qt, in the names of Debian 12 and of its successors.
_DEPENDS = (
    "libc6 (>= 2.35)",
    "libstdc++6",
    "libgcc-s1",
    "libbrotli1",
    "libdbus-1-3",
    "libegl1",
    "libfontconfig1",
    "libfreetype6",
    "libgl1",
    "libglib2.0-0 | libglib2.0-0t64",
    "libgssapi-krb5-2",
    "libwayland-client0",
    "libwayland-cursor0",
    "libwayland-egl1",
    "libx11-6",
    "libx11-xcb1",
    *(f"libxcb-{part}" for part in ("glx0", "randr0", "render0", "shape0", "shm0", "sync1", "xfixes0", "xkb1")),
    "libxcb1",
    "libzstd1",
    "xkb-data",
    "fonts-noto-cjk | fonts-wqy-microhei | fonts-wqy-zenhei",
)
_INTEGRATION = f"{product.APP_ID}.desktop-integration"


def build(plan: Plan) -> Sequence[Path]:
    """Build both packages, with the tree that was made last or a new one."""
    made = tree.made(plan)
    root = plan.part("deb")
    shutil.rmtree(root)
    home = root / "opt" / "apps" / product.APP_ID
    shutil.copytree(made, home / "files", symlinks=True)
    desktop.place(plan, made, home / "entries", f"/opt/apps/{product.APP_ID}/files/bin/wardnote")
    (home / "info").write_text(_info(plan), encoding="utf-8")
    return [_pack(plan, root, _control(plan, root)), _integration(plan)]


def _integration(plan: Plan) -> Path:
    root = plan.part("deb-integration")
    shutil.rmtree(root)
    entries = plan.part("deb") / "opt" / "apps" / product.APP_ID / "entries"
    links = {Path("usr/bin/wardnote"): Path("/opt/apps") / product.APP_ID / "files" / "bin" / "wardnote"}
    for path in sorted(one for one in entries.rglob("*") if one.is_file()):
        inside = path.relative_to(entries)
        links[Path("usr/share") / inside] = Path("/opt/apps") / product.APP_ID / "entries" / inside
    for link, target in links.items():
        (root / link).parent.mkdir(parents=True, exist_ok=True)
        (root / link).symlink_to(target)
    depends = f"{product.APP_ID} (= {plan.version}), desktop-file-utils, shared-mime-info"
    text = _fields(plan, _INTEGRATION, "all", depends, 1, "menu, file type and command on desktops that need links")
    return _pack(plan, root, text)


def _control(plan: Plan, root: Path) -> str:
    size = sum(file.lstat().st_size for file in root.rglob("*")) // 1024
    return _fields(plan, product.APP_ID, "amd64", ", ".join(_DEPENDS), size, product.SUMMARY)


def _fields(plan: Plan, package: str, architecture: str, depends: str, size: int, summary: str) -> str:
    return (
        f"Package: {package}\n"
        f"Version: {plan.version}\n"
        f"Architecture: {architecture}\n"
        f"Maintainer: {_MAINTAINER}\n"
        f"Installed-Size: {size}\n"
        f"Depends: {depends}\n"
        "Section: science\n"
        "Priority: optional\n"
        f"Description: {product.CHINESE_NAME} {product.NAME}: {summary}\n"
        f" {product.CHINESE_SUMMARY}。全部推理在本机进行，病历不离开这台计算机。\n"
    )


def _info(plan: Plan) -> str:
    permissions = ("autostart", "notification", "trayicon", "clipboard", "account", "bluetooth", "camera")
    document = {
        "appid": product.APP_ID,
        "name": product.CHINESE_NAME,
        "version": product.four_part(plan.version),
        "arch": ["amd64"],
        "permissions": {name: name == "clipboard" for name in (*permissions, "audio_record", "installed_apps")},
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _pack(plan: Plan, root: Path, control: str) -> Path:
    fields = dict(line.split(": ", 1) for line in control.splitlines() if not line.startswith(" "))
    information = root / "DEBIAN"
    information.mkdir()
    (information / "control").write_text(control, encoding="utf-8")
    (information / "md5sums").write_text(_md5sums(root), encoding="utf-8")
    tree.date(root, plan.epoch)
    plan.output.mkdir(parents=True, exist_ok=True)
    target = plan.output / f"{fields['Package']}_{fields['Version']}_{fields['Architecture']}.deb"
    # Two threads, whatever this machine has: their number shows in the bytes.
    options = ["--root-owner-group", "-Zgzip", "-z6"]
    run(
        [require("dpkg-deb", "dpkg"), *options, "--build", root, target],
        "the package could not be built",
        env={"SOURCE_DATE_EPOCH": str(plan.epoch)},
    )
    return target


def _md5sums(root: Path) -> str:
    files = sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    lines = []
    for path in files:
        if path.relative_to(root).parts[0] != "DEBIAN":
            with path.open("rb") as file:
                lines.append(f"{hashlib.file_digest(file, 'md5').hexdigest()}  {path.relative_to(root)}\n")
    return "".join(lines)
