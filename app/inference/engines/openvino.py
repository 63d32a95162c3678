"""OpenVINO GenAI: models as OpenVINO IR, or GGUF files that it converts while loading."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.core.errors import EngineFault, ModelFileFault
from app.core.runs import Decoding, FinishReason, Message
from app.inference.chat_template import render_chat
from app.inference.engine import GenerationRequest, GenerationStats, LoadRequest, Score, TokenSink
from app.inference.engines.openvino_grammar import kept_whole
from app.inference.engines.openvino_reader import OpenVINOReader
from app.inference.engines.resident_memory import give_back, release
from app.inference.text_stream import TextStream
from app.inference.token_stream import BATCH_SECONDS

if TYPE_CHECKING:
    import openvino_genai
    from numpy.typing import NDArray

# The cache of read prompts has room for the longest context and this many tokens more: what an earlier prompt left is
# given up when the room is needed. Without a limit it grows with every patient. It is kept in blocks.
_SPARE_TOKENS = 512
_BLOCK_TOKENS = 32

# While reading ahead, a cancel is seen after so many tokens: whole blocks.
_AHEAD = 2 * _BLOCK_TOKENS

# A copied text is guessed by its last three tokens, five tokens at a time (measured: 2.1 times plain decoding).
_GUESS_BY = 3

# What a new pipeline reads and writes first, for nobody: both kinds of passes, over many tokens and over one.
_ANY = "病程记录 1 2 3"
_SHORTEST = Decoding(max_tokens=2)

_PLACE = re.compile(r"\b([\w-]+\.(?:cpp|cc|hpp|h):\d+)")

# A byte-level vocabulary has at most one token for each of the four bytes of a character.
_TOKENS_PER_CHARACTER = 4


class OpenVINOEngine:
    """The Engine protocol over OpenVINO GenAI. A cancel is seen from the first token on, not while reading."""

    name = "openvino"

    def __init__(self) -> None:
        self.version = metadata.version("openvino-genai")
        self._pipeline: Any = None
        self._tokenizer: Any = None
        self._request: LoadRequest
        self._reader: OpenVINOReader | None = None
        self._longest = 0
        self._guesses = 0

    def load(self, request: LoadRequest, report: Callable[[float], None]) -> None:
        """Load an IR folder, or a GGUF file of the kinds that GenAI reads. Options: `kv`, `attention`, `lookup`."""
        # OpenVINO's tools import it if they can; the program sends nothing to anyone.
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
        report(0.1)
        import openvino_genai  # noqa: F401 (the long part of a start, told apart from the model's)

        self._request = request
        report(0.2)
        self._open(0)
        self._tokenizer = self._pipeline.get_tokenizer()
        self._longest = self._count(" a" * 2 * request.context_tokens)
        report(1.0)

    def _open(self, guesses: int) -> None:
        """Make the pipeline. That it guesses copied text is fixed at its making, and costs other text some speed."""
        import openvino_genai

        self._pipeline = None
        properties = _properties(self._request)
        if guesses:
            properties["prompt_lookup"] = True
        self._guesses = guesses
        try:
            self._pipeline = openvino_genai.LLMPipeline(self._request.path, "CPU", **properties)
            # The weights are brought into the processor's layout by the first answer: no doctor is to wait for that
            # (1.5B: 8 of 11 seconds to the first token of a prompt of 270).
            self._pipeline.generate(self._pipeline.get_tokenizer().encode(_ANY), self._config(_SHORTEST))
        except RuntimeError as error:
            raise ModelFileFault(f"OpenVINO 无法加载模型 {self._request.model}：文件损坏或格式不受支持") from error
        release(Path(self._request.path))
        give_back()

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        """How many tokens the rendered prompt has; of one that the tokenizer would cut, a close estimate."""
        text = render_chat(self._request.chat_template, messages)
        tokens = self._count(text)
        if tokens < self._longest:
            return tokens
        size = max(self._longest // _TOKENS_PER_CHARACTER - 1, 1)
        return sum(self._count(text[start : start + size]) for start in range(0, len(text), size))

    def _count(self, text: str) -> int:
        return int(self._tokenizer.encode(text, add_special_tokens=False).input_ids.shape[1])

    def _encode(self, text: str) -> openvino_genai.TokenizedInputs:
        """The tokens of all of `text`. A tokenizer made from GGUF keeps only the last 8192 and does not say so."""
        inputs = self._tokenizer.encode(text, add_special_tokens=False)
        if inputs.input_ids.shape[1] >= self._longest:
            raise EngineFault(f"输入过长：此模型的分词器最多能读 {self._longest - 1} 个词元。请精简病例特点后重试。")
        return inputs

    def generate(self, generation: GenerationRequest, sink: TokenSink) -> GenerationStats:
        """Write an answer. The library tells nothing while it reads: progress goes from nothing to all."""
        inputs = self._encode(render_chat(self._request.chat_template, generation.messages))
        tokens = int(inputs.input_ids.shape[1])
        sink.reading(0, tokens)
        if generation.reads_only:
            return self._read_ahead(np.asarray(inputs.input_ids.data), sink)
        if (guesses := self._wanted_guesses(generation)) != self._guesses:
            self._open(guesses)
        streamer = _streamer(self._decode, sink, tokens)
        result = self._generate(inputs, self._config(generation.decoding), streamer)
        if sink.cancelled():
            return GenerationStats(FinishReason.CANCELLED, tokens, streamer.written)
        stopped = "STOP" in str(result.finish_reasons[0])
        return GenerationStats(FinishReason.STOP if stopped else FinishReason.LENGTH, tokens, streamer.written)

    def _generate(self, inputs: Any, config: Any, streamer: Any = None) -> Any:
        try:
            return self._pipeline.generate(inputs, config, streamer)
        except RuntimeError as error:
            raise EngineFault(f"OpenVINO 生成失败（模型 {self._request.model}{place_of(error)}），请重试") from error

    def _read_ahead(self, ids: NDArray[np.int64], sink: TokenSink) -> GenerationStats:
        """Bring a prompt (1, tokens) into the library's cache, in pieces: one call could not be cancelled."""
        import openvino

        tokens, config = ids.shape[1], self._config(Decoding(max_tokens=1))
        for end in [*range(_AHEAD, tokens, _AHEAD), tokens]:
            if sink.cancelled():
                return GenerationStats(FinishReason.CANCELLED, tokens, 0)
            self._generate(openvino.Tensor(np.ascontiguousarray(ids[:, :end])), config)
            sink.reading(end, tokens)
        return GenerationStats(FinishReason.STOP, tokens, 0)

    def _wanted_guesses(self, generation: GenerationRequest) -> int:
        """How many tokens to guess at a time: only where that is asked for, and plain greedy decoding."""
        decoding = generation.decoding
        plain = decoding.temperature <= 0 and not decoding.grammar and decoding.repetition_penalty == 1.0
        wanted = generation.copies and generation.guesses and plain
        return int(dict(self._request.options).get("lookup", "0")) if wanted else 0

    def _decode(self, ids: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True))

    def _config(self, decoding: Decoding) -> openvino_genai.GenerationConfig:
        import openvino_genai

        config = self._pipeline.get_generation_config()
        config.max_new_tokens = decoding.max_tokens
        config.repetition_penalty = decoding.repetition_penalty
        config.apply_chat_template = False
        if self._guesses:
            config.num_assistant_tokens, config.max_ngram_size = self._guesses, _GUESS_BY
        if decoding.grammar:
            form = kept_whole(decoding.grammar)
            config.structured_output_config = openvino_genai.StructuredOutputConfig(grammar=form)
        config.do_sample = decoding.temperature > 0
        if config.do_sample:
            config.temperature = decoding.temperature
            config.top_p = decoding.top_p
            config.rng_seed = decoding.seed
            if decoding.top_k > 0:
                config.top_k = decoding.top_k
        return config

    def score(self, text: str) -> Score:
        """Read a text as a generation does: one pass, then the last tokens one by one with the cache."""
        if self._reader is None:
            self._reader = OpenVINOReader(Path(self._request.path), _plugin_properties(self._request))
        ids = [int(token) for token in np.asarray(self._encode(text).input_ids.data)[0]]
        return self._reader.score(ids)


