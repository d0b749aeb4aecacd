"""What a check's figures mean by a county's values. Pure: no database.

Levels: below `notice` normal, from there on 关注, from `act` on 需处理, above `emergency` 紧急 (domain practice: a pile
is normal below 50 ℃, to be acted upon from 60 ℃ on, an emergency above 80 ℃; one vendor's figures).
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from coal.check_enums import CheckLevel, CoverState

Finding = tuple[CheckLevel, str]


def level_of(value: Decimal, bounds: tuple[Decimal, Decimal, Decimal]) -> CheckLevel:
    notice, act, emergency = bounds
    if value > emergency:
        return CheckLevel.EMERGENCY
    if value >= act:
        return CheckLevel.ACT
    return CheckLevel.NOTICE if value >= notice else CheckLevel.NORMAL


def _finding(what: str, value: Decimal, unit: str, bounds: tuple[Decimal, Decimal, Decimal]) -> Finding:
    """3号测点煤温 66 ℃，达到需处理的 60 ℃ / 3号测点煤温 86 ℃，超过紧急的 80 ℃"""
    level = level_of(value, bounds)
    if level is CheckLevel.NORMAL:
        return level, ""
    bound = bounds[level - 1]
    word = "超过" if level is CheckLevel.EMERGENCY else "达到"
    return level, f"{what} {plain(value)} {unit}，{word}{level.label}的 {plain(bound)} {unit}"


def plain(value: Decimal) -> str:
    """60, 60.5."""
    return f"{value.normalize():f}"


def judge(check: Any, points: Iterable[tuple[str, Decimal | None, Decimal]], rules: Any) -> list[Finding]:
    """Everything that is more than normal, the worst first. `points`: (label, depth in m, ℃); `rules`: CheckRules."""
    found: list[Finding] = []
    for label, depth_m, temperature_c in points:
        where = f"{label}（深 {plain(depth_m)} m）" if depth_m else label
        found.append(_finding(f"{where}煤温", temperature_c, "℃", rules.of("temperature")))
    found.append(_finding("堆高", check.pile_height_m, "m", rules.of("pile_height")))
    if check.co_ppm is not None:
        found.append(_finding("一氧化碳", check.co_ppm, "ppm", rules.of("co")))
    seen = (
        (check.smoke_seen, rules.smoke_level, "煤堆冒烟"),
        (check.cover == CoverState.BAD, rules.cover_level, "苫盖有破损或没盖"),
        (not check.fire_equipment_in_order, rules.fire_level, "消防器材不齐全或不完好"),
    )
    found += [(CheckLevel(level), sentence) for is_so, level, sentence in seen if is_so]
    # Stable: of one level in the order in which they were looked at. What a county takes for normal is not listed.
    return sorted((each for each in found if each[0] > CheckLevel.NORMAL), key=lambda each: -each[0])


def worst(found: Sequence[Finding]) -> CheckLevel:
    return found[0][0] if found else CheckLevel.NORMAL
