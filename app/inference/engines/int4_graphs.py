"""Parts of a decoder over BigDL-LLM's INT4 blocks, as ONNX graphs that ONNX Runtime runs.

Its product of 4-bit blocks (MatMulNBits) rounds what it multiplies with to 8 bits in blocks of 64, and multiplies
whole numbers. On two AVX2 cores that makes 32 thousand million products a second for one row, 55 for four, 65 from
eight on; for one row torch's INT4 product makes 12, OpenVINO's 16. On two of a Xeon with AVX512-VNNI: 21, 56, 74, and
105 from 48 rows on.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from typing import Any

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import helper
from onnxruntime.capi.onnxruntime_pybind11_state import Fail

from app.inference.engines.bigdl_attention import Attention
from app.inference.engines.int4_blocks import BLOCK_WEIGHTS, blocks, scales

_BITS, _LOW, _HIGH = 4, 0x0F, 0xF0
_ROWS, _OUT = "rows", "out"
# ONNX Runtime's number for products of 8-bit whole numbers.
_EIGHT_BITS = 4
_OPSETS = {"": 21, "com.microsoft": 1}
_IR_VERSION = 10

Memory = NDArray[Any]


class Position:
    """Where the rows of a run come in their sequence."""

    def __init__(self) -> None:
        self.last, self.total = np.zeros(1, np.int32), np.zeros((), np.int32)

    def set(self, start: int, count: int) -> None:
        """`count` rows follow `start` tokens."""
        self.last[0] = start + count - 1
        self.total[()] = start + count


class Graph:
    """A graph that is ready to run. Not thread-safe.

    `held` and `written` are inputs and outputs that stay where they are: nothing is copied.
    """

    def __init__(self, model: bytes, width: int, held: dict[str, Memory], written: dict[str, Memory]) -> None:
        options = onnxruntime.SessionOptions()
        options.use_per_session_threads = False
        # Both would keep the memory of the longest prompt, once for each graph.
        options.enable_cpu_mem_arena = options.enable_mem_pattern = False
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        # It packs weights in its own way; the object in Python keeps them as they came for a change of provider.
        self._session._model_bytes = None
        self._binding = self._session.io_binding()
        self._width, self._memory = width, (held, written)
        for bind, places in ((self._binding.bind_input, held), (self._binding.bind_output, written)):
            for name, numbers in places.items():
                bind(name, "cpu", 0, numbers.dtype.type, numbers.shape, numbers.ctypes.data)

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        """`rows` (n, in) float32 -> (n, width) float32."""
        count, rows = rows.shape[0], rows.contiguous()
        result = torch.empty(count, self._width)
        self._binding.bind_input(_ROWS, "cpu", 0, np.float32, (1, *rows.shape), rows.data_ptr())
        self._binding.bind_output(_OUT, "cpu", 0, np.float32, (1, count, self._width), result.data_ptr())
        self._session.run_with_iobinding(self._binding)
        return result


class GraphBuilder:
    """Puts a graph together; every method returns the name of what it computes from the names of other things."""

    rows = _ROWS

    def __init__(self, width: int) -> None:
        """`width` of the rows that come in."""
        self._inputs = [_value(_ROWS, np.float32, [1, None, width])]
        self._outputs: list[Any] = []
        self._nodes: list[Any] = []
        self._constants: dict[str, Memory] = {}
        self._held: dict[str, Memory] = {}
        self._written: dict[str, Memory] = {}
        self._names = count()

    def norm(self, rows: str, weight: torch.Tensor, epsilon: float) -> str:
        """Root mean square layer normalisation (Zhang and Sennrich 2019)."""
        scale = self._constant(weight.float().numpy())
        return self._node("SimplifiedLayerNormalization", rows, scale, axis=-1, epsilon=epsilon)

    def product(self, rows: str, layers: Sequence[Any]) -> str:
        """INT4 layers with the same input, and their biases, as one below the other."""
        numbers, factors = zip(*(_packed(layer) for layer in layers), strict=True)
        biases = [torch.zeros(layer.out_len) if layer.bias is None else layer.bias.data.float() for layer in layers]
        inputs = [rows, self._constant(_joined(numbers)), self._constant(_joined(factors).ravel())]
        if any(layer.bias is not None for layer in layers):
            inputs += ["", "", self._constant(torch.cat(biases).numpy())]
        sizes = {"K": layers[0].in_len, "N": sum(layer.out_len for layer in layers)}
        form = {"bits": _BITS, "block_size": BLOCK_WEIGHTS, "accuracy_level": _EIGHT_BITS}
        return self._node("MatMulNBits", *inputs, domain="com.microsoft", **sizes, **form)

    def attention(self, qkv: str, of: Attention, position: Position) -> str:
        """What the rows see of the cache, which their keys and values are written to."""
        cache = [self._hold(part[None].numpy()) for part in (of.keys, of.values)]
        place = [self._hold(position.last), self._hold(position.total)]
        turned = [self._hold(part.numpy()) for part in of.rotations]
        mixed, written = self._name(), [self._write(self._held[name]) for name in cache]
        node = helper.make_node(
            "GroupQueryAttention",
            [qkv, "", "", *cache, *place, *turned],
            [mixed, *written],
            domain="com.microsoft",
            num_heads=of.heads.heads,
            kv_num_heads=of.heads.kv_heads,
            do_rotary=1,
            local_window_size=of.heads.window or -1,
        )
        self._nodes.append(node)
        return mixed

    def sum(self, one: str, other: str) -> str:
        """One and the other, added."""
        return self._node("Add", one, other)

    def gated(self, rows: str) -> str:
        """The right half of `rows`, each number times SiLU of the one of the left half (Shazeer 2020)."""
        gate, up = self._name(), self._name()
        self._nodes.append(helper.make_node("Split", [rows], [gate, up], axis=-1, num_outputs=2))
        return self._node("Mul", self._node("QuickGelu", gate, domain="com.microsoft", alpha=1.0), up)

    def build(self, result: str, width: int) -> Graph:
        """The graph that computes `result`, so many numbers a row."""
        self._nodes.append(helper.make_node("Identity", [result], [_OUT]))
        self._outputs.append(_value(_OUT, np.float32, [1, None, width]))
        return Graph(self._serialised(), width, self._held, self._written)

    def _serialised(self) -> bytes:
        graph = helper.make_graph(self._nodes, "part", self._inputs, self._outputs)
        opsets = [helper.make_opsetid(domain, version) for domain, version in _OPSETS.items()]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION)
        # A head is of a hundred megabytes: no copy more than must be.
        while self._constants:
            name, numbers = self._constants.popitem()
            kind = helper.np_dtype_to_tensor_dtype(numbers.dtype)
            model.graph.initializer.add(name=name, data_type=kind, dims=numbers.shape, raw_data=numbers.tobytes())
        data: bytes = model.SerializeToString()
        return data

    def _node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = self._name()
        self._nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def _constant(self, numbers: Memory) -> str:
        name = self._name()
        self._constants[name] = numbers
        return name

    def _hold(self, numbers: Memory) -> str:
        name = self._name()
        self._held[name] = numbers
        self._inputs.append(_value(name, numbers.dtype.type, numbers.shape))
        return name

    def _write(self, numbers: Memory) -> str:
        name = self._name()
        self._written[name] = numbers
        self._outputs.append(_value(name, numbers.dtype.type, numbers.shape))
        return name

    def _name(self) -> str:
        return str(next(self._names))


def share_threads(number: int) -> None:
    """All graphs of this process run on so many threads; what was said first stays."""
    onnxruntime.disable_telemetry_events()
    with suppress(Fail):
        onnxruntime.set_global_thread_pool_sizes(number, 1)


def _packed(layer: Any) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A layer's numbers (out, in / 64, 32), neighbours in one byte, and scales (out, in / 64)."""
    stored = blocks(layer)
    # A byte of BigDL-LLM's has a number of the block's first half low, one of its second half high.
    even, odd = stored[..., 2::2], stored[..., 3::2]
    numbers = torch.cat([even & _LOW | odd << _BITS, even >> _BITS | odd & _HIGH], dim=-1)
    return numbers.numpy(), scales(stored).numpy()


def _joined(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _value(name: str, kind: Any, shape: Sequence[int | None]) -> Any:
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(kind)), shape)
