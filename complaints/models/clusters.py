"""Clusters: many households of one community or station within hours, the warnings and notices that followed."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.enums import UnitKind
from accounts.models import Region, Unit
from accounts.scoping import in_region, sees_region
from common import clock
from facilities.models import Community, Facility, Season

USER = settings.AUTH_USER_MODEL


class ClusterQuerySet(models.QuerySet["Cluster"]):
    def visible_to(self, user: Any) -> "ClusterQuerySet":
        """As orders are: the region's for bureaus, desk and leaders, its area for a township, its own for a company."""
        if not user.is_superuser and not user.unit_id:
            return self.none()
        if user.unit_id and user.unit.kind == UnitKind.TOWNSHIP:
            return self.filter(townships=user.unit.region_id)
        if sees_region(user) or user.has_perm("complaints.dispatch_order"):
            return self.filter(in_region(user))
        return self.filter(companies=user.unit_id)


class Cluster(models.Model):
    """Of one place: a community, or a station with all its communities. It goes on while a later window that stands
    out reaches back into it; `started_at` is the first order's time and, with the place, its key."""

    county = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="县（市、区）", db_index=False)
    season = models.ForeignKey(Season, models.PROTECT, related_name="+", verbose_name="采暖季", db_index=False)
    community = models.ForeignKey(Community, models.PROTECT, null=True, related_name="clusters", verbose_name="小区")
    station = models.ForeignKey(Facility, models.PROTECT, null=True, related_name="clusters", verbose_name="换热站")
    # Of all communities of the place: who heats them in that season when it is found, and joins while it grows.
    companies: Any = models.ManyToManyField(Unit, related_name="+", verbose_name="供热企业")
    townships: Any = models.ManyToManyField(Region, related_name="+", verbose_name="乡镇、街道")
    started_at = models.DateTimeField("首件受理")
    last_at = models.DateTimeField("最近一件受理")
    window_hours = models.PositiveSmallIntegerField("时段（小时）")
    households = models.PositiveIntegerField("投诉户数")
    expected = models.DecimalField("按历史应有户数", max_digits=8, decimal_places=3)
    chance = models.FloatField("偶然达到的概率")
    # How many households there were when people were last told; twice as many are told of again.
    warned_households = models.PositiveIntegerField(default=0)
    found_at = models.DateTimeField("发现时间", default=clock.now)

    objects = ClusterQuerySet.as_manager()

    class Meta:
        verbose_name = "集中投诉"
        verbose_name_plural = verbose_name
        ordering = ["-last_at", "-pk"]
        default_permissions = ()
        permissions = [("send_cluster_notice", "发送集中投诉紧急通报")]
        constraints = [
            models.UniqueConstraint(
                fields=["community", "started_at"],
                condition=Q(community__isnull=False),
                name="cluster_of_community_once",
            ),
            models.UniqueConstraint(
                fields=["station", "started_at"], condition=Q(station__isnull=False), name="cluster_of_station_once"
            ),
            models.CheckConstraint(
                condition=Q(community__isnull=False, station__isnull=True)
                | Q(community__isnull=True, station__isnull=False),
                name="cluster_is_of_one_place",
            ),
        ]
        indexes = [
            models.Index(fields=["county", "season", "last_at", "id"], name="cluster_list"),
        ]

    def __str__(self) -> str:
        return f"{self.place} {self.households} 户集中投诉"

    def get_absolute_url(self) -> str:
        return f"/complaints/clusters/{self.pk}/"

    @property
    def heated_by(self) -> str:
        return "、".join(company.label for company in self.companies.all())

    @property
    def place(self) -> Community | Facility:
        found = self.community or self.station
        assert found is not None
        return found


class OfClusterQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> "OfClusterQuerySet":
        return self.filter(cluster__in=Cluster.objects.visible_to(user))


class ClusterWarning(models.Model):
    """What people were told and when: once for a cluster, again each time it has doubled."""

    cluster = models.ForeignKey(Cluster, models.CASCADE, related_name="warnings")
    level = models.PositiveSmallIntegerField("第几次")
    households = models.PositiveIntegerField("投诉户数")
    at = models.DateTimeField("预警时间", default=clock.now)

    objects = OfClusterQuerySet.as_manager()

    class Meta:
        verbose_name = "集中投诉预警"
        verbose_name_plural = verbose_name
        ordering = ["level"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["cluster", "level"], name="cluster_warned_once_a_level")]

    def __str__(self) -> str:
        return f"第 {self.level} 次预警，{self.households} 户"


class ClusterNotice(models.Model):
    """An emergency notice as it was sent. Never changed."""

    cluster = models.ForeignKey(Cluster, models.PROTECT, related_name="notices")
    text = models.TextField("通报内容")
    recipients: Any = models.ManyToManyField(USER, related_name="+", verbose_name="接收人")
    sent_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="发送人")
    sent_at = models.DateTimeField("发送时间", default=clock.now)

    objects = OfClusterQuerySet.as_manager()

    class Meta:
        verbose_name = "集中投诉紧急通报"
        verbose_name_plural = verbose_name
        ordering = ["-sent_at", "-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.cluster} 紧急通报"
