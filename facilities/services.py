"""Every write to seasons, communities and facilities, each with its audit entry in one transaction."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from accounts.models import Region
from audit.services import build, record, record_many
from audit.writing import filled, save_changes
from facilities.initials import pinyin_initials
from facilities.models import Community, Facility, Season

Row = TypeVar("Row", Season, Community, Facility)

SEASON_DATES = ("summer_start_on", "trial_run_on", "heating_start_on", "heating_end_on")
SEASON_FIELDS = ("name", *SEASON_DATES)
COMMUNITY_FIELDS = (
    "name", "company", "township", "station", "households", "heated_area_m2", "built_year", "address", "latitude",
    "longitude",
)  # fmt: skip
FACILITY_FIELDS = (
    "name", "kind", "company", "township", "community", "installed_year", "material", "latitude", "longitude",
    "is_active",
)  # fmt: skip


def create_season(*, by: Any, **values: Any) -> Season:
    """`values`: county and SEASON_FIELDS. A name the county has already raises ValidationError."""
    return _create(Season(**values), by=by, fields=SEASON_FIELDS)


def change_season(season: Season, *, by: Any, **values: Any) -> bool:
    """Write what differs; whether anything did. The counter of the ledger's numbers is never touched."""
    return _change(season, by=by, values=values)


def create_community(*, by: Any, **values: Any) -> Community:
    """`values`: county and COMMUNITY_FIELDS."""
    return _create(_community(values), by=by, fields=COMMUNITY_FIELDS)


def change_community(community: Community, *, by: Any, **values: Any) -> bool:
    with transaction.atomic():
        changed = _change(community, by=by, values=values)
        if "name" in values:
            # It follows from the name, so it is no change of its own in the journal.
            Community.objects.filter(pk=community.pk).update(pinyin_initials=pinyin_initials(values["name"]))
    return changed


def _community(values: dict[str, Any]) -> Community:
    return Community(**values, pinyin_initials=pinyin_initials(values["name"]))


def create_communities(*, by: Any, county: Region, lots: Sequence[dict[str, Any]]) -> list[Community]:
    """Many at once, all or none; `lots`: COMMUNITY_FIELDS of each."""
    return _create_many([_community({"county": county, **values}) for values in lots], by=by, fields=COMMUNITY_FIELDS)


def create_facilities(*, by: Any, county: Region, lots: Sequence[dict[str, Any]]) -> list[Facility]:
    """Many at once, all or none; `lots`: FACILITY_FIELDS of each."""
    return _create_many([Facility(county=county, **values) for values in lots], by=by, fields=FACILITY_FIELDS)


def create_facility(*, by: Any, **values: Any) -> Facility:
    """`values`: county and FACILITY_FIELDS."""
    return _create(Facility(**values), by=by, fields=FACILITY_FIELDS)


def change_facility(facility: Facility, *, by: Any, **values: Any) -> bool:
    """Also switches it off and on (`is_active`): what hazards were found at stays on record."""
    return _change(facility, by=by, values=values)


def _create(row: Row, *, by: Any, fields: tuple[str, ...]) -> Row:
    noun = row._meta.verbose_name
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            record(
                actor=by, action=f"新建{noun}", target=row, changes=filled(row, fields), region_code=row.county.code
            )  # fmt: skip
    except IntegrityError:
        raise _duplicate(row) from None
    return row


def _create_many(rows: list[Row], *, by: Any, fields: tuple[str, ...]) -> list[Row]:
    if not rows:
        return []
    action = f"新建{rows[0]._meta.verbose_name}"
    try:
        with transaction.atomic():
            type(rows[0])._default_manager.bulk_create(rows, batch_size=500)
            record_many(
                build(actor=by, action=action, target=row, changes=filled(row, fields), region_code=row.county.code)
                for row in rows
            )
    except IntegrityError:
        raise _duplicate(rows[0]) from None
    return rows


def _change(row: Row, *, by: Any, values: dict[str, Any]) -> bool:
    try:
        with transaction.atomic():
            current = type(row).objects.select_for_update(no_key=True).get(pk=row.pk)
            action = f"修改{row._meta.verbose_name}"
            if list(values) == ["is_active"]:
                action = f"{'启用' if values['is_active'] else '停用'}{row._meta.verbose_name}"
            return save_changes(current, by=by, action=action, values=values, region_code=current.county.code)
    except IntegrityError:
        raise _duplicate(row) from None


def _duplicate(row: models.Model) -> ValidationError:
    """The only keys of these rows are their names within the county or company."""
    return ValidationError({"name": f"已有同名的{row._meta.verbose_name}，请核对"})
