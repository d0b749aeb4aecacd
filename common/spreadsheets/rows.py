"""What each row below a head is: an entry, or why it is none."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice, pairwise

from common.spreadsheets.cells import is_nothing, looks_like_unit
from common.spreadsheets.columns import Ledger
from common.spreadsheets.workbook import Row, column_letter
from common.text import normalise, normalise_name, without_space


class RowKind(StrEnum):
    DATA = "data"
    BLANK = "blank"
    SUBTOTAL = "subtotal"
    TOTAL = "total"
    HEAD = "head"
    TITLE = "title"
    SECTION = "section"
    NOTE = "note"
    FOOTER = "footer"


_SUM_ALONE = re.compile(r"^(?:本页|本企业|本单位|全县|全市)?(小计|合计|总计|共计)[::]?$")
_SUM = re.compile(r"^.{0,20}?(小计|合计|总计|共计|累计)(?:[::]?.{0,12})?$")
_FOOTER = re.compile(
    r"^(?:单位)?(?:主要)?(?:填表|填报|制表|审核|审批|批准|复核|统计|经办|报送|编制|签发|校对|分管领导|主管领导|单位负责人|负责人|"
    r"联系人|联系电话)(?:人|单位|日期|时间|签字|签名|电话|领导|\(签字\)|\(盖章\))*\s*(?:[::]|$|\s{2,})|^第\s*\d+\s*页"
)
_NOTE = re.compile(r"^(?:备?注|说明|填表说明|注意事项|要求|备注说明)\s*\d*\s*[::.、]|^(?:\d+[.、)]|\(\d+\)).{12,}")
_ABOVE_HEAD = re.compile(r"^(?:填报|报送|上报|填表|编制)(?:单位|企业|部门|日期|时间).{0,10}[::]|^附件\s*\d*[::]?$")
_ORDINAL = re.compile(r"[0-9A-Za-z#().、\-]{1,12}")
_EXAMPLE = re.compile(r"^(?:示例|例|样例|举例|例如|填写示例)[::]?\d*$")
_SECTION_NUMBER = re.compile(
    r"^(?:[一二三四五六七八九十]+[、.]|\([一二三四五六七八九十]+\)|第[一二三四五六七八九十]+[部章节类])"
)
# The same as in the entry above, in the ways in which people write it.
_SAME = (
    "同上", "同 上", "同  上", "同\u3000上", "(同上)", "（同上）", "同前", "以上同", "〃", "〃〃", "″", "“”", '"', "''",
)  # fmt: skip
DITTO = frozenset(word + end for word in _SAME for end in ("", "。", ".", "，", ",", "；", ";", "、"))
_LABELLED = re.compile(r"^[^::]{1,14}[::]")
LONGEST_SECTION = 40
# 本企业合计：, its letters far apart.
LONGEST_SUM_ALONE = 30
# Of a repeated head at least this share of the cells stand as in the head.
SAME_AS_HEAD = 0.6


@dataclass(frozen=True, slots=True)
class LedgerRow:
    row: Row
    kind: RowKind
    # Why it is no entry, in Chinese; empty for an entry.
    reason: str
    mapping: Mapping[str, int]
    heads: tuple[str, ...]
    # Texts of columns that are written once for several rows, by column name.
    carried: Mapping[str, str]
    # The heading of the part of the table in which the row stands.
    section: str
    # What the cells that say 同上 mean, by their place; None where there is no entry above that it could mean.
    ditto: Mapping[int, str | None] = field(default_factory=dict)

    @property
    def number(self) -> int:
        return self.row.number

    def has(self, name: str) -> bool:
        """Whether the ledger has such a column."""
        return name in self.mapping

    def text(self, name: str) -> str:
        """What stands in the column; empty without such a column."""
        index = self.mapping.get(name)
        text = self.row.cells[index] if index is not None and index < len(self.row.cells) else ""
        if self.ditto and index is not None and index in self.ditto:
            return self.ditto[index] or ""
        return text or self.carried.get(name, "")

    def head(self, name: str) -> str:
        index = self.mapping.get(name)
        return self.heads[index] if index is not None else ""

    def address(self, name: str) -> str:
        """The cell as the office program names it: L20; empty without such a column."""
        index = self.mapping.get(name)
        return f"{column_letter(index)}{self.number}" if index is not None else ""

    @property
    def dangling(self) -> list[tuple[str, str]]:
        """(column, what stands there) of the cells that say 同上 below nothing."""
        return [
            (name, self.row.cells[index])
            for name, index in self.mapping.items()
            if index in self.ditto and self.ditto[index] is None
        ]

    @property
    def raw(self) -> dict[str, str]:
        """Every cell that holds something, by its head; without a head by the column's letter."""
        return {
            (self.heads[index] if index < len(self.heads) else "") or f"{column_letter(index)}列": text
            for index, text in enumerate(self.row.cells)
            if text
        }


