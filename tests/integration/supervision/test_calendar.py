"""The calendar of working days: what comes with the program, what a bureau makes of it, and its page."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from audit.models import AuditEntry
from supervision.models import CalendarDay
from supervision.official_days import official_days
from supervision.working_days import fill_year, missing_festivals, set_days, take_back, working_calendar
from tests.cast import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]
PAGE = "/supervision/calendar/"


def on(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def off_day(text: str, *, by: Any, name: str = "县运动会", **fields: Any) -> int:
    return set_days(on(text), on(text), is_workday=False, name=name, by=by, **fields)


class TestWhatComesWithTheProgram:
    @pytest.mark.parametrize("year", range(2020, 2027))
    def test_every_announced_year_is_whole(self, year: int) -> None:
        assert missing_festivals(CalendarDay.objects.all(), year) == []
        assert year in working_calendar().announced

    @pytest.mark.parametrize(
        ("start", "n", "end"),
        [
            ("2024-09-27", 1, "2024-09-29"), ("2024-09-30", 1, "2024-10-08"), ("2024-09-30", 5, "2024-10-12"),
            ("2025-09-26", 1, "2025-09-28"), ("2025-09-30", 3, "2025-10-11"), ("2026-09-18", 1, "2026-09-20"),
            ("2026-09-24", 1, "2026-09-28"), ("2026-09-30", 3, "2026-10-10"), ("2026-08-07", 1, "2026-08-10"),
        ],
    )  # fmt: skip
    def test_national_day_week(self, start: str, n: int, end: str) -> None:
        assert working_calendar().add_workdays(on(start), n) == on(end)

    def test_how_a_deadline_over_it_explains_itself(self) -> None:
        assert working_calendar().reckon(on("2026-09-30"), 3).sentence == (
            "9月30日之后第 3 个工作日是10月10日。计入：10月8日至9日、10月10日（周六，国庆节调休上班）；"
            "跳过：10月1日至7日（国庆节）。"
        )

    def test_a_year_not_announced_counts_weekends_and_says_so(self) -> None:
        reckoning = working_calendar().reckon(on("2027-09-30"), 1)
        assert reckoning.on == on("2027-10-01")
        assert reckoning.warning == "2027 年的放假安排还没有录入，只按周末推算，公布后可能变动。"


class TestChanges:
    def test_the_own_arrangement_holds_before_the_notice_until_it_is_taken_back(self, cast: Cast) -> None:
        assert off_day("2026-10-10", by=cast.city_admin) == 1
        assert working_calendar().add_workdays(on("2026-10-09"), 1) == on("2026-10-12")

        take_back(CalendarDay.objects.get(source="own"), by=cast.city_admin)
        assert working_calendar().add_workdays(on("2026-10-09"), 1) == on("2026-10-10")

    def test_both_are_audited(self, cast: Cast) -> None:
        set_days(on("2026-08-06"), on("2026-08-07"), is_workday=False, name=" 县 运动会 ", by=cast.city_admin)
        take_back(CalendarDay.objects.filter(source="own").earliest("day"), by=cast.city_admin)

        entries = AuditEntry.objects.filter(target_type="supervision.calendarday").order_by("pk")
        assert [(entry.action, entry.changes, entry.note) for entry in entries] == [
            (
                "修改工作日历",
                {"2026-08-06": [None, "放假（县 运动会）"], "2026-08-07": [None, "放假（县 运动会）"]},
                "依据：本单位安排",
            ),
            ("撤销工作日历改动", {"2026-08-06": ["放假（县 运动会）", None]}, "依据：本单位安排"),
        ]

    def test_the_same_again_is_no_change(self, cast: Cast) -> None:
        assert (off_day("2026-08-06", by=cast.city_admin), off_day("2026-08-06", by=cast.city_admin)) == (1, 0)
        assert off_day("2026-08-06", by=cast.city_admin, name="县庆") == 1
        assert CalendarDay.objects.filter(source="own").count() == 1

    @pytest.mark.parametrize(
        ("first", "last", "name", "said"),
        [
            ("2026-08-07", "2026-08-06", "县庆", "2026-08-06 早于开始的 2026-08-07"),
            ("2026-08-01", "2026-08-31", "", "请填写为什么放假"),
            ("2026-08-01", "2026-09-01", "县庆", "一次最多 31 天，这里是 32 天"),
            ("1999-12-31", "1999-12-31", "县庆", "工作日历从 2000 年到 2099 年"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, cast: Cast, first: str, last: str, name: str, said: str) -> None:
        with pytest.raises(ValidationError, match=said):
            set_days(on(first), on(last), is_workday=False, name=name, by=cast.city_admin)
        assert not CalendarDay.objects.filter(source="own").exists()

    def test_what_the_program_knows_of_a_notice_cannot_be_deleted(self, cast: Cast) -> None:
        with pytest.raises(ValidationError, match="是国务院通知的安排，不能删除"):
            take_back(CalendarDay.objects.get(day="2026-10-01"), by=cast.city_admin)

    def test_a_notice_entered_by_hand_makes_the_year_whole(self, cast: Cast) -> None:
        festivals = {
            "2027-01-01": "元旦", "2027-02-08": "春节", "2027-04-05": "清明节", "2027-05-03": "劳动节",
            "2027-06-09": "端午节", "2027-10-01": "国庆节",
        }  # fmt: skip
        for day, name in festivals.items():
            off_day(day, by=cast.city_admin, name=name, source="state")
        assert missing_festivals(CalendarDay.objects.all(), 2027) == ["中秋"]
        assert 2027 not in working_calendar().announced

        off_day("2027-09-15", by=cast.city_admin, name="中秋节", source="state")
        assert 2027 in working_calendar().announced

    @pytest.mark.parametrize(
        ("last", "name", "missing"),
        [("2027-10-08", "国庆节", []), ("2027-10-07", "国庆节", ["中秋"]), ("2027-10-07", "国庆节、中秋节", [])],
    )
    def test_mid_autumn_may_fall_into_national_day(self, cast: Cast, last: str, name: str, missing: list[str]) -> None:
        for month, each in enumerate(("元旦", "春节", "清明节", "劳动节", "端午节"), 1):
            off_day(f"2027-0{month}-05", by=cast.city_admin, name=each, source="state")
        set_days(on("2027-10-01"), on(last), is_workday=False, name=name, source="state", by=cast.city_admin)
        assert missing_festivals(CalendarDay.objects.all(), 2027) == missing
        assert (2027 in working_calendar().announced) == (not missing)

    def test_a_year_that_the_program_knows_is_filled_in_once(self, cast: Cast) -> None:
        CalendarDay.objects.filter(day__year=2026).delete()
        off_day("2026-10-10", by=cast.city_admin)
        assert fill_year(2026, by=cast.city_admin) == len(official_days(2026)) == 39
        assert fill_year(2026, by=cast.city_admin) == 0
        assert not working_calendar().is_workday(on("2026-10-10")), "the own arrangement stays"
        assert fill_year(2031, by=cast.city_admin) == 0

    def test_only_who_may(self, cast: Cast) -> None:
        with pytest.raises(PermissionDenied):
            off_day("2026-08-06", by=cast.inspector)


@pytest.fixture
def page(client_as: Callable[[Any], Client], summer: Any) -> Callable[..., str]:
    def get(user: Any, query: str = "", status: int = 200) -> str:
        response = client_as(user).get(f"{PAGE}?{query}")
        assert response.status_code == status
        return response.content.decode()

    return get


def cell(html: str, words: str) -> tuple[str, str]:
    """(looks, what stands in it) of the day whose title begins so."""
    looks, inside = re.findall(rf'<td class="([^"]*)" title="{re.escape(words)}[^"]*">(.*?)</td>', html)[0]
    return looks, re.sub(r"<[^>]+>", "", inside)


class TestPage:
    def test_a_year_in_colours_and_words(self, cast: Cast, page: Any) -> None:
        html = page(cast.chengyuan_clerk, "year=2026")
        assert cell(html, "10月1日（周四）休息，国庆节") == ("look-off", "1休")
        assert cell(html, "10月10日（周六）上班，国庆节调休") == ("look-made-up", "10班")
        assert cell(html, "10月11日（周日）休息") == ("look-rest", "11")
        assert cell(html, "10月12日（周一）上班") == ("look-work", "12")
        assert cell(html, "8月3日（周一）上班") == ("look-work is-today", "3")
        assert "10月1日至7日放假；9月20日（周日）、10月10日（周六）上班" in html
        assert "2026 年有 248 个工作日" in html
        assert "改日历" not in html and "还没有录全" not in html

    def test_this_year_tells_that_the_next_one_is_missing(self, cast: Cast, page: Any) -> None:
        assert "明年的放假安排还没有录入" in page(cast.city_admin)
        html = page(cast.city_admin, "year=2027")
        assert "2027 年的放假安排还没有录全" in html
        assert "缺：元旦、春节、清明、劳动、端午、中秋、国庆" in html
        assert "明年的放假安排" not in html

    @pytest.mark.parametrize("query", ["year=", "year=1999", "year=x", "year=20266", "day=nonsense"])
    def test_a_year_that_is_none_is_this_one(self, cast: Cast, page: Any, query: str) -> None:
        assert "<h1>2026 年工作日历</h1>" in page(cast.city_admin, query)

    def test_a_day_that_was_clicked_stands_in_the_form(self, cast: Cast, page: Any) -> None:
        html = page(cast.city_admin, "year=2026&day=2026-10-10")
        assert 'value="2026-10-10"' in html
        assert re.search(r'value="off"[^>]*checked', html)
        assert re.search(r'value="worked"[^>]*checked', page(cast.city_admin, "year=2026&day=2026-10-11"))

    def test_changing_it(self, cast: Cast, client_as: Any, summer: Any) -> None:
        client = client_as(cast.city_admin)
        posted = {"first": "8.6", "last": "", "arranged": "off", "name": "县运动会", "source": "own"}
        response = client.post(f"{PAGE}?year=2026", posted, follow=True)
        html = response.content.decode()
        assert "8月6日已改为放假，下一次检查起按新的日历推算。" in html
        assert cell(html, "8月6日（周四）休息，县运动会") == ("look-off is-own", "6休")

        row = CalendarDay.objects.get(source="own")
        html = client.post(f"{PAGE}{row.pk}/take-back/", follow=True).content.decode()
        assert "2026-08-06 的改动已撤销" in html
        assert cell(html, "8月6日（周四）上班") == ("look-work", "6")

    def test_what_was_wrong_is_said_and_kept(self, cast: Cast, client_as: Any, summer: Any) -> None:
        posted = {"first": "8.32", "arranged": "off", "name": "县运动会", "source": "own"}
        response = client_as(cast.city_admin).post(f"{PAGE}?year=2026", posted)
        html = response.content.decode()
        assert response.status_code == 422
        assert 'value="8.32"' in html and 'value="县运动会"' in html

    def test_only_administrators_change_it(self, cast: Cast, client_as: Any, summer: Any) -> None:
        posted = {"first": "8.6", "arranged": "off", "name": "县运动会", "source": "own"}
        for user in (cast.inspector, cast.chengyuan_admin, cast.leader):
            assert client_as(user).post(PAGE, posted).status_code == 403
        assert not CalendarDay.objects.filter(source="own").exists()

    def test_reckoning_a_deadline(self, cast: Cast, page: Any) -> None:
        assert "9月30日之后第 1 个工作日是10月8日。计入：10月8日；跳过：10月1日至7日（国庆节）。" in page(
            cast.leader, "start=9.30&count=1"
        )
        assert "工作日数应为 -366 到 366 之间的整数" in page(cast.leader, "start=9.30&count=999", status=422)


@pytest.mark.django_db
def test_nobody_rests_for_two_months(cast: Cast) -> None:
    set_days(dt.date(2027, 7, 1), dt.date(2027, 7, 31), is_workday=False, name="停产检修", by=cast.city_admin)
    with pytest.raises(ValidationError, match="没有工作日"):
        set_days(dt.date(2027, 8, 1), dt.date(2027, 8, 31), is_workday=False, name="停产检修", by=cast.city_admin)
