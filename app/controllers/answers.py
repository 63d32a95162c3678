"""What the rules find about finished answers, found in the background while the note is already on the screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial

from PySide6.QtCore import QObject, Signal

from app.core.consensus import Agreement, consensus, for_attention
from app.core.diagnosis_table import DiagnosisTable
from app.core.differential import Diagnosis, parse_answer
from app.core.evidence import Evidence, EvidenceIndex, align
from app.core.judged_answer import JudgedAnswer, judged
from app.workers.background import BackgroundWorker

Found = Mapping[str, tuple[Evidence, ...]]
_Texts = tuple[tuple[str, str], ...]
_INDICES_KEPT = 2


class AnswerController(QObject):
    """Judges answers, and finds where their points stand in the note as it is now.

    Signals:
        judged: a run's id and its JudgedAnswer.
    """

    judged = Signal(str, object)

    def __init__(self, table: DiagnosisTable, worker: BackgroundWorker, parent: QObject | None = None) -> None:
        """`table` says which diagnoses are the same and which are dangerous."""
        super().__init__(parent)
        self._table = table
        self._worker = worker
        self._note = 0
        self._answers: dict[str, JudgedAnswer] = {}
        self._asked: set[tuple[str, str]] = set()
        self._search = 0
        self._texts: _Texts = ()
        self._found: dict[str, tuple[Evidence, ...]] = {}
        # What the models were given, and the note as it is now; only the worker's thread makes and reads them.
        self._index = lru_cache(_INDICES_KEPT)(_index)

    def judge(self, run_id: str, text: str, source: Mapping[str, str]) -> None:
        """Judge a finished answer against what its model was given; told by `judged`, at once if it is known.

        Not told if `forget` was called meanwhile.
        """
        known = self._answers.get(run_id)
        if known is not None and known.text == text:
            self.judged.emit(run_id, known)
        elif (run_id, text) not in self._asked:
            self._asked.add((run_id, text))
            work = partial(self._judge, self._note, text, tuple(source.items()))
            self._worker.submit(work, partial(self._on_judged, self._note, run_id))

    def find_sources(
        self, answers: Mapping[str, Sequence[Diagnosis]], sections: Mapping[str, str], done: Callable[[Found], None]
    ) -> None:
        """Tell the places in these sections that the points of the answers (by run) come from, at once if known.

        Only the last search is told.
        """
        self.drop_search()
        texts = tuple(sections.items())
        if texts != self._texts:
            self._texts, self._found = texts, {}
        missing = {run_id: diagnoses for run_id, diagnoses in answers.items() if run_id not in self._found}
        if missing:
            work = partial(self._align, self._search, missing, texts)
            self._worker.submit(work, partial(self._on_found, self._search, done))
        else:
            done(self._found)

    def drop_search(self) -> None:
        """What is being searched for is not wanted any more."""
        self._search += 1

    def agreements(self, answers: Mapping[str, str]) -> tuple[Agreement, ...]:
        """Where these answers (by model) agree and differ, what needs attention first."""
        named = {model: parse_answer(text) for model, text in answers.items()}
        return tuple(for_attention(consensus(named, self._table)))

    def forget(self) -> None:
        """Another note is open: nothing of the last one is told or kept any more."""
        self._note += 1
        self._answers.clear()
        self._asked.clear()
        self.drop_search()
        self._texts, self._found = (), {}

    def close(self) -> None:
        """Stop; what is under way is not told."""
        self.forget()
        self._worker.close()

    def _judge(self, note: int, text: str, source: _Texts) -> JudgedAnswer | None:
        return judged(text, dict(source), self._index(source), self._table) if note == self._note else None

    def _on_judged(self, note: int, run_id: str, answer: JudgedAnswer | None) -> None:
        if note == self._note and answer is not None:
            self._answers[run_id] = answer
            self.judged.emit(run_id, answer)

    def _align(self, search: int, answers: Mapping[str, Sequence[Diagnosis]], texts: _Texts) -> Found:
        if search != self._search:
            return {}
        index = self._index(texts)
        return {run_id: align(diagnoses, index) for run_id, diagnoses in answers.items()}

    def _on_found(self, search: int, done: Callable[[Found], None], found: Found) -> None:
        if search == self._search:
            self._found.update(found)
            done(self._found)


def _index(texts: _Texts) -> EvidenceIndex:
    return EvidenceIndex(dict(texts))
