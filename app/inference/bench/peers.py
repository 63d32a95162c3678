"""The bare libraries, used as their own documentation shows: in a process of its own each, with nothing of ours.

All take the same prompt text and write greedily on the same number of threads; none stops at an end token. Everything
else is the library's default.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from app.inference.bench.figures import Timing
from app.inference.engine import LoadRequest


class Peer(Protocol):
    """One bare library with one model. `keeps`: it may know the beginning of a prompt from the one before."""

    keeps: bool

    def load(self, request: LoadRequest) -> None:
        """Raises ModuleNotFoundError if the library is not installed."""

    def answer(self, prompt: str, tokens: int) -> Timing:
        """Write `tokens` tokens after the prompt."""


class OpenVINOPeer:
    """`LLMPipeline` on the same IR folder."""

    keeps = True

    def load(self, request: LoadRequest) -> None:
        """The thread count is the only property that is set."""
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
        import openvino_genai

        self._pipeline: Any = openvino_genai.LLMPipeline(request.path, "CPU", INFERENCE_NUM_THREADS=request.threads)

    def answer(self, prompt: str, tokens: int) -> Timing:
        """A StreamerBase sees each token, before any text is made of it."""
        import openvino_genai

        arrivals = _Arrivals()

        class Streamer(openvino_genai.StreamerBase):  # type: ignore[misc]
            def write(self, token: int | list[int]) -> openvino_genai.StreamingStatus:
                arrivals.add(1 if isinstance(token, int) else len(token))
                return openvino_genai.StreamingStatus.RUNNING

            def end(self) -> None: ...

        config = self._pipeline.get_generation_config()
        config.max_new_tokens, config.ignore_eos = tokens, True
        config.do_sample, config.apply_chat_template = False, False
        result = self._pipeline.generate([prompt], config, Streamer())
        return Timing(int(result.perf_metrics.get_num_input_tokens()), tuple(arrivals.seen))


class BigDLPeer:
    """`AutoModelForCausalLM.load_low_bit(…)` on the same INT4 folder, and transformers' `generate`.

    Its optimised Llama sees later tokens, so that family runs without: a faster wrong answer is no peer.
    `generate` begins with an empty cache each time.
    """

    keeps = False

    def load(self, request: LoadRequest) -> None:
        """Option: `head` (see BigDLEngine)."""
        import torch
        from bigdl.llm.transformers import AutoModelForCausalLM
        from transformers import PreTrainedTokenizerFast

        options = dict(request.options)
        family = json.loads((Path(request.path) / "config.json").read_text(encoding="utf-8"))["model_type"]
        torch.set_num_threads(request.threads)
        self._tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(Path(request.path) / "tokenizer.json"))
        self._model = AutoModelForCausalLM.load_low_bit(
            request.path,
            optimize_model=family != "llama",
            trust_remote_code=False,
            torch_dtype=torch.float32,
            modules_to_not_convert=["lm_head"] if options.get("head") == "float32" else None,
        )
        self._model.generation_config.eos_token_id = None

    def answer(self, prompt: str, tokens: int) -> Timing:
        """The streamer is given the prompt first, then token by token."""
        import torch

        arrivals = _Arrivals()
        with torch.inference_mode():
            ids = self._tokenizer.encode(prompt, add_special_tokens=False, return_tensors="pt")
            streamer = _TokenHook(lambda: arrivals.add(1))
            self._model.generate(ids, max_new_tokens=tokens, do_sample=False, streamer=streamer)
        return Timing(int(ids.shape[1]), tuple(arrivals.seen))


class LlamaCppPeer:
    """llama.cpp's server without its network side, on the GGUF file from which the others were made."""

    keeps = True

    def load(self, request: LoadRequest) -> None:
        """One slot with the program's context; without it the server reserves the model's longest."""
        import xllamacpp

        parameters = xllamacpp.CommonParams()
        parameters.model.path = request.path
        parameters.n_ctx = request.context_tokens
        parameters.n_parallel = 1
        parameters.cpuparams.n_threads = request.threads
        parameters.cpuparams_batch.n_threads = request.threads
        self._server: Any = xllamacpp.Server(parameters)

    def answer(self, prompt: str, tokens: int) -> Timing:
        """A chunk tells how many tokens there are so far: a character may take several."""
        arrivals = _Arrivals()
        last: dict[str, Any] = {}

        def hear(chunk: str) -> bool:
            last.update(json.loads(chunk))
            written = last.get("timings", {}).get("predicted_n", 0)
            arrivals.add(written - arrivals.tokens)
            return False

        request = {"prompt": prompt, "max_tokens": tokens, "temperature": 0, "ignore_eos": True, "stream": True}
        self._server.handle_completions(json.dumps({**request, "timings_per_token": True}), hear)
        return Timing(int(last["usage"]["prompt_tokens"]), tuple(arrivals.seen))


PEERS: dict[str, type[Peer]] = {"openvino": OpenVINOPeer, "bigdl": BigDLPeer, "llama.cpp": LlamaCppPeer}


class _Arrivals:
    """Notes when tokens come, from its making on."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, int]] = []
        self.tokens = 0
        self._began = time.perf_counter()

    def add(self, tokens: int) -> None:
        if tokens > 0:
            self.tokens += tokens
            self.seen.append((time.perf_counter() - self._began, tokens))


class _TokenHook:
    """A streamer for `generate` that skips the prompt."""

    def __init__(self, on_token: Callable[[], None]) -> None:
        self._on_token = on_token
        self._has_prompt = False

    def put(self, value: object) -> None:
        if self._has_prompt:
            self._on_token()
        self._has_prompt = True

    def end(self) -> None: ...
