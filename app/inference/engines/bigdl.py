"""BigDL-LLM: INT4 models in Hugging Face's form, with its native kernels.

Only INT4 folders made by this program are loaded, after their hashes were checked: `save_low_bit` writes torch's
own format. Nothing is fetched, and no code that comes with a model is run.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.core.errors import EngineFault
from app.core.runs import Decoding, FinishReason, Message
from app.inference.chat_template import render_chat
from app.inference.engine import GenerationRequest, GenerationStats, LoadRequest, Score, TokenSink
from app.inference.engines.bigdl_writer import Answer, AnswerWriter
from app.inference.engines.prompt_lookup import PromptLookup
from app.inference.engines.resident_memory import give_back, release
from app.inference.scoring import STEPPED_TOKENS, score_logits
from app.inference.text_stream import TextStream

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

    from app.inference.engines.bigdl_decoder import Decoder
    from app.inference.engines.bigdl_grammar import GrammarCompiler
    from app.inference.engines.bigdl_reader import PromptReader
    from app.inference.engines.bigdl_writer import Choice

# Tokens that end an answer in the chat formats of the supported families, beside the configured one.
_END_TOKENS = ("<|im_end|>", "<|endoftext|>", "<|eot_id|>", "</s>")


class BigDLEngine:
    """The Engine protocol over BigDL-LLM. Torch is imported on `load`, so that the process can report before."""

    name = "bigdl"

    def __init__(self) -> None:
        self.version = metadata.version("bigdl-llm")
        self._decoder: Decoder
        self._reader: PromptReader
        self._lookup = 0
        self._grammars: GrammarCompiler
        self._tokenizer: Tokenizer
        self._request: LoadRequest
        self._ends: frozenset[int] = frozenset()

    def load(self, request: LoadRequest, report: Callable[[float], None]) -> None:
        """Load an INT4 folder (`save_low_bit` files, tokenizer.json). Options: `head`, `lookup`."""
        import torch
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
        with ThreadPoolExecutor(1) as pool:
            grammars = pool.submit(GrammarCompiler, Path(request.path) / "tokenizer.json", sorted(self._ends))
            self._decoder = _make_decoder(request, options, report)
            self._grammars = grammars.result()
        wanted = int(options.get("lookup", "0"))
        self._lookup = wanted if wanted and self._decoder.rows_are_alike() else 0
        self._reader = PromptReader(self._decoder)
        release(Path(request.path))
        gc.collect()
        give_back()
        report(1.0)

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        """How many tokens the rendered prompt has."""
        return len(self._prompt_ids(messages))

    def _prompt_ids(self, messages: Sequence[Message]) -> list[int]:
        prompt = render_chat(self._request.chat_template, messages)
        ids: list[int] = self._tokenizer.encode(prompt, add_special_tokens=False).ids
        return ids

    def generate(self, generation: GenerationRequest, sink: TokenSink) -> GenerationStats:
        """Write an answer. Cancels between two layers while reading, between two tokens while writing."""
        try:
            return self._answer(generation, sink)
        finally:
            give_back()

    def _answer(self, generation: GenerationRequest, sink: TokenSink) -> GenerationStats:
        import torch

        from app.inference.engines.bigdl_reader import LONGEST_GUESS, ReadingCancelledError

        prompt = self._prompt_ids(generation.messages)
        with torch.inference_mode():
            try:
                logits = self._reader.read(prompt, sink)
            except ReadingCancelledError:
                return GenerationStats(FinishReason.CANCELLED, len(prompt), 0)
            if generation.reads_only:
                return GenerationStats(FinishReason.STOP, len(prompt), 0)
            answer = Answer(prompt, self._choice(generation.decoding), self._text_stream(), sink)
            lookup = PromptLookup(prompt, self._lookup if generation.copies else 0)
            longest = LONGEST_GUESS if generation.guesses else 0
            writer = AnswerWriter(self._reader, self._ends, lookup, longest)
            reason = writer.write(answer, logits, generation.decoding.max_tokens)
        return GenerationStats(reason, len(prompt), answer.written)

    def _text_stream(self) -> TextStream:
        return TextStream(lambda ids: str(self._tokenizer.decode(list(ids), skip_special_tokens=True)))

    def _choice(self, decoding: Decoding) -> Choice:
        """How tokens are chosen: among those that the grammar allows, if there is one."""
        choose = _chooser(decoding)
        return self._grammars.constrained(decoding.grammar, choose) if decoding.grammar else choose

    def score(self, text: str) -> Score:
        """Read a text as a generation does: one pass, then the last tokens one by one with the cache."""
        import torch

        ids = self._tokenizer.encode(text, add_special_tokens=False).ids
        if len(ids) <= 2 * STEPPED_TOKENS:
            raise EngineFault("用于校验的文本过短")
        with torch.inference_mode():
            logits = [self._reader.read_all(ids[:-STEPPED_TOKENS])]
            logits += [self._reader.step([token]) for token in ids[-STEPPED_TOKENS:]]
            return score_logits(ids, torch.cat(logits).numpy())


def _make_decoder(request: LoadRequest, options: dict[str, str], report: Callable[[float], None]) -> Decoder:
    import torch

    from app.inference.engines.bigdl_decoder import Decoder
    from app.inference.engines.int4_graphs import share_threads

    model = _load_model(request.path, options)
    report(0.6)
    share_threads(torch.get_num_threads())
    return Decoder(model, request.context_tokens)


def _load_model(path: str, options: dict[str, str]) -> Any:
    """The library's model with its weights; its own optimised forward is not used."""
    import torch
    from bigdl.llm.transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.load_low_bit(
        path,
        optimize_model=False,
        trust_remote_code=False,
        torch_dtype=torch.float32,
        modules_to_not_convert=["lm_head"] if options.get("head") == "float32" else None,
        # The decoder turns heads by a table of its own; the library would make one of 32 MiB for each layer.
        max_position_embeddings=1,
    ).eval()
    # The library has made a float32 copy, of up to a gigabyte.
    model.get_input_embeddings().weight.data = stored_embedding(Path(path))
    return model


def stored_embedding(folder: Path) -> torch.Tensor:
    """The embedding (vocabulary, hidden) of an INT4 folder. It stays in its file: a token reads one row."""
    import torch

    # The library divides what is larger than five gigabytes; the embedding comes first.
    first = min(folder.glob("pytorch_model*.bin"))
    embedding: torch.Tensor = torch.load(first, mmap=True, weights_only=True)["model.embed_tokens.weight"]
    return embedding


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
