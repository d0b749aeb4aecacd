"""What is long past when a hazard is issued or imported: people are told of it if somebody asks, and only then."""

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from audit.models import AuditEntry
from common import clock
from inspections import workflow
from inspections.importing import Stager
from inspections.models import Hazard
from notifications.models import Message
from notifications.outbox import deliver
from supervision.models import Escalation
from supervision.sweep import sweep
from tests.cast import SUMMER_DAY, Cast
from tests.hazards import hazard_of
from tests.ledgers import ledger_file, ledger_row

pytestmark = [pytest.mark.either_database, pytest.mark.django_db, pytest.mark.usefixtures("summer", "by_itself")]
ClientAs = Callable[[Any], Client]
BOX = "已过时限的也发提醒和督办"


def announced(hazard: Hazard) -> list[tuple[str, int]]:
    """The steps that a sweep of today tells of the hazard, by what is on record."""
    sweep(clock.today())
    records = Escalation.objects.filter(item_id=hazard.pk)
    assert records.filter(step="circular").exists(), "what is past is on record in any case"
    return list(records.filter(announced=True).values_list("step", "repeat"))


def pending(cast: Cast, days_past: int = 60) -> Hazard:
    """Not issued yet, and so many days past its deadline."""
    return hazard_of(cast, due_on=SUMMER_DAY - dt.timedelta(days=days_past), found_on=dt.date(2026, 6, 1))


class TestIssuing:
    def test_asked_for_the_highest_step_is_told_once(self, cast: Cast, client_as: ClientAs) -> None:
        hazard = pending(cast)
        page = client_as(cast.inspector)
        assert BOX in page.get(f"/hazards/{hazard.pk}/issue/").content.decode()
        assert _post(page, hazard, announce_past="on").status_code == 302
        # Day 60 is the sixth repetition of day 15.
        assert announced(hazard) == [("circular", 6)]
        deliver()
        told = Message.objects.filter(recipient=cast.chengyuan_admin, subject__contains="逾期")
        assert [message.subject for message in told] == [f"{hazard.number} 逾期 60 天，已达到通报条件"]
        assert sweep(clock.today()).announced == 0
        entry = AuditEntry.objects.of(hazard).get(action="下达")
        assert entry.changes == {"已过时限的提醒和督办": [None, "发出"]}

    def test_not_asked_for_nobody_is_told(self, cast: Cast, client_as: ClientAs) -> None:
        hazard = pending(cast)
        assert _post(client_as(cast.inspector), hazard).status_code == 302
        assert announced(hazard) == []
        assert AuditEntry.objects.of(hazard).get(action="下达").changes == {}

    def test_nothing_is_asked_while_the_deadline_has_not_passed(self, cast: Cast, client_as: ClientAs) -> None:
        due_today = pending(cast, days_past=0)
        assert BOX not in client_as(cast.inspector).get(f"/hazards/{due_today.pk}/issue/").content.decode()
        workflow.issue(due_today, by=cast.inspector, announce_past=True)
        assert due_today.watched_since == clock.now()

    def test_a_new_unit_hears_of_the_past_if_it_was_asked_for(self, cast: Cast) -> None:
        for asked, told in ((True, [("circular", 6)]), (False, [])):
            hazard = pending(cast)
            workflow.issue(hazard, by=cast.inspector, announce_past=asked)
            workflow.sign(hazard, by=cast.chengyuan_admin)
            workflow.amend(
                hazard, by=cast.inspector, reason="该管段归北苑", lead_unit=cast.beiyuan, responsible_person="白苑"
            )
            assert announced(hazard) == told

    def test_a_new_round_asks_for_nothing(self, cast: Cast) -> None:
        hazard = hazard_of(cast, "closed")
        Hazard.objects.filter(pk=hazard.pk).update(watched_since=None)
        hazard.refresh_from_db()
        workflow.reopen(hazard, by=cast.inspector, reason="又漏了", due_on=SUMMER_DAY)
        assert hazard.watched_since == clock.now()


