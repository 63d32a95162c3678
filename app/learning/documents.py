"""The texts of an export that people read: the data set's card, and what de-identification did."""

from __future__ import annotations

from collections.abc import Mapping

METHOD = (
    "病历中已知的患者姓名、住院号、床号和医生姓名在全部文字中精确替换；导出完成后逐个文件复查，查到一处即拒绝。",
    "规则：证件号、电话、邮箱、住院号等编号、床号、医院、地址、标签或称谓旁的姓名、日期（按患者平移）、90 岁起的年龄。",
    "同一患者的同一称呼用同一占位符（如 [姓名1]）。患者、住院、医生均为带密钥的假名（HMAC-SHA-256），密钥不离开医院。",
)
LIMITS = (
    "没有使用 jieba 或 jionlp：没有统计式的人名、地名识别。病历中未登记、前后又没有称谓或标签的人名，规则认不出。",
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

- 投票：每位医生对每份建议的最后一次投票成为一行 KTO（赞为 true，踩为 false）。没有投票不等于踩，对其他建议也没有意义。
- 回填：被回填的建议成为一行 KTO（true）。同一次比较的全部建议都已完成、都显示过、且只回填了这一份时，它与其余每一份
  各成一行 DPO，权重为 1/(n-1)；内容相同的不成对。
- SFT：被回填的建议原文。医生修改后的终稿尚未记录，因此这些行是“医生采用过的模型原文”，不是医生写的文字。
  含有病历没有的数值或侧别的行被隔离，不导出（`manifest.json` 中的 `quarantined`）。
- 同一份建议只用最强的一种依据：回填先于投票。

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
