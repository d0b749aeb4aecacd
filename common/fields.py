"""Form fields of the ledger's pages: dates as offices write them, several files at once, one or many of a long list."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from common import clock
from common.spreadsheets.dates import Years, read_date
from common.spreadsheets.readings import Reading
from common.text import normalise_name
from common.uploads import InspectedUpload, UploadRefused, inspect_upload

MOST_FILES = 20
SELECTED_FIRST_FROM = 8
HALF_A_YEAR = dt.timedelta(182)
DAYS_AGO = {"今天": 0, "今日": 0, "昨天": 1, "昨日": 1, "前天": 2}


class DateRead(Protocol):
    """What a reader of dates gives: the day, or the sentence that says what was read and what is expected."""

    @property
    def value(self) -> dt.date | None: ...
    @property
    def problem(self) -> str: ...


def read_day(text: str) -> DateRead:
    """A date in this year where none is written; 今天, 昨天 and 前天 too."""
    today = clock.today()
    return _days_ago(text) or read_date(text, Years(today.year), written_on=today)


def read_past_day(text: str) -> DateRead:
    """The same of what has happened: on 3 January 12.30 was four days ago. Only where that is nearer: in August 9.1 is
    a slip, and not last year's. A year that is written holds."""
    today = clock.today()
    return _days_ago(text) or read_date(text, Years(today.year, today - HALF_A_YEAR, today), written_on=today)


def _days_ago(text: str) -> Reading[dt.date] | None:
    days = DAYS_AGO.get(text.strip())
    return None if days is None else Reading(clock.today() - dt.timedelta(days), "相对日期", text)


class LedgerDateField(forms.Field):
    """A date typed in any way a ledger has it: 2026-09-30, 9.30, 930, 9月底. `read` says how it is read."""

    widget = forms.TextInput

    def __init__(self, *, read: Callable[[str], DateRead] = read_day, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.read = read
        self.widget.attrs.setdefault("placeholder", "如 9.30、930、9月底")
        self.widget.attrs.setdefault("autocomplete", "off")

    def prepare_value(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, dt.date) else value

    def to_python(self, value: Any) -> dt.date | None:
        if value in self.empty_values or isinstance(value, dt.date):
            return value or None
        text = str(value).strip()
        if not text:
            return None
        reading = self.read(text)
        if reading.value is None:
            raise ValidationError(reading.problem, code="invalid")
        return reading.value


class ManyFilesInput(forms.FileInput):
    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[UploadedFile]:
        return files.getlist(name) if hasattr(files, "getlist") else list(filter(None, [files.get(name)]))

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"multiple": True, **(attrs or {})})


def inspect_all(files: Iterable[UploadedFile]) -> tuple[list[InspectedUpload], list[str]]:
    """The files that are fit to be stored, and for each of the others a sentence that names it and says why not."""
    taken, refused = [], []
    for file in files:
        try:
            taken.append(inspect_upload(file, filename=file.name or "未命名"))  # type: ignore[arg-type]
        except UploadRefused as refusal:
            refused.append(str(refusal))
    return taken, refused


class UploadsField(forms.FileField):
    """Several photos or files, judged by content. Cleans to a list of InspectedUpload; every refused one is named."""

    widget = ManyFilesInput

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", "可一次选多张；支持 jpg、png、webp、heic、pdf、docx、xlsx，每个不超过 20 MB")
        super().__init__(**kwargs)
        self.widget.attrs |= {"accept": "image/*,.heic,.pdf,.docx,.xlsx", "data-wide": ""}

    def clean(self, data: Any, initial: Any = None) -> list[InspectedUpload]:
        files: Sequence[UploadedFile] = data if isinstance(data, (list, tuple)) else [data] if data else []
        if not files:
            if self.required:
                raise ValidationError(self.error_messages["required"], code="required")
            return []
        if len(files) > MOST_FILES:
            raise ValidationError(f"一次选了 {len(files)} 个文件，最多 {MOST_FILES} 个，请分几次上传")
        taken, refused = inspect_all(files)
        if refused:
            raise ValidationError(refused)
        return taken


class LedgerForm(forms.Form):
    """A form that says which chosen files a browser could not keep, and keeps line ends as one character."""

    @property
    def lost_files(self) -> str:
        """The names of the files that have to be chosen again when the form comes back, as one text."""
        chosen = [file for name in self.files for file in self.files.getlist(name)]
        return "、".join(str(file.name) for file in chosen)

    def clean(self) -> dict[str, Any]:
        # Browsers send CR LF: unchanged text would look changed.
        for name, value in (super().clean() or self.cleaned_data).items():
            if isinstance(value, str):
                self.cleaned_data[name] = value.replace("\r\n", "\n").replace("\r", "\n")
        return self.cleaned_data

    @property
    def typed(self) -> list[tuple[str, str]]:
        """What was typed, as (label, text), for pages on which the form itself has no place any more."""
        rows = []
        for bound in self.visible_fields():
            if not isinstance(bound.field, forms.FileField) and (text := shown(bound.field, bound.value())):
                rows.append((str(bound.label), text))
        return rows


def shown(field: forms.Field, value: Any) -> str:
    """A field's raw value as people read it: choices by their names, several joined by 、."""
    names = {str(key): str(label) for key, label in getattr(field, "choices", ())}
    parts = value if isinstance(value, (list, tuple)) else [value]
    return "、".join(names.get(str(part), str(part)) for part in parts if part not in (None, ""))


class PickMany(forms.CheckboxSelectMultiple):
    """Boxes to tick in a scrolling list with a search box above it (pick.js); what is ticked stands first."""

    template_name = "forms/pick_many.html"

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> list[Any]:
        groups = super().optgroups(name, value, attrs)
        if len(groups) >= SELECTED_FIRST_FROM:
            groups.sort(key=lambda group: not any(option["selected"] for option in group[1]))
        return groups


class NameInput(forms.TextInput):
    """A text box that suggests names from a list (a <datalist>, so it needs no JavaScript)."""

    template_name = "forms/name_input.html"
    names: Sequence[str] = ()

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"] |= {"list": f"{name}-names", "autocomplete": "off"}
        return context | {"names": self.names}


class NamedRowField(forms.Field):
    """One row of a long list, chosen by typing its name. Call `offer` with the rows and how each is called."""

    widget = NameInput

    def __init__(self, *, what: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.what = what
        self.offer([], str)

    def offer(self, rows: Iterable[Any], called: Callable[[Any], str]) -> None:
        """`called`: the full name, unique among the rows; str(row) alone is understood where it is unique too."""
        self.called = called
        self._rows: dict[str, list[Any]] = {}
        names = []
        for row in rows:
            names.append(called(row))
            for name in {normalise_name(called(row)), normalise_name(str(row))}:
                self._rows.setdefault(name, []).append(row)
        self.widget.names = names  # type: ignore[attr-defined]

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) or value is None else self.called(value)

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        if not isinstance(value, str):
            return value
        found = self._rows.get(normalise_name(value), [])
        if len(found) == 1:
            return found[0]
        if found:
            named = "、".join(self.called(row) for row in found[:5])
            raise ValidationError(f"叫“{value}”的{self.what}有 {len(found)} 个，请写全：{named}")
        or_nothing = "" if self.required else "，或留空"
        raise ValidationError(f"没有叫“{value}”的{self.what}，请从提示的名称中选{or_nothing}")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return normalise_name(str(self.prepare_value(initial) or "")) != normalise_name(str(data or ""))