def place_of(error: RuntimeError) -> str:
    """Where in the library it failed (`，cache_manager.hpp:92`): its own words may quote a patient's text."""
    found = _PLACE.findall(str(error))
    return f"，{found[-1]}" if found else ""


def _properties(request: LoadRequest) -> dict[str, object]:
    import openvino_genai

    properties, options = _plugin_properties(request), dict(request.options)
    if options.get("attention") == "SDPA":
        return {**properties, "ATTENTION_BACKEND": "SDPA"}
    # Passing a SchedulerConfig sets every field anew: its own defaults switch prefix caching off and cut prompts
    # into pieces of 256 tokens.
    scheduler = openvino_genai.SchedulerConfig()
    scheduler.num_kv_blocks = -(-(request.context_tokens + _SPARE_TOKENS) // _BLOCK_TOKENS)
    scheduler.enable_prefix_caching = True
    scheduler.dynamic_split_fuse = True
    scheduler.max_num_batched_tokens = max(request.context_tokens, 1)
    scheduler.max_num_seqs = 1
    return {**properties, "ATTENTION_BACKEND": "PA", "scheduler_config": scheduler}


def _plugin_properties(request: LoadRequest) -> dict[str, object]:
    # Pinning is off: two engine processes would be pinned to the same cores.
    properties: dict[str, object] = {"ENABLE_CPU_PINNING": False}
    if request.threads:
        properties["INFERENCE_NUM_THREADS"] = request.threads
    if precision := dict(request.options).get("kv"):
        properties["KV_CACHE_PRECISION"] = precision
    return properties


def _streamer(decode: Callable[[Sequence[int]], str], sink: TokenSink, prompt_tokens: int) -> Any:
    """A GenAI streamer that shows tokens as soon as a message is due (the library's own holds the last three back).

    Decoding takes a core from the model for a millisecond or two. So what comes before the next message is due, and
    could not be sent yet, is decoded together with what comes then.
    """
    import openvino_genai

    class Streamer(openvino_genai.StreamerBase):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.written = 0
            self._stream = TextStream(decode)
            self._waiting: list[int] = []
            self._shown_at = float("-inf")

        def write(self, token: int | Sequence[int]) -> openvino_genai.StreamingStatus:
            if not self.written:
                sink.reading(prompt_tokens, prompt_tokens)
            self._waiting += [token] if isinstance(token, int) else token
            self.written += 1 if isinstance(token, int) else len(token)
            if time.monotonic() - self._shown_at >= BATCH_SECONDS:
                self._show()
            status = openvino_genai.StreamingStatus
            return status.CANCEL if sink.cancelled() else status.RUNNING

        def end(self) -> None:
            self._show()
            sink.text(self._stream.flush(), 0)

        def _show(self) -> None:
            """To the sink, which sends what is due; the time is taken after it, so that it is due there, too."""
            waiting, self._waiting = self._waiting, []
            if waiting:
                sink.text(self._stream.push(*waiting), len(waiting))
            self._shown_at = time.monotonic()

    return Streamer()
