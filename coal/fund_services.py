"""Every write to the money for coal, each with its audit entry in one transaction."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from accounts.enums import UnitKind
from accounts.models import Unit
from audit.services import record
from audit.writing import filled
from coal.bounds import MOST_YUAN, most_of
from coal.demand import rounded
from coal.fund_enums import FundKind
from coal.funds import latest_need, reckoned_quantity
from coal.keys import check_same
from coal.models import FundEntry, FundNeed
from coal.models.funds import IN_10K
from common import clock
from common.ui import moment
from facilities.models import Season

NEED_FIELDS = ("amount_yuan", "quantity_t", "price_yuan_per_t", "basis", "reason")
EARLIEST, LATEST = dt.timedelta(days=183), dt.timedelta(days=366)
ENTRY_FIELDS = ("kind", "day", "amount_yuan", "note")


def may_record(user: Any, company: Unit) -> bool:
    """The company's own people, and the development bureau."""
    if not user.has_perm("coal.record_funds"):
        return False
    if user.is_superuser:
        return True
    return bool(user.unit_id == company.pk or (user.unit_id and user.unit.kind == UnitKind.DEVELOPMENT_BUREAU))


def _require(user: Any, company: Unit) -> None:
    if not may_record(user, company):
        raise PermissionDenied("购煤资金由供热企业自己或发改局登记")


def set_need(
    company: Unit, season: Season, *, by: Any, price_yuan_per_t: Decimal | None = None,
    amount_yuan: Decimal | None = None, reason: str = "", seen_revision: int = 0,
) -> FundNeed:  # fmt: skip
    """What the season's coal costs, as the next revision: tonnes of the estimate × price, or an amount with a reason.

    `seen_revision`: the last one that the writer knew of, 0 for none; who comes second is told. Raises
    ValidationError, PermissionDenied.
    """
    _require(by, company)
    last = latest_need(company, season)
    if (last.revision if last else 0) != seen_revision:
        raise _overtaken(last)
    need = FundNeed(
        county=season.county, company=company, season=season, revision=seen_revision + 1, reason=reason.strip(),
        entered_by=by, **_reckoned(company, season, price_yuan_per_t, amount_yuan, reason.strip()),
    )  # fmt: skip
    changes = filled(need, NEED_FIELDS)
    if last is not None:
        changes["所需资金（元）"] = [str(last.amount_yuan), str(need.amount_yuan)]
    try:
        with transaction.atomic():
            need.save(force_insert=True)
            action = "修订购煤所需资金" if last else "登记购煤所需资金"
            record(actor=by, action=action, target=need, changes=changes, region_code=season.county.code)
    except IntegrityError:
        raise _overtaken(latest_need(company, season)) from None
    return need


def _reckoned(
    company: Unit, season: Season, price_yuan_per_t: Decimal | None, amount_yuan: Decimal | None, reason: str
) -> dict[str, Any]:
    if (price_yuan_per_t is None) == (amount_yuan is None):
        raise ValidationError("单价和金额请只填一个：填单价按测算的用煤量计算，或直接填金额并写明理由")
    if amount_yuan is not None:
        if amount_yuan <= 0:
            raise ValidationError({"amount": "金额应大于 0"})
        if not reason:
            raise ValidationError({"reason": "直接填金额的，请写明怎么得出的，如“按已签合同合计”"})
        _check_amount(amount_yuan)
        return {"amount_yuan": rounded(amount_yuan, 2)}
    quantity = reckoned_quantity(company, season)
    if quantity is None:
        raise ValidationError(
            {"price": f"{company.label} 还没有 {season} 的用煤测算，请先测算，或直接填金额并写明理由"}
        )
    quantity_t, basis = quantity
    assert price_yuan_per_t is not None
    total = rounded(quantity_t * price_yuan_per_t, 2)
    if total <= 0:
        raise ValidationError({"price": "单价应大于 0"})
    if price_yuan_per_t > most_of(FundNeed, "price_yuan_per_t") or total > MOST_YUAN:
        raise ValidationError(
            {"price": f"单价填的是 {price_yuan_per_t} 元/t，合 {_in_10k(total)} 万元，太大了，请核对数字和单位"}
        )
    return {"amount_yuan": total, "quantity_t": quantity_t, "price_yuan_per_t": price_yuan_per_t, "basis": basis}


