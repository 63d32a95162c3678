"""What `self-test` looks at. A check never raises: what is wrong is its finding."""

from __future__ import annotations

import importlib.metadata
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from app.cli.ward_data import open_database
from app.controllers.model_library import open_library
from app.core.case import Case
from app.core.errors import EnvironmentFault, WardNoteError
from app.core.prompts import PromptTemplate, differential_prompt
from app.core.runs import Decoding, RunStatus
from app.inference.engine import GenerationRequest
from app.inference.files import verify_files
from app.inference.live_run import Unobserved
from app.inference.prepared import PreparedModel
from app.inference.supervisor import ModelHost
from app.infra.interpreter import python_command
from app.infra.paths import Paths, system_policy
from app.infra.resources import resource_path, resource_text
from app.settings.policy import Policy, shown
from app.storage.encryption import encryption_sentence
from app.storage.key_store import KeyStore

logger = logging.getLogger(__name__)

# Distributions, and the modules that prove that their native parts load on this machine.
PACKAGES: Mapping[str, str] = {
    "PySide6-Essentials": "PySide6.QtWidgets",
    "torch": "torch",
    "transformers": "transformers",
    "bigdl-llm": "bigdl.llm.ggml.quantize",
    "openvino-genai": "openvino_genai",
    "onnxruntime": "onnxruntime",
    "gguf": "gguf",
    "sqlite-utils": "sqlite_utils",
    "sqlcipher3": "sqlcipher3",
    "keyring": "keyring",
    "markdown": "markdown",
    "nh3": "nh3",
}
_IMPORT_SECONDS = 120
_TOKENS = 8

_FONT_PROGRAM = """
import json
from PySide6.QtGui import QFontDatabase, QGuiApplication
application = QGuiApplication([])
print(json.dumps(QFontDatabase.families(QFontDatabase.WritingSystem.SimplifiedChinese)))
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `sentence` is Chinese and names what to do where something is wrong."""

    name: str
    ok: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Check:
    """Something to look at. `look` returns what is well, and raises WardNoteError where it is not."""

    name: str
    look: Callable[[], str]

    def run(self) -> Finding:
        """Look; a bug in the check is a finding too."""
        try:
            return Finding(self.name, True, self.look())
        except WardNoteError as fault:
            return Finding(self.name, False, str(fault))
        except Exception as error:
            logger.exception("a check failed")
            return Finding(
                self.name, False, f"检查 {self.name} 时程序内部出错（{type(error).__name__}），详情已记入日志。"
            )


def all_checks(paths: Paths, engine: str) -> Iterator[Check]:
    """Every check, the cheap ones first; the models' checks follow from what the library finds."""
    for distribution, module in PACKAGES.items():
        yield Check(f"import {distribution}", partial(_check_import, distribution, module))
    yield Check("fonts", _check_fonts)
    yield Check("resources", _check_resources)
    yield Check("policy", partial(_check_policy, paths))
    yield Check("database", partial(_check_database, paths))
    yield from _model_checks(paths, engine)


def _check_import(distribution: str, module: str) -> str:
    """In a process of its own: a native library may end it, and two of them must not share one."""
    # OpenVINO reports its import to its maker, unless its telemetry package cannot be imported.
    program = f"import importlib, sys; sys.modules['openvino_telemetry'] = None; importlib.import_module({module!r})"
    ended = _run_python(program, f"组件 {distribution} 加载超时，请重新安装程序。")
    if ended.returncode != 0:
        reason = (ended.stderr.strip().splitlines() or [f"退出码 {ended.returncode}"])[-1]
        raise EnvironmentFault(f"组件 {distribution} 无法加载（{reason}），请重新安装程序。")
    return f"组件 {distribution} {importlib.metadata.version(distribution)} 可以加载。"


