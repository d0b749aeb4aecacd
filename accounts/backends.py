"""Signing in, with the unit and region that every page needs read in the same query as the user."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission

from accounts.models import User


class UnitBackend(ModelBackend):
    def get_user(self, user_id: int) -> User | None:
        user = User.objects.select_related("unit__region__parent").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None

    def user_can_authenticate(self, user: Any) -> bool:
        """People of a unit that was switched off cannot sign in either."""
        return super().user_can_authenticate(user) and (user.unit is None or user.unit.is_active)

    def _get_user_permissions(self, user_obj: Any) -> Any:
        # Capabilities come from roles only, which saves every request a query.
        return Permission.objects.none()