class TestManyAtOnce:
    def test_asks_first_and_then_issues_all(self, cast: Cast, client_as: ClientAs) -> None:
        past, other = pending(cast), hazard_of(cast)
        client = client_as(cast.inspector)
        chosen = {"move": "issue", "selected": [past.pk, other.pk], "next": "/hazards/?tab=pending"}
        asking = client.post("/hazards/bulk/", chosen).content.decode()
        assert "选了 2 条，其中 1 条时限已过，下达后即为逾期。" in asking
        assert past.number in asking and other.number not in asking
        assert not Hazard.objects.filter(status="issued").exists()
        done = client.post("/hazards/bulk/", {**chosen, "asked": "1", "announce_past": "on"}).content.decode()
        assert "已下达 2 条" in done
        assert announced(past) == [("circular", 6)]

    @pytest.mark.parametrize(
        ("answer", "told"),
        [("keep", [True, False]), ("on", [True, True]), ("", [False, False])],
    )
    def test_some_asked_for_when_they_were_imported_each_keeps_its_own(
        self, cast: Cast, client_as: ClientAs, answer: str, told: list[bool]
    ) -> None:
        asked, other = pending(cast), pending(cast)
        Hazard.objects.filter(pk=asked.pk).update(watched_since=None)
        client = client_as(cast.inspector)
        chosen = {"move": "issue", "selected": [asked.pk, other.pk]}
        page = client.post("/hazards/bulk/", chosen).content.decode()
        assert "各按导入时的选择：1 条也发提醒和督办，其余不发" in page and page.count("要求也发") == 1
        boxes = [tag for tag in re.findall(r"<input[^>]*>", page) if 'name="announce_past"' in tag]
        assert [("checked" in tag, re.findall('value="(.*?)"', tag)) for tag in boxes] == [
            (True, ["keep"]), (False, ["on"]), (False, [""]),
        ]  # fmt: skip
        client.post("/hazards/bulk/", {**chosen, "asked": "1", "announce_past": answer})
        assert [announced(hazard) == [("circular", 6)] for hazard in (asked, other)] == told

    def test_without_the_tick_nobody_is_told(self, cast: Cast, client_as: ClientAs) -> None:
        past = pending(cast)
        client_as(cast.inspector).post("/hazards/bulk/", {"move": "issue", "selected": [past.pk], "asked": "1"})
        assert announced(past) == []

    def test_nothing_is_asked_while_no_deadline_has_passed(self, cast: Cast, client_as: ClientAs) -> None:
        hazard = hazard_of(cast)
        done = client_as(cast.inspector).post("/hazards/bulk/", {"move": "issue", "selected": [hazard.pk]})
        assert "已下达 1 条" in done.content.decode()

    def test_what_another_county_has_is_neither_named_nor_issued(self, cast: Cast, client_as: ClientAs) -> None:
        past = pending(cast)
        client = client_as(cast.foreign.inspector)
        page = client.post("/hazards/bulk/", {"move": "issue", "selected": [past.pk]}).content.decode()
        assert past.number not in page and "不存在，或不在您可查看的范围内" in page


