"""The Excel columns of the table of daily temperatures, declared once for import, template and export."""

import datetime as dt
import re
from decimal import Decimal

from common import clock
from common.spreadsheets.columns import Column
from common.spreadsheets.dates import SERIAL_EPOCH, Years, read_date
from common.spreadsheets.ledgers.record_columns import record_ledger
from common.spreadsheets.parsers import number_of
from common.spreadsheets.readings import Reading

DEGREES = {"℃": Decimal(1), "°c": Decimal(1), "度": Decimal(1), "摄氏度": Decimal(1)}
COLDEST, HOTTEST = -60, 45
_WRITTEN_YEAR = re.compile(r"\s*(?:1[89]|20)\d{2}(?=\D|\d{4}\b)")
_SERIAL = re.compile(r"\s*([1-6]\d{4})(?:\.0*)?\s*")


def read_temperature_day(text: str, head: object = "") -> Reading[dt.date]:
    """A full date of any year: weather goes far back. Without a year it is not known of which winter it is."""
    if serial := _SERIAL.fullmatch(text):
        reading = Reading(SERIAL_EPOCH + dt.timedelta(days=int(serial[1])), "Excel 日期序号", text)
    elif written := _WRITTEN_YEAR.match(text):
        reading = read_date(text, Years(int(written[0])))
    else:
        return Reading(None, "", text, "请写明年月日，例如 2021-11-15")
    if reading.value and reading.value > clock.today():
        return Reading(None, "", text, f"{reading.value} 还没有到，请核对")
    return reading


def _degrees(text: str, head: object) -> Reading[Decimal]:
    """With the minus of a keyboard or of a typesetter."""
    return number_of(DEGREES, unit="℃", least=COLDEST, most=HOTTEST)(text.replace("−", "-"), head)


TEMPERATURES = record_ledger(
    Column("sequence", "序号", "项次 顺序号", width=6, is_centred=True),
    Column(
        "day", "日期", "观测日期 时间 年月日 资料时间", parse=read_temperature_day, width=14, kind="date",
        is_centred=True, required=True, hint="年月日都要写，例如 2021-11-15；一天一行",
    ),
    Column(
        "mean_c", "日平均气温（℃）",
        "日平均气温 平均气温 日均气温 日均温 平均温度 日平均温度 室外平均温度 气温 温度 均温 平均",
        excluded="最高 最低 极端 室内 供水 回水", parse=_degrees, width=16, kind="number", required=True,
        hint="一天的平均，可有一位小数，零下写负数",
    ),
    kind="temperatures",
    title="日平均气温表",
    content=frozenset({"day"}),
)  # fmt: skip
