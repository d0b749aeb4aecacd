from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("supervision", "0010_coal_policies")]

    operations = [
        migrations.AddField(
            model_name="policystep",
            name="tells_desk",
            field=models.BooleanField(db_default=False, default=False, verbose_name="热线坐席"),
        ),
        migrations.AlterField(
            model_name="policy",
            name="urgency",
            field=models.CharField(blank=True, max_length=20, verbose_name="整改类型"),
        ),
    ]
