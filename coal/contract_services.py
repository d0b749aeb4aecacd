"""Every write to contracts, each with its entry, and its scans, in one transaction."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from audit.services import record
from audit.writing import filled, label
from coal.bounds import check_fits
from coal.corrections import check_renaming, correct
from coal.models import Contract, ContractAmendment
from coal.numbers import kept
from coal.quality_news import tell_of_contract
from coal.scans import named, with_scans
from coal.supply_selectors import arrived_under
from common import clock
from common.columns import group_digits
from common.concurrency import Stale
from common.uploads import InspectedUpload

CONTRACT_FIELDS = (
    "season", "number", "kind", "supplier", "quantity_t", "price_yuan_per_t", "signed_on", "starts_on", "ends_on",
    "heat_value_mj_per_kg", "sulphur_percent", "note",
)  # fmt: skip
# What a supplementary agreement changes; all else is a correction.
AMENDED = ("quantity_t", "price_yuan_per_t", "ends_on", "heat_value_mj_per_kg", "sulphur_percent")
MEASURED = ("quantity_t", "price_yuan_per_t", "heat_value_mj_per_kg", "sulphur_percent")
TAKEN = {"number": "本企业已有这个编号的合同（作废的也占用编号），请核对"}


def create_contract(*, by: Any, uploads: Sequence[InspectedUpload] = (), **values: Any) -> Contract:
    """`values`: county, company and CONTRACT_FIELDS. What is wrong is a ValidationError by fields."""
    _check(values)
    values["number"] = kept(values["number"])

    def write() -> Contract:
        contract = Contract(entered_by=by, **values)
        contract.save(force_insert=True)
        changes = filled(contract, ("company", *CONTRACT_FIELDS)) | named(uploads)
        record(actor=by, action="登记合同", target=contract, changes=changes, region_code=contract.county.code)
        tell_of_contract(contract)
        return contract

    return _unique(lambda: with_scans(write, uploads, by=by))


def correct_contract(
    contract: Contract, *, by: Any, seen: int, reason: str, uploads: Sequence[InspectedUpload] = (), **values: Any
) -> Contract:
    """Put right what was entered wrongly, or add scans. Figures need a reason; raises Stale, ValidationError."""
    _check(values)
    values["number"] = kept(values["number"])

    def write() -> Contract:
        held = _hold(contract)
        _check_amended(held, values)
        check_renaming(held, values["number"], arrived_under(held.company_id, contract=held.number))
        is_corrected = any(getattr(held, name) != value for name, value in values.items())
        if is_corrected and not reason.strip():
            raise ValidationError({"reason": "请写明为什么更正，如“数量少写一位”；另签补充协议的请用“登记变更”"})
        correct(
            held, by=by, action="更正合同" if is_corrected else "补充扫描件", seen=seen, values=values,
            note=reason.strip(), more=named(uploads),
        )  # fmt: skip
        tell_of_contract(held)
        return held

    return _unique(lambda: with_scans(write, uploads, by=by))


def amend_contract(
    contract: Contract, *, by: Any, seen: int, agreed_on: dt.date, reason: str,
    uploads: Sequence[InspectedUpload] = (), **values: Any,
) -> Contract:  # fmt: skip
    """What both sides have agreed anew; `values`: those of AMENDED that are other than before. What held before stays
    on record. Raises Stale, ValidationError."""
    check_fits(Contract(**values), MEASURED)

    def write() -> Contract:
        held = _hold(contract)
        if held.version != seen:
            raise Stale(held)
        old = {name: getattr(held, name) for name in AMENDED}
        new = old | values
        _check_amendment(held, new, agreed_on)
        ContractAmendment(
            contract=held, agreed_on=agreed_on, reason=reason, entered_by=by, **new,
            **{f"old_{name}": value for name, value in old.items()},
        ).save(force_insert=True)  # fmt: skip
        more = {"变更日期": [None, agreed_on.isoformat()]} | named(uploads)
        correct(held, by=by, action="变更合同", seen=seen, values=new, note=reason, more=more)
        tell_of_contract(held)
        return held

    return with_scans(write, uploads, by=by)


@transaction.atomic
def void_contract(contract: Contract, *, by: Any, seen: int, reason: str) -> Contract:
    """Take out one that was entered by mistake or ended before anything came. Raises Stale, ValidationError.

    Not while arrivals carry its number: they would belong to nothing any more.
    """
    held = _hold(contract)
    if (arrived := arrived_under(held.company_id, contract=held.number)).loads:
        came = f"{group_digits(arrived.quantity_t, 2)} t"
        raise ValidationError(
            f"已有到货 {came}（{arrived.loads} 车）写着 {held.number}，不能作废。终止供货的，请用“登记变更”把数量改成"
            f"已到的 {came}；到货写错合同号的，请先冲正、按正确的合同号重新登记，再来作废"
        )
    values = {"voided_on": clock.today(), "void_reason": reason}
    correct(held, by=by, action="作废合同", seen=seen, values=values, note=reason)
    return held


def _hold(contract: Contract) -> Contract:
    """The row, locked. Raises ValidationError for one that was voided: nothing changes in it any more."""
    locked = Contract.objects.select_for_update(no_key=True, of=("self",)).select_related("county")
    held = locked.get(pk=contract.pk)
    if held.voided_on:
        raise ValidationError(f"合同 {held.number} 已在 {held.voided_on} 作废，不能再改")
    return held


def _unique(write: Any) -> Contract:
    try:
        found: Contract = write()
    except IntegrityError:
        raise ValidationError(TAKEN) from None
    return found


def _check(values: dict[str, Any]) -> None:
    check_fits(Contract(**values), MEASURED)
    today, signed_on = clock.today(), values["signed_on"]
    if signed_on > today:
        raise ValidationError({"signed_on": f"签订日期填的是 {signed_on}，还没有到，签订以后再登记"})
    if values["starts_on"] > values["ends_on"]:
        raise ValidationError(
            {"ends_on": f"供货截止填的是 {values['ends_on']}，早于供货开始 {values['starts_on']}，请核对"}
        )


def _check_amended(held: Contract, values: dict[str, Any]) -> None:
    """Of a contract with amendments a correction touches nothing that they say: else what held before them, which is
    reckoned back from what holds now, would be wrong. One query."""
    amendments = list(held.amendments.all())
    if not amendments:
        return
    first, last = amendments[0].agreed_on, amendments[-1].agreed_on
    again = f"这份合同已有变更，这里不能改；写错的变更，按同一天（{last}）再登记一次变更即可"
    problems = {name: f"{label(held, name)}：{again}" for name in AMENDED if values[name] != getattr(held, name)}
    if values["signed_on"] > first:
        problems["signed_on"] = f"签订日期填的是 {values['signed_on']}，晚于第一次变更（{first}），请核对"
    if problems:
        raise ValidationError(problems)


def _check_amendment(held: Contract, new: dict[str, Any], agreed_on: dt.date) -> None:
    if all(getattr(held, name) == value for name, value in new.items()):
        raise ValidationError("数量、价格、截止日期、热值和全硫都没有变，没有可登记的变更")
    last = held.amendments.last()
    if last is not None and agreed_on < last.agreed_on:
        raise ValidationError(
            {
                "agreed_on": f"变更日期填的是 {agreed_on}，早于上一次变更（{last.agreed_on}），请核对；"
                "上一次变更写错的，按同一天再登记一次变更即可"
            }
        )
    if not held.signed_on <= agreed_on <= clock.today():
        raise ValidationError({"agreed_on": f"变更日期填的是 {agreed_on}，应在签订（{held.signed_on}）以后、今天以前"})
    if new["ends_on"] < held.starts_on:
        raise ValidationError({"ends_on": f"供货截止填的是 {new['ends_on']}，早于供货开始 {held.starts_on}，请核对"})
