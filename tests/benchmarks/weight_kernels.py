"""How fast OpenVINO multiplies by matrices in different formats on this machine: one row (writing) and 128 (reading).

`python -m tests.benchmarks.weight_kernels [--rounds N] [--threads N] [FORM…]`: the matrices of the 1.5B's MLPs,
16 layers deep, so that no cache holds them; forms take turns, the median of the rounds counts. Values are random:
this measures no accuracy (see tests.benchmarks.formats).
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray
from openvino import opset13

WIDE, HIGH, LAYERS = 1536, 8960, 16
MANY = 128


@dataclass(frozen=True)
class Form:
    """`kind` of the numbers; weights in a `group` with one scale, 0 for a row; `zeros`: with zero points."""

    kind: str
    group: int = 0
    zeros: bool = False


FORMS = {
    **{f"u4 with zero points, g{group}": Form("u4", group, zeros=True) for group in (32, 64, 128)},
    **{f"i4, g{group}": Form("i4", group) for group in (32, 64, 128)},
    "u8 with zero points, row": Form("u8", zeros=True),
    "i8, row": Form("i8"),
    "i8, g128": Form("i8", 128),
    "f16": Form("f16"),
}
_FOUR_BITS = {"u4": openvino.Type.u4, "i4": openvino.Type.i4}
_DRAW = np.random.default_rng(0)


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


def _request(form: Form, threads: int) -> Any:
    settings = {"INFERENCE_NUM_THREADS": threads, "ENABLE_CPU_PINNING": False}
    request = openvino.Core().compile_model(_model(form), "CPU", settings).create_infer_request()
    for rows in (1, MANY):
        _seconds(request, rows)
    return request


def _seconds(request: Any, rows: int) -> float:
    entering = np.zeros((1, rows, WIDE), np.float32)
    began = time.perf_counter()
    request.infer({0: entering})
    return time.perf_counter() - began


def _model(form: Form) -> Any:
    """MLPs one after another, without gates."""
    entering = opset13.parameter([1, -1, WIDE], np.float32)
    value = entering
    for _ in range(LAYERS):
        inner = opset13.swish(opset13.matmul(value, _weight(form, HIGH, WIDE), False, True))
        value = opset13.matmul(inner, _weight(form, WIDE, HIGH), False, True)
    return openvino.Model([opset13.result(value)], [entering])


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
