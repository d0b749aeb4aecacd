"""Where a ledger stands in a workbook: which sheet, which head rows, which column is what, what each row below is.

found = find_ledger(book, LEDGER)
found.title, found.unit, found.written_on, found.year
for row in found.rows:
    row.kind, row.reason, row.text("description"), row.address("description"), row.raw
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from common.spreadsheets.columns import Column, Ledger, comparable
from common.spreadsheets.dates import first_date_in
from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.head_layouts import Layout, fingerprint
from common.spreadsheets.rows import LedgerRow, classify
from common.spreadsheets.workbook import Row, Sheet, Workbook, column_letter
from common.text import normalise

# A head stands near the top; below that it is data.
ROWS_SEARCHED = 60
HEAD_ROWS = 3
LONGEST_HEAD = 60
FEWEST_COLUMNS = 3
FITS = 60.0
NEARLY_AS_GOOD = 0.8
# Each further head row has to earn this much.
COST_OF_ROW = 3.0

_NOTE = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]")
_UNIT_LINE = re.compile(
    r"(?:填报|报送|上报|填表|编制|报告|申报|检查|自查)(?:单位|企业|部门)(?:名称)?(?:\([^)]*\))?\s*[::]\s*(\S+)|"
    r"(?:单位|企业)名称(?:\([^)]*\))?\s*[::]\s*(\S+)|(?:单位|企业)\((?:盖章|公章|章)\)\s*[::]\s*(\S+)"
)
_MEASURE = r"[万亿千百]?(?:户|平方米|平米|m2|吨|元|米|公里|公顷|平方公里|处|个|条|座|t|gj)"
# In a cell of its own, behind other remarks of the line or in brackets in the title.
_MEASURES = re.compile(
    rf"(?:^|(?<=[\s(,;。]))(?:计量|计算)?单位\s*[::]\s*({_MEASURE}(?:[、,/ ]+{_MEASURE})*)(?=$|[\s),;。])",
    re.IGNORECASE,
)
_DATE_LINE = re.compile(r"(?:日期|时间|截至|截止|统计期)")
_YEARS = re.compile(r"(?<!\d)(20\d{2})(?:\s*[-—–~至/]\s*(?:20)?\d{2}(?!\d))?(?=\s*[年度\-—–~至采供冬夏])")


class NoLedgerFound(SpreadsheetError):
    """The file can be read, but nothing in it looks like the ledger's head; a person can point it out."""


@dataclass(frozen=True, slots=True)
class LedgerSheet:
    """`heads`: the head of each column as it was read, groups first: 整改责任/单位. `mapping`: column name → index."""

    sheet: str
    head_rows: tuple[int, ...]
    heads: tuple[str, ...]
    mapping: Mapping[str, int]
    title: str
    unit: str
    date_line: str
    written_on: dt.date | None
    year: int | None
    rows: list[LedgerRow]
    # Other sheets on which the ledger was found too and which were not read.
    other_sheets: tuple[str, ...]
    # "found" by the rules, "remembered" from an earlier correction, or "chosen" by a person for this file.
    how: str = "found"
    # The measures that a line above the head names for all columns: 户、万平方米.
    measures: str = ""

    @property
    def unread(self) -> list[tuple[str, str]]:
        """[(column letter, head)] of the columns that mean nothing to the ledger but hold something."""
        read = set(self.mapping.values())
        return [
            (column_letter(index), head)
            for index, head in enumerate(self.heads)
            if index not in read and (head or any(index < len(row.row.own) and row.row.own[index] for row in self.rows))
        ]


