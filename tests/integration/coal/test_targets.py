"""A target from the draft to its approval and its next revision; who may, who is told, who was second."""

import datetime as dt
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import AuditEntry
from coal import bookkeeping, demand_services, workflow
from coal.cover import DayNeed
from coal.demand_enums import Method, TargetRule
from coal.demand_selectors import county_sheet, day_needs
from coal.demand_services import departures_of
from coal.enums import MovementKind
from coal.models import Estimate, Target, TargetMilestone
from common.concurrency import Stale
from notifications.models import Message
from tests.cast import Cast
from tests.coal_factories import LAST_SEASON, make_coal_free, make_estimate, make_target
from tests.factories import UnitFactory, YardFactory

pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer")]
Browser = Callable[[Any], Client]
ROWS = (
    ("contracted", "6月底", "100"), ("arrived", "8.31", "40"), ("arrived", "930", "60"),
    ("arrived", "2026-11-14", "80"), ("cover", "2026-11-15", "15"),
)  # fmt: skip


def text(response: Any) -> str:
    return str(response.content.decode()).replace("\u00a0", " ")


def typed(*rows: tuple[str, str, str], **more: str) -> dict[str, str]:
    """As the form sends it, with the estimate that stands beside it now."""
    last = Estimate.objects.filter(company__name="城源热力有限公司").order_by("number").last()
    values = {
        "estimate": demand_services.seal(last), "method": "design_load", "rule": "share", "amount": "80", "note": "",
        "do": "save", "version": "", "milestones-TOTAL_FORMS": str(len(rows)), "milestones-INITIAL_FORMS": "0",
    }  # fmt: skip
    for n, (kind, day, amount) in enumerate(rows):
        values |= {f"milestones-{n}-kind": kind, f"milestones-{n}-due_on": day, f"milestones-{n}-amount": amount}
    return values | more


@pytest.fixture
def estimate(cast: Cast) -> Estimate:
    return make_estimate(company=cast.chengyuan, season=cast.season, by=cast.chengyuan_admin, **LAST_SEASON)


def new_address(cast: Cast) -> str:
    return reverse("coal:target_create", args=[cast.season.pk, cast.chengyuan.pk])


def move(client: Client, target: Target, code: str, **data: Any) -> Any:
    target.refresh_from_db()
    address = reverse("coal:target_move", args=[target.pk, code])
    return client.post(address, {"version": target.version, "note": "", **data})


def told(user: User) -> list[str]:
    return list(Message.objects.filter(recipient=user).order_by("pk").values_list("subject", flat=True))


# --- the draft


def test_a_milestones_share_may_carry_its_sign_and_its_days_not(
    cast: Cast, client_as: Browser, estimate: Estimate
) -> None:
    client, address = client_as(cast.chengyuan_admin), new_address(cast)
    page = client.post(address, typed(("arrived", "8.31", "40%"), ("cover", "11.15", "15%")))
    assert "第 2 行累计比例或天数：这里填的是天数，不是百分数，请核对" in text(page)
    client.post(address, typed(("arrived", "8.31", "40%"), ("cover", "11.15", "15")))
    assert [(each.share_percent, each.cover_days) for each in Target.objects.get().milestones.all()] == [
        (Decimal(40), None), (None, 15),
    ]  # fmt: skip


def test_a_share_of_the_need(cast: Cast, client_as: Browser, estimate: Estimate) -> None:
    page = client_as(cast.chengyuan_admin).post(new_address(cast), typed(*ROWS), follow=True)
    assert "全季需求的 80%：53 936 × 80% = 43 149 t" in text(page)
    target = Target.objects.get()
    assert (target.quantity_t, target.quantity_tce, target.need_t, target.status) == (43_149, 30_821, 53_936, "draft")
    assert list(target.milestones.values_list("kind", "due_on", "share_percent", "quantity_t", "cover_days")) == [
        ("contracted", dt.date(2026, 6, 30), Decimal(100), 43_149, None),
        ("arrived", dt.date(2026, 8, 31), Decimal(40), 17_260, None),
        ("arrived", dt.date(2026, 9, 30), Decimal(60), 25_889, None),
        ("arrived", dt.date(2026, 11, 14), Decimal(80), 34_519, None),
        ("cover", dt.date(2026, 11, 15), None, None, 15),
    ]
    estimate.refresh_from_db()
    assert estimate.is_frozen
    assert estimate.results["design_load"]["coal_t"] == "53936"


