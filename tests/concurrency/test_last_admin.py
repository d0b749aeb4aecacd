"""Two administrators who switch each other off at the same moment: one of them stays."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from accounts.models import User
from accounts.services import switch_user
from tests.cast import build_cast
from tests.factories import UserFactory

ROUNDS = 10


@pytest.mark.usefixtures("on_postgresql")
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_two_who_switch_each_other_off_one_stays():
    cast = build_cast()
    pair = (cast.admin, UserFactory(unit=cast.bureau, role="住建管理员"))

    for _ in range(ROUNDS):
        User.objects.filter(pk__in=[user.pk for user in pair]).update(is_active=True)
        refused: list[str] = []
        together = threading.Barrier(2)

        def switch(target: User, by: User, together=together, refused=refused) -> None:
            try:
                connection.ensure_connection()
                together.wait(10)
                switch_user(target, by=by, active=False)
            except ValidationError as error:
                refused += error.messages
            finally:
                connection.close()

        threads = [threading.Thread(target=switch, args=order) for order in (pair, pair[::-1])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)

        assert User.objects.active().filter(pk__in=[user.pk for user in pair]).count() == 1
        assert refused == ["临岭县 只剩这一名可以登录的住建管理员，请先指定另一名，再办理"]
