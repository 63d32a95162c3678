"""The end of `suggest`: the OUT.json document, and the same for a reader."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, field

from app.core.case import Case
from app.core.consensus import Agreement, consensus
from app.core.diagnosis_table import DiagnosisTable
from app.core.differential import parse_answer
from app.core.runs import Comparison, FinishReason, Generation, RunOutcome, RunStatus
from app.core.unsupported import unsupported_facts

NOTICE = "AI生成，须医师审核"
DEMONSTRATION = "演示模型，不是医学模型"


@dataclass(frozen=True, slots=True)
class SuggestReport:
    """A case, the comparison made for it, and how its runs ended (in pane order).

    `demonstration` names the models that are no medical models; `storing_faults` says what was not stored; `table`
    tells which names mean one diagnosis.
    """

    case: Case
    comparison: Comparison
    generations: tuple[Generation, ...]
    demonstration: Collection[str]
    storing_faults: tuple[str, ...] = ()
    table: DiagnosisTable = field(default_factory=DiagnosisTable)

    @property
    def all_completed(self) -> bool:
        """Every run of the comparison ended well."""
        ended_well = [one for one in self.generations if one.outcome.status is RunStatus.COMPLETED]
        return len(ended_well) == len(self.comparison.runs)

    def agreements(self) -> tuple[Agreement, ...]:
        """Where the completed runs agree."""
        return consensus(
            {
                one.run.identity.model: parse_answer(one.outcome.text)
                for one in self.generations
                if one.outcome.status is RunStatus.COMPLETED
            },
            self.table,
        )

    def document(self) -> dict[str, object]:
        """OUT.json: `null` where a time or a speed is not known; the case's unknown fields are kept beside."""
        document: dict[str, object] = {
            "comparison_id": self.comparison.comparison_id,
            "input_hash": self.comparison.binding.input_hash,
            "notice": NOTICE,
            "runs": [self._run(generation) for generation in self.generations],
            "consensus": [{"name": one.name, "models": list(one.models)} for one in self.agreements()],
        }
        return {**self.case.extra, **document}

    def text(self) -> str:
        """The answers one below the other, as far as each came, and where they agree."""
        blocks = [block for generation in self.generations for block in self._readable(generation)]
        return "\n\n".join([*blocks, *_readable_agreements(self.agreements(), len(self.generations)), NOTICE])

    def _run(self, generation: Generation) -> dict[str, object]:
        text = generation.outcome.text
        return {
            **run_document(generation, self.demonstration),
            "differential": [asdict(diagnosis) for diagnosis in parse_answer(text)],
            "unsupported": [asdict(fact) for fact in unsupported_facts(text, self._source())],
        }

    def _source(self) -> str:
        return "\n".join((self.case.patient.context, self.case.chief_complaint, self.case.case_features))

    def _readable(self, generation: Generation) -> Iterator[str]:
        yield heading(generation, self.demonstration)
        if generation.outcome.text.strip():
            yield generation.outcome.text.strip()
        yield f"〔{outcome_sentence(generation.outcome)}〕"


def run_document(generation: Generation, demonstration: Collection[str]) -> dict[str, object]:
    """What every run's object of an OUT.json has; `null` where a time or a speed is not known."""
    identity, outcome = generation.run.identity, generation.outcome
    return {
        "run_id": outcome.run_id,
        "model": identity.model,
        "title": identity.title,
        "model_sha256": identity.model_sha256,
        "engine": identity.engine,
        "engine_version": identity.engine_version,
        "quantisation": identity.quantisation,
        "demonstration": identity.model in demonstration,
        "status": outcome.status.value,
        "finish_reason": outcome.finish_reason.value,
        "text": outcome.text,
        "input_tokens": outcome.input_tokens,
        "output_tokens": outcome.output_tokens,
        "ttft_ms": _rounded(outcome.ttft_ms),
        "duration_ms": _rounded(outcome.duration_ms),
        "load_ms": _rounded(outcome.load_ms),
        "tokens_per_second": _rounded(outcome.tokens_per_second),
        "error": outcome.error,
    }


def heading(generation: Generation, demonstration: Collection[str]) -> str:
    """The line above a model's text; it says where the model is no medical model."""
    identity = generation.run.identity
    remark = f"（{DEMONSTRATION}）" if identity.model in demonstration else ""
    return f"━━ {identity.title} · {identity.engine} · {identity.quantisation}{remark}"


def outcome_sentence(outcome: RunOutcome) -> str:
    """How a run ended, with its figures."""
    seconds = outcome.duration_ms / 1000
    if outcome.status is RunStatus.FAILED:
        return f"失败：{outcome.error or '原因不明'}"
    if outcome.status is RunStatus.CANCELLED:
        return f"已取消，用时 {seconds:.1f} 秒"
    end = "完成（达到长度上限，可能不完整）" if outcome.finish_reason is FinishReason.LENGTH else "完成"
    speed = outcome.tokens_per_second
    figures = [f"{end}：{outcome.output_tokens} 个词元", f"用时 {seconds:.1f} 秒"]
    return "，".join(figures + ([] if speed is None else [f"{speed:.1f} 词元/秒"]))


def _readable_agreements(agreements: Sequence[Agreement], runs: int) -> Iterator[str]:
    if agreements:
        counted = [f"{one.name} {len(one.models)}/{runs}{'（危急）' * one.must_not_miss}" for one in agreements]
        yield f"━━ 一致性：{' · '.join(counted)}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
