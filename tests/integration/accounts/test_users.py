"""Who may give whom which role, and what nobody may do to themselves."""

import pytest

from accounts.models import User
from accounts.services import change_user
from audit.models import AuditEntry
from tests.factories import CityFactory, CountyFactory, UnitFactory, UserFactory

pytestmark = pytest.mark.either_database

USERS = "/accounts/users/"


def fields(user: User, **changed) -> dict:
    """What the form of this user sends when only `changed` was changed."""
    return {
        "full_name": user.full_name,
        "unit": user.unit_id,
        "roles": user.role_names,
        "phone": user.phone,
        **changed,
    }


def new(**changed) -> dict:
    return {"username": "xinren", "full_name": "辛仁", "phone": "", **changed}


def roles_of(user: User) -> set[str]:
    return set(User.objects.get(pk=user.pk).role_names)


def test_an_administrator_makes_a_user_whose_password_is_shown_once(cast, client_as, client):
    response = client_as(cast.admin).post(
        f"{USERS}new/", new(unit=cast.beiyuan.pk, roles=["企业填报员"], phone="13900000002")
    )

    password = response.context["password"]
    assert len(password) >= 10
    assert password in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    user = User.objects.get(username="xinren")
    assert (user.unit, user.role_names, user.must_change_password) == (cast.beiyuan, ["企业填报员"], True)
    assert client.login(request=response.wsgi_request, username="xinren", password=password)
    entry = AuditEntry.objects.get(action="新建用户")
    assert (entry.actor, entry.region_code) == (cast.admin, "130199")
    assert entry.changes == {
        "用户名": [None, "xinren"],
        "姓名": [None, "辛仁"],
        "单位": [None, "北苑供热站"],
        "手机号": [None, "13900000002"],
        "角色": [None, "企业填报员"],
    }
    assert password not in str(entry.changes) + entry.note


@pytest.mark.parametrize(
    ("unit", "role", "kind"),
    [
        ("beiyuan", "住建管理员", "供热企业"),
        ("beiyuan", "只读领导", "供热企业"),
        ("bureau", "企业管理员", "住建局"),
        ("development_bureau", "住建督导员", "发改局"),
        ("township_unit", "发改专员", "乡镇、街道"),
        ("township_unit", "企业填报员", "乡镇、街道"),
        ("leader_office", "乡镇专员", "其他单位"),
    ],
)
def test_a_role_goes_only_to_people_of_the_kind_of_unit_it_is_for(cast, client_as, unit, role, kind):
    response = client_as(cast.admin).post(f"{USERS}new/", new(unit=getattr(cast, unit).pk, roles=[role]))

    assert response.context["form"].errors == {"roles": [f"“{role}”不能给{kind}的人员，请调整角色或单位"]}
    assert not User.objects.filter(username="xinren").exists()


def test_a_company_administrator_makes_people_of_the_own_unit_with_company_roles(cast, client_as):
    client = client_as(cast.chengyuan_admin)

    form = client.get(f"{USERS}new/").context["form"]
    assert [value for value, _ in form.fields["roles"].choices] == ["企业管理员", "企业填报员"]
    assert list(form.fields["unit"].queryset) == [cast.chengyuan]

    # another unit in the request is not looked at
    client.post(f"{USERS}new/", new(unit=cast.beiyuan.pk, roles=["企业填报员"]))
    assert User.objects.get(username="xinren").unit == cast.chengyuan


def test_a_company_administrator_cannot_give_a_role_of_the_bureau(cast, client_as):
    response = client_as(cast.chengyuan_admin).post(f"{USERS}new/", new(roles=["住建管理员"]))

    assert "roles" in response.context["form"].errors
    assert not User.objects.filter(username="xinren").exists()


def test_the_services_know_the_limits_too(cast):
    with pytest.raises(Exception, match="您不能授予“住建管理员”角色"):
        change_user(cast.chengyuan_clerk, by=cast.chengyuan_admin, unit=cast.chengyuan, role_names=["住建管理员"])


def test_someone_whose_roles_are_above_ones_own_cannot_be_managed(cast, client_as):
    odd = UserFactory(username="odd", unit=cast.chengyuan, role=("住建督导员",))

    client = client_as(cast.chengyuan_admin)
    assert client.post(f"{USERS}{odd.pk}/password/").status_code == 403
    assert client.post(f"{USERS}{odd.pk}/switch/").status_code == 403
    assert client.post(f"{USERS}{odd.pk}/", fields(odd, roles=["企业填报员"])).status_code == 403
    assert roles_of(odd) == {"住建督导员"}


