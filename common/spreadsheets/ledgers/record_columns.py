"""The columns of a ledger of records, and the values that its rows keep of them."""

import datetime as dt
from decimal import Decimal
from typing import Any

from common.spreadsheets.columns import Column, Ledger
from common.spreadsheets.ledgers.differences import VERSION

# Which record a row is, and what it was when it went out: in the files that may come back.
RECORD = "record"
OURS = (
    Column(RECORD, "系统编号", width=10, is_centred=True, hint="导回时核对用，请勿改动"),
    Column(VERSION, "数据版本", width=10, is_centred=True, hint="导回时核对用，请勿改动"),
)
SEQUENCE = "sequence"
NO_FIELDS = (SEQUENCE, RECORD, VERSION)


def json_ready(value: Any) -> Any:
    """A value that a cell was read as, as rows of an import keep it."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dt.date):
        return value.isoformat()
    return getattr(value, "value", value)


def from_json(column: Column, value: Any) -> Any:
    """The same, as the model takes it."""
    if not isinstance(value, str):
        return value
    if column.kind == "date":
        return dt.date.fromisoformat(value)
    return Decimal(value) if column.kind == "number" else value


def record_ledger(*columns: Column, **declared: Any) -> Ledger:
    """`declared`: as of `Ledger`. With the columns by which a file that went out from here is known again."""
    shown = tuple(column.name for column in columns)
    return Ledger(columns=(*columns, *OURS), shown=shown, ordinals=frozenset({SEQUENCE}), identity=RECORD, **declared)
