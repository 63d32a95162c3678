"""Rules for what may identify a person, without knowing the person.

Each rule is a pattern whose group `value` is replaced; `keep` says which values are words of every note after all.
They err on the side of removal, but leave measurements, drugs and findings alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from app.learning.announcers import ANNOUNCERS
from app.learning.foreign_names import TRANSLITERATING, is_spelt_otherwise
from app.learning.surnames import COMPOUND, NO_NAME, SINGLE

C = "\u4e00-\u9fff"
_DIGIT_BEFORE, _DIGIT_AFTER = r"(?<![A-Za-z0-9_.０-９])", r"(?![A-Za-z0-9_０-９])"


@dataclass(frozen=True, slots=True)
class Rule:
    """`kind` is the word of the placeholder; `trim` shortens a value from the left to what it really names.

    A text without any character of `hints` needs no search.
    """

    kind: str
    pattern: re.Pattern[str]
    keep: Callable[[str], bool] = lambda value: False
    trim: Callable[[str], str] = lambda value: value
    hints: str = ""

    def concerns(self, text: str) -> bool:
        """Whether the text can hold a match at all."""
        return not self.hints or any(hint in text for hint in self.hints)


def _rule(
    kind: str,
    pattern: str,
    keep: Callable[[str], bool] = lambda value: False,
    trim: Callable[[str], str] = lambda value: value,
    hints: str = "",
) -> Rule:
    return Rule(kind, re.compile(pattern), keep, trim, hints)


_ID_CARD = rf"{_DIGIT_BEFORE}(?P<value>\d{{6}}[ -]?\d{{8}}[ -]?\d{{3}}[\dXxＸ]){_DIGIT_AFTER}"
# An identity card of fifteen digits, a bank card, an insurance number: no measurement is so long.
_LONG_NUMBER = rf"{_DIGIT_BEFORE}(?P<value>\d{{15,22}}){_DIGIT_AFTER}"
_MOBILE = r"(?<![A-Za-z0-9_.])(?P<value>(?:(?:\+|00)?86[- ]?)?[1１][3-9３-９]\d([- ]?)\d{4}\2\d{4})(?![A-Za-z0-9_])"
_AREA = r"(?:\(0\d{2,3}\)|（0\d{2,3}）|0\d{2,3}[- ]?)"
_LANDLINE = rf"{_DIGIT_BEFORE}(?P<value>{_AREA}\d{{7,8}}(?:[-转]\d{{1,5}})?|400-?\d{{3}}-?\d{{4}}){_DIGIT_AFTER}"
_LABELLED_PHONE = (
    r"(?<!\[)(?:电话|手机|座机|传真|联系方式|[Tt]el)(?:号码)?[号：:\s为是.]{0,3}(?P<value>\+?\d[\d -]{5,18}\d)"
)
_EMAIL = r"(?P<value>[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+\.[A-Za-z][A-Za-z0-9.-]*)"
_PLATE = (
    r"(?P<value>[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
    r"[A-HJ-Z][·•・‧ -]?(?!\dN\d|YP)(?=(?:[A-Z]{0,2}\d){3})[A-HJ-NP-Z\d]{5,6})(?![A-Za-z\d])"
)
_CHAT_LABEL = "QQ|qq|微信|[Ww]e[Cc]hat|[Vv]信|(?<![A-Za-z])(?:[Vv][Xx]|[Ww][Xx])(?=号?[：:])"
_CHAT_ACCOUNT = rf"(?<!\[)(?:{_CHAT_LABEL})(?:号码?)?[：:\s为是]{{0,3}}(?P<value>[A-Za-z0-9_-]{{5,20}})"


def _labelled_number(labels: str, mark: str = "(?:号码|编号|号)[：:]?") -> str:
    return rf"(?<!\[)(?:{labels}){mark}[：:\s为是#№]{{0,3}}(?P<value>[A-Za-z]{{0,4}}[-－]?\d[A-Za-z0-9-]*)"


_BED_LABEL = r"(?<!\[)(?:病?床号|床位号?|病床)[：:\s为是]{0,3}(?P<value>[A-Za-z加+＋]{0,2}\d{1,4}(?:号?床)?)"
_BED = r"(?<![\d.\[])(?P<value>[A-Za-z加+＋]?\d{1,3}\s*号?床)(?![位旁边头上垫单褥榻])"

_CUT = re.compile(r".*(?:于|在|至|到|赴|往|去|从|经|由|系|住|自|来|转|送|入|回|为|是|因|曾|患者|就诊|求诊|前|后)")
_INSTITUTION = "医院|卫生院|卫生室|卫生所|卫生服务中心|卫生服务站|诊所|医学中心|保健院|疗养院|防治所|疾控中心"
_GENERIC_PREFIX = (
    "我|本|外|该|某|当地|外地|上级|下级|基层|附近|社区|综合|专科|多家|其他|其它|三甲|三级|二级|一级|私立|公立|家庭|住|转|出|入|离|到|在|来|"
    "县|市|省|区|县级|市级|省级|甲等|定点|同级|合作|互联网"
)
_GENERIC_HOSPITAL = re.compile(rf"(?:{_GENERIC_PREFIX})*(?:{_INSTITUTION})")
_HOSPITAL = rf"(?P<value>[{C}]{{1,20}}?(?:{_INSTITUTION}))"

_PROVINCES = (
    "河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|"
    "宁夏|新疆|北京|天津|上海|重庆|香港|澳门"
)
_NUMBER = r"[\d一二三四五六七八九十]"
_PLACE = "村委会|村|屯|庄|社区|小区|花园|路|街|大道|巷|弄|胡同|号楼|号院|号|栋|幢|单元|室"
_TAIL = rf"(?:[{C}A-Za-z\d]{{1,10}}?(?:{_PLACE}|{_NUMBER}[组队]))*"
_TOWN_LEVEL = r"镇(?![痛静咳吐惊定])"
_LEVELS = rf"(?:[{C}]{{1,8}}?(?:自治州|自治县|地区|新区|市|州|盟|县|区|旗|乡|{_TOWN_LEVEL}|街道|苏木))"
_PROVINCE_ADDRESS = (
    rf"(?P<value>(?:{_PROVINCES})(?:(?:省|市|特别行政区|(?:壮族|回族|维吾尔)?自治区){_LEVELS}*|{_LEVELS}+){_TAIL})"
)
_CITY_ADDRESS = rf"(?P<value>[{C}]{{2,6}}?(?:市|县|自治州|自治县){_LEVELS}+{_TAIL})"
_VILLAGE = rf"[{C}]{{1,4}}?(?:村|屯)(?:{_NUMBER}{{1,3}}[组社队号])?"
_VILLAGE_ADDRESS = rf"(?P<value>(?:[{C}]{{1,4}}(?:乡|{_TOWN_LEVEL}))?[{C}]{{0,3}}{_VILLAGE})"
_TOWN = rf"(?P<value>[{C}]{{2,4}}(?:市|县|乡|{_TOWN_LEVEL}|街道))(?![场场民])"
_STREET = rf"(?P<value>[{C}]{{2,8}}(?:路|街|大道|胡同|巷|弄|小区|花园)\d+(?:号|弄|栋|幢){_TAIL})"
_LABELLED_ADDRESS = (
    r"(?<!\[)(?:家庭住址|家庭地址|现住址|户籍地址|户籍地|户口所在地|通讯地址|联系地址|住址|地址|籍贯|出生地|工作单位|家住|现住|居住于|出生于)"
    r"[：:\s为于在是]{0,3}(?P<value>[^，。；;,、\s\[\]]{2,40})"
)
_WORKPLACE = (
    rf"(?<!\[)(?:(?:单位|学校)(?:名称)?[：:]\s*|(?:工作|任职|就职|供职|就读|就业)[于在])(?P<value>[{C}]{{2,25}}"
    r"(?:厂|公司|集团|局|大学|学院|中学|小学|学校|幼儿园|银行|研究所|所|院|矿|商?店|中心|车间|委员会|部队))"
)
_NO_PLACE = re.compile(
    r".*(?:农村|乡村|城乡|[我本同邻全该某]村|老乡|家乡|同乡|下乡|回乡|超市|城市|都市|上市|菜市|夜市|门市|[我本外全该某][市县镇乡]|当地[市县镇乡]|县市|城镇|乡镇|给镇|予镇)"
)
_NO_ADDRESS = re.compile(r"不详|未提供|未知|同上|无|原籍|当地|本地|农村|城市|正常|病房|我院|本院|此院")

# 小叶, 小于, 老花, 小包 are words of every note.
_FAMILIAR_SURNAMES = (
    "王李张刘陈杨赵吴周徐孙朱胡郭何罗郑梁谢宋唐许邓韩冯曹彭曾萧田董袁潘蔡蒋杜程魏"
    "苏吕任卢姚沈钟姜崔谭陆汪廖贾韦傅邹熊孟秦邱侯尹薛闫雷陶贺郝顾龚邵钱覃"
)
_SURNAME = rf"(?:{'|'.join(COMPOUND)}|[{SINGLE}])"
_NAME_END = (
    rf"(?=[^{C}]|$|[男女诉于因的系签代陪来到说要同及与和在已曾自入住现年今先述提告知对拒表既执]|"
    "近[日期来]|突[发然]|电话|发现)"
)
_NAME_LABEL = (
    rf"(?<!\[)(?:姓\s*名|联系人|陈述者|供史者|代诉人|委托人|记录者|签名|签字|监护人|术者|主刀|助手|麻醉师|代[述诉]人|记录人|护士|医师|医生)\s*[：:]\s*"
    rf"(?P<value>[{C}]{{1,8}}(?:[·•・‧][{C}]{{1,10}})+|[{C}]{{2,6}}?)(?=[^{C}]|$|性别|年龄|男|女|与|系|关系|电话)"
)
_ANNOUNCED = (
    rf"(?<!\[)(?:{ANNOUNCERS})"
    rf"[：:\s为是叫名（(]{{0,2}}(?P<value>{_SURNAME}[{C}]{{1,2}}?){_NAME_END}"
)
_TITLE = "(?:副?主任|主治|住院)?(?:医师|医生)|副?主任(?!委)|大夫|护士长?|护师|教授(?!健)|院长|老师"
# 病房医师, 责任护士, 值班医生, 有关医师: the last character of a word, not a surname.
_WORD_END = rf"(?!(?<=[医护药技律])师|(?:(?<=[病药产])房|(?<=责)任|(?<=[当值])班|(?<=[相有])关)(?:{_TITLE}))"
_TITLED = rf"(?<!主){_WORD_END}(?P<value>{_SURNAME}[{C}]{{0,2}}?)(?:{_TITLE})"
_BEFORE_SOMEONE = rf"(?:{ANNOUNCERS}|由|请|(?<![{C}]))"
_ADDRESSED = (
    rf"{_BEFORE_SOMEONE}(?P<value>{_SURNAME}[{C}]{{0,2}}?)"
    r"(?=先生|女士|小姐|大[爷妈娘叔哥姐伯]|奶奶|爷爷|叔叔|伯伯|阿姨|师傅|同志|老太)"
)
_FAMILIAR = (
    rf"{_BEFORE_SOMEONE}(?P<value>[小老][{_FAMILIAR_SURNAMES}])(?=[^{C}]|$|[诉说陪送代告签执协测给遵巡报护医同发当在])"
)
_CALLED_IN = (
    rf"请(?:[{C}]{{1,8}}?科)?(?P<value>{_SURNAME}[{C}]{{1,2}}?(?<![科室院组部所急次]))(?=会诊|协助|指导|查看|看过|看诊)"
)
_HIDDEN_NAME = rf"(?P<value>{_SURNAME}(?:某[某甲乙丙丁]?|[ＸXx×*＊]{{1,2}}))(?![A-Za-z0-9])"
_DOT = "[·•・‧]"
# What goes on after a name and spells none: 提, 来 and 代 are not among it.
_DOTTED_END = (
    rf"(?=[^{C}]|$|[诉因的系签陪说要同及与在已曾自入住现年今先告知对拒表既执有无主近突是为患男女"
    "腹胸头咳发呕恶腰痛]|代[诉述])"
)
_DOTTED_NAME = (
    rf"(?P<value>[{C}]{{1,8}}(?:{_DOT}(?:[{C}]{{1,10}}?(?={_DOT})|[{C}]{{2,10}}?{_DOTTED_END}|[{C}]{{2,10}}))+)"
)
_BEFORE_DOTTED = re.compile(rf".*(?:{ANNOUNCERS}|同室|同病房|[由请与及给和为叫名])(?=[{C}])")
_FOREIGN_NAME = rf"(?<!\[)(?:{ANNOUNCERS})[：:\s为是叫名（(]{{0,2}}(?P<value>[{TRANSLITERATING}]{{3,8}}){_NAME_END}"
_LATIN_NAME = (
    rf"(?<!\[)(?:{ANNOUNCERS})[：:\s为是叫名（(]{{0,2}}"
    r"(?P<value>[A-Z][a-z]+(?:[ ·.-]{1,2}[A-Z][a-z]+)+(?![A-Za-z])|"
    r"[A-Z][a-z]+(?=[，,、（( ]{1,2}[男女])|[A-Z][a-z]{3,}(?=自?诉|因))"
)
_NO_ONE = frozenset(
    ("患者", "本人", "患者本人", "家属", "患者家属", "父亲", "母亲", "患儿父亲", "患儿母亲", "其子", "其女", "不详")
)


def from_last_preposition(value: str) -> str:
    """`就诊于协和医院` without what only leads to the place, unless too little would be left to name one."""
    cut = _CUT.match(value)
    while cut is not None:
        rest = value[cut.end() :]
        if len(rest) >= _MINIMUM_PLACE:
            return rest
        cut = _CUT.match(value[: cut.end() - 1])
    return value


_MINIMUM_PLACE = 3


def _from_announcer(value: str) -> str:
    """`患者约翰·史密斯` without what leads to the name."""
    before = _BEFORE_DOTTED.match(re.split(_DOT, value)[0])
    return value[before.end() :] if before else value


def _names_nobody(value: str) -> bool:
    return value in _NO_ONE or value[:2] in NO_NAME


def _is_generic_hospital(value: str) -> bool:
    return _GENERIC_HOSPITAL.fullmatch(from_last_preposition(value)) is not None


RULES: tuple[Rule, ...] = (
    _rule("证件号", _ID_CARD),
    _rule("证件号", _LONG_NUMBER),
    _rule("邮箱", _EMAIL, hints="@"),
    _rule("证件号", _labelled_number("身份证|护照|军官证|士兵证|驾驶证|出生证|证件", "(?:号码|编号|号)?")),
    _rule("医保号", _labelled_number("医保卡?|社保卡?|健康卡|就诊卡|诊疗卡|合作医疗证?|新?农合")),
    _rule(
        "住院号",
        _labelled_number(
            "住院|病案|病历|门诊|登记|就诊|病人|患者|检查|影像|放射|超声|病理|标本|条码|流水|CT|MRI?|B超|X线"
        ),
    ),
    _rule("住院号", _labelled_number("(?<![A-Za-z])(?:MRN|mrn|ID|id)", "号?[：:]")),
    _rule("账号", _CHAT_ACCOUNT),
    _rule("车牌", _PLATE),
    _rule("电话", _MOBILE),
    _rule("电话", _LANDLINE),
    _rule("电话", _LABELLED_PHONE),
    _rule("床号", _BED_LABEL, hints="床"),
    _rule("床号", _BED, hints="床"),
    _rule("医院", _HOSPITAL, keep=_is_generic_hospital, trim=from_last_preposition, hints="院室所站心"),
    _rule("单位", _WORKPLACE),
    _rule("地址", _LABELLED_ADDRESS, keep=lambda value: _NO_ADDRESS.match(value) is not None),
    _rule("地址", _PROVINCE_ADDRESS),
    _rule(
        "地址",
        _CITY_ADDRESS,
        keep=lambda value: _NO_PLACE.match(value) is not None,
        trim=from_last_preposition,
        hints="市县州",
    ),
    _rule("地址", _STREET, trim=from_last_preposition),
    _rule(
        "地址",
        _VILLAGE_ADDRESS,
        keep=lambda value: _NO_PLACE.match(value) is not None,
        trim=from_last_preposition,
        hints="村屯",
    ),
    _rule(
        "地址",
        _TOWN,
        keep=lambda value: _NO_PLACE.match(value) is not None,
        trim=from_last_preposition,
        hints="市县乡镇街",
    ),
    _rule("姓名", _DOTTED_NAME, keep=is_spelt_otherwise, trim=_from_announcer, hints="·•・‧"),
    _rule("姓名", _LATIN_NAME, keep=is_spelt_otherwise),
    _rule("姓名", _FOREIGN_NAME, keep=is_spelt_otherwise),
    _rule("姓名", _NAME_LABEL, keep=_names_nobody),
    _rule("姓名", _HIDDEN_NAME, hints="某ＸXx×*＊"),
    _rule("姓名", _TITLED, keep=_names_nobody),
    _rule("姓名", _ADDRESSED, keep=_names_nobody),
    _rule("姓名", _FAMILIAR, hints="小老"),
    _rule("姓名", _CALLED_IN, keep=_names_nobody, hints="请"),
    _rule("姓名", _ANNOUNCED, keep=_names_nobody),
)
"""In this order: numbers with their labels before dates could cut them, names last."""

CERTAIN = tuple(re.compile(pattern) for pattern in (_ID_CARD, _MOBILE))
"""Patterns that no finished file may contain, whoever they belong to."""
