"""Reading a prompt with a transformers-style model: progress, cancel, and the fixed part kept from run to run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from app.inference.engine import TokenSink

# A fixed part shorter than this is not worth a pass of its own.
_WORTH_KEEPING = 64


class ReadingCancelledError(Exception):
    """Leaves a forward pass between two layers."""


class PromptReader:
    """Owns the key-value cache. To be used inside `torch.inference_mode`, from one thread.

    The prompt's fixed part (instructions and examples, the same for every patient) is read in a pass of its own and
    kept; the rest is read anew each time. So an answer does not depend on whether the fixed part was at hand.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._fixed: tuple[int, ...] = ()
        self._fixed_past: Any = None

    def read(self, prompt: Sequence[int], fixed: int, sink: TokenSink) -> tuple[torch.Tensor, Any]:
        """Logits after the prompt (1, vocabulary) and the cache. `fixed` tokens at its start are the fixed part.

        Raises ReadingCancelledError if `sink` says so.
        """
        past, done = None, 0
        if fixed >= _WORTH_KEEPING:
            past, done = self._fixed_part(tuple(prompt[:fixed]), len(prompt), sink), fixed
        with self._watched(sink, done, len(prompt) - done, len(prompt)):
            return self.step(prompt[done:], past)

    def _fixed_part(self, ids: tuple[int, ...], total: int, sink: TokenSink) -> Any:
        if ids != self._fixed:
            with self._watched(sink, 0, len(ids), total):
                _, past = self.step(ids, None)
            self._fixed, self._fixed_past = ids, past
        sink.reading(len(ids), total)
        return _first(self._fixed_past, len(ids))

    def step(self, ids: Sequence[int], past: Any) -> tuple[torch.Tensor, Any]:
        """One pass over `ids` after what `past` holds: logits (1, vocabulary) of the last, and the longer cache."""
        output = self._model.model(
            input_ids=torch.tensor([list(ids)]), past_key_values=past, use_cache=True, return_dict=True
        )
        return self._model.lm_head(output.last_hidden_state[:, -1]), output.past_key_values

    @contextmanager
    def _watched(self, sink: TokenSink, before: int, tokens: int, total: int) -> Iterator[None]:
        """Report and look for a cancel after each layer: a long text is one pass, since that is fastest."""
        layers = self._model.model.layers
        handles = [
            layer.register_forward_hook(_layer_hook(sink, before + tokens * (index + 1) // len(layers), total))
            for index, layer in enumerate(layers)
        ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


def _first(past: Any, tokens: int) -> Any:
    """The cache's first tokens as views: later tokens are written behind them, not over them."""
    return tuple((keys[:, :, :tokens], values[:, :, :tokens]) for keys, values in past)


def _layer_hook(sink: TokenSink, done: int, total: int) -> Callable[..., None]:
    def hook(*_: object) -> None:
        if sink.cancelled():
            raise ReadingCancelledError
        sink.reading(done, total)

    return hook
