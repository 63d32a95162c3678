"""Where a model comes from: a pack, a folder or a file, typed or chosen."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from app.ui.kit.words import Words


class InstallRow(QWidget):
    """A path, two ways to choose one, and the button that installs it.

    Signals:
        wanted: the Path to install from.
    """

    wanted = Signal(object)

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self._offered = False
        self.path = QLineEdit()
        self.path.setPlaceholderText(words("模型包（文件夹或 .wnpack），或模型的文件夹、GGUF 文件"))
        self.path.setAccessibleName(words("模型包或模型的路径"))
        self.choose_file, self.choose_folder = QPushButton(words("文件(&F)…")), QPushButton(words("文件夹(&D)…"))
        self.install = QPushButton(words("安装(&I)"))
        label = QLabel(words("安装自(&N)"))
        label.setBuddy(self.path)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(label)
        row.addWidget(self.path, 1)
        for button in (self.choose_file, self.choose_folder, self.install):
            button.setAutoDefault(False)
            row.addWidget(button)
        self.choose_file.clicked.connect(self._choose_file)
        self.choose_folder.clicked.connect(self._choose_folder)
        self.install.clicked.connect(self._install)
        self.path.returnPressed.connect(self._install)
        self.path.textChanged.connect(self._update)
        self._update()

    def offer(self, pack: str) -> None:
        """A pack that is there; shown once, and not over what somebody wrote."""
        if pack and not self._offered and not self.path.text():
            self._offered = True
            self.path.setText(pack)

    def _choose_file(self) -> None:
        kinds = self._words("模型包或模型") + " (*.wnpack *.gguf)"
        path, _ = QFileDialog.getOpenFileName(self, self._words("选择模型包或模型文件"), self.path.text(), kinds)
        if path:
            self.path.setText(path)

    def _choose_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self, self._words("选择模型包或模型的文件夹"), self.path.text())
        if path:
            self.path.setText(path)

    def _install(self) -> None:
        if text := self.path.text().strip():
            self.wanted.emit(Path(text).expanduser())

    def _update(self) -> None:
        self.install.setEnabled(bool(self.path.text().strip()))
