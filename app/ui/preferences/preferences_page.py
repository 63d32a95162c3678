"""The settings page: language and look; read-only beside them what the hospital decided, and where things lie."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.controllers.preferences import Preferences, PreferencesController
from app.ui.kit.theme import Appearance
from app.ui.kit.words import Words

_LANGUAGES = (("zh", "中文"), ("en", "English"))
_THEMES = (("system", "跟随系统"), ("light", "浅色"), ("dark", "深色"))
_COLUMNS = ("设置", "值", "作用", "写在")


class PreferencesPage(QDialog):
    """What can be chosen, and a table of what cannot.

    Signals:
        chosen: what (`language`, `theme`) and the choice.
    """

    chosen = Signal(str, str)

    def __init__(self, words: Words, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._words = words
        self.setWindowTitle(words("设置"))
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumSize(820, 460)
        self.resize(1040, 560)
        self.language, self.theme = QComboBox(), QComboBox()
        for code, name in _LANGUAGES:
            self.language.addItem(name, code)
        for code, name in _THEMES:
            self.theme.addItem(words(name), code)
        self.language_note, self.theme_note = _note(), _note()
        self.folder, self.log = _place(words("数据文件夹")), _place(words("日志"))
        self.heading, self.table = QLabel(), QTableWidget(0, len(_COLUMNS))
        self._lay_out()
        self.language.activated.connect(lambda: self.chosen.emit("language", self.language.currentData()))
        self.theme.activated.connect(lambda: self.chosen.emit("theme", self.theme.currentData()))

    def show_preferences(self, preferences: Preferences) -> None:
        """Show what is in force; what the hospital decided cannot be changed here, and says so."""
        words = self._words
        for box, note, value, key in (
            (self.language, self.language_note, preferences.language, "window.language"),
            (self.theme, self.theme_note, preferences.theme, "window.theme"),
        ):
            box.setCurrentIndex(max(0, box.findData(value)))
            box.setEnabled(not preferences.is_decided(key))
            note.setText(words("由医院设定") if preferences.is_decided(key) else "")
        if not preferences.is_decided("window.language"):
            self.language_note.setText(words("首次启动、模型和设置页面；下次打开时生效"))
        self.folder.setText(preferences.data_folder)
        self.log.setText(preferences.log_file)
        none, some = words("医院没有设定任何策略。"), words("医院的策略（只读）")
        self.heading.setText(preferences.fault or (some if preferences.decided else none))
        self.heading.setObjectName("dialogWarning" if preferences.fault else "keyName")
        self.heading.style().polish(self.heading)
        self.table.setRowCount(len(preferences.decided))
        for row, one in enumerate(preferences.decided):
            for column, text in enumerate((one.name, one.value, one.meaning, one.place)):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.table.setItem(row, column, item)
        self.table.setVisible(bool(preferences.decided))

    def _lay_out(self) -> None:
        words, grid = self._words, QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(2, 1)
        for row, (title, box, note) in enumerate(
            ((words("语言(&L)"), self.language, self.language_note), (words("外观(&T)"), self.theme, self.theme_note))
        ):
            label = QLabel(title)
            label.setBuddy(box)
            for column, widget in enumerate((label, box, note)):
                grid.addWidget(widget, row, column)
        for row, (title, line) in enumerate(((words("数据文件夹"), self.folder), (words("日志"), self.log)), 2):
            grid.addWidget(QLabel(title), row, 0)
            grid.addWidget(line, row, 1, 1, 2)
        self.heading.setWordWrap(True)
        self._set_up_table()
        close = QDialogButtonBox()
        close.addButton(words("关闭"), QDialogButtonBox.ButtonRole.RejectRole).setAutoDefault(False)
        close.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(grid)
        layout.addWidget(self.heading)
        layout.addWidget(self.table, 1)
        layout.addStretch(0)
        layout.addWidget(close)

    def _set_up_table(self) -> None:
        table = self.table
        table.setObjectName("engines")
        table.setAccessibleName(self._words("医院的策略（只读）"))
        table.setHorizontalHeaderLabels([self._words(title) for title in _COLUMNS])
        table.verticalHeader().hide()
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        header = table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        for column in (0, 1, 3):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)


class PreferencesActs(QObject):
    """The presenter of the settings page; a theme is in force at once."""

    def __init__(self, preferences: PreferencesController, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._appearance = appearance
        self._window = parent
        self.dialog: PreferencesPage | None = None
        preferences.read.connect(self._on_read)

    @Slot()
    def open(self) -> None:
        """Open the page."""
        if self.dialog is not None:
            return
        self.dialog = PreferencesPage(self._appearance.words, self._window)
        self.dialog.chosen.connect(self._choose)
        self.dialog.finished.connect(lambda _result: self._close())
        self.dialog.open()
        self._preferences.refresh()

    def _choose(self, what: str, choice: str) -> None:
        self._preferences.choose(what, choice)
        if what == "theme":
            self._appearance.choose(choice)

    @Slot(object)
    def _on_read(self, preferences: Preferences) -> None:
        if self.dialog is not None:
            self.dialog.show_preferences(preferences)

    def _close(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None


def _note() -> QLabel:
    label = QLabel()
    label.setObjectName("emptyHint")
    return label


def _place(name: str) -> QLineEdit:
    """A path that can be read, selected and copied."""
    line = QLineEdit()
    line.setReadOnly(True)
    line.setAccessibleName(name)
    return line
