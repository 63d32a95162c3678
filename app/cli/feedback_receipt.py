"""The receipt that a training site sends back: a JSON file that names the export, the model and the rows used."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from app.core.errors import EnvironmentFault, UsageFault


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came back. `rows` None: all of the export's; `import_id` is the file's own hash, so that twice is once."""

    import_id: str
    export_id: str
    model: str
    rows: tuple[str, ...] | None


def read_receipt(path: Path) -> Receipt:
    """Read the file. Raises UsageFault naming the field that is wrong, EnvironmentFault if it cannot be read."""
    try:
        content = path.read_bytes()
        data = json.loads(content)
    except OSError as error:
        raise EnvironmentFault(f"无法读取回执文件 {path}：请检查路径和权限。") from error
    except ValueError:
        raise UsageFault(f"回执文件 {path} 不是有效的 JSON，请检查。") from None
    if not isinstance(data, dict):
        raise UsageFault("回执文件的最外层应是一个 JSON 对象（{…}），请检查后重试。")
    for field in ("export_id", "model"):
        if not isinstance(data.get(field), str) or not data[field]:
            raise UsageFault(f"回执缺少必填字段：{field}。")
    rows = data.get("rows")
    if rows is not None and not (isinstance(rows, list) and all(isinstance(row, str) for row in rows)):
        raise UsageFault("回执字段 rows 应是 row_id 的列表。")
    digest = hashlib.sha256(content).hexdigest()
    return Receipt(digest, data["export_id"], data["model"], None if rows is None else tuple(rows))
