"""A model's state and figures in words."""

from __future__ import annotations

from app.controllers.model_cards import EngineCard, ModelCard
from app.ui.kit.words import Words

ENGINE_TITLES = {"bigdl": "BigDL-LLM", "openvino": "OpenVINO", "openai": "OpenAI"}
UNKNOWN = "—"


def engine_title(engine: str) -> str:
    """The engine's own name."""
    return ENGINE_TITLES.get(engine, engine)


def size_words(count: int) -> str:
    """Bytes for a reader, as disks count them; a dash for nothing."""
    if count <= 0:
        return UNKNOWN
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{max(count / 1e6, 0.1):.1f} MB"


def state_words(card: ModelCard, words: Words) -> str:
    """Where a model stands, in one short line."""
    if card.server:
        told = "院内服务器 {server}，策略不允许" if card.refused else "院内服务器 {server}，病历文字会离开本机"
        return words(told, server=card.server)
    used = card.used
    if used is not None:
        speed = words("，{speed:.1f} 词元/秒", speed=used.writing) if used.writing else words("，未测速")
        return words("就绪：{engine}", engine=engine_title(used.engine)) + speed
    if card.ready:
        return words("就绪，但不在医院指定的引擎上")
    if card.fetched:
        return words("文件已在本机，待转换")
    return words("未获取，{size}", size=size_words(card.source_bytes))


def engine_cells(engine: EngineCard, words: Words) -> list[str]:
    """One row of the table of engines; see `COLUMNS`."""
    if not engine.prepared:
        return [engine_title(engine.engine), words("待转换"), *[UNKNOWN] * (len(COLUMNS) - 2)]
    return [
        engine_title(engine.engine),
        words("窗口使用") if engine.in_use else words("就绪"),
        engine.quantisation or UNKNOWN,
        size_words(engine.disk_bytes),
        size_words(engine.memory_bytes),
        words("{ratio:.2f} 倍", ratio=engine.ratio) if engine.ratio else UNKNOWN,
        f"{engine.top1:.0%}" if engine.top1 else UNKNOWN,
        f"{engine.reading:.0f}" if engine.reading else UNKNOWN,
        f"{engine.writing:.1f}" if engine.writing else UNKNOWN,
    ]


# Heading and explanation of each column.
COLUMNS = (
    ("引擎", "运行模型的程序库"),
    ("状态", "就绪：已转换，并与原模型比对通过"),
    ("精度", "权重的量化方式"),
    ("磁盘", "转换后的文件"),
    ("内存", "本机测得：引擎进程占用的内存"),
    ("困惑度比", "与未量化的原模型相比，1.00 为没有损失"),
    ("首选一致", "与原模型首选词元相同的比例"),
    ("阅读 词元/秒", "本机测得：阅读病历的速度"),
    ("书写 词元/秒", "本机测得：书写回答的速度"),
)