def find_ledger(
    book: Workbook, ledger: Ledger, *, layout: Layout | None = None,
    remembered: Mapping[str, Mapping[str, int]] | None = None,
) -> LedgerSheet:  # fmt: skip
    """The sheet on which the ledger's head fits best, read.

    `layout`: what a person chose for this file; it holds. `remembered`: mappings by the fingerprint of their head
    rows; where one is met, it holds too. Raises SpreadsheetError when nothing fits.
    """
    if layout:
        return _read(*_chosen_head(book, layout), ledger, (), "chosen")
    candidates = [s for s in book.sheets if s.rows and s.is_visible] or [s for s in book.sheets if s.rows]
    for sheet in candidates:
        if remembered and (known := _remembered_head(sheet, remembered, ledger)):
            return _read(sheet, known, ledger, (), "remembered")
    found = [(head, s) for s in candidates if (head := _find_head(s, ledger))]
    if not found:
        raise (NoLedgerFound if candidates else SpreadsheetError)(_nothing_found(candidates, ledger))
    best_score = max(head.score for head, _ in found)
    fitting = [(head, s) for head, s in found if head.score >= best_score * NEARLY_AS_GOOD]
    head, chosen = max(fitting, key=lambda pair: len(pair[1].rows) - pair[0].bottom)
    others = tuple(s.name for _, s in fitting if s is not chosen)
    return _read(chosen, head, ledger, others, "found")


def propose(sheet: Sheet, ledger: Ledger, head_rows: Sequence[int]) -> tuple[tuple[str, ...], dict[str, int]]:
    """(heads, mapping) of these rows of a sheet, however little they look like a head. Raises SpreadsheetError."""
    top, bottom = _position(sheet, head_rows)
    paths = _paths(sheet.rows[top : bottom + 1])
    return tuple(_distinct("/".join(path) for path in paths)), _match(paths, ledger)[0]


def _nothing_found(sheets: Sequence[Sheet], ledger: Ledger) -> str:
    if not sheets:
        return "工作簿里没有任何内容。请检查后重新上传"
    wanted = "、".join(f"“{ledger.by_name[name].title}”" for name in sorted(ledger.content))
    names = "、".join(sheet.name for sheet in sheets if sheet.name)
    where = f"工作表 {names} 里" if names else "文件里"
    return f"{where}没有找到{ledger.title}的表头：应有一行写着{wanted}等列名。请补上表头，或下载模板填写后再上传"


# --- the head -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Head:
    """Rows `top` to `bottom` of the sheet's list."""

    top: int
    bottom: int
    score: float
    mapping: dict[str, int]
    paths: list[tuple[str, ...]]


def _find_head(sheet: Sheet, ledger: Ledger) -> _Head | None:
    heads: list[_Head] = []
    for bottom in range(min(ROWS_SEARCHED, len(sheet.rows))):
        for top in range(max(0, bottom - HEAD_ROWS + 1), bottom + 1):
            rows = sheet.rows[top : bottom + 1]
            if not all(_may_be_head(row, is_last=row is rows[-1]) for row in rows):
                continue
            if head := _map(top, bottom, _paths(rows), ledger):
                heads.append(head)
    if not heads:
        return None
    best = max(head.score for head in heads)
    good = [head for head in heads if head.score >= best * NEARLY_AS_GOOD]
    first = min(good, key=lambda head: (head.bottom, -head.score))
    # A head of two rows is nearly as good by its upper row alone; by its lower row alone, if all else is merged down.
    for bottom in range(first.bottom + 1, first.bottom + HEAD_ROWS):
        for deeper in heads:
            if deeper.bottom == bottom and deeper.top <= first.bottom and deeper.score > first.score:
                first = deeper
    return _with_groups_above(sheet, first, ledger)


def _position(sheet: Sheet, head_rows: Sequence[int]) -> tuple[int, int]:
    """The places of the first and the last of these rows in the sheet's list."""
    wanted = set(head_rows)
    places = [place for place, row in enumerate(sheet.rows[: max(wanted, default=0)]) if row.number in wanted]
    if len(places) != len(wanted) or not 1 <= len(places) <= HEAD_ROWS or places[-1] - places[0] + 1 != len(places):
        rows = "、".join(str(number) for number in head_rows)
        raise SpreadsheetError(f"工作表“{sheet.name}”里第 {rows} 行不能作表头，请选相连的 1 至 {HEAD_ROWS} 行")
    return places[0], places[-1]


