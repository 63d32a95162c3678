"""The words after which a note names a person."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    """Longest first, so that 孙女婿 is not read as 孙女."""
    return tuple(sorted(text.split(), key=len, reverse=True))


KIN = _words(
    "父亲 母亲 爸爸 妈妈 继父 继母 养父 养母 岳父 岳母 公公 婆婆 祖父 祖母 "
    "外祖父 外祖母 爷爷 奶奶 外公 外婆 姥爷 姥姥 丈夫 妻子 老公 老婆 爱人 配偶 "
    "老伴 前夫 前妻 未婚夫 未婚妻 男友 女友 男朋友 女朋友 儿子 女儿 长子 次子 "
    "幼子 独子 养子 继子 长女 次女 幼女 独女 养女 继女 大子 大女 小子 小女 女婿 "
    "儿媳 儿媳妇 媳妇 孙子 孙女 孙女婿 孙媳 长孙 外孙 外孙子 外孙女 哥哥 弟弟 "
    "姐姐 妹妹 大哥 二哥 三哥 大姐 二姐 三姐 嫂子 嫂嫂 姐夫 妹夫 弟媳 弟妹 表哥 "
    "表弟 表姐 表妹 堂哥 堂弟 堂姐 堂妹 侄子 侄儿 侄女 外甥 外甥女 叔叔 伯伯 "
    "伯父 伯母 婶婶 舅舅 舅妈 舅父 姑姑 姑妈 姑父 姨妈 姨父 之夫 之妻 "
    "之子(?!宫) 之女 之父 之母 之兄 之弟 之姐 之妹 其夫 其妻 其子(?!宫) "
    "其女 其父 其母 其兄 其弟 其姐 其妹 "
)
"""Parts of a pattern: 之子宫 is no son."""

OTHERS = _words(
    "患者 病人 患儿 姓名 家属 亲属 家长 联系人 监护人 陪护 陪同者 陪护者 护工 "
    "保姆 邻居 同事 朋友 工友 同学 战友 室友 老乡 房东 司机 签名 "
)
STAFF = _words("医师 医生 主任 护士 护士长")

ANNOUNCERS = "|".join((*KIN, *OTHERS, *STAFF))
