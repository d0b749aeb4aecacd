"""What a person decides about a row of an import: mend its fields, or dismiss it with a reason."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from common.spreadsheets.models import ImportBatch, ImportRow, Pile
from facilities.models import Season
from facilities.words import learn_alias
from inspections import rules
from inspections.directory import Directory
from inspections.importing import NO_REPEAT, UNKNOWN, Problem, Stager, compare, hazards_of, holds_up
from inspections.matching import Match
from inspections.workflow import MoveRefused

# Among the values of a row: whether the name that was not known is to be remembered.
LEARN = "is_learned"
# And whether a row that looks like a hazard of the site is another one.
ANOTHER = "is_another"
# What the editor of a row offers.
SETTLED_FIELDS = (
    "problem_point", "description", "facility_kind", "responsible_unit", "cooperating_units", "responsible_person",
    "phone", "found_on", "due_on", "grade", "acceptance_standard",
)  # fmt: skip
# Problems without a cell that come from the reader: the ledger has no such column.
READ_WITHOUT_CELL = (
    "problem_point", "description", "facility_kind", "responsible_person", "found_on", "due_on", "acceptance_standard",
)  # fmt: skip
UNSETTLED = (Pile.READY, Pile.WAITS, Pile.UPDATE, Pile.REPEAT)


def season_of_batch(batch: ImportBatch) -> Season:
    return Season.objects.select_related("county").get(pk=batch.context["season"])


@transaction.atomic
def settle(row: ImportRow, *, by: Any, values: dict[str, Any]) -> ImportRow:
    """Take over the mended fields (JSON-ready, of SETTLED_FIELDS) and judge the row anew.

    A row that is a hazard of the site is compared with it anew, unless it is said to be ANOTHER.
    With LEARN the name that nobody knew stands for the unit named instead from now on, in the batch's other rows too.

    Raises MoveRefused if the row has been imported or dismissed meanwhile.
    """
    row = _unsettled(row)
    stager = Stager.of(row.batch, by=by)
    values = dict(values)
    if values.pop(LEARN, None):
        _learn(row, stager, str(values.get("responsible_unit") or ""))
    is_another = values.pop(ANOTHER, True)
    row.fields = {**row.fields, **values}
    row.problems = [*_problems_of_five(row.fields, stager.directory), *stager.problems(row.fields)]
    hazard = hazards_of([row.item_id], by=by).get(row.item_id) if row.item_id and not is_another else None
    if hazard:
        compare(row, row.batch.head, Match.of(hazard), hazard, stager.directory, by=by)
    else:
        row.fields |= {NO_REPEAT: True} if row.pile in (Pile.REPEAT, Pile.UPDATE) else {}
        row.pile, row.reason, row.item_id = (Pile.WAITS if holds_up(row.problems) else Pile.READY), "", None
        row.changes, row.conflict = [], ""
    row.save(update_fields=["fields", "problems", "pile", "reason", "item_id", "changes", "conflict"])
    return row


def unknown_unit(row: ImportRow) -> str:
    """The name of the row's lead unit if it waits because nobody knows it; else empty."""
    unknown = any(
        problem["field"] == "responsible_unit" and problem["expected"].startswith(UNKNOWN) for problem in row.problems
    )
    return str(row.fields.get("responsible_unit") or "") if unknown else ""


def _learn(row: ImportRow, stager: Stager, name: str) -> None:
    alias, unit = unknown_unit(row), stager.directory.unit(name) if name else None
    if not alias or unit is None or not unit.is_rectifier:
        return
    learn_alias(county=stager.season.county, alias=alias, target=unit, by=stager.by)
    stager.directory = Directory(stager.season)
    _recheck(row.batch.rows.filter(fields__responsible_unit=alias).exclude(pk=row.pk), stager)


def recheck(batch: ImportBatch, *, by: Any) -> int:
    """Judge the waiting rows anew against the units and places that there are by now; how many are ready."""
    with transaction.atomic():
        return _recheck(batch.rows.all(), Stager.of(batch, by=by))


def _recheck(rows: QuerySet[ImportRow], stager: Stager) -> int:
    ready = 0
    waiting = rows.filter(pile=Pile.WAITS, item_id=None)
    for other in waiting.select_for_update(of=("self",)):
        # What the reader of the cells found stays; what was said of names is said anew.
        kept = [problem for problem in other.problems if problem["cell"] or problem["field"] in READ_WITHOUT_CELL]
        other.problems = kept + stager.problems(other.fields)
        other.pile = Pile.WAITS if holds_up(other.problems) else Pile.READY
        other.save(update_fields=["problems", "pile"])
        ready += other.pile == Pile.READY
    return ready


@transaction.atomic
def dismiss(row: ImportRow, *, reason: str) -> ImportRow:
    """Leave the row out for good; the reason and the row stay in the batch."""
    row = _unsettled(row)
    if not reason.strip():
        raise MoveRefused(["请写明不导入的理由，例如“与第 7 行重复”"])
    row.pile, row.reason = Pile.DISMISSED, reason.strip()[:100]
    row.save(update_fields=["pile", "reason"])
    return row


def _unsettled(row: ImportRow) -> ImportRow:
    fresh = ImportRow.objects.select_for_update(of=("self",)).select_related("batch").get(pk=row.pk)
    if fresh.pile not in UNSETTLED:
        raise MoveRefused([f"第 {fresh.row} 行{Pile(fresh.pile).label}，不能再改"])
    return fresh


def _problems_of_five(fields: dict[str, Any], directory: Directory) -> list[Problem]:
    unit = directory.unit(fields.get("responsible_unit") or "")
    found = rules.problems_of_five(
        problem_point=fields.get("problem_point") or "",
        lead_unit=unit or fields.get("responsible_unit") or None,
        responsible_person=fields.get("responsible_person") or "",
        due_on=fields.get("due_on") or None,
        acceptance_standard=fields.get("acceptance_standard") or "",
    )
    names = {"lead_unit": "responsible_unit"}
    problems = [
        {
            "field": names.get(name, name),
            "cell": "",
            "read": str(fields.get(names.get(name, name)) or ""),
            "expected": why,
        }
        for name, why in found.items()
    ]
    for name, expected in (("description", "请写明存在什么问题"), ("facility_kind", "请选择设施类别")):
        if not fields.get(name):
            problems.append({"field": name, "cell": "", "read": "", "expected": expected})
    return problems