@pytest.mark.parametrize(
    ("more", "quantity_t", "sum_"),
    [
        ({"amount": "80%"}, 43_149, "53 936 × 80% = 43 149 t"),
        ({"amount": "80 ％"}, 43_149, "53 936 × 80% = 43 149 t"),
        ({"rule": "mean_days", "amount": "30"}, 10_788, "359.6 × 30 = 10 788 t"),
        ({"rule": "coldest_days", "amount": "30"}, 15_477, "515.9 × 30 = 15 477 t"),
        ({"method": "last_season", "amount": "100"}, 52_500, "52 500 × 100% = 52 500 t"),
    ],
)
def test_other_ways_to_set_it(
    cast: Cast, client_as: Browser, estimate: Estimate, more: dict[str, str], quantity_t: int, sum_: str
) -> None:
    page = client_as(cast.chengyuan_admin).post(new_address(cast), typed(*ROWS, **more), follow=True)
    assert Target.objects.get().quantity_t == quantity_t
    assert sum_ in text(page)


def test_the_form_begins_with_the_countys_milestones(cast: Cast, client_as: Browser, estimate: Estimate) -> None:
    form = client_as(cast.chengyuan_admin).get(new_address(cast)).context["form"]
    rows = [(row["kind"].value(), str(row["due_on"].value()), row["amount"].value()) for row in form.rows][:5]
    assert rows == [
        ("contracted", "2026-06-30", "100"), ("arrived", "2026-08-31", "40"), ("arrived", "2026-09-30", "60"),
        ("arrived", "2026-11-14", "80"), ("cover", "2026-11-15", "15"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((("arrived", "8.31", "60"), ("arrived", "9.30", "40")), "2026-09-30 的 40% 低于此前 2026-08-31 的 60%"),
        ((("arrived", "8.31", "60"), ("arrived", "8月底", "70")), "到货在 2026-08-31 有两个节点"),
        ((("arrived", "8.31", ""),), "请填写 2026-08-31 的比例或天数"),
        ((("arrived", "", "40"),), "请填写 40 对应的日期"),
        ((("arrived", "2027-08-31", "40"),), "不在这个采暖季里"),
        ((("arrived", "2026-02-30", "40"),), "没有这一天"),
        ((("cover", "11.15", "15.5"),), "可用天数应为整数"),
    ],
)
def test_milestones_that_cannot_be(
    cast: Cast, client_as: Browser, estimate: Estimate, rows: tuple[tuple[str, str, str], ...], said: str
) -> None:
    page = client_as(cast.chengyuan_admin).post(new_address(cast), typed(*rows))
    assert page.status_code == 422
    assert said in text(page)
    assert not Target.objects.exists()


@pytest.mark.parametrize(
    ("rule", "amount", "said"),
    [
        ("mean_days", "30%", "这里填的是天数，不是百分数，请核对"),
        ("share", "800", "比例一般不超过 200%"),
        ("mean_days", "300", "天数一般不超过 240 天"),
        ("share", "0", "应大于 0"),
    ],
)
def test_an_amount_that_cannot_be(
    cast: Cast, client_as: Browser, estimate: Estimate, rule: str, amount: str, said: str
) -> None:
    page = client_as(cast.chengyuan_admin).post(new_address(cast), typed(*ROWS, rule=rule, amount=amount))
    assert page.status_code == 422
    assert said in text(page)


def test_more_rows_without_javascript(cast: Cast, client_as: Browser, estimate: Estimate) -> None:
    page = client_as(cast.chengyuan_admin).post(new_address(cast), typed(*ROWS, do="more"))
    assert page.status_code == 200
    assert len(page.context["form"].rows) == len(ROWS) + 2
    assert not Target.objects.exists()


def test_without_an_estimate_there_is_nothing_to_set_it_on(cast: Cast, client_as: Browser) -> None:
    page = client_as(cast.chengyuan_admin).get(new_address(cast), follow=True)
    assert "还没有测算，请先测算本季用煤" in text(page)


