"""Roles and what each may do. Roles are Django groups, capabilities are Django permissions (`Meta.permissions`).

Each app's migration that adds capabilities ends with `seed_roles("<app>")`, which creates that app's permissions and
gives them to the groups below. Nothing else invents a role.
"""

from django.apps import apps as global_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

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

# app label → capability → the roles that have it
CAPABILITIES: dict[str, dict[str, tuple[str, ...]]] = {
    "audit": {"view_audit": (ADMIN,)},
    "accounts": {
        "manage_units": (ADMIN,),
        "manage_users": (ADMIN, COMPANY_ADMIN),
    },
    "facilities": {
        "view_facility": ALL_ROLES,
        "manage_facilities": (ADMIN, INSPECTOR),
        "manage_seasons": (ADMIN,),
    },
    "inspections": {
        "view_hazard": ALL_ROLES,
        "register_hazard": (ADMIN, INSPECTOR, COMPANY_ADMIN, COMPANY_CLERK, TOWNSHIP),
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
    "supervision": {"view_escalation": ALL_ROLES, "manage_policy": (ADMIN,)},
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
            permission = Permission.objects.get(content_type__app_label=app_label, codename=codename)
            for role in roles:
                groups[role].permissions.add(permission)

    return migrations.RunPython(forwards, migrations.RunPython.noop)
