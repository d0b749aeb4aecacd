"""How a row of a hotline's export is read: each cell by its column, the household out of the address, the temperature
out of what the caller said."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from common.spreadsheets.cells import clean, is_nothing, one_line, read_phone
from common.spreadsheets.columns import Column
from common.spreadsheets.ledgers.importer import Problem, ReadRow, problem, warning
from common.spreadsheets.ledgers.record_columns import json_ready
from common.spreadsheets.models import Pile
from common.spreadsheets.rows import LedgerRow
from common.spreadsheets.terms import Terms
from common.text import normalise_name
from complaints.county import County
from complaints.enums import Platform
from complaints.houses import house_in_fields
from complaints.ledger import LABELS, ORDERS, RECORD, category_of_content, is_unsure
from complaints.moments import read_moment
from complaints.rules import outside_number, phone_of, says_no_phone
from complaints.temperatures import stated_temperature

# Other systems write ="138…" so that Excel leaves the digits alone.
_FORCED = re.compile(r'="(.*)"', re.DOTALL)
_MOBILE = re.compile(r"1[3-9]\d{9}")
_OF_PROVINCE = re.compile(r"省(?:长|级|平台|12345|热线)")
_OF_CITY = re.compile(r"市(?:长|级|平台|12345)")
CHOICES = ("source", "platform", "category", "urgency")
HOUSE = ("building", "building_unit", "room")
LONGEST = {"number": 60, "caller": 60, "phone": 40, "address": 200, "building": 20, "building_unit": 20, "room": 20}
UNCLEAR_HOUSE = "地址“{}”里看不出哪个是单元、哪个是房号，请填写单元和房号"
UNREAD_HOUSE = "地址里的“{}”没有读成楼、单元、房号，请核对"
TOO_LONG = "最多 {} 个字，请精简"


def text_of(text: str) -> str:
    """A cell's text as it was meant; what begins like a formula stays text."""
    plain = clean(text)
    if not plain or plain[0] not in "='‘\t":
        return plain
    if plain.startswith('="') and (match := _FORCED.fullmatch(plain)):
        plain = match[1]
    return plain.lstrip("'‘\t")


