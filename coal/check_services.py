"""Recording a yard check, replacing a wrong one, and what a county takes for more than normal."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Region
from audit.services import Changes, record
from audit.writing import label, save_changes, shown
from coal import check_news
from coal.check_enums import CheckLevel
from coal.judging import judge, plain, worst
from coal.keys import check_same
from coal.models import CheckPhoto, CheckPoint, CheckRules, Yard, YardCheck
from common import clock
from common.ui import moment
from common.uploads import InspectedUpload, discard_files, keep_files

FIGURES = (
    "checked_at", "checked_by", "pile_height_m", "smoke_seen", "co_ppm", "cover", "fire_equipment_in_order", "note",
)  # fmt: skip
RULE_FIELDS = tuple(field.name for field in CheckRules._meta.fields if field.name not in ("id", "county"))
# Label, depth in m (None: not told), temperature in ℃.
Point = tuple[str, Decimal | None, Decimal]


def rules_of(county: Region) -> CheckRules:
    """The county's own, else the defaults. One query."""
    return CheckRules.objects.filter(county=county).first() or CheckRules(county=county)


def may_correct(user: Any, check: YardCheck) -> bool:
    """Whoever may record: people of the unit that recorded it, and the bureau. So a company does not replace what the
    bureau has found."""
    if not user.has_perm("coal.record_check") or not user.unit_id:
        return False
    return bool(user.unit.is_bureau or check.entered_by.unit_id == user.unit_id)


def record_check(
    yard: Yard, *, by: Any, points: Sequence[Point], uploads: Sequence[InspectedUpload] = (),
    corrects: YardCheck | None = None, correction_reason: str = "", key: Any = None, **values: Any,
) -> YardCheck:  # fmt: skip
    """Judge it by the county's values, keep it, and tell at once of an emergency: one transaction. `values`: FIGURES.

    `corrects`: the check that this one replaces; only the first one to replace it does. What was sent twice (`key`)
    gives the check that is there already. Raises ValidationError, PermissionDenied.
    """
    _may_record(yard, by, corrects)
    check = YardCheck(
        yard=yard, corrects=corrects, correction_reason=correction_reason.strip(), entered_by=by,
        hottest_c=max((temperature_c for *_, temperature_c in points), default=None),
        **values, **({"key": key} if key else {}),
    )  # fmt: skip
    if known := _known(check, points):
        return known
    _check(check, points)
    found = judge(check, points, rules_of(yard.county))
    check.level, check.findings = worst(found), [[int(level), sentence] for level, sentence in found]
    stored: list[CheckPhoto] = []
    try:
        with transaction.atomic():
            check.save(force_insert=True)
            CheckPoint.objects.bulk_create(
                CheckPoint(check_of=check, position=position, label=name, depth_m=depth_m, temperature_c=temperature_c)
                for position, (name, depth_m, temperature_c) in enumerate(points, 1)
            )
            for upload in uploads:
                stored.append(_keep(check, upload))
            _record(check, points, uploads, by=by)
            _tell(check)
    except IntegrityError:
        discard_files(stored)
        if known := _known(check, points):
            return known
        if corrects is None:
            raise
        raise _overtaken(corrects) from None
    except BaseException:
        discard_files(stored)
        raise
    return check


def _known(check: YardCheck, points: Sequence[Point]) -> YardCheck | None:
    """What stands under its key, if anything does and it is the same. Raises ValidationError where it is another."""
    known = YardCheck.objects.filter(key=check.key).first()
    if known is not None:
        names = ("yard_id", "entered_by_id", "corrects_id", *FIGURES)
        check_same(known, {name: getattr(check, name) for name in names})
        entered = known.points.values_list("label", "depth_m", "temperature_c")
        check_same(known, {} if list(entered) == list(points) else {"pk": None})
    return known


def _may_record(yard: Yard, by: Any, corrects: YardCheck | None) -> None:
    if not by.has_perm("coal.record_check"):
        raise PermissionDenied("您没有登记煤场检查的权限")
    if corrects is not None and not may_correct(by, corrects):
        raise PermissionDenied("煤场检查由登记它的单位更正，住建局也可以更正")
    if not yard.is_active:
        raise ValidationError(f"{yard} 已停用，不能再登记检查。要继续使用，请先启用。")


