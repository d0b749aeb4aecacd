"""Roles and what each may do. Roles are Django groups, capabilities are Django permissions (`Meta.permissions`).

Each app's migration that adds capabilities ends with `seed_roles("<app>")`, which creates that app's permissions and
gives them to the groups below. Nothing else invents a role.
"""

from collections.abc import Iterable

from django.apps import apps as global_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

from accounts.enums import UnitKind

ADMIN = "住建管理员"
INSPECTOR = "住建督导员"
DEVELOPMENT = "发改专员"
HOTLINE = "热线坐席"
COMPANY_ADMIN = "企业管理员"
COMPANY_CLERK = "企业填报员"
TOWNSHIP = "乡镇专员"
READER = "只读领导"

ALL_ROLES = (ADMIN, INSPECTOR, DEVELOPMENT, HOTLINE, COMPANY_ADMIN, COMPANY_CLERK, TOWNSHIP, READER)
BUREAU_ROLES = (ADMIN, INSPECTOR)
COMPANY_ROLES = (COMPANY_ADMIN, COMPANY_CLERK)
# Staff of the bureau: those who must notice when the system itself stands still.
STAFF_ROLES = (ADMIN, INSPECTOR, DEVELOPMENT, HOTLINE)

# role → the kinds of unit whose people may hold it
UNIT_KINDS: dict[str, tuple[UnitKind, ...]] = {
    ADMIN: (UnitKind.HOUSING_BUREAU,),
    INSPECTOR: (UnitKind.HOUSING_BUREAU,),
    DEVELOPMENT: (UnitKind.DEVELOPMENT_BUREAU,),
    HOTLINE: (UnitKind.HOUSING_BUREAU, UnitKind.OTHER),
    # Whoever is given hazards to mend can also sign and report: a property company too.
    COMPANY_ADMIN: (UnitKind.HEATING_COMPANY, UnitKind.OTHER),
    COMPANY_CLERK: (UnitKind.HEATING_COMPANY, UnitKind.OTHER),
    TOWNSHIP: (UnitKind.TOWNSHIP,),
    READER: (UnitKind.HOUSING_BUREAU, UnitKind.DEVELOPMENT_BUREAU, UnitKind.TOWNSHIP, UnitKind.OTHER),
}
# role → the roles that its holder may give: never one above their own
GIVES: dict[str, tuple[str, ...]] = {ADMIN: ALL_ROLES, COMPANY_ADMIN: COMPANY_ROLES}
# The roles that look after accounts: nobody takes these from themselves.
KEEPERS = tuple(GIVES)


def givable(held: Iterable[str]) -> tuple[str, ...]:
    """The roles that somebody who holds these may give, in the order of ALL_ROLES."""
    allowed = {given for role in held for given in GIVES.get(role, ())}
    return tuple(role for role in ALL_ROLES if role in allowed)


def fits(role: str, kind: str) -> bool:
    """Whether people of a unit of this kind may hold the role."""
    return kind in UNIT_KINDS[role]


