"""What the wheels carry that the program never reads: headers, tools, tests, parts of Qt and of the engines."""

from __future__ import annotations

import fnmatch
import shutil
from collections.abc import Iterable
from pathlib import Path

# Distributions that others name as their needs, but that the program does without: it installs nothing, asks no hub,
# and reports to nobody.
UNWANTED = ("hf-xet", "openvino-telemetry", "pip", "setuptools")

# Qt: only Core, Gui, Widgets, Network, PrintSupport, Svg and what the platform plugins use.
_QT = (
    "PySide6/*.pyi",
    "PySide6/Qt3D*",
    "PySide6/Qt{Concurrent,Designer,Help,OpenGL,OpenGLWidgets,Qml,Quick,QuickControls2}.*",
    "PySide6/Qt{QuickTest,QuickWidgets,Sql,SvgWidgets,Test,UiTools,Xml}.*",
    "PySide6/{assistant,balsam,balsamui,designer,linguist,lrelease,lupdate,qmlcachegen,qmlformat,qmlimportscanner}*",
    "PySide6/{qmllint,qmlls,qmltyperegistrar,qsb,rcc,svgtoqml,uic}*",
    "PySide6/{doc,glue,include,scripts,typesystems}",
    "PySide6/libpyside6qml*",
    "PySide6/pyside6qml*",
    "PySide6/Qt/{libexec,metatypes,qml,modules}",
    "PySide6/Qt/lib/libQt6{OpenGL,Svg}Widgets*",
    "PySide6/Qt/lib/libQt6{Concurrent,Designer,EglFS,EglFs,Help,Labs,Lottie,Qml,Quick,Sql,Test}*",
    "PySide6/Qt/lib/libQt6{UiTools,Wayland*Compositor,Xml}*",
    "PySide6/Qt/plugins/{designer,egldeviceintegrations,generic,networkinformation,qmllint,qmltooling}",
    "PySide6/Qt/plugins/{sqldrivers,vectorimageformats,wayland-graphics-integration-server}",
    "PySide6/Qt/plugins/imageformats/*{gif,icns,pdf,tga,tiff,wbmp,webp}*",
    "PySide6/Qt/plugins/platforminputcontexts/*virtualkeyboard*",
    "PySide6/Qt/plugins/platforms/*{eglfs,linuxfb,minimal,minimalegl,vkkhrdisplay,vnc,direct2d}*",
)
# The engines: BigDL's own executables and other architectures, OpenVINO for other devices and formats.
_ENGINES = (
    "torch/{include,share,test}",
    # Not torch_shm_manager, which torch looks for when it is imported.
    "torch/bin/{*Test,protoc*,test_*,*.ptl,upgrader_models}",
    "torch/lib/*.a",
    "torch/lib/*.lib",
    "torch/lib/*_test.so",
    "torch/lib/lib{aoti_custom_ops,backend_with_compiler}.so",
    "torch/testing/_internal/py312_intrinsics.py",
    "torch/**/*.pyi",
    "bigdl/llm/libs/{main,quantize}-*",
    "bigdl/llm/libs/chatglm_C.cpython-{39,310}-*",
    "bigdl/llm/libs/lib{starcoder,gptneox,bloom}*",
    "bigdl/llm/libs/lib{jemalloc,tcmalloc}.so",
    "openvino/{cmake,include}",
    "openvino/libs/*intel_{gpu,npu}_plugin*",
    "openvino/libs/cache.json",
    "openvino/libs/*{onnx,tensorflow,pytorch,paddle,jax,tensorflow_lite}_frontend*",
    "openvino/libs/*.pc",
    "onnx/{backend,reference}",
    "onnxruntime/{quantization,tools,transformers}",
)
_TESTS = (
    "numpy/{f2py/tests,core/include,core/lib}",
    "numpy/**/tests",
    "sympy/**/tests",
    "networkx/**/tests",
    "mpmath/tests",
    "lxml/includes",
    "jieba/lac_small",
    "{bin,Scripts,share,include}",
)


def trim(packages: Path) -> int:
    """Remove all that from a folder of installed packages; the bytes that it took."""
    found = {path for pattern in (*_QT, *_ENGINES, *_TESTS) for one in braces(pattern) for path in packages.glob(one)}
    unwanted = {path for name in UNWANTED for path in _of_distribution(packages, name)}
    freed = 0
    # They name what is gone now, and hash scripts that hold paths of this machine.
    records = set(packages.glob("*.dist-info/RECORD"))
    for path in sorted(found | unwanted | records):
        if path.is_dir() and not path.is_symlink():
            freed += sum(file.lstat().st_size for file in path.rglob("*") if not file.is_dir())
            shutil.rmtree(path)
        elif path.is_symlink() or path.exists():
            freed += path.lstat().st_size
            path.unlink()
    return freed


def braces(pattern: str) -> Iterable[str]:
    """`a{b,c}d` as `abd` and `acd`; several groups multiply."""
    before, opened, rest = pattern.partition("{")
    if not opened:
        return (pattern,)
    inside, _, after = rest.partition("}")
    return [f"{before}{one}{end}" for one in inside.split(",") for end in braces(after)]


def _of_distribution(packages: Path, name: str) -> Iterable[Path]:
    """What a distribution put there, by its own record."""
    wanted = name.replace("-", "_").lower()
    for record in packages.glob("*.dist-info/RECORD"):
        if fnmatch.fnmatch(record.parent.name.lower(), f"{wanted}-*.dist-info"):
            tops = {line.split("/", 1)[0] for line in record.read_text(encoding="utf-8").splitlines() if "/" in line}
            return [packages / top for top in tops if top not in ("..", "")]
    return ()
