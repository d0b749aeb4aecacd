"""Signing in and out: who gets in, who is locked out, and what of it stands on record."""

import datetime as dt

import pytest
from django.test import Client

from audit.models import AuditEntry
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.either_database

LOGIN = "/accounts/login/"


def sign_in(client: Client, username: str, password: str = PASSWORD, **more: str):
    return client.post(LOGIN, {"username": username, "password": password, **more})


def entries() -> list[tuple[str, str, str]]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", "actor_name", "target_label"))


def test_the_right_password_opens_the_site_and_is_on_record(cast, client):
    response = sign_in(client, "ll_admin", next="/facilities/")

    assert (response.status_code, response["Location"]) == (302, "/facilities/")
    assert client.get("/facilities/").status_code == 200
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.unit_name) == ("登录", cast.admin, "临岭县住房和城乡建设局")


def test_a_foreign_address_to_return_to_is_ignored(cast, client):
    assert sign_in(client, "ll_admin", next="https://evil.example/")["Location"] == "/"


def test_without_signing_in_every_page_leads_to_the_login_page(cast, client):
    response = client.get("/accounts/users/?state=on")

    assert response["Location"] == "/accounts/login/?next=/accounts/users/%3Fstate%3Don"


def test_a_wrong_password_says_how_many_tries_are_left(cast, client):
    response = sign_in(client, "ll_admin", "wrong")

    assert response.status_code == 200
    assert response.context["form"].non_field_errors() == [
        "用户名或密码不正确，请核对后重试；账号停用的也不能登录。再错 4 次，登录将被锁定。"
    ]
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.actor_name) == ("登录失败", None, "未登录")
    assert (entry.target_label, entry.region_code) == ("周管", "130199")
    assert entry.note == "用户名“ll_admin”，第 1 次"


def test_an_unknown_name_is_told_the_same_and_only_its_beginning_is_kept(cast, client):
    response = sign_in(client, "x" * 80, "wrong")

    assert "用户名或密码不正确" in response.context["form"].non_field_errors()[0]
    assert AuditEntry.objects.get().note == f"用户名“{'x' * 30}”，第 1 次"


def test_five_failures_lock_the_name_until_the_time_that_the_page_says(cast, client, summer):
    answers = [sign_in(client, "ll_admin", "wrong") for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    assert "请在 10:15（约 15 分钟） 后再试" in answers[-1].content.decode()
    assert answers[-1]["Retry-After"] == "900"

    summer.shift(dt.timedelta(minutes=14))
    refused = sign_in(client, "ll_admin")
    assert refused.status_code == 429, "the right password does not help before the time is up"
    assert "请在 10:15（约 1 分钟） 后再试" in refused.content.decode()

    summer.shift(dt.timedelta(minutes=2))
    assert sign_in(client, "ll_admin").status_code == 302


def test_a_lock_is_recorded_once_however_often_it_is_tried(cast, client):
    for _ in range(9):
        sign_in(client, "ll_admin", "wrong")

    assert entries() == [("登录失败", "未登录", "周管")] * 5 + [("登录锁定", "未登录", "周管")]
    assert AuditEntry.objects.get(action="登录锁定").note == "用户名“ll_admin”，连续失败 5 次，暂停登录"


def test_a_lock_leaves_other_people_at_the_same_address_alone(cast, client):
    for _ in range(6):
        sign_in(client, "ll_admin", "wrong")

    assert sign_in(client, "ll_inspector").status_code == 302


def test_signing_in_clears_earlier_failures(cast, client):
    for _ in range(4):
        sign_in(client, "ll_admin", "wrong")
    sign_in(client, "ll_admin")
    client.post("/accounts/logout/")

    assert "再错 4 次" in sign_in(client, "ll_admin", "wrong").content.decode()


@pytest.mark.parametrize("what", ["user", "unit"])
def test_whoever_is_switched_off_cannot_sign_in_and_is_signed_out(cast, client, what):
    sign_in(client, "cy_clerk")
    off = cast.chengyuan_clerk if what == "user" else cast.chengyuan
    type(off).objects.filter(pk=off.pk).update(is_active=False)

    assert client.get("/facilities/")["Location"].startswith(LOGIN)
    assert "用户名或密码不正确" in sign_in(client, "cy_clerk").content.decode()


def test_logging_out_is_a_post_and_on_record(cast, client_as):
    client = client_as(cast.inspector)

    assert client.get("/accounts/logout/").status_code == 405
    assert client.post("/accounts/logout/")["Location"] == LOGIN
    assert client.get("/facilities/")["Location"].startswith(LOGIN)
    assert entries() == [("退出", "杜导", "杜导")]


def test_the_demo_accounts_are_shown_in_demo_mode_only(cast, client, settings):
    UserFactory(username="zhujian", full_name="王志强", unit=cast.bureau, role="住建管理员")

    settings.DEMO = False
    page = client.get(LOGIN)
    assert "demo_accounts" not in page.context
    assert PASSWORD not in page.content.decode()

    settings.DEMO = True
    page = client.get(LOGIN)
    (account,) = page.context["demo_accounts"]
    assert (account.username, account.full_name, account.role, account.unit) == (
        "zhujian",
        "王志强",
        "住建管理员",
        "临岭县住房和城乡建设局",
    )
    assert PASSWORD in page.content.decode()