def test_a_second_target_leads_to_the_first(cast: Cast, client_as: Browser, estimate: Estimate) -> None:
    target = make_target(estimate)
    assert client_as(cast.chengyuan_admin).get(new_address(cast))["Location"] == target.get_absolute_url()


def test_an_edit_takes_the_last_estimate(cast: Cast, client_as: Browser, estimate: Estimate) -> None:
    target = make_target(estimate)
    make_estimate(
        company=cast.chengyuan, season=cast.season, by=cast.chengyuan_admin, number=2, area_m2=Decimal(1_000_000)
    )
    client = client_as(cast.chengyuan_admin)
    assert "之后又有了" in text(client.get(target.get_absolute_url()))
    address = reverse("coal:target_edit", args=[target.pk])
    client.post(address, typed(*ROWS, amount="100", version=str(target.version)))
    target.refresh_from_db()
    assert (target.estimate.number, target.quantity_t, target.milestones.count()) == (2, 26_968, 5)
    entry = AuditEntry.objects.get(action="修改目标")
    assert entry.changes["储备目标（t）"] == ["53936", "26968"]


def test_two_who_edit_at_once(cast: Cast, client_as: Browser, estimate: Estimate) -> None:
    target, address = make_target(estimate), ""
    address = reverse("coal:target_edit", args=[target.pk])
    client_as(cast.chengyuan_admin).post(address, typed(*ROWS, amount="90", version="1"))
    late = client_as(cast.chengyuan_clerk).post(address, typed(*ROWS, amount="70", version="1"))
    assert late.status_code == 409
    assert (late.context["form"]["amount"].value(), late.context["form"]["version"].value()) == ("70", "2")
    target.refresh_from_db()
    assert target.amount == 90


def test_a_target_is_saved_on_the_figures_that_were_seen(cast: Cast, client_as: Browser, estimate: Estimate) -> None:
    """Somebody saves another estimate while the company fills in its target, new or drawn up before."""
    client, seen = client_as(cast.chengyuan_admin), typed(*ROWS, amount="80", note="煤源已落实")
    Estimate.objects.filter(pk=estimate.pk).update(area_m2=Decimal(1_000_000), version=2)
    late = client.post(new_address(cast), seen)
    assert late.status_code == 409 and not Target.objects.exists()
    assert "现在是第 1 次测算，全季需求 26 968 或 " in text(late)
    assert (late.context["form"]["note"].value(), late.context["form"]["amount"].value()) == ("煤源已落实", "80")
    more = client.post(new_address(cast), {**seen, "do": "more"})
    assert more.status_code == 409 and "本季的测算刚刚改过" in text(more)
    again = {**seen, "estimate": late.context["form"]["estimate"].value()}
    assert client.post(new_address(cast), again).status_code == 302
    target = Target.objects.get()
    assert target.quantity_t == 21_574
    address, seen = reverse("coal:target_edit", args=[target.pk]), typed(*ROWS, version="1", amount="70")
    make_estimate(company=cast.chengyuan, season=cast.season, by=cast.chengyuan_admin, number=2)
    late = client.post(address, seen)
    assert late.status_code == 409 and "现在是第 2 次测算，全季需求 53 936 t" in text(late)
    target.refresh_from_db()
    assert target.quantity_t == 21_574


# --- the talks


def test_company_bureau_and_development_agree(cast: Cast, client_as: Browser, estimate: Estimate) -> None:
    target = make_target(estimate)
    move(client_as(cast.chengyuan_admin), target, "file", note="煤源已落实")
    assert told(cast.inspector) == ["城源热力 2026-2027 储备目标第 1 版 已报送，请审核"]
    move(client_as(cast.inspector), target, "check")
    assert told(cast.development_officer) == ["城源热力 2026-2027 储备目标第 1 版 住建局已审核，请审批"]
    move(client_as(cast.development_officer), target, "approve")
    target.refresh_from_db()
    assert (target.status, target.approved_on) == ("approved", dt.date(2026, 8, 3))
    assert told(cast.chengyuan_clerk) == ["城源热力 2026-2027 储备目标第 1 版 已由发改局批准"]
    assert list(AuditEntry.objects.of(target).values_list("action", "from_status", "to_status")) == [
        ("报送", "draft", "filed"), ("审核通过", "filed", "checked"), ("批准", "checked", "approved"),
    ]  # fmt: skip


