"""Words that name nobody and nothing: what makes one of the five of a hazard vague.

The lists are defaults; every function takes a longer one.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from common.text import normalise_name

NO_DEADLINE = ("长期坚持", "长期", "尽快", "尽早", "抓紧", "适时", "持续", "视情况", "待定", "近期")
NOBODY = (
    "相关人员", "有关人员", "相关负责人", "有关负责人", "各负责人", "相关责任人", "有关责任人", "全体人员",
    "各单位", "相关单位", "有关单位", "相关部门", "有关部门", "工作人员", "值班人员", "负责人", "责任人", "专人",
    "待定", "无", "暂无", "不详",
)  # fmt: skip
NO_UNIT = (
    "相关单位", "有关单位", "各单位", "相关企业", "有关企业", "各企业", "各供热企业", "供热企业", "供热单位",
    "各供热单位", "相关部门", "有关部门", "各部门", "责任单位", "各责任单位", "相关责任单位", "待定", "无", "暂无",
    "不详",
)  # fmt: skip
NO_STANDARD = (
    "整改到位", "整改完成", "完成整改", "修复完成", "消除", "符合要求", "达到要求", "满足要求", "按要求", "按标准",
    "合格", "正常", "良好", "完好", "符合标准", "达标", "符合规范", "按规范", "按规定", "消除隐患", "隐患消除", "修复",
    "修好", "待定", "无", "暂无",
)  # fmt: skip
NOWHERE = (
    "多处", "各处", "若干处", "部分小区", "个别小区", "全县", "部分管网", "个别管段", "相关小区", "有关小区",
    "待定", "不详", "无",
)  # fmt: skip

PERSON_EXPECTED = "请填写具体姓名"
STANDARD_EXPECTED = "请写明用什么检验、到什么程度算合格，例如“打压 0.8 MPa 稳压 30 分钟无渗漏”"
UNIT_EXPECTED = "请写明由哪一家单位牵头整改"
POINT_EXPECTED = "请写到具体小区、楼栋、管段或设备"


# What makes vague words no more definite: 已全部整改到位并符合要求 says what 整改到位 says.
_FILLING = (
    "已", "须", "应", "需", "要", "必须", "全部", "全面", "彻底", "及时", "确保", "做到", "达到", "验收", "整改", "并",
    "且", "后",
)  # fmt: skip


@lru_cache(maxsize=4096)
def _is_one_of(text: str, words: Sequence[str]) -> bool:
    """Whether the text is one of the words, or nothing but several of them and filling."""
    bare = re.sub(r"[\W_]+", "", normalise_name(text))
    if bare in words:
        return True
    left = bare
    for word in sorted((*words, *_FILLING), key=len, reverse=True):
        left = left.replace(word, "/")
    return bool(bare) and not left.strip("/") and any(word in bare for word in words)


def vague_person(text: str, words: Sequence[str] = NOBODY) -> str:
    """What is expected instead, if `text` names nobody; else, and for an empty text, an empty string."""
    bare = re.sub(r"[\W_]+", "", normalise_name(text))
    named = bare in words or bare.endswith(("相关人员", "有关人员", "全体职工", "全体员工")) or bare.isdigit()
    return PERSON_EXPECTED if bare and named else ""


def vague_standard(text: str, words: Sequence[str] = NO_STANDARD) -> str:
    """What is expected instead, if `text` could be said of anything; else an empty string."""
    return STANDARD_EXPECTED if _is_one_of(text, words) else ""


def vague_unit(text: str, words: Sequence[str] = NO_UNIT) -> str:
    """What is expected instead, if `text` names no unit; else an empty string."""
    return UNIT_EXPECTED if _is_one_of(text, words) else ""


def vague_point(text: str, words: Sequence[str] = NOWHERE) -> str:
    """What is expected instead, if `text` is no place one could walk to; else an empty string."""
    return POINT_EXPECTED if _is_one_of(text, words) else ""


def is_no_deadline(text: str, words: Sequence[str] = NO_DEADLINE) -> bool:
    """Whether the words stand where a deadline should and are none: 长期坚持, 尽快."""
    bare = re.sub(r"[\W_]+", "", normalise_name(text))
    return any(bare.startswith(word) for word in words)