def _check_fonts() -> str:
    ended = _run_python(_FONT_PROGRAM, "检查字体超时。", QT_QPA_PLATFORM=font_platform(sys.platform))
    if ended.returncode != 0:
        reason = (ended.stderr.strip().splitlines() or [f"退出码 {ended.returncode}"])[-1]
        raise EnvironmentFault(f"图形界面组件无法启动（{reason}），请安装所需的系统库。")
    families = json.loads(ended.stdout)
    if not families:
        raise EnvironmentFault("系统没有中文字体，界面会显示为方框：请安装思源黑体（如 fonts-noto-cjk）。")
    return f"有 {len(families)} 种中文字体，例如 {families[0]}。"


def font_platform(system: str) -> str:
    """Qt's platform that sees the system's fonts without a window; on Windows `offscreen` sees none at all."""
    return "windows" if system == "win32" else "offscreen"


def _run_python(program: str, timeout_sentence: str, **environment: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [*python_command(), "-c", program],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_IMPORT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise EnvironmentFault(timeout_sentence) from None


def _check_resources() -> str:
    try:
        PromptTemplate.parse(resource_text("prompts", "differential.md"))
        samples = sorted(resource_path("samples").glob("*.json"))
        for sample in samples:
            Case.parse(sample.read_text(encoding="utf-8"))
    except (OSError, ValueError, WardNoteError) as error:
        raise EnvironmentFault(f"程序自带的资源文件不完整（{type(error).__name__}），请重新安装程序。") from error
    if not samples:
        raise EnvironmentFault("程序自带的示例病例缺失，请重新安装程序。")
    return f"提示词模板和 {len(samples)} 份示例病例完整。"


def _check_policy(paths: Paths) -> str:
    policy = Policy.of(paths)
    if not policy.files:
        return f"没有策略文件（{system_policy()} 和 {paths.policy} 都不存在），一切由使用者决定。"
    settings = "；".join(f"{name} = {shown(value)}" for name, value in sorted(policy.values.items()))
    return f"策略文件有效（{'、'.join(map(str, policy.files))}）：{settings or '没有设置'}。"


def _check_database(paths: Paths) -> str:
    database = open_database(paths)
    try:
        report = database.check()
    finally:
        database.close()
    if not report.ok:
        raise EnvironmentFault(f"数据库有 {len(report.problems)} 处问题，请运行 wardnote db check 查看。")
    encryption = encryption_sentence(paths.database, KeyStore.of_user())
    return f"数据库完好（{paths.database}，{sum(report.rows.values())} 行），{encryption}。"


def _model_checks(paths: Paths, engine: str) -> Iterator[Check]:
    try:
        models = open_library(paths).choose(None, engine)
    except WardNoteError as error:
        fault = error
        yield Check("models", lambda: _refuse(fault))
        return
    for model in models:
        yield Check(f"files {model.identity.model}", partial(_check_files, model))
        yield Check(f"generation {model.identity.model}", partial(_check_generation, model))


def _refuse(fault: WardNoteError) -> str:
    raise fault


def _check_files(model: PreparedModel) -> str:
    if model.server:
        return f"模型 {model.identity.title} 在院内服务器 {model.server} 上：病历文字会发送到那里，本机没有它的文件。"
    verify_files(model)
    return f"模型 {model.identity.title}（{model.identity.engine}）的 {len(model.files)} 个文件校验一致。"


def _check_generation(model: PreparedModel) -> str:
    template = PromptTemplate.parse(resource_text("prompts", "differential.md"))
    prompt = differential_prompt(template, "男，65岁", "咳嗽3天", "咳嗽、咳痰，体温37.8℃。")
    host = ModelHost(model)
    try:
        generation = GenerationRequest(prompt.messages, Decoding(max_tokens=_TOKENS))
        outcome = host.generate("self-test", generation, Unobserved())
    finally:
        host.close()
    if outcome.status is not RunStatus.COMPLETED or not outcome.text.strip():
        raise EnvironmentFault(outcome.error or f"模型 {model.identity.title} 没有写出内容，请重新准备这个模型。")
    return (
        f"模型 {model.identity.title}（{model.identity.engine}）生成正常，首字 {(outcome.ttft_ms or 0) / 1000:.1f} 秒。"
    )
