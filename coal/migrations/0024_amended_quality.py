"""An amendment says the agreed quality too; those that were entered before left it as the contract has it now."""

from django.db import migrations, models

from common.triggers import filled

NAMES = ("heat_value_mj_per_kg", "sulphur_percent")


def as_agreed(apps):
    for amendment in apps.get_model("coal", "ContractAmendment").objects.select_related("contract"):
        for name in NAMES:
            value = getattr(amendment.contract, name)
            setattr(amendment, name, value)
            setattr(amendment, f"old_{name}", value)
        amendment.save(update_fields=[f"{prefix}{name}" for name in NAMES for prefix in ("", "old_")])


class Migration(migrations.Migration):
    dependencies = [
        ("coal", "0023_voided_contracts"),
    ]

    operations = [
        migrations.AddField(
            model_name="contractamendment",
            name="heat_value_mj_per_kg",
            field=models.DecimalField(decimal_places=3, max_digits=6, null=True, verbose_name="约定热值（MJ/kg）"),
        ),
        migrations.AddField(
            model_name="contractamendment",
            name="old_heat_value_mj_per_kg",
            field=models.DecimalField(decimal_places=3, max_digits=6, null=True, verbose_name="原约定热值（MJ/kg）"),
        ),
        migrations.AddField(
            model_name="contractamendment",
            name="old_sulphur_percent",
            field=models.DecimalField(decimal_places=2, max_digits=5, null=True, verbose_name="原约定全硫上限（%）"),
        ),
        migrations.AddField(
            model_name="contractamendment",
            name="sulphur_percent",
            field=models.DecimalField(decimal_places=2, max_digits=5, null=True, verbose_name="约定全硫上限（%）"),
        ),
        filled("coal_contractamendment", as_agreed),
    ]