def test_each_side_returns_with_a_reason(cast: Cast, client_as: Browser, estimate: Estimate) -> None:
    target = make_target(estimate, status="filed")
    bureau = client_as(cast.inspector)
    without = move(bureau, target, "send_back")
    assert without.status_code == 422
    assert "请填写退回理由" in text(without)
    move(bureau, target, "send_back", note="面积与台账不符")
    target.refresh_from_db()
    assert target.status == "returned"
    page = text(client_as(cast.chengyuan_admin).get(target.get_absolute_url()))
    assert "面积与台账不符" in page and "等待 城源热力 修改后重新报送" in page
    assert Message.objects.get(recipient=cast.chengyuan_admin).body == "面积与台账不符"
    move(client_as(cast.chengyuan_admin), target, "file", note="面积已核对，其余到货供暖后补足")
    move(bureau, target, "check")
    move(client_as(cast.development_officer), target, "decline", note="按 P90 重报")
    target.refresh_from_db()
    assert target.status == "returned"


@pytest.mark.parametrize(
    ("status", "code", "who", "answer"),
    [
        ("draft", "file", "inspector", 403),
        ("filed", "check", "chengyuan_admin", 403),
        ("filed", "check", "development_officer", 403),
        ("checked", "approve", "admin", 403),
        ("filed", "file", "chengyuan_admin", 409),
        ("filed", "approve", "development_officer", 409),
        ("approved", "withdraw", "chengyuan_admin", 409),
        ("draft", "revise", "chengyuan_admin", 409),
        ("draft", "drop", "chengyuan_admin", 409),
        ("draft", "file", "beiyuan_admin", 404),
        ("draft", "nonsense", "chengyuan_admin", 404),
    ],
)
def test_nobody_jumps_the_queue(
    cast: Cast, client_as: Browser, estimate: Estimate, status: str, code: str, who: str, answer: int
) -> None:
    target = make_target(estimate, status=status)
    client = client_as(getattr(cast, who))
    assert move(client, target, code, note="理由").status_code == answer
    target.refresh_from_db()
    assert target.status == status


def test_no_milestone_for_arrivals_no_filing(cast: Cast, client_as: Browser, estimate: Estimate) -> None:
    target = make_target(estimate)
    target.milestones.all().delete()
    page = move(client_as(cast.chengyuan_admin), target, "file")
    assert page.status_code == 422
    assert "还没有到货节点" in text(page)


def test_a_plan_that_is_less_than_usual_before_heating_says_why(
    cast: Cast, client_as: Browser, estimate: Estimate
) -> None:
    """40 % by the end of August, nothing more and no contract; then nothing at all before heating."""
    target, company = make_target(estimate), client_as(cast.chengyuan_admin)
    said = "供暖（11月15日）前的到货节点只到 40%，低于本县常用的 80%"
    assert said in text(company.get(reverse("coal:target_move", args=[target.pk, "file"])))
    refused = move(company, target, "file")
    assert refused.status_code == 422
    assert "请填写节点低于常用的理由" in text(refused)
    with pytest.raises(workflow.MoveRefused, match="低于本县常用的 80%，请写明理由"):
        workflow.file(target, by=cast.chengyuan_admin)
    step = target.milestones.get()
    step.due_on, step.share_percent = dt.date(2027, 3, 10), Decimal("0.1")
    step.save()
    move(company, target, "file", note="铁路专用线 11 月底才通")
    target.refresh_from_db()
    assert target.status == "filed"
    for who, code in ((cast.inspector, "check"), (cast.development_officer, "approve")):
        for address in (target.get_absolute_url(), reverse("coal:target_move", args=[target.pk, code])):
            page = text(client_as(who).get(address))
            assert "供暖（11月15日）前没有到货节点，本县常用的是到货 80%" in page
            assert "企业报送时写的理由：铁路专用线 11 月底才通" in page
        move(client_as(who), target, code)


