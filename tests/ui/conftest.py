from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from PySide6.QtWidgets import QApplication

from app.controllers.note import OpenNote
from app.core.entities import Encounter, Patient, Sex
from app.core.notes import CASE_FEATURES, CHIEF_COMPLAINT, Note, NoteKind, empty_sections, input_hash
from app.core.runs import (
    Binding,
    Comparison,
    Decoding,
    FinishReason,
    Message,
    ModelIdentity,
    Prompt,
    Run,
    RunOutcome,
    RunStatus,
)
from app.ui.kit.theme import Appearance


@pytest.fixture(autouse=True)
def empty_clipboard() -> Iterator[None]:
    """What Python made for the clipboard must not outlive Python: Qt would free it after the interpreter's end."""
    yield
    if application := QApplication.instance():
        assert isinstance(application, QApplication)
        application.clipboard().clear()


NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
COMPLAINT, FEATURES = "胸痛3小时", "男性，65岁。持续胸骨后疼痛，cTnI 2.8 ng/ml。"


@pytest.fixture(scope="session")
def appearance(qapp: QApplication) -> Appearance:
    """The light theme, put in force once for all tests of widgets."""
    return Appearance(qapp)


@pytest.fixture
def now() -> Callable[[], datetime]:
    return lambda: NOW


@pytest.fixture
def make_note() -> Callable[..., OpenNote]:
    """An open note of patient `number`; keyword arguments are sections."""

    def make(number: int = 3, name: str = "张某", **sections: str) -> OpenNote:
        texts = {CHIEF_COMPLAINT.key: COMPLAINT, CASE_FEATURES.key: FEATURES, **sections}
        encounter = Encounter(f"e{number}", f"p{number}", f"ZY00{number}", "65岁", "心内科", "", f"{number}床", NOW)
        note = Note(
            f"n{number}",
            encounter.encounter_id,
            NoteKind.FIRST_PROGRESS,
            1,
            {**empty_sections(NoteKind.FIRST_PROGRESS), **texts},
            NOW,
            NOW,
        )
        return OpenNote(Patient(f"p{number}", name, Sex.MALE), encounter, note, (), {})

    return make


@pytest.fixture
def make_comparison() -> Callable[..., Comparison]:
    """A comparison of `count` models for a note of `make_note`."""

    def make(number: int = 3, count: int = 3, comparison_id: str = "c1", created_at: datetime = NOW) -> Comparison:
        binding = Binding(f"p{number}", f"e{number}", f"n{number}", 1, input_hash(COMPLAINT, FEATURES))
        runs = tuple(
            Run(
                f"{comparison_id}-r{order}",
                comparison_id,
                binding,
                ModelIdentity(f"m{order}", f"模型{order}", "0" * 64, "base", "bigdl", "1", "asym_int4"),
                Prompt((Message("user", "x"),), "differential", "1", "h"),
                Decoding(),
                order,
                created_at,
            )
            for order in range(count)
        )
        return Comparison(comparison_id, binding, COMPLAINT, FEATURES, created_at, runs)

    return make


@pytest.fixture
def make_outcome() -> Callable[..., RunOutcome]:
    """How a run ended; completed if not said otherwise."""

    def make(run_id: str, text: str = "1. **急性心肌梗死**", status: RunStatus = RunStatus.COMPLETED) -> RunOutcome:
        reason = {
            RunStatus.COMPLETED: FinishReason.STOP,
            RunStatus.CANCELLED: FinishReason.CANCELLED,
            RunStatus.FAILED: FinishReason.ERROR,
        }[status]
        error = "引擎进程崩溃，请重试。" if status is RunStatus.FAILED else None
        return RunOutcome(run_id, status, reason, text, 100, 20, 800.0, 12_300.0, error)

    return make
