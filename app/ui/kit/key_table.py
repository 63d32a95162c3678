"""The named acts of the window and the keys that do them as the program comes: one table for help, keys and texts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """An act, its key (as Qt writes it), what it does in words, and whether it works only inside a suggestion pane."""

    act: str
    default: str
    words: str
    in_pane: bool = False


KEYS: tuple[Key, ...] = (
    Key("run", "Ctrl+Return", "生成鉴别诊断；在出院记录中立即起草"),
    Key("stop", "Esc", "停止全部生成，已写的文字保留"),
    *(Key(f"backfill_{n}", f"Ctrl+{n}", f"回填第 {n} 份建议：鉴别诊断，或整份出院记录") for n in (1, 2, 3)),
    Key("record_exact", "Ctrl+4", "出院记录：把入院日期、出院日期、入院诊断填入空着的栏目"),
    Key("record_findings", "Ctrl+Shift+F", "出院记录：核对没有提到的、去掉的、未见出处的、没有提供给模型的"),
    Key("record_automatic", "Ctrl+Shift+A", "出院记录：打开或保存时自动起草，开启、关闭"),
    Key("undo", "Ctrl+Z", "撤销；一次撤销整次回填"),
    *(Key(f"pane_{n}", f"Alt+{n}", f"转到第 {n} 栏") for n in (1, 2, 3)),
    *(Key(f"copy_{n}", f"Ctrl+Shift+{n}", f"复制第 {n} 份建议，带 AI 标记") for n in (1, 2, 3)),
    Key("vote_up", "Ctrl+Up", "赞成所在栏的建议；再按一次撤回"),
    Key("vote_down", "Ctrl+Down", "不赞成所在栏的建议；再按一次撤回"),
    Key("commit_first", "Ctrl+Shift+D", "先写后看：开启、关闭；写下自己的诊断后查看建议"),
    Key("answer_history", "Ctrl+Shift+H", "两次生成的不同：依据和各份建议"),
    Key("report", "Ctrl+E", "识别错误：报告所选的文字或所在的一条"),
    Key("none_correct", "Ctrl+0", "各份建议无一正确；再按一次撤回"),
    Key("all_acceptable", "Ctrl+9", "各份建议均可接受；再按一次撤回"),
    Key("my_feedback", "Ctrl+Shift+E", "我的反馈：评价过、报告过的内容"),
    Key("next_area", "F6", "转到下一区域：患者、病历、质控、建议"),
    Key("previous_area", "Shift+F6", "转到上一区域"),
    Key("search", "Ctrl+K", "搜索患者：床号、姓名、拼音、住院号"),
    Key("add_patient", "Ctrl+N", "办理入院"),
    Key("ward", "Ctrl+M", "当前患者：换床、转科、病情、出院、更正信息、合并病案"),
    Key("recent", "Ctrl+Tab", "最近的患者：回车回到上一位"),
    Key("entries", "Ctrl+L", "检查结果与医嘱：录入，或插入光标处"),
    Key("review", "Ctrl+R", "光标所在段（或选中处）的 AI 文字已审核"),
    Key("review_all", "Ctrl+Shift+R", "全文的 AI 文字已审核"),
    Key("source", "Ctrl+I", "光标处的文字来自哪个模型、改动多少"),
    Key("mark_reviewed", "Ctrl+G", "全篇审核完毕（草稿转为已审核）"),
    Key("sign", "Ctrl+Shift+S", "签名；上级医师在已签文书上签名或退回"),
    Key("amend", "Ctrl+Shift+M", "修正已签名的文书，另起一版"),
    Key("waiting", "Ctrl+J", "待我处理：等待上级签名、被退回的文书"),
    Key("people", "Ctrl+U", "切换人员"),
    Key("templates", "Ctrl+Shift+T", "模板：插入空白文书，编辑本科室的"),
    Key("documents", "Ctrl+D", "本次住院的文书：切换、新建、改记录时间"),
    Key("previous_document", "Ctrl+PgUp", "上一份文书"),
    Key("next_document", "Ctrl+PgDown", "下一份文书"),
    Key("save", "Ctrl+S", "保存并留存一个版本（平时自动保存）"),
    Key("print", "Ctrl+P", "打印预览；存为 PDF 或 Word"),
    Key("history", "Ctrl+H", "版本历史：修改痕迹、恢复旧版"),
    Key("quality", "Ctrl+Shift+Q", "转到质控清单；回车转到原文，再按一次收起"),
    Key("opinion", "Ctrl+Shift+I", "请模型审阅这份病历；审阅中再按一次停止"),
    Key("board", "Ctrl+B", "待办：超时、未签名、未审核的文书，回车打开"),
    Key("statistics", "Ctrl+T", "统计：使用率、采纳、投票、改动、错误、速度"),
    Key("export", "Ctrl+Shift+X", "导出反馈：去标识后逐份过目，通过的写成训练数据"),
    Key("models", "Ctrl+Shift+L", "模型：安装、转换、校验、测速、切换引擎、移除"),
    Key("preferences", "Ctrl+,", "设置：语言、外观；医院的策略、数据文件夹和日志的位置"),
    Key("help", "F1", "快捷键：查看、更改"),
    Key("item_up", "Up", "在一栏中：上一条（句），同时标出或显示出处", in_pane=True),
    Key("item_down", "Down", "在一栏中：下一条（句），同时标出或显示出处", in_pane=True),
    Key("item_previous", "Left", "在一栏中：上一个诊断；出院记录的上一部分", in_pane=True),
    Key("item_next", "Right", "在一栏中：下一个诊断；出院记录的下一部分", in_pane=True),
    Key("item_tick", "Space", "在一栏中：选中诊断，可选多个；Ctrl+1 只回填选中的", in_pane=True),
    Key(
        "item_insert",
        "Return",
        "在一栏中：回填选中的诊断，没有选中时回填所在的一个；出院记录只回填所在的部分",
        in_pane=True,
    ),
    Key("item_copy", "Ctrl+C", "在一栏中：复制所选文字；没有选文字时复制所在的诊断或部分", in_pane=True),
    Key("item_drop", "Del", "在一栏中：弃用诊断；再按一次恢复", in_pane=True),
    Key("item_move_up", "Alt+Up", "在一栏中：上移诊断", in_pane=True),
    Key("item_move_down", "Alt+Down", "在一栏中：下移诊断", in_pane=True),
    Key("item_vote_up", "+", "在一栏中：赞成所在的诊断或部分；再按一次撤回", in_pane=True),
    Key("item_vote_down", "-", "在一栏中：不赞成所在的诊断或部分；再按一次撤回", in_pane=True),
)
BY_ACT = {key.act: key for key in KEYS}
