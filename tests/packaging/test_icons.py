"""The icon's forms, read back by Qt, which reads Windows icons by its own plugin."""

from __future__ import annotations

from pathlib import Path

import icons
import pytest
from PySide6.QtGui import QImage, QImageReader
from PySide6.QtWidgets import QApplication


@pytest.fixture
def folder(tmp_path: Path, qapp: QApplication) -> Path:
    icons.write_icons(tmp_path / "made")
    return tmp_path / "made"


def test_every_size_is_drawn_sharp_and_rounded(folder: Path) -> None:
    for size in icons.PNG_SIZES:
        image = QImage(str(folder / f"wardnote-{size}.png"))
        assert (image.width(), image.height()) == (size, size)
        assert image.pixelColor(0, 0).alpha() == 0, "the corner is not filled"
        assert image.pixelColor(size // 2, size // 8).name() == "#1f6feb"
    assert (folder / "wardnote.svg").read_bytes() == icons.DRAWING.read_bytes()


def test_the_windows_icon_holds_the_same_drawings(folder: Path) -> None:
    reader = QImageReader(str(folder / "wardnote.ico"))
    assert reader.imageCount() == len(icons.ICO_SIZES)
    for number, size in enumerate(icons.ICO_SIZES):
        assert reader.jumpToImage(number)
        image = reader.read().convertToFormat(QImage.Format.Format_ARGB32)
        assert image == icons.drawn(size), size


def test_the_same_drawing_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    icons.write_icons(tmp_path / "again")
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_it_wants_one_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert icons.main([]) == 2
    assert "usage" in capsys.readouterr().err
