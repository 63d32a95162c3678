"""Names of drugs in Chinese text: by the endings of their classes, and the common ones that have none."""

from __future__ import annotations

import re

_ENDINGS = (
    "西林|沙星|霉素|环素|他汀|普利|沙坦|洛尔|地平|格列[一-龥]{1,2}|列净|列汀|拉唑|替丁|康唑|硝唑|昔布|昔康"
    "|芬酸|卡因|西泮|唑仑|曲坦|司琼|双胍|肝素|泼尼松|奈德|米松|松龙|替卡松|特罗|茶碱|噻嗪|酰胺酮|韦林|洛韦|夫定|培南|巴坦"
    "|膦酸|贝特|罗辛|溴铵|他林|孟司特|司他|单抗|替尼|铂|紫杉醇|胰岛素|沙班|曲班|罗班|格雷"
)
_NAMES = (
    "胰岛素|泼尼松龙?|甲泼尼龙|地塞米松|替格瑞洛|碳酸钙|琥珀酸亚铁|枸橼酸铋钾|氯化钾|胰酶|悬浮红细胞|人血白蛋白|阿司匹林|氯吡格雷|华法林|肝素|硝酸甘油|硝普钠|呋塞米|螺内酯|氢氯噻嗪|地高辛|胺碘酮|多巴胺|多巴酚丁胺|肾上腺素|去甲肾上腺素"
    "|阿托品|吗啡|哌替啶|布洛芬|对乙酰氨基酚|二甲双胍|阿卡波糖|甘露醇|氨溴索|奥曲肽|生长抑素|蒙脱石散|铝碳酸镁|硝苯地平"
    "|利伐沙班|达比加群|尿激酶|阿替普酶|甲氨蝶呤|环磷酰胺|左甲状腺素|甲巯咪唑|丙硫氧嘧啶|卡马西平|丙戊酸钠|苯妥英钠"
)
# Words that stand before a drug's name are no part of it.
_BEFORE = r"(?:(?![服用予给射注滴点及和或对过敏史曾未行经以停加药换])[一-龥]){1,3}"
DRUG = re.compile(rf"头孢[一-龥]{{1,3}}|{_NAMES}|{_BEFORE}(?:{_ENDINGS})")
"""One drug's name; a class ending takes up to three characters before it."""
