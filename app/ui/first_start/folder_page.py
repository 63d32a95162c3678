"""Where the ward's data are kept."""

from __future__ import annotations

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton

from app.controllers.first_start import FirstStartController
from app.settings.data_folder import Examined
from app.ui.first_start.step_page import StepPage
from app.ui.kit.words import Words


class FolderPage(StepPage):
    """The usual folder, or another one."""

    def __init__(self, start: FirstStartController, words: Words) -> None:
        super().__init__(
            words("数据文件夹"),
            words("病历、建议和反馈都保存在这个文件夹中，只在本机。请选本机磁盘上的位置；一般用默认的即可。"),
        )
        self._start = start
        self._words = words
        self.folder = QLineEdit(str(start.paths.data_dir))
        self.folder.setAccessibleName(words("数据文件夹"))
        choose = QPushButton(words("另选(&O)…"))
        choose.setAutoDefault(False)
        choose.clicked.connect(self._choose)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.folder, 1)
        row.addWidget(choose)
        self.rows.addLayout(row)
        self.finish_layout()
        self.folder.textChanged.connect(lambda: self.say(""))
        start.folder_examined.connect(self._on_examined)
        start.failed.connect(self._on_failed)

    def enter(self) -> None:
        """The path can be changed at once."""
        self.folder.setFocus()

    def go_on(self) -> None:
        """Examine the folder in the background."""
        self.say("")
        self.allow(go_on=False)
        self._start.use_folder(self.folder.text())

    def _choose(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self._words("数据文件夹"), self.folder.text())
        if chosen:
            self.folder.setText(chosen)

    def _on_examined(self, found: Examined) -> None:
        self.allow(go_on=True)
        if found.fault:
            self.say(found.fault)
            self.folder.setFocus()
        else:
            self.completed.emit()

    def _on_failed(self, sentence: str) -> None:
        if self.isVisible():
            self.allow(go_on=True)
            self.say(sentence)
