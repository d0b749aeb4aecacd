"""Every write to regions, units and users, each with its audit entry in one transaction.

What the rules forbid raises ValidationError (by field where there is one) with sentences in Chinese; what the role
forbids raises PermissionDenied. `by` None is the system itself (commands), which the role rules do not bind.

Rows are locked with `no_key`: an audit entry refers to its actor, and two people who change each other would otherwise
wait for one another.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from axes.utils import reset as forget_failures
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction

from accounts import roles
from accounts.enums import RegionLevel, UnitKind
from accounts.models import CODE_DIGITS, Region, Unit, User
from accounts.passwords import random_password
from accounts.selectors import roles_to_give
from audit.services import Changes, record
from audit.writing import filled, save_changes

LEVEL_BELOW = {RegionLevel.CITY: RegionLevel.COUNTY, RegionLevel.COUNTY: RegionLevel.TOWNSHIP}
UNIT_FIELDS = ("name", "short_name", "kind", "region", "sees_region", "contact", "phone", "address")
USER_FIELDS = ("full_name", "unit", "phone")


def create_region(*, by: Any, parent: Region, code: str, name: str) -> Region:
    """A region below `parent`: a county below a city, a township below a county."""
    level = LEVEL_BELOW.get(RegionLevel(parent.level))
    if level is None:
        raise ValidationError({"parent": "乡镇、街道下面不再分级"})
    digits = CODE_DIGITS[level]
    if len(code) != digits or not code.isascii() or not code.isdigit() or not code.startswith(parent.scope_prefix):
        raise ValidationError({"code": f"代码填的是“{code}”，应为以 {parent.scope_prefix} 开头的 {digits} 位数字"})
    region = Region(code=code, name=name, level=level, parent=parent)
    with transaction.atomic():
        with _refusing_duplicates("code", f"代码 {code} 已被使用，请核对"):
            region.save(force_insert=True)
        record(
            actor=by, action="新增区划", target=region, region_code=code,
            changes={"区划代码": [None, code], "名称": [None, name]},
        )  # fmt: skip
    return region


@transaction.atomic
def rename_region(region: Region, *, by: Any, name: str) -> bool:
    """Whether the name is a new one."""
    return save_changes(region, by=by, action="修改区划", values={"name": name}, region_code=region.code)


def create_unit(*, by: Any, **values: Any) -> Unit:
    """`values`: those of UNIT_FIELDS that the unit has."""
    unit = Unit(**values)
    _check_unit(unit)
    with transaction.atomic():
        with _refusing_duplicates("name", f"{unit.region} 已有名为“{unit.name}”的单位"):
            unit.save(force_insert=True)
        changes = filled(unit, UNIT_FIELDS)
        record(actor=by, action="新建单位", target=unit, changes=changes, region_code=unit.region.code)
    return unit


@transaction.atomic
def change_unit(unit: Unit, *, by: Any, **values: Any) -> bool:
    """Write what differs; whether anything did. Kind and region stay once roles of people rest on them."""
    before = Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)
    moved = [name for name in ("kind", "region") if name in values and values[name] != getattr(before, name)]
    if moved and before.users.exists():
        raise ValidationError(dict.fromkeys(moved, "该单位已有用户，不能再改；如有变化请停用后另建"))
    _check_unit(Unit(**{name: values.get(name, getattr(before, name)) for name in UNIT_FIELDS}))
    with _refusing_duplicates("name", f"{values.get('region', before.region)} 已有名为“{values.get('name')}”的单位"):
        return save_changes(before, by=by, action="修改单位", values=values, region_code=before.region.code)


def _check_unit(unit: Unit) -> None:
    level = RegionLevel(unit.region.level)
    if unit.kind == UnitKind.TOWNSHIP and level != RegionLevel.TOWNSHIP:
        raise ValidationError({"region": f"乡镇、街道单位应选到乡镇一级，{unit.region} 不是乡镇"})
    if unit.kind in (UnitKind.HOUSING_BUREAU, UnitKind.DEVELOPMENT_BUREAU) and level == RegionLevel.TOWNSHIP:
        raise ValidationError({"region": f"住建局、发改局应选到县或市一级，{unit.region} 是乡镇"})
    if unit.sees_region and unit.kind != UnitKind.OTHER:
        raise ValidationError({"sees_region": "只有“其他单位”可以勾选此项，其余单位的查看范围由类型决定"})


@transaction.atomic
def switch_unit(unit: Unit, *, by: Any, active: bool) -> bool:
    """Switch a unit on or off; its people cannot sign in while it is off. Whether it changed."""
    if not active and by is not None and by.unit_id == unit.pk:
        raise ValidationError("不能停用自己所在的单位，请由上级管理员办理")
    with _keeping_an_admin(unit.region):
        before = Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)
        action = "启用单位" if active else "停用单位"
        return save_changes(before, by=by, action=action, values={"is_active": active}, region_code=unit.region.code)


def create_user(
    *, by: Any, username: str, full_name: str, unit: Unit, role_names: Iterable[str], phone: str = "",
    password: str | None = None,
) -> tuple[User, str]:  # fmt: skip
    """A user who must change the password on first sign-in, and that password (made up unless given)."""
    names = set(role_names)
    _check_roles(by, unit, names, held=set())
    _check_unit_choice(by, unit)
    password = password or random_password()
    user = User(username=username, full_name=full_name, unit=unit, phone=phone, must_change_password=True)
    user.set_password(password)
    with transaction.atomic():
        with _refusing_duplicates("username", f"用户名“{username}”已被使用，请换一个"):
            user.save(force_insert=True)
        user.groups.set(_groups(names))
        changes = {"用户名": [None, username], **filled(user, USER_FIELDS), "角色": [None, _joined(names)]}
        record(actor=by, action="新建用户", target=user, changes=changes, region_code=unit.region.code)
    return user, password


@transaction.atomic
def change_user(user: User, *, by: Any, unit: Unit, role_names: Iterable[str], **values: Any) -> bool:
    """Write what differs in unit, roles and `values` (full_name, phone); whether anything did."""
    before = _for_change(user, by)
    held, wanted = set(before.role_names), set(role_names)
    _check_roles(by, unit, wanted, held)
    if unit != before.unit:
        _check_unit_choice(by, unit)
    if by is not None and by.pk == user.pk:
        _check_own(before, unit, held - wanted)
    changes: Changes = {"角色": [_joined(held), _joined(wanted)]} if held != wanted else {}
    region = before.unit.region if before.unit else None
    with _keeping_an_admin(region):
        if changes:
            before.groups.set(_groups(wanted))
        return save_changes(
            before, by=by, action="修改用户", values={"unit": unit, **values}, more=changes,
            region_code=region.code if region else "",
        )  # fmt: skip


def _check_own(user: User, unit: Unit, lost: set[str]) -> None:
    """Nobody locks themselves out."""
    for role in roles.KEEPERS:
        if role in lost:
            raise ValidationError({"roles": f"不能取消自己的“{role}”角色，请由其他管理员办理"})
    if unit != user.unit:
        raise ValidationError({"unit": "不能把自己调到别的单位，请由其他管理员办理"})


@transaction.atomic
def switch_user(user: User, *, by: Any, active: bool) -> bool:
    """Switch a user on or off; one who is off is signed out at once. Whether it changed."""
    if not active and by is not None and by.pk == user.pk:
        raise ValidationError("不能停用自己的账号，请由其他管理员办理")
    before = _for_change(user, by)
    region = before.unit.region if before.unit else None
    with _keeping_an_admin(region):
        return save_changes(
            before, by=by, action="启用用户" if active else "停用用户", values={"is_active": active},
            region_code=region.code if region else "",
        )  # fmt: skip


@transaction.atomic
def reset_password(user: User, *, by: Any) -> str:
    """The made-up password, to be shown once, that the user has to change on signing in; a lock-out ends."""
    if by is not None and by.pk == user.pk:
        raise ValidationError("自己的密码请在“修改密码”中修改")
    before = _for_change(user, by)
    password = random_password()
    before.set_password(password)
    before.must_change_password = True
    before.save(update_fields=["password", "must_change_password"])
    forget_failures(username=before.username)
    record(
        actor=by, action="重置密码", target=before, region_code=before.unit.region.code if before.unit else "",
        note="下次登录须修改密码；同时解除登录锁定",
    )  # fmt: skip
    return password


@transaction.atomic
def change_password(user: User, password: str) -> None:
    """The user's own choice of a new password."""
    user.set_password(password)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    record(actor=user, action="修改密码", target=user)