def test_a_usual_plan_needs_no_reason(cast: Cast, client_as: Browser, estimate: Estimate) -> None:
    target = make_target(estimate)
    for kind, day, percent in (
        ("contracted", dt.date(2026, 6, 30), 100), ("arrived", dt.date(2026, 9, 30), 60),
        ("arrived", dt.date(2026, 11, 14), 80),
    ):  # fmt: skip
        TargetMilestone.objects.create(target=target, kind=kind, due_on=day, share_percent=percent, quantity_t=1)
    assert move(client_as(cast.chengyuan_admin), target, "file").status_code == 302


def test_every_milestone_is_held_against_the_usual(cast: Cast, client_as: Browser, estimate: Estimate) -> None:
    """Less is signed and has come by August, half as long has it to last; a later step does not make up for it."""
    target = make_target(estimate)
    target.milestones.update(share_percent=20)
    for kind, day, percent, days in (
        ("contracted", dt.date(2026, 6, 30), 70, None), ("contracted", dt.date(2026, 9, 1), 100, None),
        ("arrived", dt.date(2026, 11, 14), 80, None), ("cover", dt.date(2026, 11, 15), None, 15),
        ("cover", dt.date(2027, 2, 1), None, 7),
    ):  # fmt: skip
        TargetMilestone.objects.create(
            target=target, kind=kind, due_on=day, share_percent=percent, quantity_t=percent, cover_days=days
        )
    assert departures_of(target) == [
        "6月30日前的合同节点只到 70%，低于本县常用的 100%", "8月31日前的到货节点只到 20%，低于本县常用的 40%",
        "9月30日前的到货节点只到 20%，低于本县常用的 60%", "供暖期最低可用天数只要 7 天，低于本县常用的 15 天",
    ]  # fmt: skip
    target.milestones.filter(kind="cover", cover_days=15).delete()
    assert departures_of(target)[-1] == "供暖（11月15日）起没有要求最低可用天数，本县常用的是 15 天"


def test_who_was_second_sees_what_happened(cast: Cast, client_as: Browser, estimate: Estimate) -> None:
    target = make_target(estimate, status="filed")
    seen = {"version": target.version, "entry": 0}
    move(client_as(cast.inspector), target, "send_back", note="面积与台账不符")
    address = reverse("coal:target_move", args=[target.pk, "check"])
    late = client_as(cast.inspector_2).post(address, {**seen, "note": "同意"})
    assert late.status_code == 409
    assert "现在是“已退回”" in text(late)
    assert "同意" in text(late)
    # Withdrawn and filed again in between: the state is the same, the target is not.
    move(client_as(cast.chengyuan_admin), target, "file", note="面积已核对")
    again = client_as(cast.inspector_2).post(address, {**seen, "note": "同意"})
    assert again.status_code == 409
    assert "您办理期间，这个目标有了变动" in text(again)
    assert "面积与台账不符" in text(again)
    target.refresh_from_db()
    assert target.status == "filed"


def test_a_return_without_a_reason_is_refused_for_programs_too(cast: Cast, estimate: Estimate) -> None:
    target = make_target(estimate, status="filed")
    with pytest.raises(workflow.MoveRefused, match="请填写退回理由"):
        workflow.send_back(target, by=cast.inspector, note=" ")
    target.refresh_from_db()
    assert target.status == "filed"


def test_who_has_something_to_do_sees_how_much(cast: Cast, estimate: Estimate) -> None:
    for n, status in enumerate(("filed", "approved"), 1):
        make_target(estimate, status=status, revision=n)
    waits = {user.username: workflow.targets_due(user) for user in cast.by_role.values()}
    assert {name for name, count in waits.items() if count} == {"ll_admin", "ll_inspector"}
    assert waits["ll_inspector"] == "1"


def test_a_stale_move_writes_nothing(cast: Cast, estimate: Estimate) -> None:
    target = make_target(estimate, status="checked")
    mine, theirs = Target.objects.get(pk=target.pk), Target.objects.get(pk=target.pk)
    workflow.approve(mine, by=cast.development_officer)
    with pytest.raises(Stale):
        workflow.decline(theirs, by=cast.development_officer, note="再议")
    assert AuditEntry.objects.filter(action="审批退回").count() == 0
    assert told(cast.chengyuan_admin) == ["城源热力 2026-2027 储备目标第 1 版 已由发改局批准"]


# --- revisions