# app label → capability → the roles that have it
CAPABILITIES: dict[str, dict[str, tuple[str, ...]]] = {
    "audit": {"view_audit": (ADMIN,)},
    "notifications": {"manage_outgoing": (ADMIN,)},
    "accounts": {
        "manage_units": (ADMIN,),
        "manage_users": (ADMIN, COMPANY_ADMIN),
    },
    "facilities": {
        "view_facility": ALL_ROLES,
        "manage_facilities": (ADMIN, INSPECTOR),
        "manage_seasons": (ADMIN,),
        "manage_vocabulary": (ADMIN, INSPECTOR),
        # The desk decides which community a caller means, and whose it is.
        "teach_names": (ADMIN, INSPECTOR, HOTLINE),
        "assign_company": (ADMIN, INSPECTOR, HOTLINE),
    },
    "inspections": {
        "view_hazard": ALL_ROLES,
        # The desk, what callers tell it.
        "register_hazard": (ADMIN, INSPECTOR, HOTLINE, COMPANY_ADMIN, COMPANY_CLERK, TOWNSHIP),
        "edit_hazard": (ADMIN, INSPECTOR),
        "issue_hazard": BUREAU_ROLES,
        "amend_hazard": BUREAU_ROLES,
        "sign_hazard": COMPANY_ROLES,
        "rectify_hazard": COMPANY_ROLES,
        "accept_hazard": BUREAU_ROLES,
        "decide_extension": BUREAU_ROLES,
        "reopen_hazard": BUREAU_ROLES,
        "void_hazard": (ADMIN,),
        "remind_hazard": BUREAU_ROLES,
        "import_hazards": (ADMIN, INSPECTOR, COMPANY_ADMIN, COMPANY_CLERK),
        "export_hazards": ALL_ROLES,
    },
    "coal": {
        "view_coal": ALL_ROLES,
        "manage_yards": (ADMIN, *COMPANY_ROLES),
        "record_movement": COMPANY_ROLES,
        "file_report": COMPANY_ROLES,
        # A company enters its own; the bureaus correct.
        "manage_contracts": (*COMPANY_ROLES, DEVELOPMENT, *BUREAU_ROLES),
        "record_quality": (*COMPANY_ROLES, DEVELOPMENT, *BUREAU_ROLES),
        "estimate_demand": (*COMPANY_ROLES, DEVELOPMENT),
        "propose_target": COMPANY_ROLES,
        "check_target": BUREAU_ROLES,
        "approve_target": (DEVELOPMENT,),
        "manage_weather": (DEVELOPMENT, ADMIN),
        "import_progress": (DEVELOPMENT, *BUREAU_ROLES),
        "manage_parameters": (DEVELOPMENT, ADMIN),
        "record_check": (*COMPANY_ROLES, *BUREAU_ROLES),
        "record_funds": (*COMPANY_ROLES, DEVELOPMENT),
    },
    "complaints": {
        "view_order": ALL_ROLES,
        "register_order": (*BUREAU_ROLES, HOTLINE, TOWNSHIP),
        "dispatch_order": (*BUREAU_ROLES, HOTLINE),
        "handle_order": COMPANY_ROLES,
        "call_back_order": (*BUREAU_ROLES, HOTLINE),
        "decide_order_extension": BUREAU_ROLES,
        "view_caller": (*BUREAU_ROLES, HOTLINE, *COMPANY_ROLES),
        "import_orders": (*BUREAU_ROLES, HOTLINE),
        "export_orders": ALL_ROLES,
        "export_callers": (ADMIN, HOTLINE),
        "manage_limits": (ADMIN,),
        "send_cluster_notice": (*BUREAU_ROLES, HOTLINE),
    },
    "supervision": {
        "view_escalation": ALL_ROLES,
        "manage_policy": (ADMIN,),
        "manage_calendar": (ADMIN,),
        "decide_proposal": BUREAU_ROLES,
    },
}


def seed_roles(app_label: str) -> migrations.RunPython:
    """A migration operation: create the app's permissions and hand them to the roles. Running it again is harmless."""

    def forwards(apps, editor):  # type: ignore[no-untyped-def]
        app_config = global_apps.get_app_config(app_label)
        models_module, app_config.models_module = app_config.models_module, True  # type: ignore[assignment]
        create_permissions(app_config, apps=apps, verbosity=0, using=editor.connection.alias)
        app_config.models_module = models_module
        Group = apps.get_model("auth", "Group")
        Permission = apps.get_model("auth", "Permission")
        groups = {name: Group.objects.get_or_create(name=name)[0] for name in ALL_ROLES}
        for codename, roles in CAPABILITIES[app_label].items():
            # A capability that a later migration adds is given out by that one.
            permission = Permission.objects.filter(content_type__app_label=app_label, codename=codename).first()
            for role in roles if permission else ():
                groups[role].permissions.add(permission)

    return migrations.RunPython(forwards, migrations.RunPython.noop)
