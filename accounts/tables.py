"""The lists of units, users and regions."""

from typing import Any

from django.urls import reverse

from accounts.enums import RegionLevel, UnitKind
from accounts.models import Region, Unit, User
from common.tables import ChoiceColumn, DateColumn, LedgerColumn, LedgerTable, LinkColumn, YesNoColumn

ON_OFF = ("启用", "停用")


class UnitTable(LedgerTable):
    table_name = "units"
    card = ("name", "kind", "region", "contact", "is_active")
    default_order = ("region__code", "kind")

    name = LinkColumn(verbose_name="单位名称")
    short_name = LedgerColumn(verbose_name="简称")
    kind = ChoiceColumn(verbose_name="类型", enum=UnitKind)
    region = LedgerColumn(verbose_name="区划", accessor="region__name", order_by="region__code", select=("region",))
    contact = LedgerColumn(verbose_name="联系人")
    phone = LedgerColumn(verbose_name="联系电话", orderable=False)
    sees_region = YesNoColumn(verbose_name="可看全部", orderable=False)
    is_active = YesNoColumn(verbose_name="状态", words=ON_OFF)

    def row_url(self, record: Any) -> str:
        return reverse("accounts:unit_edit", args=[record.pk])

    def row_class(self, record: Any) -> str:
        return "" if record.is_active else "row-off"

    class Meta(LedgerTable.Meta):
        model = Unit
        fields = ()


class UserTable(LedgerTable):
    table_name = "users"
    card = ("full_name", "username", "unit", "roles", "is_active")
    default_order = ("unit__region__code", "unit_id", "username")

    full_name = LinkColumn(verbose_name="姓名")
    username = LedgerColumn(verbose_name="用户名")
    unit = LedgerColumn(
        verbose_name="单位", accessor="unit__name", order_by=("unit__region__code", "unit__name"), select=("unit",)
    )
    roles = LedgerColumn(verbose_name="角色", accessor="role_names", orderable=False)
    phone = LedgerColumn(verbose_name="手机号", orderable=False)
    last_login = DateColumn(verbose_name="上次登录", time=True)
    is_active = YesNoColumn(verbose_name="状态", words=ON_OFF)

    def render_roles(self, value: list[str]) -> str:
        return "、".join(value)

    def row_url(self, record: Any) -> str:
        return reverse("accounts:user_edit", args=[record.pk])

    def row_class(self, record: Any) -> str:
        return "" if record.is_active else "row-off"

    class Meta(LedgerTable.Meta):
        model = User
        fields = ()


class RegionTable(LedgerTable):
    table_name = "regions"
    card = ("name", "code", "level")
    default_order = ("code",)

    name = LinkColumn(verbose_name="名称")
    code = LedgerColumn(verbose_name="区划代码")
    level = ChoiceColumn(verbose_name="级别", enum=RegionLevel)
    parent = LedgerColumn(verbose_name="上级", accessor="parent__name", select=("parent",))

    def row_url(self, record: Any) -> str:
        return reverse("accounts:region_edit", args=[record.pk])

    class Meta(LedgerTable.Meta):
        model = Region
        fields = ()
