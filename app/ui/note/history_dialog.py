"""The kept versions of a note: who kept which when and why, what changed from one to another, and going back to one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.controllers.note import NoteVersion, VersionReason
from app.core.notes import SECTIONS, NoteKind
from app.core.signing import NoteAct
from app.core.text_diff import BUDGET, amounts, difference
from app.ui.kit.diff_view import DiffView, Part
from app.ui.kit.text_safety import visible_controls
from app.ui.kit.theme import Appearance
from app.ui.kit.wording import exact, minute

REASONS: Mapping[VersionReason, str] = {
    VersionReason.SAVED: "保存",
    VersionReason.COMPARISON: "生成前",
    VersionReason.BACKFILL: "回填后",
    VersionReason.BEFORE_RESTORE: "恢复旧版前",
    VersionReason.RESTORED: "恢复旧版后",
    VersionReason.REVIEWED: "审核",
    VersionReason.SIGNED: "签名",
}
NO_VERSIONS = "还没有留存的版本：按 Ctrl+S 保存时、生成前和回填后会自动留存。"
_NOW, _NOTHING, _BEFORE = 0, -1, -2


class HistoryDialog(QDialog):
    """Versions on the left, newest first; on the right how the chosen one differs from the one before, or another.

    Signals:
        texts_wanted: tuple[int, ...]; the texts of these versions are to be given to `add_texts`.
        restore_wanted: version number, its sections.
    """

    texts_wanted = Signal(object)
    restore_wanted = Signal(int, object)

    def __init__(
        self,
        title: str,
        kind: NoteKind,
        versions: Sequence[NoteVersion],
        present: Mapping[str, str],
        appearance: Appearance,
        parent: QWidget,
        acts: Sequence[NoteAct] = (),
    ) -> None:
        """`versions`: newest first; `present`: the sections as they are in the editors."""
        super().__init__(parent)
        self.setWindowTitle("版本历史")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumSize(860, 480)
        self.resize(1120, 640)
        self._kind = kind
        self._no_versions = appearance.keys.worded(NO_VERSIONS)
        self._numbers = [version.version for version in versions]
        self._texts: dict[int, Mapping[str, str]] = {_NOW: present, _NOTHING: {}}
        self.list = QListWidget()
        self.other = QComboBox()
        self.summary = _label("diffSummary")
        self.view = DiffView(appearance)
        self.restore_button = QPushButton("恢复这一版(&R)")
        self._signed = False
        self._fill(versions, acts)
        self._lay_out(title)
        self.list.setCurrentRow(0)
        self.list.setFocus()
        self.list.currentRowChanged.connect(self.compare)
        self.other.currentIndexChanged.connect(self.compare)
        self.restore_button.clicked.connect(self._restore)

    def add_texts(self, texts: Mapping[int, Mapping[str, str]]) -> None:
        """The texts that were wanted."""
        self._texts.update(texts)
        self.compare()

    def forbid_restore(self) -> None:
        """The document is signed: it is amended first."""
        self._signed = True
        self.compare()

    def _fill(self, versions: Sequence[NoteVersion], acts: Sequence[NoteAct]) -> None:
        self.list.setAccessibleName("版本")
        self._add_row(_NOW, "现在", "正在书写的文字")
        self.other.setAccessibleName("与哪一版比较")
        self.other.addItem("前一版", _BEFORE)
        self.other.addItem("现在的文字", _NOW)
        for version in versions:
            number = f"第 {version.version} 版"
            who = visible_controls(version.actor)
            done = [act_words(act) for act in acts if act.version == version.version]
            when = "\n".join((f"{exact(version.occurred_at)}　{who}", *done))
            self._add_row(version.version, f"{number}　{REASONS[version.reason]}", when)
            self.other.addItem(number, version.version)

    def _add_row(self, number: int, what: str, when: str) -> None:
        item = QListWidgetItem(f"{what}\n{when}")
        item.setData(Qt.ItemDataRole.UserRole, number)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{what}，{when}")
        self.list.addItem(item)

    def _lay_out(self, title: str) -> None:
        heading = _label("dialogHeading", title)
        against = QLabel("与(&B)")
        against.setBuddy(self.other)
        row = QHBoxLayout()
        row.addWidget(against)
        row.addWidget(self.other)
        row.addWidget(QLabel("比较"))
        row.addWidget(self.summary, 1)
        self.summary.setWordWrap(True)
        self.view.setAccessibleName("修改痕迹")
        grid = QGridLayout()
        grid.setSpacing(8)
        self.list.setFixedWidth(self.fontMetrics().horizontalAdvance("床" * 18))
        grid.addWidget(self.list, 0, 0, 2, 1)
        grid.addLayout(row, 0, 1)
        grid.addWidget(self.view, 1, 1)
        grid.setRowStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        layout.addWidget(heading)
        layout.addLayout(grid, 1)
        layout.addLayout(self._bottom())

    def _bottom(self) -> QHBoxLayout:
        """No button is the default one: Enter in the list does nothing."""
        buttons = QDialogButtonBox()
        buttons.addButton(self.restore_button, QDialogButtonBox.ButtonRole.ActionRole)
        close = buttons.addButton("关闭", QDialogButtonBox.ButtonRole.RejectRole)
        for button in (self.restore_button, close):
            button.setAutoDefault(False)
        buttons.rejected.connect(self.reject)
        row = QHBoxLayout()
        row.addWidget(_label("emptyHint", "恢复会留存为新的一版，不覆盖任何版本；现在的文字也先留存。"), 1)
        row.addWidget(buttons)
        return row

    def compare(self) -> None:
        """Show how the chosen two differ, once their texts are there."""
        pair = self._pair()
        missing = tuple({*pair, self._chosen()} - self._texts.keys())
        self.restore_button.setEnabled(False)
        if missing:
            self.texts_wanted.emit(missing)
            return
        other = self._chosen() != _NOW and self._texts[self._chosen()] != self._texts[_NOW]
        self.restore_button.setEnabled(other and not self._signed)
        self._show(*pair)

    def _show(self, older: int, newer: int) -> None:
        before, after = self._texts[older], self._texts[newer]
        sections = SECTIONS[self._kind]
        parts = [
            Part(
                section.title,
                difference(before.get(section.key, ""), after.get(section.key, ""), BUDGET // len(sections)),
            )
            for section in sections
            if before.get(section.key, "") != after.get(section.key, "")
        ]
        self.view.show_parts(parts)
        self.summary.setText(
            f"{_name(older)} → {_name(newer)}：{_amount(parts)}" if self._numbers else self._no_versions
        )
        self.view.setAccessibleDescription(self.summary.text())

    def _pair(self) -> tuple[int, int]:
        """The older and the newer of the two states to compare."""
        chosen, other = self._chosen(), self.other.currentData()
        if other == _BEFORE:
            return self._before(chosen), chosen
        older, newer = sorted((chosen, other), key=lambda number: number or float("inf"))
        return older, newer

    def _before(self, number: int) -> int:
        earlier = self._numbers if number == _NOW else [other for other in self._numbers if other < number]
        return earlier[0] if earlier else _NOTHING

    def _chosen(self) -> int:
        return int(self.list.currentItem().data(Qt.ItemDataRole.UserRole))

    def _restore(self) -> None:
        self.restore_wanted.emit(self._chosen(), self._texts[self._chosen()])


def act_words(act: NoteAct) -> str:
    """What was done to a version, by whom and when; with the comment of a return."""
    comment = f"：{visible_controls(act.comment)}" if act.comment else ""
    return f"{minute(act.occurred_at)}　{visible_controls(act.person)} {act.kind.words}{comment}"


def _amount(parts: Sequence[Part]) -> str:
    if not parts:
        return "没有差别"
    added, struck = amounts(piece for part in parts for piece in part.pieces)
    words = [f"新增 {added} 字（下划线）" if added else "", f"删除 {struck} 字（删除线）" if struck else ""]
    return "，".join(word for word in words if word)


def _name(number: int) -> str:
    return {_NOW: "现在", _NOTHING: "空白"}.get(number, f"第 {number} 版")


def _label(name: str, text: str = "") -> QLabel:
    label = QLabel(text)
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