def _chosen_head(book: Workbook, layout: Layout) -> tuple[Sheet, _Head]:
    sheet = next((s for s in book.sheets if s.name == layout.sheet), None)
    if sheet is None:
        raise SpreadsheetError(f"文件里没有工作表“{layout.sheet}”，请重新选择")
    top, bottom = _position(sheet, layout.head_rows)
    return sheet, _Head(top, bottom, 0.0, dict(layout.mapping), _paths(sheet.rows[top : bottom + 1]))


def _remembered_head(sheet: Sheet, remembered: Mapping[str, Mapping[str, int]], ledger: Ledger) -> _Head | None:
    for top in range(min(ROWS_SEARCHED, len(sheet.rows))):
        for bottom in range(top, min(top + HEAD_ROWS, len(sheet.rows))):
            rows = sheet.rows[top : bottom + 1]
            if mapping := remembered.get(fingerprint(rows)):
                paths = _paths(rows)
                # Columns that the ledger or the file has no more are left out.
                known = {
                    name: index for name, index in mapping.items() if name in ledger.by_name and index < len(paths)
                }
                return _Head(top, bottom, 0.0, known, paths)
    return None


def _may_be_head(row: Row, *, is_last: bool) -> bool:
    texts = [text for text in row.own if text]
    filled = {text for text in row.cells if text}
    if len(filled) < 2 or any(len(text) > LONGEST_HEAD for text in texts):
        return False
    return is_last or not any(re.search(r"[:：]\s*\S", text) for text in texts)


