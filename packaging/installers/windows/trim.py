"""What of the packages a ward PC never needs: headers, import libraries, tools, tests, devices that are not used."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

# Paths below the packages' folder, as PurePath.match takes them; a folder stands for all that is in it.
DROPPED = (
    # build tools that packages name but the program never imports
    "pip",
    "pip-*.dist-info",
    "setuptools",
    "setuptools-*.dist-info",
    "_distutils_hack",
    "distutils-precedence.pth",
    "bin",
    "Scripts",
    "share",
    "isympy.py",
    "numpy-*.whl",
    # OpenVINO: the CPU alone, models that are IR or GGUF already
    "openvino/include",
    "openvino/cmake",
    "openvino/libs/*.lib",
    "openvino/libs/*.json",
    "openvino/libs/openvino_intel_gpu_plugin.dll",
    "openvino/libs/openvino_intel_npu_*.dll",
    "openvino/libs/openvino_onnx_frontend.dll",
    "openvino/libs/openvino_paddle_frontend.dll",
    "openvino/libs/openvino_pytorch_frontend.dll",
    "openvino/libs/openvino_tensorflow*_frontend.dll",
    "openvino_genai/*.lib",
    "openvino_genai/include",
    "openvino_telemetry",
    # PyTorch: no extension is ever compiled
    "torch/include",
    "torch/bin",
    "torch/share",
    "torch/lib/*.lib",
    "torch/utils/benchmark",
    "torchgen/packaged",
    "torch/testing/_internal/py312_intrinsics.py",
    # ONNX Runtime: small graphs of the program's own, without the converters that come along
    "onnx/backend",
    "onnx/reference",
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/transformers",
    # transformers: PyTorch's models alone, and none is ever converted
    "transformers/models/*/convert_*.py",
    "transformers/models/*/modeling_flax_*.py",
    "transformers/models/*/modeling_tf_*.py",
    # jieba: words and their kinds by rules; its neural and keyword parts are not used
    "jieba/analyse",
    "jieba/lac_small",
    # BigDL-LLM: quantisation from Python; its chat programs and other interpreters' modules are not used
    "bigdl/llm/libs/*.exe",
    "bigdl/llm/libs/*.cp310-*.pyd",
    "bigdl/llm/libs/*.cp39-*.pyd",
    # numpy
    "numpy/*/include",
    "numpy/*/lib/*.lib",
)
# Of Qt the program uses few modules: the rest is dropped unless it is named here.
QT_KEPT = (
    "__init__.py",
    "_config.py",
    "_git_pyside_version.py",
    "_built_with.py",
    "Qt6Core.dll",
    "Qt6Gui.dll",
    "Qt6Network.dll",
    "Qt6PrintSupport.dll",
    "Qt6Svg.dll",
    "Qt6Widgets.dll",
    "QtCore.pyd",
    "QtGui.pyd",
    "QtNetwork.pyd",
    "QtPrintSupport.pyd",
    "QtSvg.pyd",
    "QtWidgets.pyd",
    "pyside6.abi3.dll",
    "concrt140.dll",
    "msvcp140*.dll",
    "vcruntime140*.dll",
    "plugins/iconengines/*",
    "plugins/imageformats/qico.dll",
    "plugins/imageformats/qjpeg.dll",
    "plugins/imageformats/qsvg.dll",
    "plugins/platforms/*",
    "plugins/styles/*",
    "translations/qtbase_zh_CN.qm",
)
_TESTS = {"test", "tests"}
# Packages whose other parts import what lies in a folder of tests.
_TESTS_NEEDED = ("torch",)


def is_kept(path: PurePosixPath) -> bool:
    """Whether a file, given below the packages' folder, is laid down on the ward's PC."""
    if path.parts[0] == "PySide6":
        return any(PurePosixPath(*path.parts[1:]).match(pattern) for pattern in QT_KEPT)
    if path.suffix == ".pyi" or (_TESTS & set(path.parts[1:-1]) and path.parts[0] not in _TESTS_NEEDED):
        return False
    return not any(_covers(pattern, path) for pattern in DROPPED)


def kept(paths: Iterable[PurePosixPath]) -> list[PurePosixPath]:
    """The files that are laid down, sorted."""
    return sorted(path for path in paths if is_kept(path))


def _covers(pattern: str, path: PurePosixPath) -> bool:
    depth = len(PurePosixPath(pattern).parts)
    return len(path.parts) >= depth and PurePosixPath("/", *path.parts[:depth]).match(f"/{pattern}")
