"""Reads a hazard ledger: for every row below the head what was understood, or what a person has to settle.

Nothing here touches the database: units and communities are names.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from common.spreadsheets.cells import (
    clean,
    is_nothing,
    looks_like_unit,
    one_line,
    read_choice,
    read_people,
    read_phone,
    read_progress,
    read_units,
)
from common.spreadsheets.columns import Column
from common.spreadsheets.dates import Years, read_date
from common.spreadsheets.head_layouts import Layout
from common.spreadsheets.heads import LedgerSheet, find_ledger
from common.spreadsheets.ledgers.importer import ReadRow
from common.spreadsheets.readings import Reading
from common.spreadsheets.rows import LedgerRow, RowKind
from common.spreadsheets.workbook import Limits, open_workbook
from common.text import normalise_name
from facilities.directory import company_of
from facilities.enums import FACILITY_KIND_WORDS, FacilityKind
from inspections.deadlines import AT_ONCE, SeasonDates, read_deadline, years_of
from inspections.enums import Urgency
from inspections.ledger import HAZARDS
from inspections.vagueness import (
    NO_DEADLINE,
    NO_STANDARD,
    NO_UNIT,
    NOBODY,
    NOWHERE,
    PERSON_EXPECTED,
    POINT_EXPECTED,
    STANDARD_EXPECTED,
    UNIT_EXPECTED,
    vague_person,
    vague_point,
    vague_standard,
    vague_unit,
)
from inspections.vocabulary import (
    CATEGORY_WORDS,
    facility_kind_named,
    facility_kind_told_by,
)

READY, WAITS, REPEAT, SKIPPED = "ready", "waits", "repeat", "skipped"
# A problem of any other field is said beside the row and does not hold it up.
HOLDS_UP = frozenset(
    {
        "problem_point", "description", "facility_kind", "responsible_unit", "responsible_person", "found_on", "due_on",
        "acceptance_standard", "grade",
    }
)  # fmt: skip
REPEAT_KEY = ("problem_point", "description", "responsible_unit", "due_on", "responsible_person")


@dataclass(frozen=True, slots=True)
class Words:
    """Words that name nothing, and values as people word them: {column: {wording as names are compared: value}}.

    A bureau may have more of both.
    """

    deadline: Sequence[str] = NO_DEADLINE
    person: Sequence[str] = NOBODY
    standard: Sequence[str] = NO_STANDARD
    unit: Sequence[str] = NO_UNIT
    point: Sequence[str] = NOWHERE
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LedgerReading:
    filename: str
    sheet: LedgerSheet
    # The year in which dates without one were put.
    year: int
    rows: list[ReadRow]

    def counts(self) -> dict[str, int]:
        return {pile: sum(1 for row in self.rows if row.pile == pile) for pile in (READY, WAITS, REPEAT, SKIPPED)}


def read_hazard_rows(
    source: BinaryIO | bytes | Path,
    *,
    filename: str,
    season: SeasonDates,
    uploader_unit_name: str | None = None,
    words: Words | None = None,
    layout: Layout | None = None,
    limits: Limits | None = None,
) -> LedgerReading:
    """Read the whole file. Raise `SpreadsheetError` when it cannot be opened or holds no hazard ledger.

    `uploader_unit_name`: the company that uploads, responsible where the ledger names no other; None for a bureau.
    """
    found = find_ledger(open_workbook(source, limits=limits), HAZARDS, layout=layout)
    reader = HazardReader(found, season, uploader_unit_name, words)
    return LedgerReading(filename, found, reader.year, list(reader.rows()))


class HazardReader:
    """Reads the rows of a sheet one after the other."""

    def __init__(
        self, sheet: LedgerSheet, season: SeasonDates, uploader: str | None = None, words: Words | None = None
    ) -> None:
        self.sheet = sheet
        self.season = season
        self.words = words or Words()
        self.written_on = sheet.written_on
        self.year = sheet.year or season.year
        self.years: Years = years_of(self.year, season)
        self.company = company_of(sheet) or uploader or ""

    def rows(self) -> Iterator[ReadRow]:
        """One for each row below the head; the second of two that say the same repeats the first."""
        first: dict[int, int] = {}
        for ledger_row in self.sheet.rows:
            row = self.read(ledger_row)
            if row.pile != SKIPPED and row.fields["problem_point"] and row.fields["description"]:
                same = first.setdefault(_repeat_key(row), row.row)
                if same != row.row:
                    row.pile, row.repeats, row.reason = REPEAT, same, f"与第 {same} 行相同"
            yield row

    def read(self, row: LedgerRow) -> ReadRow:
        if row.kind is not RowKind.DATA:
            return ReadRow(row.number, SKIPPED, {}, row.raw, reason=row.reason)
        return _Entry(self, row).read()


def _repeat_key(row: ReadRow) -> int:
    due = row.fields["due_on"] or next((p["read"] for p in row.problems if p["field"] == "due_on"), "")
    values = (due if name == "due_on" else row.fields[name] or "" for name in REPEAT_KEY)
    return hash(tuple(normalise_name(str(value)) for value in values))


class _Entry:
    """One row that is an entry, while it is read."""

    def __init__(self, reader: HazardReader, row: LedgerRow) -> None:
        self.reader = reader
        self.row = row
        self.problems: list[dict[str, str]] = []

    def read(self) -> ReadRow:
        point = self.five(
            "problem_point", one_line(self.text("problem_point")), vague_point, self.words.point, POINT_EXPECTED
        )
        description = self.text("description") or None
        if description is None:
            self.problem("description", "", "请写明存在什么问题")
        lead, cooperating = self.units()
        person, phone = self.people()
        found_on = self.found_on()
        due = self.due(found_on)
        urgency = self.choice("urgency") or (Urgency.IMMEDIATE if due.form == AT_ONCE else Urgency.LIMITED)
        standard = self.text("acceptance_standard")
        progress = read_progress(
            self.row.text("progress_percent" if not self.row.has("claimed_closed") else "claimed_closed")
        )
        fields = {
            "problem_point": point,
            "description": description,
            "facility_kind": self.facility_kind(point or "", description or ""),
            "responsible_unit": lead,
            "cooperating_units": cooperating,
            "responsible_person": person,
            "phone": phone,
            "found_on": _iso(found_on),
            "due_on": _iso(due.value),
            "urgency": Urgency(Urgency.IMMEDIATE if due.form == AT_ONCE else urgency).value,
            "grade": _value(self.choice("grade")),
            "acceptance_standard": self.five(
                "acceptance_standard", standard, vague_standard, self.words.standard, STANDARD_EXPECTED
            ),
            "claimed_closed": progress.is_done,
            **self.further(),
            "progress_percent": self.percent(progress.percent),
        }
        pile = WAITS if any(problem["field"] in HOLDS_UP for problem in self.problems) else READY
        return ReadRow(self.row.number, pile, fields, self.row.raw, self.problems)

    @property
    def words(self) -> Words:
        return self.reader.words

    def text(self, name: str) -> str:
        """The cell's text; empty where it says that there is nothing (/, 无)."""
        text = clean(self.row.text(name))
        return "" if is_nothing(text) else text

    def problem(self, name: str, read: str, expected: str, *, column: str | None = None) -> None:
        self.problems.append(
            {"field": name, "cell": self.row.address(column or name), "read": read, "expected": expected}
        )

    def five(self, name: str, text: str, vague: Any, words: Sequence[str], expected: str) -> str | None:
        """One of the five: what stands there, with a problem if that is nothing or vague."""
        why = vague(text, words) if text else expected
        if why:
            self.problem(name, text, why)
        return text or None

    def choice(self, name: str) -> Any:
        """The value of a column with a parser of its own; None where there is nothing to read."""
        if (own := self.own_word(name)) is not None:
            return own
        column: Column = HAZARDS.by_name[name]
        reading: Reading[Any] = (
            column.parse(self.row.text(name), self.row.head(name)) if column.parse else Reading(None)
        )
        if reading.expected:
            self.problem(name, reading.read, reading.expected)
        return reading.value

    def own_word(self, name: str) -> str | None:
        """The value that the bureau's own words give to the cell; None if there is no such word."""
        known = self.words.values.get(name)
        return known.get(normalise_name(self.row.text(name))) if known else None

    def facility_kind(self, point: str, description: str) -> str | None:
        """The kind's label: as its own column says, else the category's, else as the words of the row tell."""
        own, other = self.text("facility_kind"), self.text("category")
        if word := self.own_word("facility_kind"):
            return str(FacilityKind(word).label)
        kind = facility_kind_named(own) or facility_kind_named(other) or facility_kind_told_by(point, description)
        if kind is None:
            labels = "、".join(words[0] for words in FACILITY_KIND_WORDS.values())
            self.problem("facility_kind", own, f"看不出是哪一类设施，应为{labels}之一")
            return None
        return str(kind.label)

    def units(self) -> tuple[str | None, list[str]]:
        own = read_units(self.text("responsible_unit"))
        combined = [
            part for part in re.split(r"[/、,，;；\n\s]+", self.text("unit_and_person")) if looks_like_unit(part)
        ]
        company = read_units(self.text("company")).lead
        section = self.row.section if looks_like_unit(self.row.section) else ""
        lead = own.lead or (combined[0] if combined else "") or company or section or self.reader.company
        others = [*own.cooperating, *combined[1:]]
        further = read_units(self.text("cooperating_units"))
        others += [further.lead, *further.cooperating]
        why = vague_unit(lead, self.words.unit) if lead else UNIT_EXPECTED
        if why:
            column = next((c for c in ("responsible_unit", "unit_and_person", "company") if self.row.has(c)), None)
            self.problem("responsible_unit", lead, why, column=column)
        return lead or None, [name for name in dict.fromkeys(others) if name and name != lead]

    def people(self) -> tuple[str | None, str | None]:
        own = read_people(self.text("responsible_person"))
        column = read_people(self.text("phone"))
        names = own.names or column.names
        if not names:
            parts = re.split(r"[/、,，;；\n\s]+", self.text("unit_and_person"))
            combined = read_people("、".join(part for part in parts if part and not looks_like_unit(part)))
            names, own = combined.names, combined
        phone = column.phones or own.phones
        if not phone:
            reading = read_phone(self.row.text("phone"))
            # A name in the phone's column was taken for the person.
            phone = "" if column.names and not own.names else reading.value or ""
            if reading.expected and phone:
                self.problem("phone", reading.read, reading.expected)
        why = vague_person(names, self.words.person) if names else PERSON_EXPECTED
        if why:
            holder = "responsible_person" if self.row.has("responsible_person") else "unit_and_person"
            self.problem("responsible_person", names, why, column=holder)
        return names or None, phone or None

    def found_on(self) -> dt.date | None:
        text = self.row.text("found_on")
        if is_nothing(text):
            return None
        reading = read_date(text, self.reader.years, written_on=self.reader.written_on)
        if reading.expected:
            self.problem("found_on", reading.read, reading.expected)
        return reading.value

    def due(self, found_on: dt.date | None) -> Reading[dt.date]:
        text = self.row.text("due_on")
        reading = read_deadline(
            text if not is_nothing(text) else "",
            year=self.reader.year,
            season=self.reader.season,
            found_on=found_on,
            written_on=self.reader.written_on,
            no_deadline=self.words.deadline,
        )
        if reading.expected:
            self.problem("due_on", reading.read or text.strip(), reading.expected)
        return reading

    def percent(self, of_state: int | None) -> int | None:
        if not self.row.has("progress_percent"):
            return of_state
        percent = read_progress(self.row.text("progress_percent")).percent
        return of_state if percent is None else percent

    def further(self) -> dict[str, Any]:
        """What the ledger may say beyond the judged fields."""
        cost = self.choice("estimated_cost_yuan")
        return {
            "number": self.text("number") or None,
            "category": self.category(),
            "source": _value(self.choice("source")),
            "community": one_line(self.text("community")) or None,
            "township": one_line(self.text("township")) or None,
            "cause": self.text("cause") or None,
            "measure": self.text("measure") or None,
            "estimated_cost_yuan": f"{cost:f}" if cost is not None else None,
            "funding_source": _value(self.choice("funding_source")),
            "remark": self.text("remark") or None,
        }

    def category(self) -> str | None:
        """By its own column, unless that names facilities."""
        if word := self.own_word("category"):
            return word
        text = self.text("category")
        reading = read_choice(text, CATEGORY_WORDS)
        if reading.expected and facility_kind_named(text) is None:
            self.problem("category", reading.read, reading.expected)
        return _value(reading.value)


def _iso(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None


def _value(choice: Any) -> str | None:
    """Of a choice; what a bureau's word gave is one already."""
    return getattr(choice, "value", choice)
