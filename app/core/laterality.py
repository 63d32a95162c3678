"""Sides of the body as a ward writes them: 左膝, 右侧下腹, 双肺."""

from __future__ import annotations

import re

_ORGAN = (
    r"(?:腹股沟|腹|胸|肺|肾|肋|输尿管|附件|卵巢|输卵管|睾丸|乳腺|乳房|甲状腺|颈|腰|背|臀|髋|股|膝"
    r"|踝|足|肩|肘|腕|手|指|腿|臂|肢|眼|耳|鼻|面|颞|额|顶|枕|基底节|大脑|小脑|半球|扁桃体|季肋|肝|锁骨|桡骨|尺骨|胫骨|腓骨)"
)
_PART = rf"(?P<part>(?:[上中下前后外内]{{1,2}})?(?P<organ>{_ORGAN}))"
# Drugs (左氧氟沙星, 右美托咪定) and names of diseases (左心衰竭, 右束支传导阻滞) are not sides that someone found.
_NO_LEFT = r"右|旋|氧|甲状腺素|乙拉|炔诺|卡尼|西孟|奥硝|心|室|房|束支|冠|主干|前降|回旋"
_NO_RIGHT = r"旋|美|佐匹|雷佐|丙亚|心|室|房|束支|冠"

SIDE = re.compile(rf"(?P<side>左(?!{_NO_LEFT})|(?<!左)右(?!{_NO_RIGHT}))侧?(?:{_PART})?")
"""One side; `part` (下腹) and its `organ` (腹) where they follow."""

BOTH = re.compile(rf"(?:双|两)侧?(?:{_PART})?")
"""Both sides; groups as in SIDE."""
