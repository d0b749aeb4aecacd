"""Which hazards an order has led to is kept with the hazards, as with everything else that they come from."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("complaints", "0004_sight"), ("inspections", "0006_occasions_of_many")]

    operations = [migrations.RemoveField(model_name="order", name="hazards")]