@transaction.atomic
def change_own_phone(user: User, phone: str) -> bool:
    """Whether the number is a new one."""
    return save_changes(user, by=user, action="修改个人信息", values={"phone": phone})


def _for_change(user: User, by: Any) -> User:
    """The row, locked, if `by` may manage this user: whose roles are above what one may give is out of reach."""
    row = User.objects.select_for_update(of=("self",), no_key=True).select_related("unit__region").get(pk=user.pk)
    if by is None or by.is_superuser:
        return row
    if row.is_superuser or not set(row.role_names) <= set(roles_to_give(by)):
        raise PermissionDenied(f"{row.display_name} 的角色高于您可以管理的范围，请由上级管理员办理")
    return row


def _check_roles(by: Any, unit: Unit, wanted: set[str], held: set[str]) -> None:
    if not wanted:
        raise ValidationError({"roles": "请至少选择一个角色，没有角色的用户登录后什么也做不了"})
    unknown = wanted - set(roles.ALL_ROLES)
    if unknown:
        raise ValidationError({"roles": f"没有“{_joined(unknown)}”这样的角色"})
    if by is not None:
        above = (wanted - held) - set(roles_to_give(by))
        if above:
            raise ValidationError({"roles": f"您不能授予“{_joined(above)}”角色"})
    misfit = {role for role in wanted if not roles.fits(role, unit.kind)}
    if misfit:
        raise ValidationError({"roles": f"“{_joined(misfit)}”不能给{unit.get_kind_display()}的人员，请调整角色或单位"})


def _check_unit_choice(by: Any, unit: Unit) -> None:
    if not unit.is_active:
        raise ValidationError({"unit": f"{unit} 已停用，请另选单位"})
    if by is not None and not Unit.objects.visible_to(by).filter(pk=unit.pk).exists():
        raise PermissionDenied("不能为其他单位设置用户")


@contextmanager
def _keeping_an_admin(region: Region | None) -> Iterator[None]:
    """Undo the change inside if it leaves the region without the 住建管理员 it had.

    The region's row is locked meanwhile, so that two administrators who switch each other off go one after the other.
    """
    if region is None:
        yield
        return
    Region.objects.select_for_update(no_key=True).get(pk=region.pk)
    admins = User.objects.active().with_role(roles.ADMIN).filter(unit__region=region, unit__is_active=True)
    had_one = admins.exists()
    yield
    if had_one and not admins.exists():
        raise ValidationError(f"{region} 只剩这一名可以登录的住建管理员，请先指定另一名，再办理")


@contextmanager
def _refusing_duplicates(field: str, message: str) -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise ValidationError({field: message}) from None


def _groups(names: Iterable[str]) -> models.QuerySet[Group]:
    return Group.objects.filter(name__in=names)


def _joined(names: Iterable[str]) -> str:
    return "、".join(sorted(names, key=lambda name: (*roles.ALL_ROLES, name).index(name)))
