#!/usr/bin/env python3
"""The program's icon in the forms that desktops want, drawn from `resources/icons/wardnote.svg`.

    .venv/bin/python packaging/icons.py DIR

writes `wardnote.svg`, `wardnote-16.png` … `wardnote-512.png`, and `wardnote.ico` for Windows. The same drawing gives
the same bytes. Needs the program's own PySide6, and no display.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

DRAWING = Path(__file__).resolve().parents[1] / "resources" / "icons" / "wardnote.svg"
PNG_SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
ICO_SIZES = (16, 20, 24, 32, 40, 48, 64, 256)
_PNG_INSIDE_ICO = 256  # smaller ones as bitmaps: resource compilers and installers read no PNG of those


def main(arguments: list[str]) -> int:
    """Write all forms; the return value is the exit code."""
    if len(arguments) != 1:
        print("usage: icons.py DIR", file=sys.stderr)
        return 2
    write_icons(Path(arguments[0]))
    return 0


def write_icons(folder: Path) -> None:
    """Write every form into a folder, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "wardnote.svg").write_bytes(DRAWING.read_bytes())
    for size in PNG_SIZES:
        (folder / f"wardnote-{size}.png").write_bytes(_png(drawn(size)))
    (folder / "wardnote.ico").write_bytes(ico([drawn(size) for size in ICO_SIZES]))


def drawn(size: int) -> QImage:
    """The drawing as a square of this many pixels."""
    image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    QSvgRenderer(str(DRAWING)).render(painter)
    painter.end()
    return image.convertToFormat(QImage.Format.Format_ARGB32)


def ico(images: list[QImage]) -> bytes:
    """An icon file of these images: a header, a directory of 16 bytes each, the images."""
    forms = [_png(image) if image.width() >= _PNG_INSIDE_ICO else _bitmap(image) for image in images]
    head, offset = struct.pack("<HHH", 0, 1, len(images)), 6 + 16 * len(images)
    for image, form in zip(images, forms, strict=True):
        side = image.width() % 256  # 0 stands for 256
        head += struct.pack("<BBBBHHII", side, side, 0, 0, 1, 32, len(form), offset)
        offset += len(form)
    return head + b"".join(forms)


def _bitmap(image: QImage) -> bytes:
    """A device-independent bitmap from the bottom up, and an empty mask: the alpha channel says what is seen."""
    side = image.width()
    rows = [bytes(image.constScanLine(y))[: side * 4] for y in reversed(range(side))]
    mask = bytes((side + 31) // 32 * 4 * side)
    header = struct.pack("<IiiHHIIiiII", 40, side, side * 2, 1, 32, 0, side * side * 4 + len(mask), 0, 0, 0, 0)
    return header + b"".join(rows) + mask


def _png(image: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(buffer.data().data())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
