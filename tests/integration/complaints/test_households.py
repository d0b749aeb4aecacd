"""What was registered before households were normalised is found beside what comes in now."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from complaints.models import Order
from tests.cast import Cast
from tests.orders import registered

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer")]


def test_households_of_before_are_normalised(cast: Cast) -> None:
    old, room = registered(cast, building="3号楼", building_unit="2单元", room="501室"), registered(cast, room="")
    Order.objects.filter(pk=old.pk).update(household=f"{cast.community.pk}:3号楼:2单元:501室")
    migration = import_module("complaints.migrations.0010_households")
    migration.normalise_households(apps, type("Editor", (), {"connection": connection}))
    assert Order.objects.get(pk=old.pk).household == f"{cast.community.pk}:3:2:501"
    assert Order.objects.get(pk=room.pk).household == ""
