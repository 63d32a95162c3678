"""The question before a stay from a file becomes part of the ward's data."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from app.controllers.arrivals import ArrivalController
from app.core.stay import Stay
from app.ui.kit.text_safety import visible_controls
from app.ui.kit.wording import bed_label


class ArrivalQuestion(QObject):
    """Asks for each stay that is read, and has it stored if the doctor says so."""

    def __init__(self, arrivals: ArrivalController, window: QWidget) -> None:
        super().__init__(window)
        self._arrivals = arrivals
        self._window = window
        arrivals.stay_read.connect(self._ask)

    def _ask(self, stay: Stay) -> None:
        box = QMessageBox(QMessageBox.Icon.Question, "导入住院病历", f"把{described(stay)}的住院病历导入患者列表吗？")
        box.setParent(self._window, box.windowFlags() | Qt.WindowType.Dialog)
        box.setTextFormat(Qt.TextFormat.PlainText)
        take = box.addButton("导入", QMessageBox.ButtonRole.AcceptRole)
        box.addButton("取消", QMessageBox.ButtonRole.RejectRole)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.buttonClicked.connect(lambda button: self._arrivals.take(stay) if button is take else None)
        box.open()


def described(stay: Stay) -> str:
    """Whose stay it is, in words."""
    patient = stay.patient
    bed, number = patient.bed and bed_label(patient.bed), patient.mrn and f"住院号 {patient.mrn}"
    known = "，".join(part for part in (patient.sex, patient.age, bed, number) if part)
    return visible_controls(f"{patient.name or '未具名患者'}（{known}）" if known else patient.name or "未具名患者")
