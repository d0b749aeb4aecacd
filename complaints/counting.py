"""Reading and changing what counts: the county's setting, in words beside every figure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q

from accounts.models import Region
from audit.services import Changes, record
from audit.writing import shown
from complaints.enums import Category
from complaints.models import Counting
from complaints.models.counting import CAUSE_CHOICES, NO_CAUSE

FIELDS = (
    "categories", "causes", "with_repeats", "repeat_days", "satisfied_weight", "fairly_weight", "least_households",
    "cluster_households", "false_alarms", "room_floor_c", "shut_minutes", "height_m", "calls_before_giving_up",
)  # fmt: skip


def counting_of(county: Region | int) -> Counting:
    """The county's setting, or the defaults where it has made none. One query."""
    key = county if isinstance(county, int) else county.pk
    return Counting.objects.filter(county=key).first() or Counting(county_id=key)


def counts(counting: Counting) -> Q:
    """The condition on orders that category and cause count; that they are valid is `OrderQuerySet.counted`."""
    causes = ["" if cause == NO_CAUSE else cause for cause in counting.causes]
    return Q(category__in=counting.categories, cause__in=causes)


def in_words(counting: Counting) -> str:
    """计入类别：…；计入归因：…；重复投诉计入（…）"""
    said = [
        f"计入类别：{_listed(counting.categories, Category.choices)}",
        f"计入归因：{_listed(counting.causes, CAUSE_CHOICES)}",
        f"重复投诉{'计入' if counting.with_repeats else '不计入'}"
        f"（{counting.repeat_days} 天内同一户同一类别，或本季同一电话）",
        "无效和已并单的不计",
        f"室温不低于 {plain(counting.room_floor_c)} ℃ 合格（门窗关闭 {counting.shut_minutes} 分钟、"
        f"高 {plain(counting.height_m)} m 测）",
    ]
    return "；".join(said)


def plain(number: Decimal) -> str:
    """1.50 → 1.5, 20.0 → 20."""
    return f"{number.normalize():f}"


def _listed(chosen: list[str], choices: Any) -> str:
    names = [str(label) for value, label in choices if value in chosen]
    return "全部" if len(names) == len(choices) else "、".join(names) or "无"


@transaction.atomic
def set_counting(*, by: Any, county: Region, values: Mapping[str, Any]) -> bool:
    """`values`: FIELDS. Whether anything changed; figures of all times follow the new setting from now on."""
    if not by.has_perm("complaints.manage_limits"):
        raise PermissionDenied("您没有设置投诉统计口径的权限")
    # Two who save at once line up here.
    Region.objects.select_for_update(no_key=True).get(pk=county.pk)
    counting = counting_of(county)
    before = {name: _said(counting, name) for name in FIELDS}
    for name in FIELDS:
        setattr(counting, name, values[name])
    counting.full_clean(validate_unique=False)
    changes: Changes = {
        str(Counting._meta.get_field(name).verbose_name): [before[name], after]  # type: ignore[union-attr]
        for name in FIELDS
        if (after := _said(counting, name)) != before[name]
    }
    if changes:
        counting.save()
        record(actor=by, action="设置统计口径", target=county, changes=changes, region_code=county.code)
    return bool(changes)


def _said(counting: Counting, name: str) -> Any:
    if name == "categories":
        return _listed(counting.categories, Category.choices)
    if name == "causes":
        return _listed(counting.causes, CAUSE_CHOICES)
    return shown(counting, name)
