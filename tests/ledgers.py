"""Small ledgers as offices keep them, made where a test needs them."""

import io
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook

HEAD = (
    "序号",
    "设施类别",
    "问题点位",
    "存在问题",
    "隐患等级",
    "发现日期",
    "责任单位",
    "责任人",
    "联系电话",
    "整改时限",
    "验收标准",
    "是否销号",
)
STANDARD = "打压试验1.5倍工作压力30分钟无渗漏"


def ledger_row(point: str, **changed: Any) -> list[Any]:
    """A row that can be imported as it is; `changed` by head."""
    values: dict[str, Any] = {
        "设施类别": "换热站", "问题点位": point, "存在问题": "循环泵轴封漏水", "隐患等级": "一般",
        "发现日期": "2026-06-01",
        "责任单位": "城源热力有限公司", "责任人": "周德福", "联系电话": "13812345678", "整改时限": "2026-09-30",
        "验收标准": STANDARD, "是否销号": "否",
    }  # fmt: skip
    values |= changed
    return [values.get(title) for title in HEAD]


def ledger_file(
    rows: Sequence[Sequence[Any]], *, title: str = "2026年冬病夏治隐患台账", date: str = "填报日期：2026年7月20日",
    head: Sequence[str] = HEAD,
) -> bytes:  # fmt: skip
    """An xlsx with a title, a date line, the head in row 3 and the rows from row 4 on."""
    workbook = Workbook()
    sheet = workbook.active
    sheet.append([title])
    sheet.append([date])
    sheet.append(list(head))
    for number, row in enumerate(rows, 1):
        sheet.append([number, *row[1:]])
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()