def _overtaken(last: FundNeed | None) -> ValidationError:
    if last is None:
        return ValidationError("所需资金还没有登记过，请刷新后填写")
    who, when = last.entered_by.display_name, moment(last.entered_at)
    return ValidationError(f"{who} 已在 {when} 登记第 {last.revision} 版，您填的没有保存。请核对后确需修订的再提交一次")


def enter(
    company: Unit, season: Season, *, by: Any, kind: FundKind, day: dt.date, amount_yuan: Decimal, note: str = "",
    key: uuid.UUID | None = None,
) -> FundEntry:  # fmt: skip
    """Money secured or paid. What was sent twice (`key`) gives the entry that is there already. Raises
    ValidationError, PermissionDenied."""
    _require(by, company)
    if amount_yuan < Decimal("0.01"):
        raise ValidationError({"amount": "金额应大于 0"})
    _check_amount(amount_yuan)
    _check_day(season, day)
    entry = FundEntry(
        county=season.county, company=company, season=season, kind=kind, day=day, amount_yuan=rounded(amount_yuan, 2),
        note=note, entered_by=by, key=key or uuid.uuid4(),
    )  # fmt: skip
    try:
        with transaction.atomic():
            entry.save(force_insert=True)
            record(
                actor=by, action=f"登记购煤资金{kind.label}", target=entry, changes=filled(entry, ENTRY_FIELDS),
                region_code=season.county.code,
            )  # fmt: skip
    except IntegrityError:
        known = FundEntry.objects.filter(key=entry.key).first()
        if known is None:
            raise
        names = ("company_id", "season_id", "entered_by_id", "reverses_id", *ENTRY_FIELDS)
        check_same(known, {name: getattr(entry, name) for name in names})
        return known
    return entry


def _check_amount(amount_yuan: Decimal) -> None:
    if amount_yuan > MOST_YUAN:
        most = _in_10k(MOST_YUAN)
        raise ValidationError({"amount": f"金额填的是 {_in_10k(amount_yuan)} 万元，最多 {most} 万元，请核对单位"})


def _in_10k(amount_yuan: Decimal) -> str:
    return f"{rounded(amount_yuan / IN_10K, 2).normalize():f}"


def _check_day(season: Season, day: dt.date) -> None:
    """Coal of a season may be paid for as early as half a year before its summer, and settled in the year after it."""
    if day > clock.today():
        raise ValidationError({"day": f"日期填的是 {day}，还没有到，请填今天或以前的日期"})
    first, last = season.summer_start_on - EARLIEST, season.heating_end_on + LATEST
    if not first <= day <= last:
        raise ValidationError(
            {"day": f"日期填的是 {day}，{season} 采暖季的资金应在 {first} 到 {last} 之间，请核对年份和采暖季"}
        )


def reverse(entry: FundEntry, *, by: Any, reason: str) -> FundEntry:
    """Undo an entry by a counter-entry that names it. Once only, and a counter-entry is not undone."""
    _require(by, entry.company)
    if not reason.strip():
        raise ValidationError({"reason": "请写明为什么冲正，如“重复登记”“金额写错”"})
    if entry.reverses_id:
        raise ValidationError("这一条本身是冲正，不能再冲正；冲正错了的，请重新登记原来的内容")
    counter = FundEntry(
        county=entry.county, company=entry.company, season=entry.season, kind=entry.kind, day=entry.day,
        amount_yuan=entry.amount_yuan, note=reason.strip(), reverses=entry, entered_by=by,
    )  # fmt: skip
    try:
        with transaction.atomic():
            counter.save(force_insert=True)
            record(
                actor=by, action=f"冲正购煤资金{entry.get_kind_display()}", target=entry, note=reason.strip(),
                changes={"金额（元）": [str(entry.amount_yuan), "0"]}, region_code=entry.county.code,
            )  # fmt: skip
    except IntegrityError:
        raise ValidationError("这一条已经冲正过了") from None
    return counter
