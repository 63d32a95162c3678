"""How fast OpenVINO and ONNX Runtime multiply by matrices in different formats: one row (writing) and 128 (reading).

`python -m tests.benchmarks.weight_kernels [--rounds N] [--threads N] [FORM…]`: the matrices of the 1.5B's MLPs,
16 layers deep, so that no cache holds them; forms take turns, the median of the rounds counts. Values are random:
this measures no accuracy (see tests.benchmarks.formats).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import onnxruntime
import openvino
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from openvino import opset13

WIDE, HIGH, LAYERS = 1536, 8960, 16
MANY = 128


@dataclass(frozen=True)
class Form:
    """`kind` of the numbers; weights in a `group` with one scale, 0 for a row; `zeros`: with zero points.

    `eight_bits`: ONNX Runtime's product, which rounds what it multiplies with to 8 bits.
    """

    kind: str
    group: int = 0
    zeros: bool = False
    eight_bits: bool = False


FORMS = {
    **{f"u4 with zero points, g{group}": Form("u4", group, zeros=True) for group in (32, 64, 128)},
    **{f"i4, g{group}": Form("i4", group) for group in (32, 64, 128)},
    "u8 with zero points, row": Form("u8", zeros=True),
    "i8, row": Form("i8"),
    "i8, g128": Form("i8", 128),
    "f16": Form("f16"),
    **{f"ONNX Runtime, i4, g{group}": Form("i4", group, eight_bits=True) for group in (32, 64, 128)},
}
_FOUR_BITS = {"u4": openvino.Type.u4, "i4": openvino.Type.i4}
_DRAW = np.random.default_rng(0)

Request = Callable[[NDArray[np.float32]], object]


def main() -> None:
    """Print a line for each form."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("forms", nargs="*", default=list(FORMS), metavar="FORM")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    requests = {name: _request(FORMS[name], options.threads) for name in options.forms}
    for rows in (1, MANY):
        seconds: dict[str, list[float]] = {name: [] for name in requests}
        for _ in range(options.rounds):
            for name, request in requests.items():
                seconds[name].append(_seconds(request, rows))
        for name, times in seconds.items():
            taken = median(times)
            weights = 2 * LAYERS * WIDE * HIGH * rows / taken / 1e9
            print(f"{name:28} {rows:4} rows {taken * 1e3:7.1f} ms {weights:7.1f} thousand million products/s")


def _request(form: Form, threads: int) -> Request:
    request = _onnx_request(form.group, threads) if form.eight_bits else _openvino_request(form, threads)
    for rows in (1, MANY):
        _seconds(request, rows)
    return request


def _openvino_request(form: Form, threads: int) -> Request:
    settings = {"INFERENCE_NUM_THREADS": threads, "ENABLE_CPU_PINNING": False}
    request = openvino.Core().compile_model(_model(form), "CPU", settings).create_infer_request()
    return lambda entering: request.infer({0: entering})


def _onnx_request(group: int, threads: int) -> Request:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Threads that wait for work would take the cores from the other forms.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    session = onnxruntime.InferenceSession(_onnx_model(group).SerializeToString(), options)
    return lambda entering: session.run(None, {"0": entering})


def _seconds(request: Request, rows: int) -> float:
    entering = np.zeros((1, rows, WIDE), np.float32)
    began = time.perf_counter()
    request(entering)
    return time.perf_counter() - began


def _model(form: Form) -> Any:
    """MLPs one after another, without gates."""
    entering = opset13.parameter([1, -1, WIDE], np.float32)
    value = entering
    for _ in range(LAYERS):
        inner = opset13.swish(opset13.matmul(value, _weight(form, HIGH, WIDE), False, True))
        value = opset13.matmul(inner, _weight(form, WIDE, HIGH), False, True)
    return openvino.Model([opset13.result(value)], [entering])


def _onnx_model(group: int) -> Any:
    """The same for ONNX Runtime."""
    nodes, constants = [], []
    for number in range(2 * LAYERS):
        rows, columns = (HIGH, WIDE) if number % 2 == 0 else (WIDE, HIGH)
        blocks = _DRAW.integers(0, 256, (rows, columns // group, group // 2), np.uint8)
        scales = (_DRAW.random(rows * columns // group) * 0.01).astype(np.float32)
        constants += [numpy_helper.from_array(blocks, f"b{number}"), numpy_helper.from_array(scales, f"s{number}")]
        form = {"K": columns, "N": rows, "bits": 4, "block_size": group, "accuracy_level": 4}
        names = [str(number), f"b{number}", f"s{number}"]
        nodes.append(helper.make_node("MatMulNBits", names, [str(number + 1)], domain="com.microsoft", **form))
    ends = [helper.make_tensor_value_info(str(at), TensorProto.FLOAT, [1, None, WIDE]) for at in (0, 2 * LAYERS)]
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
    graph = helper.make_graph(nodes, "mlps", ends[:1], ends[1:], constants)
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def _weight(form: Form, rows: int, columns: int) -> Any:
    """A node that gives a matrix (rows, columns) in float32."""
    if form.kind == "f16":
        return opset13.convert(opset13.constant(_DRAW.standard_normal((rows, columns)).astype(np.float16)), "f32")
    scaled_shape = (rows, columns // form.group, 1) if form.group else (rows, 1)
    shape = (*scaled_shape[:-1], form.group or columns)
    value = opset13.convert(_numbers(form.kind, shape), "f16")
    if form.zeros:
        value = opset13.subtract(value, opset13.convert(_numbers(form.kind, scaled_shape), "f16"))
    value = opset13.multiply(value, opset13.constant((_DRAW.random(scaled_shape) * 0.01).astype(np.float16)))
    if form.group:
        value = opset13.reshape(value, np.array([rows, columns], dtype=np.int64), special_zero=False)
    return opset13.convert(value, "f32")


def _numbers(kind: str, shape: tuple[int, ...]) -> Any:
    """A constant of random numbers; of those of four bits two share a byte."""
    count = int(np.prod(shape))
    data: NDArray[np.uint8] = _DRAW.integers(0, 256, count // 2 if kind in _FOUR_BITS else count, np.uint8)
    if kind in ("u8", "i8"):
        return opset13.constant(data.view(np.int8 if kind == "i8" else np.uint8).reshape(shape))
    tensor = openvino.Tensor(_FOUR_BITS[kind], openvino.Shape(list(shape)))
    tensor.data.reshape(-1).view(np.uint8)[:] = data
    return openvino.op.Constant(tensor)


if __name__ == "__main__":
    main()