def _paths(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """For each column its heads from the group down, a title over several columns standing for each of them."""
    width = max(len(row.cells) for row in rows)
    lines = []
    for depth, row in enumerate(rows):
        cells = [*row.cells, *[""] * (width - len(row.cells))]
        if depth < len(rows) - 1:
            below = [*rows[-1].own, *[""] * (width - len(rows[-1].own))]
            for index in range(1, width):
                # A group's title that is not merged stands over its first column only.
                if not cells[index] and below[index] and below[index - 1]:
                    cells[index] = cells[index - 1]
        lines.append(cells)
    return [tuple(dict.fromkeys(normalise(text) for text in path if text)) for path in zip(*lines, strict=True)]


def _map(top: int, bottom: int, paths: list[tuple[str, ...]], ledger: Ledger) -> _Head | None:
    if not _is_plausible(paths, ledger):
        return None
    mapping, score = _match(paths, ledger)
    if len(mapping) < min(FEWEST_COLUMNS, len(ledger.content) + 1) or not ledger.content & mapping.keys():
        return None
    return _Head(top, bottom, score - COST_OF_ROW * (bottom - top), mapping, paths)


def _match(paths: list[tuple[str, ...]], ledger: Ledger) -> tuple[dict[str, int], float]:
    """Each column to the head that fits it best, and how well all of them fit together."""
    scored = sorted(
        (-score, rank, index, column.name)
        for index, path in enumerate(paths)
        if path
        for column in ledger.columns
        for score, rank in [_fit(path, column)]
        if score >= FITS
    )
    mapping: dict[str, int] = {}
    total = 0.0
    for negative, _, index, name in scored:
        if name not in mapping and index not in mapping.values():
            mapping[name] = index
            total -= negative
    return mapping, total


def _with_groups_above(sheet: Sheet, head: _Head, ledger: Ledger) -> _Head:
    """Take in the rows above that cells merged down tie to the head: the groups, which scored nothing themselves."""
    top = head.top
    while top > 0 and head.bottom - top + 1 < HEAD_ROWS:
        above, here = sheet.rows[top - 1], sheet.rows[top]
        tied = any(
            own == "" and text and text == upper
            for own, text, upper in zip(here.own, here.cells, above.cells, strict=False)
        )
        if not tied or not _may_be_head(above, is_last=False):
            break
        top -= 1
    if top == head.top:
        return head
    return _map(top, head.bottom, _paths(sheet.rows[top : head.bottom + 1]), ledger) or head


@lru_cache(maxsize=4096)
def _bare(text: str) -> tuple[str, str]:
    """A head as it is compared: without signs; and without what stands in brackets too."""
    return comparable(text), comparable(_NOTE.sub("", text))


@lru_cache(maxsize=4096)
def _words_of(column: Column) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The column's heads as they are compared, and the words that a head of its must not have."""
    return tuple(_bare(head)[0] for head in column.heads), tuple(column.excluded.split())


@lru_cache(maxsize=65536)
def _fit(path: tuple[str, ...], column: Column) -> tuple[float, int]:
    """How well a head fits a column, 0 to 100, and the rank of the synonym that did."""
    best = (0.0, 0)
    words, excluded = _words_of(column)
    for text, weight in (("".join(path), 1.0), (path[-1], 0.97)):
        whole, bare = _bare(text)
        for rank, word in enumerate(words):
            if whole == word:
                score = 100.0
            elif bare == word:
                score = 95.0
            elif len(word) > 1 and word in bare and not any(other in whole for other in excluded):
                score = 40 + 50 * len(word) / len(bare)
            else:
                continue
            best = max(best, (score * weight, -rank))
    return best[0], -best[1]


def _is_plausible(paths: list[tuple[str, ...]], ledger: Ledger) -> bool:
    """Whether enough heads are known word for word; looking for parts of words in every row of data takes too long."""
    known = ledger.known_heads
    return sum(1 for path in paths if any(known.intersection(_bare(text)) for text in (*path, "".join(path)))) >= 2


# --- the sheet ------------------------------------------------------------------------------------------------------


def _read(sheet: Sheet, head: _Head, ledger: Ledger, others: tuple[str, ...], how: str) -> LedgerSheet:
    above = sheet.rows[: head.top]
    head_rows = sheet.rows[head.top : head.bottom + 1]
    lines = [[" ".join(text.split()) for text in row.own if text] for row in above]
    title = _title(lines) or sheet.name
    date_line, written_on = _date(lines)
    heads = tuple(_distinct("/".join(path) for path in head.paths))
    return LedgerSheet(
        sheet=sheet.name,
        head_rows=tuple(row.number for row in head_rows),
        heads=heads,
        mapping=head.mapping,
        title=title,
        unit=_unit(lines),
        date_line=date_line,
        written_on=written_on,
        year=_year(title) or (written_on.year if written_on else None) or _year(sheet.name),
        rows=classify(sheet.rows[head.bottom + 1 :], ledger, head.mapping, heads, head_rows, title),
        other_sheets=others,
        how=how,
        measures=_measures(lines),
    )


def _distinct(heads: Iterator[str]) -> Iterator[str]:
    """Heads as keys: a second 备注 becomes 备注（2）."""
    seen: dict[str, int] = {}
    for head in heads:
        seen[head] = seen.get(head, 0) + 1
        yield head if not head or seen[head] == 1 else f"{head}（{seen[head]}）"


def _title(lines: list[list[str]]) -> str:
    texts = [text for line in lines for text in line if not re.search(r"[:：]", text) and not text.startswith("附件")]
    ledger_like = [text for text in texts if re.search(r"台账|清单|统计|汇总|明细|一览|登记|情况|表$", text)]
    return max(ledger_like or texts, key=len, default="")


def _unit(lines: list[list[str]]) -> str:
    for line in lines:
        # The label and the name may stand in cells of their own.
        if match := _UNIT_LINE.search(normalise(" ".join(line))):
            name = next(group for group in match.groups() if group)
            name = re.split(r"(?:填报|报送|上报|制表|统计|截止|截至)?(?:日期|时间)[:：]|[,，;；]", name)[0]
            return name.replace("(", "（").replace(")", "）")
    return ""


def _measures(lines: list[list[str]]) -> str:
    """Of 单位：户、万平方米; a line that names an office is none."""
    found = (_MEASURES.search(normalise(text)) for line in lines for text in line)
    return next((match[1] for match in found if match), "")


def _date(lines: list[list[str]]) -> tuple[str, dt.date | None]:
    texts = [" ".join(line) for line in lines]
    for text in [*(t for t in texts if _DATE_LINE.search(t)), *texts]:
        if day := first_date_in(text):
            return text, day
    return "", None


def _year(text: str) -> int | None:
    match = _YEARS.search(text)
    return int(match[1]) if match else None
