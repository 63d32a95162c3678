"""Every Chinese text of a page that has two languages is in the English table, and the table has no others."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

import app.ui
from app.infra.resources import resource_text
from app.ui.kit.words import Words

ROOMS = ("models", "first_start", "preferences")
# From below the window: stages of acts on models.
STAGES = {"获取", "识别模型", "计算校验值", "校验源文件", "各模型同时运行"}
# A measure of width, and names that are the same in both.
NO_WORDS = {"床", "中文", "语言 Language"}


def chinese_texts(room: str) -> set[str]:
    folder = Path(app.ui.__file__).parent / room
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in folder.glob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in texts if re.search("[\u4e00-\u9fff]", text)} - NO_WORDS


def test_the_english_table_is_complete_and_has_nothing_else() -> None:
    table = json.loads(resource_text("translations", "en.json"))
    assert set().union(*map(chinese_texts, ROOMS)) | STAGES == set(table)


def test_places_and_mnemonics_are_the_same_in_both_languages() -> None:
    for chinese, english in json.loads(resource_text("translations", "en.json")).items():
        assert re.findall(r"\{.*?\}", chinese) == re.findall(r"\{.*?\}", english), chinese
        assert [key.lower() for key in re.findall("&(.)", chinese)] == [
            key.lower() for key in re.findall("&(.)", english)
        ], chinese
        assert not re.search("[\u4e00-\u9fff]", english)


@pytest.mark.parametrize(("language", "text"), [("zh", "源文件 1 MB"), ("en", "source 1 MB"), ("fr", "源文件 1 MB")])
def test_texts_come_in_the_language(language: str, text: str) -> None:
    words = Words(language)
    assert words("源文件 {size}", size="1 MB") == text
    assert words("没有译文") == "没有译文"
