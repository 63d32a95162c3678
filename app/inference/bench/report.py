"""The report of a session: rows with spreads, and ratios round by round."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from app.inference.bench.figures import Spread, Take
from app.inference.bench.session import Key, Session
from app.inference.bench.starts import Starts
from app.inference.calibration import job_seconds

RATIO_FIGURES = (
    "load_s",
    "ttft_cold_ms",
    "ttft_warm_ms",
    "ttft_edited_ms",
    "prefill_tokens_per_second",
    "decode_tokens_per_second",
    "peak_rss_mib",
)
_OWN = "wardnote"
_SPEEDS = ("prefill_tokens_per_second", "decode_tokens_per_second")


def make_document(
    session: Session, machine: Mapping[str, object], rounds: int, bandwidth: float, starts: Sequence[Starts] = ()
) -> dict[str, object]:
    """The document of `bench --json`. `bandwidth` in bytes/s."""
    return {
        "machine": dict(machine),
        "rounds": rounds,
        "starts": [one.document() for one in starts],
        "results": [
            {
                **asdict(key),
                "rounds": len(takes),
                **_guessing(takes.values()),
                **_figures(takes, session.others.get(key, ()), bandwidth),
            }
            for key, takes in session.takes.items()
        ],
        "ratios": _ratios(session.takes),
        "missing": session.missing,
    }


def _guessing(takes: Iterable[Take]) -> dict[str, bool]:
    guessed = [take.same_text for take in takes if take.plain is not None]
    return {"lookup_same_text": all(guessed)} if guessed else {}


def _figures(takes: Mapping[int, Take], others: Sequence[float], bandwidth: float) -> dict[str, dict[str, float]]:
    rounds = [take.figures(bandwidth) for take in takes.values()]
    names = dict.fromkeys(name for figures in rounds for name in figures)
    spreads = {name: Spread.of(figures[name] for figures in rounds if name in figures) for name in names}
    if others:
        spreads["others_cpu_share"] = Spread.of(others)
    return {name: spread.document() for name, spread in spreads.items()}


def _ratios(takes: Mapping[Key, Mapping[int, Take]]) -> list[dict[str, object]]:
    """The program over its peers. For times and memory less than 1 is better, for speeds more."""
    rows = []
    for peer in (key for key in takes if key.path != _OWN):
        own = [key for key in takes if key.path == _OWN and _same_work(key, peer)]
        if peer.path == "llama.cpp":
            own = sorted(own, key=lambda key: _job_seconds(takes[key]))[:1]
            name = f"{_OWN} best/{peer.path}"
        else:
            own = [key for key in own if key.engine == peer.engine]
            name = f"{_OWN}/{peer.path}"
        rows += [{"ratio": name, **_work(key), **paired(takes[key], takes[peer])} for key in own]
    return rows


def paired(own: Mapping[int, Take], peer: Mapping[int, Take]) -> dict[str, object]:
    """The spread of own over peer in each round that both have: drift between rounds cancels out."""
    both = [(own[number].figures(1), peer[number].figures(1)) for number in own if number in peer]
    known = {
        name: [one[name] / other[name] for one, other in both if name in one and other.get(name)]
        for name in RATIO_FIGURES
    }
    return {name: Spread.of(values).document() for name, values in known.items() if values}


def _same_work(one: Key, other: Key) -> bool:
    return (one.model, one.task, one.prompt) == (other.model, other.task, other.prompt)


def _work(key: Key) -> dict[str, str]:
    return {"engine": key.engine, "model": key.model, "task": key.task, "prompt": key.prompt}


def _job_seconds(takes: Mapping[int, Take]) -> float:
    """What the program chooses an engine by: a typical differential at these speeds."""
    figures = [take.figures(1) for take in takes.values()]
    reading, writing = (Spread.of(one[name] for one in figures).median for name in _SPEEDS)
    return job_seconds(reading, writing)
