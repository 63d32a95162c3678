"""The reference of the policy file, made of the table of its keys: `python -m app.settings.policy_page` writes it."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from app.settings.policy_keys import KEYS, PolicyKey

PAGE = Path(__file__).resolve().parents[2] / "resources" / "help" / "policy.md"

_HEAD = """# 策略文件

由医院信息科编写，病程助手只读取、从不写入。两个位置，格式相同：

| 位置 | 作用 |
|---|---|
| Linux：`/etc/wardnote/policy.toml`；Windows：`%ProgramData%\\WardNote\\policy.toml` | 整台计算机 |
| 数据文件夹中的 `policy.toml` | 只对这个数据文件夹 |

整台计算机的策略优先；它没有写的，数据文件夹的策略可以写。
固定位置没有文件时，环境变量 `WARDNOTE_POLICY` 可以指向另一个文件（例如共享盘上的）；固定位置有文件时，
这个变量不起作用。文件是 UTF-8 编码的 TOML。

写错的键、写错的值都不会被忽略：程序说明是哪个文件、哪一行、哪个键、可以写什么，并且不按猜测放行任何一项。
`wardnote self-test` 会列出生效的文件和每一项设置；窗口中被医院设定的选项显示为只读。

程序从不自动更新，也从不自行联网，因此没有这样的键。

```toml
"""

_MIDDLE = """```

以上每一项都可以不写。下表说明各项的作用，和不写时的情形。

| 键 | 可以是 | 作用 | 不写时 |
|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    sections = (list(keys) for _, keys in groupby(KEYS, key=lambda key: key.section))
    return _HEAD + "\n".join(map(_example, sections)) + _MIDDLE + "".join(map(_row, KEYS))


def _example(keys: list[PolicyKey]) -> str:
    lines = [f"{key.name.partition('.')[2]} = {key.example}" for key in keys]
    return "\n".join([f"[{keys[0].section}]", *lines]) + "\n"


def _row(key: PolicyKey) -> str:
    only = "（只能写在整台计算机的策略中）" if key.system else ""
    return f"| `{key.name}` | {key.form.allowed} | {key.meaning}{only} | {key.otherwise} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
