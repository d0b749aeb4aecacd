"""The ladder as published practice has it, for a bureau to change; and who may see and change it."""

from django.db import migrations

from accounts.roles import seed_roles

# code, grade, level, measure, days from the deadline, who is told
HAZARD_STEPS = (
    ("remind-7", "", 1, "remind", -7, ("responsible",)),
    ("remind-3", "", 2, "remind", -3, ("responsible",)),
    ("urge", "", 3, "urge", 1, ("company_head", "bureau")),
    ("notice", "", 4, "notice", 3, ("company", "bureau")),
    ("talk", "", 5, "talk", 7, ("company_head", "bureau_leader")),
    # On the day of its 督办单, whose people have to know too: of two steps at once one is announced.
    ("talk", "major", 5, "talk", 3, ("company", "company_head", "bureau", "bureau_leader")),
    ("circular", "", 6, "circular", 15, ("company", "bureau", "bureau_leader")),
)


def seed_policy(apps, editor):  # type: ignore[no-untyped-def]
    PolicyStep = apps.get_model("supervision", "PolicyStep")
    PolicyStep.objects.bulk_create(
        PolicyStep(
            kind="hazard", code=code, grade=grade, level=level, measure=measure, offset_days=days,
            **{f"tells_{who}": True for who in audience},
        )
        for code, grade, level, measure, days, audience in HAZARD_STEPS
    )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [
        ("supervision", "0001_initial"),
        ("accounts", "0002_roles"),
        ("inspections", "0003_list_indexes"),
    ]

    operations = [migrations.RunPython(seed_policy, migrations.RunPython.noop), seed_roles("supervision")]
