"""The blank ledger to fill in: made from the same columns as import and export, for one season."""

import datetime as dt
from typing import Any, BinaryIO

from accounts.models import Unit
from common.spreadsheets.template import write_template
from facilities.enums import FacilityKind
from facilities.models import Community, Season
from inspections.enums import Grade, Source, Urgency
from inspections.ledger import HAZARDS, TEMPLATE_COLUMNS

# A drop-down of more names than this helps nobody.
MOST_OFFERED = 2000


def write_blank(out: BinaryIO, *, season: Season, by: Any) -> None:
    """Write the .xlsx with the units and communities that the user may name."""
    units = [unit.name for unit in Unit.objects.visible_to(by).filter(is_active=True).order_by("kind", "name")]
    leads = [by.unit.name] if by.unit_id and by.unit.is_rectifier else _leads(by)
    communities = Community.objects.visible_to(by).order_by("name").values_list("name", flat=True)[:MOST_OFFERED]
    write_template(
        out,
        ledger=HAZARDS,
        columns=TEMPLATE_COLUMNS,
        title=f"{season.year}年{season.county.name}供热“冬病夏治”隐患排查整改台账",
        unit_line=f"填报单位：{by.unit.name if by.unit_id else ''}",
        lists={"responsible_unit": leads, "cooperating_units": units, "community": list(communities)},
        hints={
            "due_on": f"写到具体日期，例如 {_due(season)}；最迟在试运行（{season.trial_run_on}）之前。"
            "立行立改的写“立行立改”，不要写“长期坚持”“尽快”。",
            "found_on": f"写到具体日期，例如 {_found(season)}",
            "responsible_unit": "负责整改的一家单位；配合的写在“配合单位”",
            "cooperating_units": "几家用、隔开；没有的留空",
            "community": "涉及的小区，几个用、隔开",
        },
        example=_example(season, leads[0] if leads else "", next(iter(communities), "")),
        days=(season.summer_start_on - dt.timedelta(days=365), season.heating_end_on),
    )


def _leads(by: Any) -> list[str]:
    units = Unit.objects.visible_to(by).filter(is_active=True).order_by("kind", "name")
    return [unit.name for unit in units if unit.is_rectifier]


def _found(season: Season) -> dt.date:
    return season.summer_start_on + dt.timedelta(days=60)


def _due(season: Season) -> dt.date:
    """A month before the trial run."""
    return season.trial_run_on - dt.timedelta(days=31)


def _example(season: Season, unit: str, community: str) -> dict[str, Any]:
    return {
        "sequence": 1,
        "facility_kind": FacilityKind.STATION,
        "problem_point": f"{community or '幸福小区'}换热站",
        "description": "2号循环泵机械密封漏水，每小时约5升",
        "grade": Grade.GENERAL,
        "source": Source.SELF_CHECK,
        "community": community,
        "found_on": _found(season),
        "measure": "更换机械密封，紧固法兰，清理积水",
        "urgency": Urgency.LIMITED,
        "responsible_unit": unit,
        "responsible_person": "周德福",
        "phone": "13800001234",
        "due_on": _due(season),
        "acceptance_standard": "运行24小时无渗漏，泵体振动不超过4.5毫米每秒",
    }


def blank_name(season: Season) -> str:
    return f"冬病夏治隐患台账-模板-{season.name}.xlsx"