def classify(
    rows: Sequence[Row],
    ledger: Ledger,
    mapping: Mapping[str, int],
    heads: tuple[str, ...],
    head_rows: Sequence[Row],
    title: str,
) -> list[LedgerRow]:
    """One `LedgerRow` for each row below the head."""
    judge = _Judge(ledger, mapping, head_rows, title)
    carries = {name for name in ledger.carried & mapping.keys() if _is_written_once(rows, mapping[name])}
    carried: dict[str, str] = {}
    section = ""
    above: LedgerRow | None = None
    judged = []
    for row in rows:
        kind, reason = judge(row)
        if kind is RowKind.SECTION:
            section = _SECTION_NUMBER.sub("", normalise(next(text for text in row.own if text))).strip(" :")
            # Below another company's heading 同上 does not mean the company before.
            above = None
        if kind in (RowKind.SECTION, RowKind.SUBTOTAL, RowKind.TOTAL):
            carried = {}
        elif kind is RowKind.DATA:
            written = {name: text for name in carries if (text := _cell(row, mapping[name])) and text not in DITTO}
            carried = {**carried, **written} if written else carried
        meant = {} if kind is not RowKind.DATA or DITTO.isdisjoint(row.cells) else _meant(row, mapping, above)
        found = LedgerRow(row, kind, reason, mapping, heads, carried, section, meant)
        if kind is RowKind.DATA:
            above = found
        judged.append(found)
    return judged


def _meant(row: Row, mapping: Mapping[str, int], above: LedgerRow | None) -> dict[int, str | None]:
    """Of the cells that say 同上 what the entry above says there, which may have said 同上 itself."""
    unknown = {name for name, _ in above.dangling} if above else mapping.keys()
    return {
        index: above.text(name) if above and name not in unknown else None
        for name, index in mapping.items()
        if index < len(row.cells) and row.cells[index] in DITTO
    }


def _cell(row: Row, index: int) -> str:
    return row.cells[index] if index < len(row.cells) else ""


def _is_written_once(rows: Sequence[Row], index: int) -> bool:
    """Whether a column's texts stand for the rows below them: there are gaps, and no text stands twice in a row."""
    texts = [_cell(row, index) for row in rows if not row.is_blank]
    follows = any(a and a == b for a, b in pairwise(texts))
    return not follows and sum(1 for text in texts if not text) > sum(1 for text in texts if text)