def test_a_change_after_approval_is_a_new_revision(cast: Cast, client_as: Browser, estimate: Estimate) -> None:
    make_coal_free(company=cast.beiyuan, by=cast.development_officer)
    first, company = make_target(estimate, status="approved"), client_as(cast.chengyuan_admin)
    assert county_sheet(cast.season, cast.leader).is_final
    assert reverse("coal:target_edit", args=[first.pk]) not in text(company.get(first.get_absolute_url()))
    move(company, first, "revise", note="新接两个小区")
    second = Target.objects.get(revision=2)
    assert (second.status, second.quantity_t, second.milestones.count()) == ("draft", 53_936, 1)
    assert "新接两个小区" in text(company.get(second.get_absolute_url()))
    first.refresh_from_db()
    assert first.status == "approved"
    assert move(company, first, "revise", note="再来").status_code == 409

    # Opened by mistake: it is given up, and the next one has a number of its own.
    assert "放弃修订" not in text(company.get(first.get_absolute_url()))
    assert move(company, second, "drop").status_code == 422
    move(company, second, "drop", note="点错了")
    second.refresh_from_db()
    row = next(row for row in county_sheet(cast.season, cast.leader).rows if row.company == cast.chengyuan)
    assert (second.status, row.latest, row.in_force) == ("dropped", first, first)
    assert move(company, second, "file").status_code == 409
    move(company, first, "revise", note="新接两个小区")
    second = Target.objects.get(revision=3)

    address = reverse("coal:target_edit", args=[second.pk])
    company.post(address, typed(*ROWS, amount="90", version=str(second.version)))
    for client, code in ((company, "file"), (client_as(cast.inspector), "check")):
        move(client, second, code)
    assert day_needs(cast.season, [cast.chengyuan])[cast.chengyuan.pk].basis == "已批准的储备目标"
    assert county_sheet(cast.season, cast.leader).quantity_t == 53_936
    move(client_as(cast.development_officer), second, "approve")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, first.quantity_t, second.status, second.quantity_t) == (
        "superseded", 53_936, "approved", 48_542,
    )  # fmt: skip
    assert "53 936 × 100% = 53 936 t" in text(company.get(first.get_absolute_url()))
    assert county_sheet(cast.season, cast.leader).quantity_t == 48_542


def test_the_database_knows_one_target_in_force(cast: Cast, estimate: Estimate) -> None:
    make_target(estimate, status="approved")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_target(estimate, status="approved", revision=2)
    make_target(estimate, status="draft", revision=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_target(estimate, status="filed", revision=3)


def test_only_the_company_writes_its_target(cast: Cast, estimate: Estimate) -> None:
    for user in (cast.beiyuan_admin, cast.development_officer, cast.admin):
        with pytest.raises(PermissionDenied):
            demand_services.save_target(
                None, by=user, estimate=estimate, method=Method.DESIGN_LOAD, rule=TargetRule.SHARE,
                amount=Decimal(80), milestones=[],
            )  # fmt: skip
    assert not Target.objects.exists()


# --- what others read


def test_the_countys_sheet(cast: Cast, client_as: Browser, estimate: Estimate) -> None:
    make_target(estimate, status="approved")
    poorer = make_estimate(
        company=cast.beiyuan, season=cast.season, by=cast.beiyuan_admin, area_m2=Decimal(500_000),
        heat_value_mj_per_kg=Decimal("16.7472"),
    )  # fmt: skip
    make_target(poorer, status="filed", quantity_t=Decimal(10_000))
    sheet = county_sheet(cast.season, cast.leader)
    assert [(row.company.name, row.share_percent) for row in sheet.rows] == [
        ("城源热力有限公司", Decimal("87.1")), ("北苑供热站", Decimal("12.9")),
    ]  # fmt: skip
    # Shares are of standard coal, never of tonnes of different heat value.
    # 38 526 of the one, 10 000 · 16.747 / 29.3076 of the other.
    assert (sheet.quantity_t, sheet.quantity_tce, sheet.approved, sheet.is_final) == (63_936, 44_240, 1, False)
    page = text(client_as(cast.leader).get(reverse("coal:target_list")))
    assert "63 936" in page and "44 240" in page and "待住建局审核" in page

    # A company sees its own line, and no share of a total that it does not know.
    own = county_sheet(cast.season, cast.beiyuan_clerk)
    assert [(row.company, row.share_percent) for row in own.rows] == [(cast.beiyuan, None)]
    assert "城源热力" not in text(client_as(cast.beiyuan_clerk).get(reverse("coal:target_list")))


def test_the_approval_sheet_as_a_workbook(cast: Cast, client_as: Browser, estimate: Estimate) -> None:
    make_target(estimate, status="approved")
    response = client_as(cast.development_officer).get(reverse("coal:target_sheet"))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))  # type: ignore[attr-defined]
    sheet = book.worksheets[0]
    assert sheet.cell(1, 1).value == "临岭县2026-2027采暖季煤炭储备目标审批表（征求意见稿）"
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]
    assert rows[0][:8] == [
        "序号", "供热企业", "供热面积（万㎡）", "采用方法", "全季需求（t）", "目标怎么定", "储备目标（t）",
        "占全县（折标煤，%）",
    ]  # fmt: skip
    assert rows[1] == [
        1, "城源热力有限公司", 200, "设计热负荷法", 53936, "全季需求的 100%", 53936, 100, 20.934, 38526, 359.6, 515.9,
        "8月31日 到货 40%", "已批准（第 1 版）",
    ]  # fmt: skip
    assert rows[2][:2] + rows[2][-1:] == [2, "北苑供热站", "尚未填报"]
    assert rows[3][1:10] == ["合计", 200, None, 53936, None, 53936, 100, None, 38526]
    assert "发改局审批：" in str(rows[5][0])
    assert book.worksheets[1].title == "口径"
    own = client_as(cast.chengyuan_admin).get(reverse("coal:target_sheet"))
    theirs = openpyxl.load_workbook(io.BytesIO(b"".join(own.streaming_content))).worksheets[0]  # type: ignore[attr-defined]
    assert theirs.cell(1, 1).value == "城源热力有限公司2026-2027采暖季煤炭储备目标审批表"
    assert AuditEntry.objects.filter(action="导出储备目标审批表", actor=cast.development_officer).count() == 1


