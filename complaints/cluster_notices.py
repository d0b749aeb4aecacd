"""What can be made of a cluster with one click: an emergency notice, or a hazard's form filled in beforehand."""

from collections import Counter
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from accounts.enums import UnitKind
from accounts.models import User
from accounts.roles import ADMIN, COMPANY_ADMIN, READER, TOWNSHIP
from audit.services import record
from common import clock
from common.occasions import Occasion, query_of
from common.ui import moment
from complaints.clusters import orders_of
from complaints.enums import Category
from complaints.models import Cluster, ClusterNotice, Order
from inspections.enums import Source
from notifications.services import notify


def recipients_of(cluster: Cluster) -> list[User]:
    """The companies' heads, the bureau's leader, the townships' people. Two queries."""
    county = Q(unit__region=cluster.county_id) | Q(unit__region=cluster.county.parent_id)
    townships = list(cluster.townships.values_list("pk", flat=True))
    who = (
        Q(unit__in=cluster.companies.all(), groups__name=COMPANY_ADMIN)
        | Q(county, unit__kind=UnitKind.HOUSING_BUREAU, groups__name__in=(ADMIN, READER))
        | Q(unit__kind=UnitKind.TOWNSHIP, unit__region__in=townships, groups__name=TOWNSHIP)
    )
    return list(User.objects.active().filter(who).select_related("unit").distinct().order_by("unit__name", "full_name"))


def communities_of(cluster: Cluster) -> list[Any]:
    if cluster.community:
        return [cluster.community]
    assert cluster.station
    return list(cluster.station.served.order_by("name"))


def orders_seen(cluster: Cluster, user: Any) -> Any:
    """The orders that make it up, as far as the user sees them, the latest first."""
    return orders_of(cluster).visible_to(user).select_related("community").order_by("-received_at", "-pk")


def in_words(cluster: Cluster, orders: list[Order]) -> str:
    """幸福小区 12月10日 08:00 至 …，已有 6 户投诉，其中 温度不达标 5 件…"""
    categories = Counter(Category(order.category).label for order in orders)
    kinds = "、".join(f"{label} {count} 件" for label, count in categories.most_common())
    return (
        f"{cluster.place} {moment(cluster.started_at)} 至 {moment(cluster.last_at)} 已有 {cluster.households} 户投诉"
        f"{f'（{kinds}）' if kinds else ''}，{cluster.window_hours} 小时内按历史应有 {cluster.expected:.1f} 户。"
    )


def draft(cluster: Cluster, orders: list[Order]) -> str:
    """The notice to begin with; who sends it edits it."""
    company = "、".join(each.name for each in cluster.companies.all()) or "供热企业"
    return (
        f"【集中投诉紧急通报】{in_words(cluster, orders)}\n"
        f"请{company}立即派人到场查明原因、组织抢修，入户做好解释，2 小时内回报处置情况；"
        "请属地乡镇、街道协助做好群众工作。"
    )


@transaction.atomic
def send_notice(cluster: Cluster, *, by: Any, text: str) -> ClusterNotice:
    """To all of `recipients_of`, on record with its text. Raises PermissionDenied, ValidationError."""
    if not by.has_perm("complaints.send_cluster_notice"):
        raise PermissionDenied("您没有发送集中投诉紧急通报的权限")
    if not text.strip():
        raise ValidationError({"text": "请填写通报内容"})
    people = recipients_of(cluster)
    if not people:
        raise ValidationError("没有可接收的人：企业管理员、住建局负责人和乡镇专员都没有启用的账号，请先在“用户”里建立")
    notice = ClusterNotice.objects.create(cluster=cluster, text=text, sent_by=by)
    notice.recipients.set(people)
    record(
        actor=by, action="发送紧急通报", target=cluster, note=text, region_code=cluster.county.code,
        changes={"接收人": [None, "、".join(f"{person.unit} {person.display_name}" for person in people)]},
    )  # fmt: skip
    notify(
        people,
        key=f"cluster:{cluster.pk}:notice:{notice.pk}",
        subject=f"紧急通报：{cluster}",
        body=text,
        path=cluster.get_absolute_url(),
    )
    return notice


OCCASION = "cluster"


def cluster_occasion(user: Any, pk: int) -> Occasion | None:
    """A cluster as what a hazard may be registered from; None for what the user does not see."""
    if not user.has_perm("complaints.view_order"):
        return None
    cluster = Cluster.objects.visible_to(user).select_related("community", "station", "county").filter(pk=pk).first()
    if cluster is None:
        return None
    companies, townships = list(cluster.companies.all()), list(cluster.townships.all())
    initial = {
        "problem_point": str(cluster.place), "description": in_words(cluster, list(orders_seen(cluster, user))),
        "source": Source.COMPLAINT_ANALYSIS,
        # Of several a person says which.
        "lead_unit": companies[0].pk if len(companies) == 1 else None,
        "township": townships[0].pk if len(townships) == 1 else None,
        "communities": [each.pk for each in communities_of(cluster)], "facility": cluster.station_id,
        "found_on": clock.today(),
    }  # fmt: skip
    return Occasion(OCCASION, cluster.pk, f"集中投诉 {cluster.place}", cluster.get_absolute_url(), initial)


def hazard_url(cluster: Cluster) -> str:
    """The form of a new hazard, which begins with what the cluster says of it."""
    return f"{reverse('inspections:hazard_create')}?{query_of(OCCASION, cluster.pk)}"
