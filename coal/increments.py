"""A stored sum and so much more of it, reckoned by the database."""

from decimal import Decimal

from django.db.models import DecimalField, F, Model
from django.db.models.functions import Round


def plus(model: type[Model], column: str, amount: Decimal) -> Round:
    """The column and so much more. SQLite adds in binary fractions, of which the rounding leaves nothing."""
    field: DecimalField = model._meta.get_field(column)  # type: ignore[assignment]
    return Round(F(column) + amount, precision=field.decimal_places, output_field=field)
