"""Runs the quality checks on the open note when the typing pauses, and leads from a finding to its place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from app.controllers.checks import ChecksController
from app.core.checks.finding import CheckedNote, Finding, Span, StayFacts
from app.core.checks.note import check_note
from app.ui.note.note_editor import NoteEditor
from app.ui.note.quality_list import count_words

PAUSE_MS = 500


class QualityWatch(QObject):
    """The presenter of the quality list."""

    def __init__(self, editor: NoteEditor, now: Callable[[], datetime], checks: ChecksController | None = None) -> None:
        """Without `checks` nothing is known of the rest of the stay."""
        super().__init__(editor)
        self._editor = editor
        self._now = now
        self._checks = checks
        self._facts = StayFacts()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.timeout.connect(self.check)
        editor.edited.connect(lambda _key, _text: self._pause.start(PAUSE_MS))
        editor.quality.chosen.connect(self._on_chosen)
        if checks is not None:
            checks.facts_read.connect(self._on_facts)

    def begin(self) -> None:
        """Another note is open: its findings come when it is on the screen, those of the last one go at once."""
        self._facts = StayFacts()
        self.read_facts()
        self._editor.quality.show_checking()
        self._editor.header.quality.setText("质控 …")
        self._pause.start(PAUSE_MS)

    def read_facts(self) -> None:
        """Read again what the rest of the stay says; a check follows."""
        if self._checks is not None and self._editor.note is not None:
            self._checks.read_facts(self._editor.note.note)

    def check_soon(self) -> None:
        """Check once nothing has happened for a moment."""
        self._pause.start(PAUSE_MS)

    def check(self) -> None:
        """Check the note as it stands and show what is found."""
        self._pause.stop()
        if self._editor.note is None:
            return
        self._show(check_note(self.checked()))

    def use_list(self) -> None:
        """The key: from the note to the list, and from the list back, which closes it."""
        if self._editor.note is None:
            return
        focus = QApplication.focusWidget()
        inside = focus is not None and self._editor.quality.isAncestorOf(focus)
        self._editor.header.quality.setChecked(not inside)
        if inside:
            self._editor.focus_first()
        else:
            self._editor.quality.take_focus()

    def _on_facts(self, note_id: str, facts: StayFacts) -> None:
        note = self._editor.note
        if note is not None and note.note.note_id == note_id and facts != self._facts:
            self._facts = facts
            self._pause.start(PAUSE_MS)

    def checked(self) -> CheckedNote:
        """The open note as it stands, as the checks take it. There must be one."""
        note = self._editor.note
        assert note is not None
        texts = {key: editor.text() for key, editor in self._editor.editors.items()}
        return CheckedNote(
            sections=texts,
            patient=note.patient,
            encounter=note.encounter,
            now=self._now(),
            unreviewed_ai=self._unreviewed(),
            kind=note.note.kind,
            recorded_on=note.note.recorded_at.astimezone().date(),
            facts=self._facts,
        )

    def _unreviewed(self) -> tuple[Span, ...]:
        spans = (span for editor in self._editor.editors.values() for span in editor.ai_spans if not span.reviewed)
        return tuple(Span(span.section, span.start, span.end) for span in spans)

    def _show(self, findings: tuple[Finding, ...]) -> None:
        self._editor.quality.show_findings(findings)
        self._editor.header.quality.setText(count_words(findings))

    def _on_chosen(self, finding: Finding) -> None:
        self._editor.show_span(finding.span.section, finding.span.start, finding.span.end)
