from __future__ import annotations

import pytest

from app.core.errors import ModelFileFault
from app.inference.catalog_fields import Fields


def test_a_place_in_a_place_is_named_whole() -> None:
    fields = Fields({"a": {"b": [{"c": 1}]}}, "x.toml").of_model("m")
    with pytest.raises(ModelFileFault, match=r"模型目录 x\.toml 中模型 m 的字段 a\.b\[0\]\.c 应是文字，请修改"):
        fields.table("a").tables("b")[0].text("c")


def test_a_default_is_taken_only_where_nothing_is_said() -> None:
    fields = Fields({"said": "", "no": False}, "x.toml")
    assert fields.text("said", "usual") == ""
    assert fields.text("other", "usual") == "usual"
    assert fields.flag("no", True) is False
    assert fields.texts("list", ("zh",)) == ("zh",)
    assert "said" in fields and "other" not in fields