def test_what_a_day_burns(cast: Cast, estimate: Estimate) -> None:
    need = day_needs(cast.season, [cast.chengyuan, cast.beiyuan])
    assert need == {cast.chengyuan.pk: DayNeed(Decimal("359.6"), Decimal("515.9"), "本季测算")}


def test_a_milestone_is_held_against_the_book(cast: Cast, client_as: Browser, estimate: Estimate, summer: Any) -> None:
    target = make_target(estimate, status="approved", quantity_t=Decimal(1000))  # 400 t by 31 August
    yard = YardFactory(company=cast.chengyuan)
    bookkeeping.count(yard, by=cast.chengyuan_admin, day=dt.date(2026, 3, 10), quantity_t=Decimal(150))
    arrival = {"by": cast.chengyuan_admin, "kind": MovementKind.ARRIVAL}
    bookkeeping.record_movement(yard, day=dt.date(2026, 7, 1), quantity_t=Decimal(100), **arrival)
    page = text(client_as(cast.leader).get(target.get_absolute_url()))
    assert "未到期" in page and "还差 150 t" in page

    summer.move_to(dt.datetime(2026, 9, 2, 2, tzinfo=dt.UTC))
    assert "2 天，差 150 t" in text(client_as(cast.leader).get(target.get_absolute_url()))

    bookkeeping.record_movement(yard, day=dt.date(2026, 9, 1), quantity_t=Decimal(150), **arrival)
    assert "2026-09-01，晚 1 天" in text(client_as(cast.leader).get(target.get_absolute_url()))


@pytest.mark.parametrize("name", ["coal:target_list", "coal:estimate_list"])
def test_a_countys_page_costs_the_same_with_many_companies(
    cast: Cast, client_as: Browser, estimate: Estimate, django_assert_max_num_queries: Any, name: str
) -> None:
    for n in range(12):
        company = UnitFactory(name=f"第{n}供热站", region=cast.county)
        make_target(make_estimate(company=company, season=cast.season, by=cast.chengyuan_admin, **LAST_SEASON))
    client = client_as(cast.leader)
    client.get(reverse(name))
    with django_assert_max_num_queries(12):
        page = client.get(reverse(name))
    assert "第11供热站" in text(page)