def test_a_user_needs_at_least_one_role(cast, client_as):
    response = client_as(cast.admin).post(f"{USERS}new/", new(unit=cast.beiyuan.pk))

    assert response.context["form"].errors == {"roles": ["请至少选择一个角色，没有角色的用户登录后什么也做不了"]}


def test_a_user_name_is_given_once_whatever_the_capitals(cast, client_as):
    response = client_as(cast.admin).post(
        f"{USERS}new/", new(username="LL_admin", unit=cast.beiyuan.pk, roles=["企业填报员"])
    )

    assert response.context["form"].errors == {"username": ["用户名“LL_admin”已被使用，请换一个"]}


def test_a_change_of_roles_is_on_record_with_what_they_were(cast, client_as):
    client_as(cast.admin).post(
        f"{USERS}{cast.chengyuan_clerk.pk}/",
        fields(cast.chengyuan_clerk, roles=["企业填报员", "企业管理员"], full_name="程源二"),
    )

    assert roles_of(cast.chengyuan_clerk) == {"企业管理员", "企业填报员"}
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.target_id) == ("修改用户", cast.admin, cast.chengyuan_clerk.pk)
    assert entry.changes == {"姓名": ["程员", "程源二"], "角色": ["企业填报员", "企业管理员、企业填报员"]}


def test_saving_without_a_change_leaves_no_entry(cast, client_as):
    client_as(cast.admin).post(f"{USERS}{cast.chengyuan_clerk.pk}/", fields(cast.chengyuan_clerk))

    assert not AuditEntry.objects.exists()


def test_moving_to_another_kind_of_unit_demands_other_roles(cast, client_as):
    response = client_as(cast.admin).post(
        f"{USERS}{cast.chengyuan_clerk.pk}/", fields(cast.chengyuan_clerk, unit=cast.bureau.pk)
    )

    assert response.context["form"].errors == {"roles": ["“企业填报员”不能给住建局的人员，请调整角色或单位"]}


@pytest.mark.parametrize("who", ["admin", "chengyuan_admin"])
def test_nobody_takes_the_administrators_role_from_themselves(cast, client_as, who):
    user = getattr(cast, who)
    (own,) = user.role_names
    other = "住建督导员" if who == "admin" else "企业填报员"
    UserFactory(unit=user.unit, role=own)

    response = client_as(user).post(f"{USERS}{user.pk}/", fields(user, roles=[other]))

    assert response.context["form"].errors == {"roles": [f"不能取消自己的“{own}”角色，请由其他管理员办理"]}
    assert roles_of(user) == {own}


def test_nobody_moves_or_switches_off_themselves_or_resets_the_own_password(cast, client_as):
    other_bureau = UnitFactory(name="临岭县房管中心", kind="housing_bureau", region=cast.county)
    UserFactory(unit=cast.bureau, role="住建管理员")
    client = client_as(cast.admin)
    page = f"{USERS}{cast.admin.pk}/"

    assert client.post(page, fields(cast.admin, unit=other_bureau.pk)).context["form"].errors == {
        "unit": ["不能把自己调到别的单位，请由其他管理员办理"]
    }
    assert "不能停用自己的账号，请由其他管理员办理" in client.post(f"{page}switch/", follow=True).content.decode()
    answer = client.post(f"{page}password/", follow=True).content.decode()
    assert "自己的密码请在“修改密码”中修改" in answer
    cast.admin.refresh_from_db()
    assert (cast.admin.is_active, cast.admin.unit) == (True, cast.bureau)


@pytest.fixture
def city_admin(cast):
    """An administrator of the city above the county, who sees its users."""
    city = CityFactory(code="130100", name="石城市")
    bureau = UnitFactory(name="石城市住建局", kind="housing_bureau", region=city)
    return UserFactory(username="sc_admin", unit=bureau, role="住建管理员")


def test_the_last_administrator_of_a_county_stays(cast, client_as, city_admin):
    client = client_as(city_admin)
    page = f"{USERS}{cast.admin.pk}/"
    message = "临岭县 只剩这一名可以登录的住建管理员，请先指定另一名，再办理"

    assert message in client.post(f"{page}switch/", follow=True).content.decode()
    answer = client.post(page, fields(cast.admin, roles=["住建督导员"]))
    assert answer.context["form"].non_field_errors() == [message]
    assert message in client.post(f"/accounts/units/{cast.bureau.pk}/switch/", follow=True).content.decode()
    assert roles_of(cast.admin) == {"住建管理员"}
    cast.bureau.refresh_from_db()
    assert cast.bureau.is_active
    assert not AuditEntry.objects.exists()

    UserFactory(unit=cast.bureau, role="住建管理员")
    assert "的账号已停用" in client.post(f"{page}switch/", follow=True).content.decode()


