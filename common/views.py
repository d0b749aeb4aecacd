"""Views that belong to no domain."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from common.tables import registered_table, save_columns


def safe_next(request: HttpRequest, default: str = "/") -> str:
    """The address in `next` if it leads to this site, else `default`."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return target
    return default


@login_required
@require_POST
def list_columns(request: HttpRequest, table_name: str) -> HttpResponse:
    """Remember which columns of a list this person wants to see. POST: `columns` (repeated) or `reset`, and `next`."""
    table = registered_table(table_name)
    if table is None:
        raise Http404
    if "reset" in request.POST:
        save_columns(request.user, table, [])
        messages.success(request, "列表已恢复默认列。")
    else:
        save_columns(request.user, table, request.POST.getlist("columns"))
        messages.success(request, "列表的列已保存，下次打开仍是这样。")
    return redirect(safe_next(request))