class TestImporting:
    FILE = ledger_file([
        ledger_row("甲站", 整改时限="2026-06-04"),
        ledger_row("乙站", 整改时限="2026-06-04", 是否销号="√"),
        ledger_row("丙站"),
    ])  # fmt: skip

    def take(self, cast: Cast, client: Client, **ticks: str) -> tuple[Hazard, Hazard, Hazard, str]:
        batch = Stager(by=cast.admin).stage(self.FILE, filename="台账.xlsx")
        assert f"2 条{BOX}" in client.get(f"/hazards/import/{batch.pk}/").content.decode()
        said = client.post(f"/hazards/import/{batch.pk}/run/", ticks, follow=True).content.decode()
        first, second, third = Hazard.objects.order_by("pk")
        return first, second, third, said

    def test_asked_for_rows_that_claim_to_be_done_are_told_once_they_are_sent_back(
        self, cast: Cast, client_as: ClientAs
    ) -> None:
        past, claimed, other, said = self.take(cast, client_as(cast.admin), past="on")
        assert "2 条已过时限的也发提醒和督办。" in said
        assert other.watched_since == clock.now()
        assert "已过时限的提醒和督办也发出" in AuditEntry.objects.of(past).get().note
        assert AuditEntry.objects.of(other).get().note == "台账.xlsx"
        _send_back(cast, claimed)
        assert announced(claimed) == [("circular", 6)]

    def test_asked_for_at_import_the_box_is_ticked_at_issuing(self, cast: Cast, client_as: ClientAs) -> None:
        client = client_as(cast.admin)
        past, *_ = self.take(cast, client, past="on")
        assert "checked" in _box(client.get(f"/hazards/{past.pk}/issue/").content.decode())
        asking = client.post("/hazards/bulk/", {"move": "issue", "selected": [past.pk]}).content.decode()
        assert "checked" in _box(asking)
        _post(client, past)
        assert announced(past) == []

    def test_it_holds_unless_somebody_says_otherwise(self, cast: Cast, client_as: ClientAs) -> None:
        """However it is issued: by another program, or from the list."""
        past, _, other, _ = self.take(cast, client_as(cast.admin), past="on")
        workflow.issue(past, by=cast.inspector)
        workflow.issue(other, by=cast.inspector)
        assert (past.watched_since, other.watched_since) == (None, clock.now())
        assert AuditEntry.objects.of(past).get(action="下达").changes == {"已过时限的提醒和督办": [None, "发出"]}
        assert announced(past) == [("circular", 6)]

    @pytest.mark.parametrize("asked_otherwise", [True, False])
    def test_what_an_officer_says_holds(self, cast: Cast, client_as: ClientAs, asked_otherwise: bool) -> None:
        past, *_ = self.take(cast, client_as(cast.admin), **({} if asked_otherwise else {"past": "on"}))
        workflow.issue(past, by=cast.inspector, announce_past=asked_otherwise)
        assert announced(past) == ([("circular", 6)] if asked_otherwise else [])

    def test_sent_back_by_its_unit_it_is_still_asked_for(self, cast: Cast, client_as: ClientAs) -> None:
        past, *_ = self.take(cast, client_as(cast.admin), past="on")
        workflow.issue(past, by=cast.inspector)
        workflow.return_to_bureau(past, by=cast.chengyuan_admin, reason="该管段归北苑")
        workflow.issue(past, by=cast.inspector)
        assert announced(past) == [("circular", 6)]

    def test_not_asked_for_nobody_is_told(self, cast: Cast, client_as: ClientAs) -> None:
        client = client_as(cast.admin)
        past, claimed, _, said = self.take(cast, client)
        assert BOX.removeprefix("已过时限的") not in said
        assert "checked" not in _box(client.get(f"/hazards/{past.pk}/issue/").content.decode())
        _send_back(cast, claimed)
        assert announced(claimed) == []

    def test_a_row_that_a_later_ledger_says_is_done_stays_as_it_was_asked_for(
        self, cast: Cast, client_as: ClientAs
    ) -> None:
        past, *_ = self.take(cast, client_as(cast.admin), past="on")
        changed = ledger_file([ledger_row("甲站", 整改时限="2026-06-04", 是否销号="√")])
        batch = Stager(by=cast.admin).stage(changed, filename="台账2.xlsx")
        client_as(cast.admin).post(f"/hazards/import/{batch.pk}/update/", {"all": "1"})
        _send_back(cast, past)
        assert announced(past) == [("circular", 6)]

    def test_only_who_issues_may_ask(self, cast: Cast, client_as: ClientAs) -> None:
        batch = Stager(by=cast.chengyuan_clerk).stage(self.FILE, filename="台账.xlsx")
        client = client_as(cast.chengyuan_clerk)
        assert BOX not in client.get(f"/hazards/import/{batch.pk}/").content.decode()
        assert client.post(f"/hazards/import/{batch.pk}/run/", {"past": "on"}).status_code == 403
        assert not Hazard.objects.exists()

    def test_the_command_asks_by_an_option(self, cast: Cast, tmp_path: Path) -> None:
        path = tmp_path / "台账.xlsx"
        path.write_bytes(self.FILE)
        call_command("import_ledger", str(path), kind="hazards", username="ll_admin", announce_past=True)
        past, claimed, other = Hazard.objects.order_by("pk")
        assert (past.watched_since, claimed.watched_since, other.watched_since) == (None, None, clock.now())
        _send_back(cast, claimed)
        assert announced(claimed) == [("circular", 6)]

    def test_the_command_refuses_it_for_what_has_no_deadlines(self, cast: Cast, tmp_path: Path) -> None:
        path = tmp_path / "小区.xlsx"
        path.write_bytes(self.FILE)
        with pytest.raises(CommandError, match="小区台账没有提醒和督办，请去掉 --announce-past"):
            call_command("import_ledger", str(path), kind="communities", username="ll_admin", announce_past=True)


def _post(client: Client, hazard: Hazard, **data: str) -> Any:
    return client.post(f"/hazards/{hazard.pk}/issue/", {"version": hazard.version, "note": "", **data})


def _send_back(cast: Cast, hazard: Hazard) -> None:
    """After what was claimed has been looked at."""
    hazard.refresh_from_db()
    workflow.reject(hazard, by=cast.inspector, opinion="仍有渗漏", inspectors="杜导", accepted_on=clock.today())


def _box(page: str) -> str:
    """The tag of the box that asks."""
    return next(tag for tag in re.findall(r"<input[^>]*>", page) if 'name="announce_past"' in tag)