class _Judge:
    def __init__(self, ledger: Ledger, mapping: Mapping[str, int], head_rows: Sequence[Row], title: str) -> None:
        self.content = [mapping[name] for name in ledger.content & mapping.keys()]
        complete = ledger.complete if ledger.complete <= mapping.keys() else frozenset[str]()
        self.complete = [mapping[name] for name in complete]
        self.ordinals = {mapping[name] for name in ledger.ordinals & mapping.keys()}
        self.required = {
            mapping[column.name] for column in ledger.columns if column.required and column.name in mapping
        }
        # Where nothing else has to be filled in, every column counts.
        has_others = any(column.required and column.name not in ledger.content for column in ledger.columns)
        self.telling = self.required if has_others else {*mapping.values()} - self.ordinals
        self.first = min(mapping.values(), default=0)
        self.identity = mapping.get(ledger.identity)
        self.title = normalise_name(title)
        self.heads: dict[int, set[str]] = {}
        for row in head_rows:
            for index, text in enumerate(row.cells):
                if text:
                    self.heads.setdefault(index, set()).add(normalise_name(text))

    def __call__(self, row: Row) -> tuple[RowKind, str]:
        own = {index: text for index, text in enumerate(row.own) if text}
        if not own:
            return RowKind.BLANK, "空行"
        numbered_only = not own.keys() - self.ordinals and all(
            _ORDINAL.fullmatch(normalise(text)) for text in own.values()
        )
        # Cells merged down may say what it numbers.
        if numbered_only and not any(_cell(row, index) for index in self.content):
            return RowKind.BLANK, "只有序号的空行"
        if self._repeats_head(own):
            return RowKind.HEAD, "重复的表头"
        if self.identity in own:
            return RowKind.DATA, ""
        return self._by_words(own) or self._by_shape(row, own) or (RowKind.DATA, "")

    def _repeats_head(self, own: Mapping[int, str]) -> bool:
        if len(own) >= 2 and self._stands_as_the_head(own):
            return True
        numbers = [text for text in own.values() if len(text) <= 2 and text.isdecimal()]
        return len(numbers) >= 3 and len(numbers) >= len(own) - 2 and _counts_up(numbers)

    def _stands_as_the_head(self, own: Mapping[int, str]) -> bool:
        others_left = len(own) - max(2, math.ceil(SAME_AS_HEAD * len(own)))
        for index, text in own.items():
            if normalise_name(text) not in self.heads.get(index, ()):
                others_left -= 1
                # Most rows are no heads, which their first cells show.
                if others_left < 0:
                    return False
        return True

    def _by_words(self, own: Mapping[int, str]) -> tuple[RowKind, str] | None:
        texts = map(normalise, own.values())
        beginning = [*islice(texts, 2)]
        first = beginning[0]
        if normalise_name(first) == self.title or _ABOVE_HEAD.match(first):
            return RowKind.TITLE, "重复的标题、填报单位行"
        if _EXAMPLE.match(first):
            return RowKind.NOTE, "填写示例"
        is_entry = self._is_entry(own)
        for text in beginning:
            if is_entry and len(text) > LONGEST_SUM_ALONE:
                continue
            if match := (_SUM_ALONE if is_entry else _SUM).match(without_space(text)):
                if match[1] == "小计":
                    return RowKind.SUBTOTAL, "小计行"
                return RowKind.TOTAL, "合计行"
        if is_entry:
            return None
        if _NOTE.match(first):
            return RowKind.NOTE, "说明"
        is_numbered = first.isdigit()
        if not is_numbered and _FOOTER.match(first):
            return RowKind.FOOTER, "表尾"
        if self._is_complete(own):
            return None
        every = [*beginning, *texts]
        signed = not is_numbered and any(_FOOTER.match(text) for text in every)
        if signed or all(_LABELLED.match(text) for text in every):
            return RowKind.FOOTER, "表尾"
        return None

    def _is_entry(self, own: Mapping[int, str]) -> bool:
        """Whether everything that makes an entry is there, so that no word in it can make it something else."""
        return len(self.content) > 1 and all(not is_nothing(own.get(index, "")) for index in self.content)

    def _is_complete(self, own: Mapping[int, str]) -> bool:
        """Whether so much is filled in that only the row's first words can make it something else."""
        return bool(self.complete) and all(not is_nothing(own.get(index, "")) for index in self.complete)

    def _by_shape(self, row: Row, own: Mapping[int, str]) -> tuple[RowKind, str] | None:
        """Rows that say nothing of their own about a point or a problem."""
        if len(own) == 1 and (alone := self._text_alone(row, *own.items())):
            return alone
        if any(index in own for index in self.content):
            return None
        is_numbered = bool(own.keys() & self.ordinals)
        if any(_cell(row, index) for index in self.content):
            # Cells merged down say what the row is about: the entry above takes up several rows.
            return None if is_numbered else (RowKind.NOTE, "与上一行合并的续行")
        if not own.keys() & self.telling:
            return RowKind.BLANK, "没有填写内容的行"
        return None if is_numbered or len(own) > 2 else (RowKind.NOTE, "说明")

    def _text_alone(self, row: Row, item: tuple[int, str]) -> tuple[RowKind, str] | None:
        """A text alone in its row is a heading or a note, unless it stands where entries say what is wrong."""
        index, text = item
        plain = normalise(text)
        spread = sum(1 for cell in row.cells if cell == text) > 1
        heads_part = bool(_SECTION_NUMBER.match(plain)) or looks_like_unit(plain)
        if any(_cell(row, content) not in ("", text) for content in self.content):
            return None
        if index in self.content and not spread and not heads_part:
            return None
        if self.content == [index] and not spread and not _SECTION_NUMBER.match(plain) and self._is_inside(row, index):
            # In a list of names (stations, communities) a name may look like a unit.
            return None
        return (RowKind.SECTION, "分组标题") if len(plain) <= LONGEST_SECTION else (RowKind.NOTE, "说明")

    def _is_inside(self, row: Row, index: int) -> bool:
        """Whether the text stands where no heading would: not at the edge, or beside what is merged down."""
        return index > self.first or any(cell not in ("", row.cells[index]) for cell in row.cells)


def _counts_up(numbers: Sequence[str]) -> bool:
    values = [int(number) for number in numbers]
    return all(after == before + 1 for before, after in pairwise(values))
