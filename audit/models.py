"""Who changed what, when and from where. Rows are only ever added; the database refuses anything else."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.deliberation import deliberations
from common import clock


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def visible_to(self, user: Any) -> "AuditEntryQuerySet":
        """Entries of the user's region; what nobody signed in caused (failed logins) is everybody's concern."""
        if user.is_superuser:
            return self
        if not user.unit_id:
            return self.none()
        prefix = user.unit.region.scope_prefix
        return self.filter(models.Q(region_code__startswith=prefix) | models.Q(region_code=""))

    def of(self, target: models.Model) -> "AuditEntryQuerySet":
        """The entries about one item, oldest first: its timeline."""
        return self.filter(target_type=target._meta.label_lower, target_id=target.pk).order_by("at", "pk")

    def without_deliberation(self) -> "AuditEntryQuerySet":
        """Without what offices have considered among themselves (`deliberation.py`)."""
        found = self
        for beginning in deliberations():
            found = found.exclude(action__startswith=beginning)
        return found


class AuditEntry(models.Model):
    at = models.DateTimeField("时间", default=clock.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="操作人"
    )
    actor_name = models.CharField("姓名", max_length=60, blank=True)
    unit_name = models.CharField("单位", max_length=120, blank=True)
    region_code = models.CharField("区划代码", max_length=12, blank=True)
    action = models.CharField("操作", max_length=60)
    target_type = models.CharField("对象类型", max_length=60, blank=True)
    target_id = models.BigIntegerField("对象", null=True, blank=True)
    target_label = models.CharField("对象名称", max_length=200, blank=True)
    from_status = models.CharField("原状态", max_length=30, blank=True)
    to_status = models.CharField("新状态", max_length=30, blank=True)
    changes = models.JSONField("变更", default=dict, blank=True)
    note = models.TextField("说明", blank=True)
    ip = models.GenericIPAddressField("来源地址", null=True, blank=True)
    request_id = models.CharField("请求编号", max_length=64, blank=True)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name = "审计记录"
        verbose_name_plural = verbose_name
        ordering = ["-at", "-pk"]
        default_permissions = ()
        permissions = [("view_audit", "查看审计记录")]
        indexes = [
            models.Index(fields=["target_type", "target_id", "at"], name="audit_target"),
            models.Index(fields=["region_code", "-at", "-id"], name="audit_region_at"),
            models.Index(fields=["-at", "-id"], name="audit_at"),
            models.Index(fields=["action", "-at", "-id"], name="audit_action_at"),
            models.Index(fields=["actor", "-at", "-id"], name="audit_actor_at"),
        ]

    def __str__(self) -> str:
        return f"{self.moment} {self.actor_name} {self.action} {self.target_label}"

    @property
    def moment(self) -> str:
        """When, in local time to the minute."""
        return f"{timezone.localtime(self.at):%Y-%m-%d %H:%M}"
