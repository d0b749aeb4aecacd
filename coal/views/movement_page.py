"""Entering what moves in a yard, and undoing what was entered wrongly."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html

from coal import bookkeeping
from coal.balances import stock_at
from coal.enums import INFLOWS, HeatSource, MovementKind
from coal.forms.movement import FORMS, MovementForm, ReversalForm
from coal.formulas import figure
from coal.heat_values import heat_value_of, tested_values
from coal.models import Contract, Movement, Yard
from coal.supply_selectors import known_batch, known_contract
from coal.tables import signed
from coal.terms import terms_on
from common.columns import group_digits
from common.forms import attempt
from common.pending_forms import posted_or_pending
from common.ui import moment

reads = permission_required("coal.view_coal", raise_exception=True)
records = permission_required("coal.record_movement", raise_exception=True)
RELATED = ("yard__company", "yard__county", "entered_by__unit", "reverses", "transfer_out__yard")
LEFT_OUT = "换了合同，上一车的热值没有带过来，这一车按没有申报热值登记；有这一车的热值的，请冲正后重新登记。"


@records
def movement_enter(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    yard = get_object_or_404(Yard.objects.visible_to(request.user).select_related("company", "county"), pk=pk)
    form_class = FORMS.get(kind)
    if form_class is None:
        raise Http404("没有这种流水")
    form = form_class(posted_or_pending(request), yard=yard, by=request.user)
    if request.method == "POST" and form.is_valid():
        movement = attempt(form, form.save)
        if movement is not None:
            _tell(request, movement)
            if getattr(form, "left_out", False):
                messages.warning(request, LEFT_OUT)
            return redirect("coal:yard_detail", pk=pk)
    word = "调拨" if kind == "transfer" else form_class.kind.label
    context = {
        "yard": yard, "form": form, "word": word, "stock_t": group_digits(stock_at(yard, form.initial["day"]), 2),
        "nowhere": _nowhere(form),
    }  # fmt: skip
    return render(request, "coal/movement_form.html", context)


def _nowhere(form: MovementForm) -> str:
    """Why nothing can be entered here, if so."""
    if not form.yard.is_active:
        return f"{form.yard} 已停用，不能再记流水。要继续使用，请先启用。"
    if "target" in form.fields and not form.fields["target"].queryset.exists():  # type: ignore[attr-defined]
        return f"{form.yard.company} 没有别的在用煤场，无处可以调入。请先新建煤场。"
    return ""


def _tell(request: HttpRequest, movement: Movement) -> None:
    """What was entered, what lies there now, and the way back."""
    yard = movement.yard
    stock_t = stock_at(yard, movement.day)
    label = "调拨" if movement.kind == MovementKind.TRANSFER_OUT else movement.get_kind_display()
    messages.success(
        request,
        format_html(
            '已登记{} {} t，{} {} 收工时库存 {} t。<a href="{}">登记错了？查看或冲正</a>',
            label, group_digits(movement.quantity_t, 2), yard, movement.day, group_digits(stock_t, 2),
            reverse("coal:movement_detail", args=[movement.pk]),
        ),
    )  # fmt: skip
    for sentence in _to_look_at(movement):
        messages.warning(request, sentence)
    if movement.quantity_t > yard.capacity_t:
        capacity = group_digits(yard.capacity_t, 2)
        messages.warning(
            request, f"这一笔比 {yard} 的设计库容（{capacity} t）还多，请核对数量；写错了的请冲正后重新登记。"
        )
    if stock_t > yard.capacity_t:
        over = group_digits(stock_t - yard.capacity_t, 2)
        messages.warning(request, f"{yard} 的库存比设计库容多 {over} t，请核对数量，或及时倒运。")


def _to_look_at(movement: Movement) -> list[str]:
    """What an arrival names that nobody has entered yet: no mistake, but somebody has to; and where it is not as its
    contract says. Two queries at most."""
    if movement.kind != MovementKind.ARRIVAL:
        return []
    company, found = movement.yard.company_id, []
    contract = known_contract(company, movement.contract)
    if contract is not None and contract.voided_on:
        gone = f"合同 {contract.number} 已在 {contract.voided_on} 作废"
        found.append(f"{gone}，已照记，但不计入任何合同；合同号写错的请冲正重登。")
    elif contract is not None:
        found += _unlike(movement, contract)
    elif movement.contract:
        found.append(f"合同号“{movement.contract}”还没有登记，已照记；登记这份合同后，这一车自动计入它的到货。")
    if movement.batch and known_batch(company, movement.batch) is None:
        found.append(f"批次“{movement.batch}”还没有登记煤质，已照记；登记化验结果后，折标煤自动改用化验的热值。")
    return found


def _unlike(movement: Movement, contract: Contract) -> list[str]:
    """Where an arrival's price and day are not its contract's."""
    paid, agreed = movement.unit_price_yuan_per_t, terms_on(contract, movement.day).price_yuan_per_t
    found = []
    if paid is not None and agreed is not None and paid != agreed:
        found.append(
            f"单价填的是 {figure(paid)} 元/t，合同 {contract.number} 当天的合同价是 {figure(agreed)} 元/t，请核对。"
        )
    if not contract.starts_on <= movement.day <= contract.ends_on:
        period = f"{contract.starts_on} 至 {contract.ends_on}"
        found.append(f"这一车的日期是 {movement.day}，合同 {contract.number} 的供货期是 {period}，请核对。")
    return found


def _visible(request: HttpRequest, pk: int) -> Movement:
    return get_object_or_404(Movement.objects.visible_to(request.user).select_related(*RELATED), pk=pk)


@reads
def movement_detail(request: HttpRequest, pk: int) -> HttpResponse:
    movement = _visible(request, pk)
    context = {
        "movement": movement, "kind": MovementKind(movement.kind), "quantity": signed(movement),
        "facts": _facts(movement), "can_reverse": movement.holds,
        "reversal": getattr(movement, "reversal", None),
    }  # fmt: skip
    return render(request, "coal/movement_detail.html", context)


def _facts(movement: Movement) -> list[tuple[Any, ...]]:
    yard = movement.yard
    facts: list[tuple[Any, ...]] = [
        ("供热企业", yard.company),
        ("煤场", yard),
        ("日期", movement.day.isoformat()),
        ("数量（t）", group_digits(movement.quantity_t, 2)),
    ]
    optional = [
        *_heat(movement),
        ("合同号", _contract(movement)),
        ("运输方式、车号", movement.transport),
        ("质量批次", _batch(movement)),
        ("单价（元/t）", movement.unit_price_yuan_per_t and group_digits(movement.unit_price_yuan_per_t, 2)),
        ("最早入场", movement.stored_since if movement.kind == MovementKind.TRANSFER_IN else None),
        ("另一煤场", _other_yard(movement)),
        ("说明", movement.note, "wide"),
    ]
    entered = ("登记", f"{movement.entered_by.display_name}，{moment(movement.entered_at)}")
    return [*facts, *(fact for fact in optional if fact[1]), entered]


def _heat(movement: Movement) -> list[tuple[str, Any]]:
    """What was told, and, where its batch is tested, what counts instead. One query at most."""
    told = [("申报热值（MJ/kg）", movement.heat_value_mj_per_kg)]
    if movement.kind not in INFLOWS:
        return told
    counted = heat_value_of(movement, tested_values(movement.yard.company_id, [movement.batch]))
    if counted.source is HeatSource.TESTED:
        return [*told, ("折标煤用的热值（MJ/kg）", f"{counted.mj_per_kg}，批次 {movement.batch} 的化验结果")]
    return told


def _contract(movement: Movement) -> Any:
    """The number, leading to the contract that it names. One query at most."""
    found = known_contract(movement.yard.company_id, movement.contract)
    if found is None:
        return movement.contract and f"{movement.contract}（还没有登记这份合同）"
    said = f"{found.supplier}（已作废，不计入）" if found.voided_on else found.supplier
    return format_html('<a href="{}">{}</a> {}', found.get_absolute_url(), found.number, said)


def _batch(movement: Movement) -> Any:
    """The number, leading to the batch that it names. One query at most."""
    found = known_batch(movement.yard.company_id, movement.batch)
    if found is None:
        return movement.batch and f"{movement.batch}（还没有登记煤质）"
    return format_html('<a href="{}">{}</a>', found.get_absolute_url(), found.number)


def _other_yard(movement: Movement) -> str:
    halves = [half for half in bookkeeping.halves_of(movement) if half.pk != movement.pk]
    return str(halves[0].yard) if halves else ""


@records
def movement_reverse(request: HttpRequest, pk: int) -> HttpResponse:
    movement = _visible(request, pk)
    if not movement.holds:
        messages.info(request, "这一条已经冲正，或者本身就是冲正，不用再冲正。")
        return redirect("coal:movement_detail", pk=pk)
    form = ReversalForm(posted_or_pending(request))
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        entry = attempt(form, lambda: bookkeeping.reverse(movement, by=request.user, reason=reason))
        if entry is not None:
            stock_t = group_digits(stock_at(movement.yard, movement.day), 2)
            done = f"已冲正，{movement.yard} {movement.day} 收工时库存 {stock_t} t。原记录保留，注明已冲正。"
            messages.success(request, done)
            return redirect("coal:yard_detail", pk=movement.yard_id)
    context = {"movement": movement, "form": form, "sentence": _consequence(movement)}
    return render(request, "coal/movement_reverse.html", context)


def _consequence(movement: Movement) -> str:
    quantity, day = group_digits(movement.quantity_t, 2), movement.day
    what = f"{movement.yard} {day} 的{movement.get_kind_display()} {quantity} t"
    if movement.kind == MovementKind.COUNT:
        return f"冲正后，{what} 不再作数，{day} 起的库存改按流水计算。"
    if movement.kind in (MovementKind.TRANSFER_OUT, MovementKind.TRANSFER_IN):
        return f"冲正后，{what} 和另一煤场的那一半都不再作数，两个煤场 {day} 起的库存随之改变。"
    return f"冲正后，{what} 不再作数，{day} 起、下一次盘点前的库存随之改变。"
