"""The texts of an export that people read: the data set's card, and what de-identification did."""

from __future__ import annotations

from collections.abc import Mapping

METHOD = (
    "病历中已知的患者姓名、住院号、床号和医生姓名在全部文字中精确替换；导出完成后逐个文件复查，查到一处即拒绝。",
    "规则：证件号、电话、邮箱、住院号等编号、床号、医院、地址、标签或称谓旁的姓名、日期（按患者平移）、90 岁起的年龄。",
    "患者、姓名、家属、医师等字之后，再用 jieba 词性标注找人名；在患者的一处文字中找到的人名，在其他文字中一并替换。",
    "同一患者的同一称呼用同一占位符（如 [姓名1]）。患者、住院、医生均为带密钥的假名（HMAC-SHA-256），密钥不离开医院。",
)
LIMITS = (
    "病历中未登记、前后又没有称谓或标签（患者、家属、医师等）的人名认不出；地名只按规则，没有使用 jionlp。",
    "只写年份的日期、职业、罕见病等间接信息没有处理。外传之前应由本院的人逐条抽查。",
)


def card(counts: Mapping[str, int], created: str, version: str, share: int) -> str:
    """DATASET_CARD.md; `share` is the percentage of patients whose records never leave for training."""
    rows = "\n".join(f"| `{name}` | {count} |" for name, count in sorted(counts.items()))
    return f"""---
language:
- zh
pretty_name: 病程助手 医生反馈
tags:
- medical
- preference
---

# 病程助手 医生反馈

由病程助手 {version} 于 {created} 从一家医院的反馈日志导出，已去标识。仅限本院授权的用途。

| 文件 | 行数 |
|---|---|
{rows}

## 每一行从何而来

每份建议只用最强的一种依据：签名前的修改先于错误报告，错误报告先于回填，回填先于投票。

- 修改：回填后经医生修改并签名的文字，胜过模型原文（DPO）；若签名时保留了建议的大部分，也成为一行 SFT。医生全部删去的，
  成为一行 KTO（false）。
- 错误报告：有严重错误的建议成为一行 KTO（false）；每一处更正成为一对只在该处不同的 DPO；两位医生一致的更正才成为 SFT。
- 回填：被回填的建议成为一行 KTO（true），原样签名后成为一行 SFT。同一次比较的全部建议都已完成、都显示过、
  且只回填了这一份，又没有人说“都可采用”时，它与其余每一份各成一行 DPO，权重为 1/(n-1)；内容相同的不成对。
- 投票：每位医生对每份建议的最后一次表态（投票，或“都不正确”“都可采用”）成为一行 KTO。没有投票不等于踩，
  对其他建议也没有意义。
- 最终诊断：已归档病历的诊断与当时的提示成为一行 GRPO（`gold_diagnosis`），
  各模型在第几位说中它见 `.meta.jsonl` 的 `ranks`。

含有病历没有的数值、侧别等内容的 SFT 与更正被隔离，不导出（`manifest.json` 中的 `quarantined`）。

## 已知的偏差

显示顺序、首字时间和总时间会影响医生的选择，因此保存在 `.meta.jsonl` 中（与数据文件逐行对应）。建议由当时的模型写出，
选择只在给出的几份之间进行：这是离线偏好优化的数据，不是强化学习的数据。

## 划分

按患者划分：约 {share}% 的患者（由医院的密钥决定，固定不变）留作评估，他们的记录不在任何一次导出里。

## 去标识

{_bullets(METHOD)}

局限：

{_bullets(LIMITS)}
"""


def _bullets(sentences: tuple[str, ...]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)
