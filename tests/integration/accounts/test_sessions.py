"""Forced password changes, password rules, and sessions that end by themselves."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from audit.models import AuditEntry
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.either_database

CHANGE = "/accounts/password/"
NEW = "Gongre-8848-xin"


@pytest.fixture
def newcomer(cast, settings):
    settings.DEMO = False
    return UserFactory(
        username="xinren", full_name="辛仁", unit=cast.bureau, role="住建督导员", must_change_password=True
    )


def change(client, new: str = NEW, again: str | None = None, old: str = PASSWORD, **more: str):
    return client.post(CHANGE, {"old_password": old, "new_password1": new, "new_password2": again or new, **more})


def test_a_newcomer_has_to_set_a_password_before_anything_else(newcomer, client_as):
    client = client_as(newcomer)

    response = client.get("/facilities/?kind=boiler")
    assert response["Location"] == f"{CHANGE}?next=%2Ffacilities%2F%3Fkind%3Dboiler"
    assert client.post("/accounts/me/", {"phone": "13800000000"})["Location"] == CHANGE
    assert User.objects.get(pk=newcomer.pk).phone == ""
    assert client.get("/facilities/", headers={"HX-Request": "true"})["HX-Redirect"] == CHANGE
    assert "这是初始密码或管理员重置的密码" in client.get(CHANGE).content.decode()


def test_after_the_change_the_newcomer_goes_on_where_they_wanted_to(newcomer, client_as):
    client = client_as(newcomer)

    response = client.post(
        f"{CHANGE}?next=/facilities/", {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    )

    assert response["Location"] == "/facilities/"
    assert client.get("/facilities/").status_code == 200, "still signed in, with the new password"
    newcomer.refresh_from_db()
    assert newcomer.check_password(NEW)
    assert not newcomer.must_change_password
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.changes) == ("修改密码", newcomer, {})


def test_a_newcomer_may_log_out_instead(newcomer, client_as):
    assert client_as(newcomer).post("/accounts/logout/")["Location"] == "/accounts/login/"


def test_in_demo_mode_nobody_is_forced(newcomer, client_as, settings):
    settings.DEMO = True

    assert client_as(newcomer).get("/facilities/").status_code == 200


@pytest.mark.parametrize(
    ("new", "field", "message"),
    [
        ("Duan-2026", "new_password2", "密码只有 9 个字符，至少要 10 个。"),
        ("1234567890", "new_password2", "这个密码太常见了。"),
        ("80642137598", "new_password2", "密码只包含数字。"),
        ("ll_inspector", "new_password2", "密码跟 用户名 太相似了。"),
        (PASSWORD, "new_password1", "新密码不能与旧密码相同，请另设一个。"),
    ],
)
def test_weak_passwords_are_refused_with_the_reason(cast, client_as, new, field, message):
    response = change(client_as(cast.inspector), new)

    assert message in response.context["form"].errors[field]
    assert User.objects.get(pk=cast.inspector.pk).check_password(PASSWORD)


def test_a_password_like_the_persons_name_is_refused(cast, client_as):
    User.objects.filter(pk=cast.inspector.pk).update(full_name="诸葛亮督导小组")

    response = change(client_as(cast.inspector), "诸葛亮督导小组2026")

    assert response.context["form"].errors["new_password2"] == ["密码跟 姓名 太相似了。"]


def test_the_old_password_and_the_repetition_are_checked(cast, client_as):
    client = client_as(cast.inspector)

    assert change(client, old="wrong").context["form"].errors == {"old_password": ["旧密码不正确，请重新输入。"]}
    assert change(client, again="Gongre-8848-jiu").context["form"].errors == {
        "new_password2": ["两次输入的新密码不一样，请重新输入。"]
    }


def test_a_changed_password_ends_the_other_sessions(cast, client_as):
    here, elsewhere = client_as(cast.inspector), client_as(cast.inspector)

    change(here)

    assert here.get("/facilities/").status_code == 200
    assert elsewhere.get("/facilities/")["Location"].startswith("/accounts/login/")


def test_whoever_does_nothing_for_the_set_time_is_signed_out(cast, client_as, summer, settings):
    settings.SESSION_IDLE_MINUTES = 60
    client = client_as(cast.inspector)
    client.get("/facilities/")

    summer.shift(dt.timedelta(minutes=60))
    assert client.get("/facilities/").status_code == 200, "sixty minutes are not more than sixty"

    summer.shift(dt.timedelta(minutes=61))
    assert client.get("/facilities/")["Location"] == "/accounts/login/?next=/facilities/"
    assert "您已超过 60 分钟没有操作，请重新登录。" in client.get("/accounts/login/").content.decode()
    assert list(AuditEntry.objects.values_list("action", "actor_name")) == [("会话超时", "杜导")]


def test_whoever_works_on_stays_signed_in(cast, client_as, summer, settings):
    settings.SESSION_IDLE_MINUTES = 60
    client = client_as(cast.inspector)
    client.get("/facilities/")

    for _ in range(5):
        summer.shift(dt.timedelta(minutes=40))
        assert client.get("/facilities/").status_code == 200


def test_the_session_is_written_at_most_every_five_minutes(cast, client_as, summer):
    client = client_as(cast.inspector)
    client.get("/accounts/me/")

    def writes() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get("/accounts/me/")
        return sum(query["sql"].startswith(("UPDATE", "INSERT")) for query in queries)

    summer.shift(dt.timedelta(minutes=4))
    assert writes() == 0
    summer.shift(dt.timedelta(minutes=1))
    assert writes() == 1
    assert writes() == 0


def test_everyone_sees_their_own_data_and_may_correct_their_phone(cast, client_as):
    client = client_as(cast.beiyuan_clerk)

    page = client.get("/accounts/me/").content.decode()
    assert all(text in page for text in ("白苑", "by_clerk", "北苑供热站", "企业填报员"))

    assert client.post("/accounts/me/", {"phone": "call me"}).context["form"].errors == {
        "phone": ["电话只能含数字、空格、+、- 和括号，5 到 20 个字符"]
    }
    client.post("/accounts/me/", {"phone": "139 0000 0001"})
    assert User.objects.get(pk=cast.beiyuan_clerk.pk).phone == "139 0000 0001"
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.changes) == ("修改个人信息", {"手机号": [None, "139 0000 0001"]})
