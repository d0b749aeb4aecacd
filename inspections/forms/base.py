"""What the forms of the hazard's pages share: dates read in the hazard's season, and the shape of a move's form."""

import datetime as dt
from collections.abc import Callable
from typing import Any, ClassVar

from django import forms

from audit.models import AuditEntry
from common.fields import DateRead, LedgerDateField, LedgerForm
from common.spreadsheets.dates import read_date
from common.spreadsheets.readings import Reading
from common.uploads import InspectedUpload
from facilities.models import Season
from inspections.deadlines import SeasonDates, read_deadline, years_of
from inspections.enums import AttachmentStage
from inspections.models import Hazard
from inspections.services import with_attachments


class DeadlineField(LedgerDateField):
    """Also 试运行前 and 供暖前; 立行立改 is the day found. What is no deadline (长期坚持) is refused by name."""

    found_on: dt.date | None = None

    def read_in(self, season: Season) -> Callable[[str], DateRead]:
        dates = SeasonDates.of(season)
        return lambda text: read_deadline(text, year=None, season=dates, found_on=self.found_on)


def day_reader(season: Season) -> Callable[[str], Reading[dt.date]]:
    """Reads days written without a year as those of the season's own year."""
    years = years_of(None, SeasonDates.of(season))
    return lambda text: read_date(text, years)


def set_readers(form: forms.BaseForm, season: Season) -> None:
    """Let the form's date fields read what is typed as a ledger of the season would mean it."""
    for field in form.fields.values():
        if isinstance(field, DeadlineField):
            field.read = field.read_in(season)
        elif isinstance(field, LedgerDateField):
            field.read = day_reader(season)


def text_area(label: str, *, rows: int = 3, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": rows}), **kwargs)


class MoveForm(LedgerForm):
    """One move's form. `perform` makes the move; what it raises (MoveRefused, Stale) is the view's to show.

    A form with a field `photos` stores them with the stage `stage` in the transaction of the move.
    """

    stage: ClassVar[AttachmentStage] = AttachmentStage.DOCUMENT
    # Posting one of these button names fills the form in anew instead of making the move.
    assistants: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, hazard: Hazard, by: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hazard, self.by = hazard, by
        set_readers(self, hazard.season)

    @classmethod
    def assisted(cls, data: Any, *, hazard: Hazard, by: Any) -> "MoveForm":
        """The form as typed, unjudged, after one of its assistants has filled in what it can."""
        raise NotImplementedError

    def perform(self) -> Any:
        """Make the move with what was typed, and store the files with it."""
        uploads: list[InspectedUpload] = self.cleaned_data.pop("photos", [])
        if not uploads:
            return self.make()
        return with_attachments(self.hazard, self.make, by=self.by, uploads=uploads, stage=self.stage)

    def make(self) -> AuditEntry:
        raise NotImplementedError
