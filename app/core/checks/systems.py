"""主诉 and first diagnosis that have no organ system in common."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.core.checks.diagnoses import named_diagnoses
from app.core.checks.finding import CheckedNote, Finding, Severity, Span
from app.core.notes import CHIEF_COMPLAINT, PRELIMINARY_DIAGNOSIS

# Where a symptom may come from: wide on purpose, for a false remark costs more than a missed one.
_SYMPTOMS = (
    (re.compile(r"咳|痰"), "呼吸 循环 耳鼻喉 消化"),
    (re.compile(r"胸[痛闷]|胸背|胸骨|心前区"), "呼吸 循环 消化 骨 皮肤 乳 神经 内分泌 血液"),
    (re.compile(r"气[促短急]|喘|呼吸困难|憋"), "呼吸 循环 泌尿 血液 耳鼻喉 内分泌 神经"),
    (re.compile(r"心[悸慌]"), "循环 内分泌 血液 呼吸 神经"),
    (re.compile(r"腹|恶心|呕吐|呕血|反酸|嗳气|吞咽"), "消化 泌尿 妇产 循环 骨 神经 内分泌 耳鼻喉 血液 皮肤"),
    (re.compile(r"便|泻|肛"), "消化 内分泌 血液 妇产 神经"),
    (re.compile(r"黄染|黄疸"), "消化 血液"),
    (re.compile(r"尿"), "泌尿 妇产 内分泌 血液 消化 神经 循环"),
    (re.compile(r"腰"), "泌尿 骨 妇产 循环 神经 皮肤 消化"),
    (re.compile(r"阴道|停经|月经|经期|经量|白带|外阴|胎动|见红"), "妇产 内分泌 血液 泌尿"),
    (re.compile(r"阴囊|睾丸|阴茎|勃起"), "泌尿 皮肤 消化 内分泌 循环"),
    (re.compile(r"头|抽搐|言语|肢体|偏瘫|麻木|无力"), "神经 循环 耳鼻喉 眼 骨 内分泌 呼吸 血液 泌尿 消化 妇产"),
    (re.compile(r"[膝踝髋肩肘腕]|关节|小腿|大腿|足跟"), "骨 皮肤 循环 神经 内分泌 血液"),
    (re.compile(r"疹|瘙痒|红斑|水疱"), "皮肤 消化 泌尿 血液 妇产 呼吸 神经"),
    (re.compile(r"视[力物]|眼"), "眼 神经 内分泌 循环 耳鼻喉 血液"),
    (re.compile(r"耳|鼻|咽|喉|声音?嘶"), "耳鼻喉 神经 呼吸 消化 内分泌 循环 血液"),
    (re.compile(r"乳"), "乳 内分泌 妇产 皮肤"),
    (re.compile(r"颈"), "内分泌 耳鼻喉 骨 神经 血液 皮肤 循环"),
)
_DISEASES = (
    ("呼吸", re.compile(r"肺|支气管|哮喘|气胸|胸膜|脓胸|呼吸衰竭|呼吸道感染|胸腔积液")),
    ("循环", re.compile(r"心肌|心脏|冠心|冠状动脉|心绞痛|心力衰竭|心衰|心律|心房|房颤|主动脉|高血压|静脉|动脉|心包")),
    ("消化", re.compile(r"胃|肠|肝|胆|胰|食管|阑尾|腹膜|消化|脾|疝|痔|肛")),
    ("泌尿", re.compile(r"肾(?!上腺)|输尿管|膀胱|前列腺|尿|阴茎|睾丸|附睾|精索|阴囊|勃起")),
    ("妇产", re.compile(r"子宫|宫颈|宫内|卵巢|输卵管|妊娠|流产|阴道|分娩|盆腔|外阴|前庭大腺|产后|胎盘|胎膜|死胎")),
    ("神经", re.compile(r"脑|癫痫|神经|脊髓|蛛网膜|帕金森|偏头痛|硬膜|颅")),
    ("骨", re.compile(r"骨折|关节|椎|骨髓炎|韧带|半月板|跟腱|脊柱")),
    ("皮肤", re.compile(r"皮炎|湿疹|荨麻疹|银屑|疱疹|丹毒|蜂窝织炎")),
    ("耳鼻喉", re.compile(r"鼻|咽|喉|扁桃体|中耳|会厌|突聋|耳聋")),
    ("眼", re.compile(r"白内障|青光眼|视网膜|角膜|结膜|虹膜")),
    ("乳", re.compile(r"乳腺|乳房|乳头")),
    ("内分泌", re.compile(r"甲状腺|垂体|肾上腺|嗜铬|库欣|皮质醇")),
)
# Such a complaint tells no place, such a disease can be anywhere.
_ANYWHERE = re.compile(
    r"发热|发烧|高热|畏寒|寒战|乏力|疲|消瘦|纳差|食欲|肿|淋巴|意识|神志|昏|晕|休克|多饮|多食|出血|"
    r"发现|体检|查体|检查|复查|术后|化疗|放疗|外伤|伤|车祸|摔|跌|坠|撞|咬|要求|升高|异常|不适|待产"
)
_SYSTEMIC = re.compile(
    r"糖尿|狼疮|脓毒|败血|休克|中毒|外伤|损伤|转移|多发|综合征|白血病|淋巴|贫血|血小板|紫癜|骨髓瘤|血友病|血管炎|结核|病毒"
    r"|流感|免疫|过敏|电解质|低钾|低钠|焦虑|抑郁|术后|待查|恶性肿瘤|全身|感染性"
)


def check_complaint_and_diagnosis(note: CheckedNote) -> Iterator[Finding]:
    """A remark where no symptom of the 主诉 can come from the system of the first diagnosis; silent in any doubt."""
    complaint, text = note.text(CHIEF_COMPLAINT.key), note.text(PRELIMINARY_DIAGNOSIS.key)
    first = next(named_diagnoses(text), None)
    if first is None or _ANYWHERE.search(complaint) or _SYSTEMIC.search(first.name):
        return
    symptoms = [(match[0], places) for pattern, places in _SYMPTOMS if (match := pattern.search(complaint))]
    systems = {name for name, pattern in _DISEASES if pattern.search(first.name)}
    possible = {place for _, places in symptoms for place in places.split()}
    if symptoms and systems and not systems & possible:
        reason = f"第一诊断“{first.name}”与主诉看不出联系，请核对诊断的主次或主诉。"
        span = Span(PRELIMINARY_DIAGNOSIS.key, first.start, first.start + len(first.name))
        yield Finding("complaint_unrelated", Severity.ADVISED, span, reason)
