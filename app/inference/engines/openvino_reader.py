"""Logits of an OpenVINO language model at every position, which GenAI does not give: for scoring texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.errors import EngineFault
from app.inference.engine import Score
from app.inference.scoring import STEPPED_TOKENS, score_logits


class OpenVINOReader:
    """Runs the stateful IR (inputs: input_ids, attention_mask, position_ids, beam_idx) without GenAI."""

    def __init__(self, folder: Path, properties: Mapping[str, object]) -> None:
        import openvino

        model = openvino.Core().compile_model(folder / "openvino_model.xml", "CPU", dict(properties))
        self._request: Any = model.create_infer_request()
        self._inputs = {name for port in model.inputs for name in port.names}

    def score(self, ids: Sequence[int]) -> Score:
        """One pass over all but the last tokens, then those one by one. Raises EngineFault for a short text."""
        if len(ids) <= 2 * STEPPED_TOKENS:
            raise EngineFault("用于校验的文本过短")
        self._request.reset_state()
        split = len(ids) - STEPPED_TOKENS
        parts = [self._read(ids[:split], 0)]
        parts += [self._read(ids[at : at + 1], at) for at in range(split, len(ids))]
        return score_logits(ids, np.concatenate(parts))

    def _read(self, ids: Sequence[int], past: int) -> NDArray[np.float32]:
        """Logits (len(ids), vocabulary) of tokens that follow `past` tokens in the cache."""
        values = {
            "input_ids": np.array([ids], dtype=np.int64),
            "attention_mask": np.ones((1, past + len(ids)), dtype=np.int64),
            "position_ids": np.arange(past, past + len(ids), dtype=np.int64)[None],
            "beam_idx": np.zeros(1, dtype=np.int32),
        }
        self._request.infer({name: value for name, value in values.items() if name in self._inputs})
        logits: NDArray[np.float32] = self._request.get_tensor("logits").data[0].astype(np.float32)
        return logits
