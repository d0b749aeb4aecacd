"""What has arrived so far, added up as `coal.arrivals` keeps it from here on."""

from django.db import migrations

FILL = """
INSERT INTO coal_arrivalday (yard_id, day, contract, batch, loads, quantity_t, priced_t, value_yuan)
SELECT yard_id, day, contract, batch, COUNT(*), ROUND(SUM(quantity_t), 2),
       ROUND(SUM(CASE WHEN unit_price_yuan_per_t IS NULL THEN 0 ELSE quantity_t END), 2),
       ROUND(SUM(quantity_t * COALESCE(unit_price_yuan_per_t, 0)), 4)
FROM coal_movement AS came
WHERE kind = 'arrival'
  AND NOT EXISTS (SELECT 1 FROM coal_movement AS undone
                  WHERE undone.reverses_id = came.id AND undone.reverses_id IS NOT NULL)
GROUP BY yard_id, day, contract, batch
"""


class Migration(migrations.Migration):
    dependencies = [("coal", "0018_arrival_days")]

    operations = [migrations.RunSQL(FILL, "DELETE FROM coal_arrivalday")]
