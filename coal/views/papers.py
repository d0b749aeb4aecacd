"""What the pages of contracts and of laboratory reports have in common."""

from collections.abc import Callable
from typing import Any, Literal, overload

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from accounts.enums import UnitKind
from accounts.models import Unit
from audit.models import AuditEntry
from coal.models import Scan
from coal.timeline import events
from coal.views.access import reads
from common.concurrency import Stale
from common.forms import attempt
from common.uploads import serve

STALE = "您填写期间，它刚刚被别人改动过，您的修改还没有保存。下面是您填写的，核对后再保存即以此为准。"


@overload
def own_company(user: Any, *, required: Literal[True]) -> Unit: ...
@overload
def own_company(user: Any, *, required: bool = ...) -> Unit | None: ...
def own_company(user: Any, *, required: bool = False) -> Unit | None:
    """The heating company that the user works for. Whoever works for none enters nothing of their own: None, or
    PermissionDenied if it is `required`."""
    if user.unit_id and user.unit.kind == UnitKind.HEATING_COMPANY:
        return user.unit  # type: ignore[no-any-return]
    if required:
        raise PermissionDenied("由供热企业自己登记；住建局、发改局可以更正已经登记的")
    return None


def save(request: HttpRequest, form: Any, write: Callable[[], Any], paper: Any) -> tuple[Any, int]:
    """(what `write` has saved, None if it has not; the status with which the form comes back)."""
    if request.method != "POST":
        return None, 200
    if not form.is_valid():
        return None, 422
    try:
        return attempt(form, write), 422
    except Stale:
        paper.refresh_from_db()
        form.seen_anew(paper.version)
        form.add_error(None, STALE)
        return None, 409


def history(paper: Any) -> list[dict[str, Any]]:
    """Everything that was entered, corrected and agreed anew, newest first. One query."""
    return events(AuditEntry.objects.of(paper).reverse())


@reads
@require_GET
def scan_file(request: HttpRequest, pk: int) -> FileResponse:
    scan = get_object_or_404(Scan.objects.visible_to(request.user), pk=pk)
    try:
        opened = scan.file.open("rb")
    except FileNotFoundError as error:
        raise Http404("文件不在存储中，请联系系统维护人员") from error
    return serve(opened, download_name=scan.original_name, content_type=scan.content_type, inline=True)
