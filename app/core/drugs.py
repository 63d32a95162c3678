"""Names of drugs in Chinese text: by the endings of their classes, common ones that have none, brands, forms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

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
_FORMED = re.compile(
    r"[一-龥]{2,8}(?:(?<![胸平线])片|胶囊|注射液|颗粒剂?|口服液|混悬[液剂]|吸入剂|滴眼液)(?=[\s\d，。；、]|$)"
)
_FORM = re.compile(
    r"^注射用|[（(].*?[)）]"
    r"|(?:缓释|控释|肠溶|分散|咀嚼|泡腾|软|硬|干|粉|氯化钠|葡萄糖)*(?:片|胶囊|注射液|颗粒|混悬液|混悬剂|口服液|滴眼液|栓|吸入剂|软膏|乳膏|贴)$"
)
_SALT = re.compile(r"氯化钠$|葡萄糖$|(?:琥珀酸|磷酸|盐酸|硫酸|酒石酸|马来酸|醋酸|(?<!氯化))(?:钠|钙|钾|镁|酯)$")
_SHORTEST_STEM = 2
BRANDS: Mapping[str, str] = {
    "拜阿司匹灵": "阿司匹林",
    "波立维": "氯吡格雷",
    "泰嘉": "氯吡格雷",
    "立普妥": "阿托伐他汀",
    "可定": "瑞舒伐他汀",
    "拜新同": "硝苯地平",
    "络活喜": "氨氯地平",
    "倍他乐克": "美托洛尔",
    "代文": "缬沙坦",
    "格华止": "二甲双胍",
    "拜唐苹": "阿卡波糖",
    "拜瑞妥": "利伐沙班",
    "优甲乐": "左甲状腺素",
    "耐信": "艾司奥美拉唑",
    "速尿": "呋塞米",
    "安体舒通": "螺内酯",
    "沐舒坦": "氨溴索",
    "芬必得": "布洛芬",
}
"""The generic name of a common brand."""
NOT_TAKEN = re.compile(r"停[用服止]|避免|禁|忌用|过敏|勿|不宜|慎|不再|必要时可(?:就诊|复诊)")
"""A drug after these words is not one to take: it is to be stopped or avoided."""
_BRAND = re.compile("|".join(BRANDS))
_TELLING = 4


def drugs_in(text: str) -> Iterator[re.Match[str]]:
    """The names of drugs in a text, known ones, brands, and those that their form tells (…片, …胶囊)."""
    known = sorted([*DRUG.finditer(text), *_BRAND.finditer(text)], key=lambda match: match.start())
    yield from known
    for match in _FORMED.finditer(text):
        if not any(match.start() < one.end() and one.start() < match.end() for one in known):
            yield match


def drug_stem(name: str) -> str:
    """The name of a drug without form and salt: 阿托伐他汀钙片 is 阿托伐他汀."""
    bare = _FORM.sub("", name.strip())
    stem = _SALT.sub("", _FORM.sub("", bare))
    return stem if len(stem) >= _SHORTEST_STEM else bare or name


def is_among(drug: str, names: Iterable[str]) -> bool:
    """One of these names means this drug, whatever its form, salt or brand."""
    stem = drug_stem(_generic(drug))
    stems = (drug_stem(_generic(name)) for name in names)
    return any(
        stem in one or one in stem or (len(stem) > _TELLING and (stem[:_TELLING] in one or stem[-_TELLING:] in one))
        for one in stems
    )


def is_named(drug: str, text: str) -> bool:
    """The text names this drug: as it stands, by its generic name or by another brand."""
    generic = _generic(drug)
    return any(name in text for name in (drug, generic, *(brand for brand, one in BRANDS.items() if one in generic)))


def _generic(name: str) -> str:
    return next((generic for brand, generic in BRANDS.items() if brand in name), name)
