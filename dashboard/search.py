"""The search of the top bar: whatever is typed leads to the list that it is about."""

import re
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from common.text import normalise
from complaints.filters import SHORTEST_TAIL

_ORDER = re.compile(r"TS-?\d", re.IGNORECASE)
_HAZARD = re.compile(r"YH-?\d", re.IGNORECASE)


def answers_callers(user: Any) -> bool:
    """Whether complaints are the user's work and the hazards' flow is not: the hotline desk."""
    return bool(user.has_perm("complaints.dispatch_order") and not user.has_perm("inspections.issue_hazard"))


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """A number to the list it is of; anything else to the hazards, for the desk to the orders: digits by the phone."""
    return redirect(address_of(request.GET.get("q", ""), request.user))


def address_of(text: str, user: Any) -> str:
    plain = normalise(text)
    if not _ORDER.match(plain) and (_HAZARD.match(plain) or not answers_callers(user)):
        return f"{reverse('inspections:hazard_list')}?{urlencode({'q': text})}"
    is_phone = plain.isascii() and plain.isdigit() and len(plain) >= SHORTEST_TAIL
    field = "phone" if is_phone and user.has_perm("complaints.view_caller") else "q"
    return f"{reverse('complaints:order_list')}?{urlencode({field: text})}"