def _check(check: YardCheck, points: Sequence[Point]) -> None:
    if check.checked_at > clock.now():
        raise ValidationError({"checked_at": f"检查时间 {moment(check.checked_at)} 还没有到，请核对"})
    if check.pile_height_m > 0 and not points:
        raise ValidationError("煤场里有煤，请至少填写一个测点的煤温；没有煤的，堆高填 0")
    names = [name for name, *_ in points]
    for name in names:
        if names.count(name) > 1:
            raise ValidationError(f"有 {names.count(name)} 个测点都叫“{name}”，请写成不同的名称")
    if check.corrects is not None and not check.correction_reason:
        raise ValidationError({"correction_reason": "请写明为什么更正，如“测点 3 读数看错”"})


def _keep(check: YardCheck, upload: InspectedUpload) -> CheckPhoto:
    photo = CheckPhoto(
        check_of=check, original_name=upload.filename[-200:], content_type=upload.content_type, sha256=upload.sha256,
        taken_at=upload.taken_at, latitude=upload.latitude, longitude=upload.longitude,
    )  # fmt: skip
    keep_files(photo, upload)
    try:
        photo.save(force_insert=True)
    except BaseException:
        discard_files([photo])
        raise
    return photo


def _overtaken(corrected: YardCheck) -> ValidationError:
    other = YardCheck.objects.select_related("entered_by").get(corrects=corrected)
    who, when = other.entered_by.display_name, moment(other.entered_at)
    return ValidationError(
        f"{who} 已在 {when} 更正过这次检查，您填的没有提交。请打开更正后的检查，确需再改的更正那一次"
    )


def _record(
    check: YardCheck, points: Sequence[Point], uploads: Sequence[InspectedUpload], *, by: Any
) -> None:  # fmt: skip
    changes: Changes = {label(check, name): [None, _said(check, name)] for name in FIGURES if _said(check, name)}
    if points:
        changes["测点"] = [None, "；".join(point_in_words(point) for point in points)]
    if uploads:
        changes["照片"] = [None, "、".join(upload.filename for upload in uploads)]
    changes["结论"] = [None, "；".join([check.state.label, *(sentence for _, sentence in check.sentences)])]
    record(
        actor=by, action="更正煤场检查" if check.corrects else "登记煤场检查", target=check, changes=changes,
        note=check.correction_reason, region_code=check.yard.county.code,
    )  # fmt: skip


def _said(check: YardCheck, name: str) -> str | None:
    return moment(check.checked_at) if name == "checked_at" else shown(check, name)


def point_in_words(point: Point) -> str:
    """3号测点 深 1.5 m 66 ℃"""
    name, depth_m, temperature_c = point
    depth = f" 深 {plain(depth_m)} m" if depth_m is not None else ""
    return f"{name}{depth} {plain(temperature_c)} ℃"


def _tell(check: YardCheck) -> None:
    if check.level == CheckLevel.EMERGENCY:
        check_news.emergency(check)
    if check.corrects is not None and check.corrects.level == CheckLevel.EMERGENCY > check.level:
        check_news.taken_back(check)


def save_rules(*, by: Any, county: Region, values: dict[str, Any]) -> bool:
    """The county's values from now on; whether anything changed. `values`: RULE_FIELDS. Checks keep what they were
    judged to be."""
    if not by.has_perm("coal.manage_parameters"):
        raise PermissionDenied("您没有修改煤场检查标准的权限")
    with transaction.atomic():
        # Two who save at once line up here.
        Region.objects.select_for_update(no_key=True).get(pk=county.pk)
        rules = rules_of(county)
        if rules.pk is None:
            if all(getattr(rules, name) == value for name, value in values.items()):
                return False
            rules.save(force_insert=True)
        return save_changes(rules, by=by, action="修改煤场检查标准", values=values, region_code=county.code)
