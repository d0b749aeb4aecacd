"""What all counties of a site share, the policies and the calendar: who looks after them all may change it.

A site with one county is that county's bureau's own; where a city has several, none of them decides for the others.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from accounts.enums import RegionLevel, UnitKind
from accounts.models import Unit
from accounts.scoping import oversees_every_county

View = Callable[..., HttpResponse]


def why_read_only(user: Any, capability: str, what: str) -> str:
    """A sentence for whoever has the capability and still only reads; empty for everybody else. `what`: 督办规则."""
    if not user.has_perm(capability) or oversees_every_county(user):
        return ""
    return f"{what}由本系统各县共用，由{_keeper(user)}统一制定；需要调整的，请向其提出。"


def standing(user: Any, capability: str, what: str) -> dict[str, Any]:
    """What a page's template asks: `may_change`, and `why_read_only`. Two queries at most."""
    reason = why_read_only(user, capability, what)
    return {"may_change": user.has_perm(capability) and not reason, "why_read_only": reason}


def check(user: Any, capability: str, what: str) -> None:
    """PermissionDenied, with the reason, for whoever may not change `what`."""
    if not user.has_perm(capability):
        raise PermissionDenied(f"您没有修改{what}的权限")
    if reason := why_read_only(user, capability, what):
        raise PermissionDenied(reason)


def changes(capability: str, what: str) -> Callable[[View], View]:
    """Decorates a view that changes `what`: 403, with the reason, for whoever may not."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            check(request.user, capability, what)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def _keeper(user: Any) -> str:
    """The housing bureau of the city above the user's county; where there is none, who runs the system."""
    above = user.unit.region.parent if user.unit_id else None
    if above is None or above.level != RegionLevel.CITY:
        return "系统管理员"
    bureaus = Unit.objects.active().filter(region=above, kind=UnitKind.HOUSING_BUREAU)
    return bureaus.values_list("name", flat=True).first() or f"{above.name}住建部门"
