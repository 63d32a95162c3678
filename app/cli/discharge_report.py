"""The end of `discharge`: the OUT.json document, and the same for a reader."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property

from app.cli.report import NOTICE, heading, outcome_sentence, run_document
from app.core.discharge.coverage import Coverage, Meter
from app.core.discharge.draft import WRITTEN, parse_draft
from app.core.discharge.finish import Finisher, Record
from app.core.discharge.source import Omission
from app.core.runs import Comparison, Generation, RunStatus
from app.core.stay import Stay

_TITLES = {section.key: section.title for section in WRITTEN}
_METERS = {"results": "异常结果", "drugs": "用药", "procedures": "操作", "days": "病程日期"}
_MOST_NAMED, _NAMED_CHARACTERS = 5, 24


@dataclass(frozen=True)
class DischargeReport:
    """A stay, the comparison made for it, and how its runs ended (in pane order).

    `demonstration` names the models that are no medical models; `omitted` is what each model was not shown,
    `first_section_ms` the time to the first whole section by run.
    """

    stay: Stay
    comparison: Comparison
    generations: tuple[Generation, ...]
    demonstration: Collection[str]
    omitted: Mapping[str, tuple[Omission, ...]]
    first_section_ms: Mapping[str, float]
    storing_faults: tuple[str, ...] = ()

    @property
    def all_completed(self) -> bool:
        """Every run of the comparison ended well."""
        ended_well = [one for one in self.generations if one.outcome.status is RunStatus.COMPLETED]
        return len(ended_well) == len(self.comparison.runs)

    @cached_property
    def records(self) -> tuple[Record, ...]:
        """The finished record of each generation."""
        finisher = Finisher(self.stay)
        return tuple(finisher.finish(parse_draft(one.outcome.text)) for one in self.generations)

    def document(self) -> dict[str, object]:
        """OUT.json; the stay's unknown fields are kept beside."""
        document: dict[str, object] = {
            "comparison_id": self.comparison.comparison_id,
            "input_hash": self.comparison.binding.input_hash,
            "notice": NOTICE,
            "runs": [self._run(one, record) for one, record in zip(self.generations, self.records, strict=True)],
        }
        return {**self.stay.extra, **document}

    def text(self) -> str:
        """The records one below the other, as far as each came."""
        pairs = zip(self.generations, self.records, strict=True)
        blocks = [block for one, record in pairs for block in self._readable(one, record)]
        return "\n\n".join([*blocks, NOTICE])

    def omissions(self) -> Iterator[str]:
        """What each model was not shown, a sentence for each model that was not shown all."""
        for run in self.comparison.runs:
            left_out = self.omitted.get(run.identity.model, ())
            if left_out:
                yield f"{run.identity.title}：资料过长，有 {len(left_out)} 项没有提供给模型：{_by_reason(left_out)}"

    def _run(self, generation: Generation, record: Record) -> dict[str, object]:
        model = generation.run.identity.model
        return {
            **run_document(generation, self.demonstration),
            "first_section_ms": self._first_section(generation),
            "sections": {_TITLES[key]: text for key, text in record.sections.items()},
            "exact": dict(record.exact),
            "coverage": _coverage(record.coverage),
            "prose_coverage": _coverage(record.prose_coverage),
            "unsupported": [{**asdict(fact), "section": _TITLES[fact.section]} for fact in record.unsupported],
            "removed": [{**asdict(one), "section": _TITLES[one.section]} for one in record.removed],
            "links": [asdict(link) for link in record.links],
            "omitted": [asdict(one) for one in self.omitted.get(model, ())],
        }

    def _readable(self, generation: Generation, record: Record) -> Iterator[str]:
        yield heading(generation, self.demonstration)
        for key, text in record.sections.items():
            yield f"【{_TITLES[key]}】\n{text}"
        yield _findings(record)
        first = self._first_section(generation)
        words = "" if first is None else f"；第一部分 {first / 1000:.1f} 秒"
        yield f"〔{outcome_sentence(generation.outcome)}{words}〕"

    def _first_section(self, generation: Generation) -> float | None:
        milliseconds = self.first_section_ms.get(generation.run.run_id)
        return None if milliseconds is None else round(milliseconds, 3)


def _by_reason(omitted: Iterable[Omission]) -> str:
    """The first words of the entries, under why they were left out."""
    by_reason: dict[str, list[str]] = {}
    for one in omitted:
        by_reason.setdefault(one.reason, []).append(one.words[:_NAMED_CHARACTERS])
    named = (
        f"{reason} {len(words)} 项（{'；'.join(words[:_MOST_NAMED])}{'……' if len(words) > _MOST_NAMED else ''}）"
        for reason, words in by_reason.items()
    )
    return f"{'，'.join(named)}。"


def _coverage(covered: Coverage) -> dict[str, object]:
    meters: dict[str, Meter] = {key: getattr(covered, key) for key in _METERS}
    return {"share": round(covered.share, 3)} | {
        key: {"total": meter.total, "missing": list(meter.missing)} for key, meter in meters.items()
    }


def _findings(record: Record) -> str:
    """What a reader must look at: facts without a source, sentences taken out, what is not mentioned."""
    parts = []
    if record.unsupported:
        parts.append(
            "资料中没有依据：" + "；".join(f"{_TITLES[one.section]}“{one.quote}”" for one in record.unsupported)
        )
    parts += [f"已去掉“{one.text}”：{one.reason}。" for one in record.removed]
    for key, title in _METERS.items():
        meter: Meter = getattr(record.coverage, key)
        if meter.missing:
            parts.append(f"没有提到的{title}：{'、'.join(meter.missing)}")
    return "\n".join(parts) or "没有发现缺少依据的内容；异常结果、用药、操作和病程日期都已提到。"