class OrderReader:
    """Reads the rows of one sheet. `terms`: the further words of the bureau."""

    def __init__(self, county: County, terms: Terms) -> None:
        self.county = county
        self._words = terms.values
        self._columns: Mapping[str, Column] = {name: ORDERS.by_name[name] for name in (*CHOICES, "temperature_c")}
        self._read_before: dict[tuple[str, str], tuple[str | None, str]] = {}

    def read(self, row: LedgerRow) -> ReadRow:
        problems: list[Problem] = []
        fields: dict[str, Any] = {name: self._plain(row, name, problems) for name in ("number", "caller", "address")}
        if fields["number"]:
            fields["number"] = outside_number(fields["number"])
        fields["content"] = text_of(row.text("content")) or None
        fields["received_at"] = self._moment(row, problems)
        for name in CHOICES:
            fields[name] = self._choice(row, name, problems)
        fields["platform"] = fields["platform"] or _platform_of(row.text("source"))
        fields["phone"] = self._phone(row, problems)
        self._category(fields, problems)
        self._temperature(row, fields, problems)
        self._place(row, fields, problems)
        self._company(row, fields, problems)
        fields["asked_by"] = text_of(row.text("asked_by"))[:40] or None
        if number := row.text(RECORD).strip():
            fields[RECORD] = number
        if not fields["content"]:
            problems.append(problem("content", "", "请填写诉求内容", row.address("content")))
        return ReadRow(row.number, Pile.READY, fields, row.raw, problems)

    def _plain(self, row: LedgerRow, name: str, problems: list[Problem]) -> str | None:
        if not row.has(name):
            return None
        text = one_line(text_of(row.text(name)))
        if is_nothing(text):
            return None
        if len(text) > (most := LONGEST[name]):
            problems.append(problem(name, text[:20] + "…", TOO_LONG.format(most), row.address(name)))
            return text[:most]
        return text

    def _moment(self, row: LedgerRow, problems: list[Problem]) -> str | None:
        text = row.text("received_at")
        reading = read_moment(text_of(text) if text.startswith(("=", "'")) else text)
        if reading.value is None:
            problems.append(problem("received_at", reading.read, reading.expected, row.address("received_at")))
            return None
        # By the clock here, as people read it.
        return reading.value.isoformat()

    def _choice(self, row: LedgerRow, name: str, problems: list[Problem]) -> str | None:
        """The label of the value. What a cell of a column says is said again and again."""
        text = row.text(name)
        if not text:
            return None
        known = self._read_before.get((name, text))
        if known is None:
            known = self._read_before[name, text] = self.choice(name, text_of(text))
        if known[1]:
            said = problem if name in ("source", "category") else warning
            problems.append(said(name, text, known[1], row.address(name)))
        return known[0]

    def choice(self, name: str, text: str) -> tuple[str | None, str]:
        """(the label, what is expected instead)."""
        if own := self._words.get(name, {}).get(normalise_name(text)):
            return LABELS[name].get(own), ""
        reading = self._columns[name].parse(text, "")  # type: ignore[misc]
        return (str(reading.value.label) if reading.value else None), reading.expected

    def _phone(self, row: LedgerRow, problems: list[Problem]) -> str | None:
        # Numbers that went through a table's arithmetic.
        text = text_of(row.text("phone")).removesuffix(".0")
        if _MOBILE.fullmatch(text):
            return text
        if says_no_phone(text):
            return None
        reading = read_phone(one_line(text))
        if reading.expected:
            problems.append(warning("phone", text[:40], reading.expected, row.address("phone")))
        return phone_of(reading.value or "")[: LONGEST["phone"]] or None

    def _category(self, fields: dict[str, Any], problems: list[Problem]) -> None:
        """By its column; where that says nothing, by what the caller speaks of."""
        if fields["category"] or any(each["field"] == "category" for each in problems):
            return
        if found := category_of_content(fields["content"] or ""):
            fields["category"] = str(found.label)
        else:
            problems.append(problem("category", "", "从内容里也看不出类别，请选择"))

    def _temperature(self, row: LedgerRow, fields: dict[str, Any], problems: list[Problem]) -> None:
        text = text_of(row.text("temperature_c")) if row.has("temperature_c") else ""
        value = None
        if not is_nothing(text):
            reading = self._columns["temperature_c"].parse(text, "")  # type: ignore[misc]
            value = reading.value
            if reading.expected:
                problems.append(warning("temperature_c", text, reading.expected, row.address("temperature_c")))
        if value is None:
            value = stated_temperature(fields["content"] or "")
        fields["temperature_c"] = json_ready(value)

    def _place(self, row: LedgerRow, fields: dict[str, Any], problems: list[Problem]) -> None:
        """The community of its own column goes before the one in the address; so do building, unit and room."""
        address = self.county.locate(fields["address"] or "")
        own = one_line(text_of(row.text("community"))) if row.has("community") else ""
        if not is_nothing(own):
            community = self.county.community(own)
            fields["community"] = community.name if community else own[:60]
        else:
            fields["community"] = address.community.name if address.community else address.place or None
        said_house = house_in_fields(*(self._plain(row, name, problems) or "" for name in HOUSE))
        for name, said, found in zip(HOUSE, said_house, address.house, strict=False):
            fields[name] = str(said)[: LONGEST[name]] or found or None
        if address.house.is_unclear and not said_house.room:
            problems.append(problem("room", "", UNCLEAR_HOUSE.format(fields["address"]), row.address("address")))
        elif address.house.unread and not said_house.room and not address.named:
            problems.append(warning("room", "", UNREAD_HOUSE.format(address.house.unread), row.address("address")))

    def _company(self, row: LedgerRow, fields: dict[str, Any], problems: list[Problem]) -> None:
        text = one_line(text_of(row.text("company")))
        fields["company"] = None
        if is_unsure(text):
            expected = f"原表还没有核实承办企业，{self._by_season(fields)}"
            problems.append(problem("company", text, expected, row.address("company")))
        elif self.county.names_nobody(text):
            company = self.county.company_of(self.county.community(fields["community"]), self._season(fields))
            fields["company"] = company.name if company else None
        else:
            unit = self.county.unit(text)
            fields["company"] = unit.name if unit else text[:60]

    def _season(self, fields: Mapping[str, Any]) -> Any:
        return self.county.season_of(moment_of(fields))

    def _by_season(self, fields: Mapping[str, Any]) -> str:
        """What the county's own list says of it."""
        season, community = self._season(fields), self.county.community(fields["community"])
        if company := self.county.company_of(community, season):
            return f"按小区，{season} 采暖季{community}由{company}供热；确认请填{company}"
        return "按小区也查不到，请填写供热企业"


def moment_of(fields: Mapping[str, Any]) -> dt.datetime | None:
    """When the row says that the complaint was received."""
    return dt.datetime.fromisoformat(fields["received_at"]) if fields.get("received_at") else None


def _platform_of(source: str) -> str | None:
    """省长热线, 市12345: whose platform the source is."""
    if _OF_PROVINCE.search(source):
        return str(Platform.PROVINCE.label)
    return str(Platform.CITY.label) if _OF_CITY.search(source) else None
