"""A kind of ledger as the pages, jobs and commands of import and export know it; each app registers its own.

class Hazards(LedgerKind): …         class Movements(ExportKind): …    # goes out, never comes in
register_kind(Hazards())
kind_named("hazards").importer(by=user, context={})
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, ClassVar

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from common.spreadsheets.columns import Ledger
from common.spreadsheets.ledgers.exporting import ABOUT_LOOK, Chosen, Look
from common.spreadsheets.ledgers.forms import UploadForm
from common.spreadsheets.ledgers.importer import Importer
from common.spreadsheets.models import ImportBatch, ImportRow
from common.spreadsheets.registry import Vocabulary, register
from common.spreadsheets.subtotals import Subtotals


class ExportKind(ABC):
    """A list that goes out as a file. `noun`: what a row is; `measure`: its measure word. `urls`: namespace and prefix
    of its pages' names."""

    ledger: ClassVar[Ledger]
    noun: ClassVar[str]
    measure: ClassVar[str] = "条"
    urls: ClassVar[str]
    file_stem: ClassVar[str]
    export_permission: ClassVar[str]
    looks: ClassVar[Sequence[Look]] = (Look.OFFICIAL,)
    subtotals: ClassVar[Subtotals | None] = None

    def __str__(self) -> str:
        return f"{self.noun}台账"

    @property
    def name(self) -> str:
        return self.ledger.kind

    def url(self, page: str, *args: Any) -> str:
        return reverse(f"{self.urls}{page}", args=args)

    @abstractmethod
    def list_url(self) -> str:
        """The list that is exported, and to which the pages lead back."""

    @property
    def look_choices(self) -> list[tuple[str, str, str]]:
        """(value, label, what it is for)"""
        return [(look.value, str(look.label), ABOUT_LOOK[look]) for look in self.looks]

    @property
    def subtotals_by(self) -> str:
        """The title of the column by which sums can be had; empty for none."""
        return self.ledger.by_name[self.subtotals.by].title if self.subtotals else ""

    def may_import(self, user: Any) -> bool:
        return False

    def list_actions(self, user: Any) -> dict[str, Any]:
        """The context with which a list offers its import and export (partials/list.html)."""
        return {
            "list_actions_template": "spreadsheets/list_actions.html",
            "kind": self,
            "may_import": self.may_import(user),
            "may_export": user.has_perm(self.export_permission),
            "export_in_background_above": settings.EXPORT_IN_BACKGROUND_ABOVE,
        }

    @abstractmethod
    def columns_of(self, look: Look) -> Sequence[str]: ...

    def columns_for(self, chosen: Chosen, look: Look) -> Sequence[str]:
        """The same, where it depends on what was asked for."""
        return self.columns_of(look)

    @abstractmethod
    def chosen(
        self, source: Any, *, query: str = "", pks: Sequence[int] | None = None, scope: Mapping[str, Any] | None = None
    ) -> Chosen:
        """What the list's query string leaves, or those of `pks`, of what a user sees. `source`: a request or a user.

        `scope`: `Chosen.scope_json`, or what a command names.
        """

    @abstractmethod
    def export_rows(self, chosen: Chosen, columns: Sequence[str], *, in_groups: bool) -> Iterator[Sequence[Any]]:
        """The columns' values of each item; `in_groups`: in the order of the subtotals' groups."""

    @abstractmethod
    def export_title(self, chosen: Chosen, *, by: Any) -> str: ...

    @abstractmethod
    def record_export(self, *, by: Any, note: str) -> None:
        """Who took what out of the site goes into its journal."""

    def about_scope(self, chosen: Chosen) -> Sequence[tuple[str, str]]:
        return ()

    def about(self, look: Look, *, with_subtotals: bool) -> Sequence[tuple[str, str]]:
        """What counts, as (label, text)."""
        return ()


class LedgerKind(ExportKind):
    """A ledger that also comes in. `noun`: what a row becomes.

    `editor`: the columns that a person may mend, in the order in which rows are shown.
    """

    import_permission: ClassVar[str]
    editor: ClassVar[Sequence[str]]
    looks: ClassVar[Sequence[Look]] = (Look.OFFICIAL, Look.PLAIN)
    # What the import page tells besides what holds for every kind.
    import_notes: ClassVar[Sequence[str]] = ()
    # Of the pages; a kind with more to show extends them.
    review_template: ClassVar[str] = "spreadsheets/import_batch.html"

    def may_import(self, user: Any) -> bool:
        return bool(user.has_perm(self.import_permission))

    @abstractmethod
    def item_url(self, pk: int) -> str:
        """The page of what a row became."""

    def vocabulary(self) -> Vocabulary:
        return Vocabulary(self.ledger)

    # --- import ---

    def upload_form(self, *args: Any, user: Any) -> UploadForm:
        """Its `context` says how the file is to be read."""
        return UploadForm(*args)

    def command_context(self, *, by: Any, season: str, create_missing: bool) -> dict[str, Any]:
        """The same for a command's options. Raises SpreadsheetError for what the kind does not know."""
        return {}

    @abstractmethod
    def importer(self, *, by: Any, context: Mapping[str, Any]) -> Importer:
        """Raises PermissionDenied."""

    @abstractmethod
    def row_form(self, data: Any, *, row: ImportRow, importer: Importer) -> forms.Form:
        """The editor of a row; its cleaned_data is JSON-ready."""

    def spoken(self, column: str, value: Any) -> Any:
        """A field of a row as people read it."""
        return "、".join(value) if isinstance(value, list) else value

    def about_batch(self, batch: ImportBatch) -> str:
        """What the file was read for, e.g. its season."""
        return ""

    def review_context(self, request: HttpRequest, batch: ImportBatch, chosen: ImportRow | None) -> dict[str, Any]:
        """What its own review template shows."""
        return {}

    def copy_taken(self, batch: ImportBatch, by: Any) -> None:
        """Somebody takes the uploaded file away again, with marks: a kind with personal data puts it on record."""

    def import_choices(self, posted: Mapping[str, Any]) -> dict[str, Any]:
        """What a person or a command chose for all rows, as `Importer.begin` takes it; JSON-ready."""
        return {}

    def check_choices(self, by: Any, choices: Mapping[str, Any]) -> None:
        """Raises PermissionDenied before a job is started for it."""

    @abstractmethod
    def registered(self, pks: Sequence[int]) -> str:
        """What has been made of the rows, in Chinese."""

    # --- blank ledger ---

    @abstractmethod
    def write_blank(self, out: BinaryIO, *, source: HttpRequest) -> str:
        """Write the blank ledger to fill in; its file name. Raises SpreadsheetError."""


_KINDS: dict[str, ExportKind] = {}


def register_kind(kind: ExportKind) -> None:
    """With the words that a bureau may add for it, if it is read from files."""
    _KINDS[kind.name] = kind
    if isinstance(kind, LedgerKind):
        register(kind.vocabulary())


def kind_named(name: str) -> LedgerKind:
    """A ledger that is read from files."""
    return kinds()[name]


def export_kind_named(name: str) -> ExportKind:
    return _KINDS[name]


def kinds() -> Mapping[str, LedgerKind]:
    """{name: kind} of those that are read from files."""
    return {name: kind for name, kind in _KINDS.items() if isinstance(kind, LedgerKind)}


def export_kinds() -> Mapping[str, ExportKind]:
    """{name: kind} of all: whatever is read from files goes out too."""
    return _KINDS
