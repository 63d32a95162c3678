import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.core.entities import Sex
from app.ui.dialogs import HelpDialog
from app.ui.shortcuts import KEYS, install
from app.ui.ward.patient_dialog import PatientDialog


def test_no_key_does_two_things() -> None:
    sequences = [sequence for key in KEYS for sequence in key.sequences]
    assert len(sequences) == len(set(sequences))
    assert all(not QKeySequence(sequence).isEmpty() for sequence in sequences)


def test_every_act_has_a_key_and_every_key_an_act(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    with pytest.raises(KeyError, match="vote_up"):
        install(window, {key.act: lambda: None for key in KEYS if key.act != "vote_up"})


def test_the_help_shows_every_key(qtbot: QtBot) -> None:
    dialog = HelpDialog()
    qtbot.addWidget(dialog)
    texts = {label.text() for label in dialog.findChildren(QLabel)}
    assert {key.shown for key in KEYS} | {key.words for key in KEYS} <= texts


def test_a_new_patient_needs_a_name_and_a_bed_or_number(qtbot: QtBot) -> None:
    dialog = PatientDialog()
    qtbot.addWidget(dialog)
    assert not dialog.accept_button.isEnabled()
    dialog.name.setText("  ")
    dialog.bed.setText("3")
    assert not dialog.accept_button.isEnabled()
    dialog.name.setText(" 张某 ")
    assert dialog.accept_button.isEnabled()
    dialog.bed.clear()
    assert not dialog.accept_button.isEnabled()
    dialog.mrn.setText("ZY1")
    dialog.age.setText("65")
    assert dialog.accept_button.isEnabled()
    new = dialog.entered()
    assert (new.name, new.sex, new.age, new.bed, new.mrn) == ("张某", Sex.UNKNOWN, "65岁", "", "ZY1")
