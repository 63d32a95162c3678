"""BigDL-LLM: INT4 models in Hugging Face's form, with its native kernels.

Only INT4 folders made by this program are loaded, after their hashes were checked: `save_low_bit` writes torch's
own format. Nothing is fetched, and no code that comes with a model is run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.core.errors import EngineFault
from app.core.runs import Decoding, FinishReason, Message
from app.inference.chat_template import render_chat
from app.inference.engine import GenerationRequest, GenerationStats, LoadRequest, Score, TokenSink
from app.inference.scoring import STEPPED_TOKENS, score_logits
from app.inference.text_stream import TextStream

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

    from app.inference.engines.bigdl_grammar import GrammarCompiler
    from app.inference.engines.bigdl_reader import PromptReader

    # The tokens so far and the logits (1, vocabulary) after them -> the next token.
    Choice = Callable[[list[int], torch.Tensor], int]

# Tokens that end an answer in the chat formats of the supported families, beside the configured one.
_END_TOKENS = ("<|im_end|>", "<|endoftext|>", "<|eot_id|>", "</s>")


class BigDLEngine:
    """The Engine protocol over BigDL-LLM. Torch is imported on `load`, so that the process can report before."""

    name = "bigdl"

    def __init__(self) -> None:
        self.version = metadata.version("bigdl-llm")
        self._model: Any = None
        self._reader: PromptReader
        self._grammars: GrammarCompiler
        self._tokenizer: Tokenizer
        self._request: LoadRequest
        self._ends: frozenset[int] = frozenset()

    def load(self, request: LoadRequest, report: Callable[[float], None]) -> None:
        """Load an INT4 folder (`save_low_bit` files, tokenizer.json). Options: `optimised`, `head`, `expansion`."""
        import torch
        from bigdl.llm.transformers import AutoModelForCausalLM
        from tokenizers import Tokenizer

        from app.inference.engines.bigdl_grammar import GrammarCompiler
        from app.inference.engines.bigdl_reader import PromptReader

        report(0.3)
        options = dict(request.options)
        if request.threads:
            torch.set_num_threads(request.threads)
        self._request = request
        self._tokenizer = Tokenizer.from_file(str(Path(request.path) / "tokenizer.json"))
        self._ends = _end_tokens(Path(request.path), self._tokenizer)
        report(0.4)
        self._model = AutoModelForCausalLM.load_low_bit(
            request.path,
            optimize_model=options.get("optimised", "1") == "1",
            trust_remote_code=False,
            torch_dtype=torch.float32,
            modules_to_not_convert=["lm_head"] if options.get("head") == "float32" else None,
        ).eval()
        self._install_fast_path(options.get("expansion", ""))
        self._reader = PromptReader(self._model)
        report(0.8)
        self._grammars = GrammarCompiler(Path(request.path) / "tokenizer.json", sorted(self._ends))
        report(1.0)

    def _install_fast_path(self, expansion: str) -> None:
        import torch

        from app.inference.engines.bigdl_linear import Expansion, install_fast_path

        fastest: Expansion = "bfloat16" if torch.cpu._is_avx512_bf16_supported() else "float32"
        chosen: dict[str, Expansion] = {"native": "native", "float32": "float32", "bfloat16": "bfloat16"}
        install_fast_path(self._model, chosen.get(expansion, fastest), torch.get_num_threads())

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        """How many tokens the rendered prompt has."""
        return len(self._prompt_ids(messages))

    def _prompt_ids(self, messages: Sequence[Message]) -> list[int]:
        prompt = render_chat(self._request.chat_template, messages)
        ids: list[int] = self._tokenizer.encode(prompt, add_special_tokens=False).ids
        return ids

    def _fixed_tokens(self, messages: Sequence[Message], prompt: Sequence[int]) -> int:
        """How many tokens at the start of the prompt do not depend on its last message."""
        if len(messages) < 2:
            return 0
        pairs = zip(self._prompt_ids(messages[:-1]), prompt, strict=False)
        return next((index for index, (one, other) in enumerate(pairs) if one != other), len(prompt) - 1)

    def generate(self, generation: GenerationRequest, sink: TokenSink) -> GenerationStats:
        """Write an answer. Cancels between two layers while reading, between two tokens while writing."""
        import torch

        from app.inference.engines.bigdl_reader import ReadingCancelledError

        prompt = self._prompt_ids(generation.messages)
        fixed = self._fixed_tokens(generation.messages, prompt)
        with torch.inference_mode():
            try:
                logits, past = self._reader.read(prompt, fixed, sink)
            except ReadingCancelledError:
                return GenerationStats(FinishReason.CANCELLED, len(prompt), 0)
            reason, written = self._write(prompt, logits, past, generation.decoding, sink)
        return GenerationStats(reason, len(prompt), written)

    def _write(
        self, prompt: list[int], logits: torch.Tensor, past: Any, decoding: Decoding, sink: TokenSink
    ) -> tuple[FinishReason, int]:
        choose = self._constrained(decoding.grammar, _chooser(decoding))
        stream = TextStream(lambda ids: str(self._tokenizer.decode(list(ids), skip_special_tokens=True)))
        history = list(prompt)
        for written in range(decoding.max_tokens):
            if sink.cancelled():
                return FinishReason.CANCELLED, written
            token = choose(history, logits)
            if token in self._ends:
                sink.text(stream.flush(), 1)
                return FinishReason.STOP, written + 1
            history.append(token)
            sink.text(stream.push(token), 1)
            if written + 1 < decoding.max_tokens:
                logits, past = self._reader.step([token], past)
        sink.text(stream.flush(), 0)
        return FinishReason.LENGTH, decoding.max_tokens

    def _constrained(self, grammar: str, choose: Choice) -> Choice:
        """The same choice among the tokens that the grammar allows, if there is one."""
        if not grammar:
            return choose
        return self._grammars.constrained(grammar, choose)

    def score(self, text: str) -> Score:
        """Read a text as a generation does: one pass, then the last tokens one by one with the cache."""
        import torch

        ids = self._tokenizer.encode(text, add_special_tokens=False).ids
        if len(ids) <= 2 * STEPPED_TOKENS:
            raise EngineFault("用于校验的文本过短")
        with torch.inference_mode():
            output = self._model.model(input_ids=torch.tensor([ids[:-STEPPED_TOKENS]]), use_cache=True)
            logits, past = [self._model.lm_head(output.last_hidden_state[0])], output.past_key_values
            for token in ids[-STEPPED_TOKENS:]:
                step, past = self._reader.step([token], past)
                logits.append(step)
            return score_logits(ids, torch.cat(logits).numpy())


def _end_tokens(folder: Path, tokenizer: Tokenizer) -> frozenset[int]:
    configured = json.loads((folder / "config.json").read_text()).get("eos_token_id")
    known = [tokenizer.token_to_id(token) for token in _END_TOKENS]
    listed = configured if isinstance(configured, list) else [configured]
    return frozenset(token for token in (*listed, *known) if token is not None)


def _chooser(decoding: Decoding) -> Choice:
    """How the next token is chosen: transformers' processors, in the order that its `generate` applies them."""
    import torch
    from transformers.generation import logits_process as processes

    pipeline = processes.LogitsProcessorList()
    if decoding.repetition_penalty != 1.0:
        pipeline.append(processes.RepetitionPenaltyLogitsProcessor(decoding.repetition_penalty))
    if decoding.temperature > 0:
        pipeline.append(processes.TemperatureLogitsWarper(decoding.temperature))
        if decoding.top_k > 0:
            pipeline.append(processes.TopKLogitsWarper(decoding.top_k))
        if decoding.top_p < 1:
            pipeline.append(processes.TopPLogitsWarper(decoding.top_p))
    generator = torch.Generator().manual_seed(decoding.seed)

    def choose(history: list[int], logits: torch.Tensor) -> int:
        scores = pipeline(torch.tensor([history]), logits) if len(pipeline) else logits
        if decoding.temperature <= 0:
            return int(scores[0].argmax())
        return int(torch.multinomial(scores[0].softmax(-1), 1, generator=generator))

    return choose
