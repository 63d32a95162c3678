"""Short measurements on this machine: how fast models load, read and write, and what they gain by running at once."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from statistics import median

import psutil

from app.core.errors import EngineFault, EnvironmentFault
from app.core.runs import Decoding, Message, RunOutcome, RunStatus
from app.inference.calibration import GUESSES, Settings, guessing, job_seconds, setting_choices, with_settings
from app.inference.engine import GenerationRequest
from app.inference.live_run import Unobserved
from app.inference.prepared import PreparedModel, Speed, Together
from app.inference.quality import reads_alike
from app.inference.supervisor import ModelHost
from app.inference.work import MakeHost

_TOKENS = 48
_COPIED_TOKENS = 160
_ROUNDS = 3
# How many times as long a differential takes by default, in every round, before another setting is taken.
_CLEARLY = 1.05

Prompt = tuple[Message, ...]


def measure_speed(model: PreparedModel, prompts: Sequence[Prompt], make_host: MakeHost = ModelHost) -> Speed:
    """Load a model and let it answer each prompt shortly; the best of the rounds counts.

    Prompts should differ in their text, so that no engine answers from its cache. Raises EnvironmentFault.
    """
    host = make_host(model)
    try:
        began = time.monotonic()
        host.load(lambda fraction: None)
        seconds = time.monotonic() - began
        speeds = [_speeds(_answer(host, prompt)) for prompt in prompts]
        memory = _memory_of(host.pid)
    finally:
        host.close()
    reading, writing = (max(values) for values in zip(*speeds, strict=True))
    return Speed(reading, writing, seconds, memory_bytes=memory)


def _memory_of(pid: int | None) -> int:
    """Bytes that a process holds in memory; 0 if it is gone."""
    try:
        return psutil.Process(pid).memory_info().rss if pid else 0
    except psutil.Error:
        return 0


def measure_copying(model: PreparedModel, task: GenerationRequest, make_host: MakeHost = ModelHost) -> float:
    """How many times as fast the beginning of `task` is written when it is guessed from the prompt.

    The task is one that copies for real, in its form: what a bare repetition gains is more than a record does. Rounds
    alternate with what needs no preparation for guesses. Where guesses change the text, that counts as no gain. Raises
    EnvironmentFault.
    """
    if model.identity.engine not in GUESSES:
        return 1.0
    host = make_host(guessing(model))
    beginning = replace(task, decoding=replace(task.decoding, max_tokens=_COPIED_TOKENS))
    try:
        rounds = [[_run(host, replace(beginning, copies=copies)) for copies in (False, True)] for _ in range(_ROUNDS)]
        unguessed = _run(host, replace(beginning, guesses=False))
    finally:
        host.close()
    if any(guessed.text != unguessed.text for _, guessed in rounds):
        return 1.0
    return median(_speeds(guessed)[1] / _speeds(plain)[1] for plain, guessed in rounds)


def choose_settings(
    model: PreparedModel, prompts: Sequence[Prompt], text: str, make_host: MakeHost = ModelHost
) -> Settings:
    """The settings that write a differential clearly sooner than the defaults, and read `text` as well as they do.

    Each choice is measured against the best so far, taking turns, one round a prompt; what an engine cannot do is
    passed over. Raises EnvironmentFault if the model itself cannot be run.
    """
    best: Settings = ()
    for choice in setting_choices(model.identity.engine):
        tried = (*(setting for setting in best if setting[0] != choice[0]), choice)
        now, then = make_host(with_settings(model, best)), make_host(with_settings(model, tried))
        try:
            now.load(lambda fraction: None)
            if _is_better(then, now, prompts, text):
                best = tried
        finally:
            now.close()
            then.close()
    return best


def _is_better(then: ModelHost, now: ModelHost, prompts: Sequence[Prompt], text: str) -> bool:
    try:
        then.load(lambda fraction: None)
        for number, prompt in enumerate(prompts):
            order = (now, then) if number % 2 == 0 else (then, now)
            seconds = {host: job_seconds(*_speeds(_answer(host, prompt))) for host in order}
            if seconds[now] < _CLEARLY * seconds[then]:
                return False
        return reads_alike(text, now.score, then.score)
    except EnvironmentFault:
        return False


def measure_together(
    models: Sequence[PreparedModel], prompts: Sequence[Prompt], make_host: MakeHost = ModelHost
) -> Together:
    """A: how many times the throughput of one model all have at once; below 1 they are in each other's way.

    Measured with all the cores for each, and with a share for each; the better counts. Two prompts, alike in length and
    different in text. Raises EnvironmentFault.
    """
    alone, together = prompts
    with _loaded(models, make_host) as hosts:
        singly = sum(thread.submit(_answer, host, alone).result().duration_ms for host, thread in hosts)
        shared = _all_at_once(hosts, together)
    threads = max(models[0].request.threads // len(models), 1)
    split = [replace(one, request=replace(one.request, threads=threads)) for one in models]
    with _loaded(split, make_host) as hosts:
        divided = _all_at_once(hosts, together)
    best, threads = min((shared, 0), (divided, threads))
    return Together(singly / 1000 / best, threads)


def _all_at_once(hosts: Sequence[tuple[ModelHost, ThreadPoolExecutor]], prompt: Prompt) -> float:
    """Seconds until the last has answered."""
    began = time.monotonic()
    for answer in [thread.submit(_answer, host, prompt) for host, thread in hosts]:
        answer.result()
    return time.monotonic() - began


@contextmanager
def _loaded(
    models: Sequence[PreparedModel], make_host: MakeHost
) -> Iterator[list[tuple[ModelHost, ThreadPoolExecutor]]]:
    """A host for each model, loaded, with the one thread that may use it."""
    hosts = [(make_host(model), ThreadPoolExecutor(1)) for model in models]
    try:
        for host, thread in hosts:
            thread.submit(host.load, lambda fraction: None).result()
        yield hosts
    finally:
        for host, thread in hosts:
            host.close()
            thread.shutdown()


def _answer(host: ModelHost, prompt: Prompt) -> RunOutcome:
    """One short answer. Raises EngineFault if there is none."""
    return _run(host, GenerationRequest(prompt, Decoding(max_tokens=_TOKENS)))


def _run(host: ModelHost, generation: GenerationRequest) -> RunOutcome:
    """Raises EngineFault if nothing is written."""
    outcome = host.generate(f"calibrate-{time.monotonic_ns()}", generation, Unobserved())
    if outcome.status is not RunStatus.COMPLETED or not outcome.ttft_ms:
        raise EngineFault(outcome.error or "校准时模型没有输出，请重试")
    return outcome


def _speeds(outcome: RunOutcome) -> tuple[float, float]:
    """Tokens/s while reading and while writing; one token of either is too few to tell the speed from."""
    assert outcome.ttft_ms
    reading = outcome.input_tokens / outcome.ttft_ms * 1000
    return reading, outcome.tokens_per_second or reading
