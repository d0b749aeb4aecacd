"""Whose page it is: the kind of ledger that the address names, and whether the user may import or export it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.ledgers.kinds import ExportKind, LedgerKind, export_kind_named, kind_named
from common.spreadsheets.models import ImportBatch, ImportRow

View = Callable[..., HttpResponseBase]


def imports(view: Callable[..., Any]) -> View:
    """The view is called with the kind, for who may import it."""
    return _for(view, kind_named, lambda kind: kind.import_permission)


def exports(view: Callable[..., Any]) -> View:
    return _for(view, export_kind_named, lambda kind: kind.export_permission)


def _for(view: Callable[..., Any], named: Callable[[str], Any], permission: Callable[[Any], str]) -> View:
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, ledger: str, **kwargs: Any) -> HttpResponseBase:
        kind: ExportKind = named(ledger)
        if not request.user.has_perm(permission(kind)):  # type: ignore[union-attr]
            raise PermissionDenied
        try:
            response: HttpResponseBase = view(request, kind, *args, **kwargs)
        except SpreadsheetError as error:
            # Who may, but not from where they are now: an account that has moved to the city.
            messages.error(request, str(error))
            return redirect(kind.list_url())
        return response

    return checked


def batch_of(request: HttpRequest, kind: LedgerKind, pk: int) -> ImportBatch:
    return get_object_or_404(ImportBatch.objects.visible_to(request.user), pk=pk, kind=kind.name)


def row_of(request: HttpRequest, kind: LedgerKind, pk: int, row: int) -> ImportRow:
    return get_object_or_404(batch_of(request, kind, pk).rows.select_related("batch"), row=row)