def test_switching_a_user_off_and_on_is_on_record(cast, client_as):
    client = client_as(cast.admin)
    page = f"{USERS}{cast.inspector.pk}/switch/"

    assert "停用后，杜导（ll_inspector） 立即不能登录" in client.get(page).content.decode()
    client.post(page)
    client.post(page)

    assert list(AuditEntry.objects.order_by("pk").values_list("action", "target_label", "changes")) == [
        ("停用用户", "杜导", {"有效": ["是", "否"]}),
        ("启用用户", "杜导", {"有效": ["否", "是"]}),
    ]


def test_a_reset_shows_a_new_password_once_and_ends_a_lock(cast, client_as, client):
    for _ in range(6):
        client.post("/accounts/login/", {"username": "by_clerk", "password": "wrong"})

    response = client_as(cast.admin).post(f"{USERS}{cast.beiyuan_clerk.pk}/password/")

    password = response.context["password"]
    user = User.objects.get(pk=cast.beiyuan_clerk.pk)
    assert user.check_password(password)
    assert user.must_change_password
    answer = client.post("/accounts/login/", {"username": "by_clerk", "password": password})
    assert answer.status_code == 302
    entry = AuditEntry.objects.get(action="重置密码")
    assert (entry.actor, entry.target_id, entry.note) == (cast.admin, user.pk, "下次登录须修改密码；同时解除登录锁定")


@pytest.mark.parametrize("who", ["admin", "chengyuan_admin"])
def test_people_of_other_counties_and_units_are_not_there(cast, client_as, who):
    client = client_as(getattr(cast, who))
    strangers = [cast.foreign.inspector] + ([cast.beiyuan_clerk, cast.admin] if who == "chengyuan_admin" else [])

    assert User.objects.filter(pk__in=[user.pk for user in strangers]).count() == len(strangers)
    for stranger in strangers:
        for path in ("", "password/", "switch/"):
            assert client.get(f"{USERS}{stranger.pk}/{path}").status_code == 404
            assert client.post(f"{USERS}{stranger.pk}/{path}").status_code == 404
        assert stranger.full_name not in client.get(USERS).content.decode()


def test_a_unit_of_another_county_cannot_be_chosen(cast, client_as):
    response = client_as(cast.admin).post(f"{USERS}new/", new(unit=cast.foreign.company.pk, roles=["企业填报员"]))

    assert list(response.context["form"].errors) == ["unit"]


@pytest.mark.parametrize("role", ["住建督导员", "发改专员", "热线坐席", "企业填报员", "乡镇专员", "只读领导"])
def test_others_have_no_business_here(cast, client_as, role):
    client = client_as(cast.by_role[role])

    for path in (USERS, f"{USERS}new/", f"{USERS}{cast.admin.pk}/", f"{USERS}{cast.admin.pk}/switch/"):
        assert client.get(path).status_code == 403


def test_the_list_is_narrowed_by_unit_role_state_and_text(cast, client_as):
    client = client_as(cast.admin)
    User.objects.filter(pk=cast.inspector_2.pk).update(is_active=False)

    def names(query: str) -> list[str]:
        return [user.username for user in client.get(f"{USERS}?{query}").context["table"].page.object_list]

    assert names(f"unit={cast.chengyuan.pk}") == ["cy_admin", "cy_clerk"]
    assert names("role=住建督导员&state=on") == ["ll_inspector"]
    assert names("state=off") == ["ll_inspector2"]
    assert names("q=程员") == ["cy_clerk"]
    assert names(f"unit={cast.foreign.company.pk}") == [], "what cannot be chosen lists nothing, not everything"


def test_the_list_costs_the_same_however_many_there_are(cast, client_as, django_assert_max_num_queries):
    client = client_as(cast.admin)
    client.get(USERS)
    UserFactory.create_batch(30, unit=cast.beiyuan, role="企业填报员")

    with django_assert_max_num_queries(12):
        assert len(client.get(USERS).context["table"].page.object_list) == 42


def test_a_county_of_another_city_stays_unseen_by_the_city(cast, client_as, city_admin):
    CountyFactory()
    page = client_as(city_admin).get(USERS).content.decode()

    assert "周管" in page
    assert "邻管" not in page
