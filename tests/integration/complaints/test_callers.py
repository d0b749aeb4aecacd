"""Names and phones in what callers said: who may not see the caller does not read or find them there either."""

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEntry
from common.spreadsheets.ledgers.exporting import Look, write_chosen
from common.spreadsheets.ledgers.kinds import kind_named
from complaints import services, workflow
from complaints.masking import masked_text
from complaints.models import Order
from notifications.models import Message
from tests.cast import Cast
from tests.integration.complaints.test_import import stage
from tests.integration.complaints.test_queue import exported
from tests.orders import dispatched

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("summer")]
SignIn = Callable[[Any], Client]


class TestCallersInWhatTheySaid:
    """赵钱孙 and 13911112222 stand in the content; the caller's own phone is another one."""

    @pytest.fixture
    def order(self, cast: Cast) -> Order:
        said = "赵钱孙反映家里不热，联系电话139 1111 2222或0311-8123456，2026年12月1日起"
        raw = {"内容": said, "备注": "家属 13911113333"}
        return dispatched(cast, caller="赵钱孙", content=said, origin={"file": "a.csv", "row": 2, "raw": raw})

    MASKED = "赵**反映家里不热，联系电话139****2222或031****3456，2026年12月1日起"

    @pytest.mark.parametrize("name", ["leader", "township_officer", "development_officer"])
    def test_masked_for_who_does_not_handle_it(self, cast: Cast, client_as: SignIn, order: Order, name: str) -> None:
        client = client_as(getattr(cast, name))
        for address in (order.get_absolute_url(), "/complaints/"):
            page = client.get(address).content.decode()
            assert self.MASKED in page
            assert not [text for text in ("赵钱孙", "1111 2222", "8123456", "13911113333") if text in page]

    def test_who_handles_it_reads_it_as_long_as_it_does(self, cast: Cast, client_as: SignIn, order: Order) -> None:
        address, company = order.get_absolute_url(), client_as(cast.chengyuan_admin)
        for client in (company, client_as(cast.hotline)):
            page = client.get(address).content.decode()
            assert "赵钱孙反映" in page and "139 1111 2222" in page
        workflow.sign(order, by=cast.chengyuan_admin)
        workflow.report(order, by=cast.chengyuan_admin, result="已电话13911112222告知", cause="company")
        page = company.get(address).content.decode()
        assert self.MASKED in page and "已电话139****2222告知" in page and "13911112222" not in page

    @pytest.mark.parametrize("words", ["13911112222", "1111", "2222", "赵钱孙", "8123456"])
    def test_not_found_by_them(self, client_as: SignIn, cast: Cast, order: Order, words: str) -> None:
        client = client_as(cast.leader)
        assert order.number in client.get("/complaints/?q=家里不热").content.decode()
        assert order.number not in client.get(f"/complaints/?q={words}").content.decode()

    def test_neither_in_the_journal_nor_in_messages(self, cast: Cast, order: Order) -> None:
        workflow.send_back(order, by=cast.chengyuan_admin, reason="打了13911112222，赵钱孙说是北苑的")
        values = {"content": "家里不热，电话13911114444"}
        services.edit(order, by=cast.hotline, version=order.version, values=values)
        entries = AuditEntry.objects.of(order).order_by("pk")
        assert entries[0].note == self.MASKED
        assert entries.last().changes == {"诉求内容": [self.MASKED, "家里不热，电话139****4444"]}  # type: ignore[union-attr]
        [body] = Message.objects.filter(recipient=cast.hotline, subject__contains="退单").values_list("body", flat=True)
        assert "打了139****2222，赵**说是北苑的" in body

    def test_in_exports_only_where_callers_are(self, cast: Cast, order: Order) -> None:
        for user, query in ((cast.leader, ""), (cast.leader, "callers=1"), (cast.hotline, "")):
            assert exported(user, query)[0]["诉求内容"] == self.MASKED
        assert exported(cast.hotline, "callers=1")[0]["诉求内容"] == order.content

    def test_a_masked_export_comes_back_without_a_change(self, cast: Cast, order: Order) -> None:
        out, kind = io.BytesIO(), kind_named("complaints")
        chosen = kind.chosen(cast.leader, query="callers=1")
        write_chosen(out, kind, chosen, by=cast.leader, look=Look.PLAIN)
        batch = stage(cast.hotline, out.getvalue(), "导出.xlsx")
        assert [(row.pile, row.reason) for row in batch.rows.all()] == [("repeat", f"已登记为 {order.number}")]


class TestALookAtWhatTheySaid:
    def looks(self, order: Order) -> list[str]:
        entries = AuditEntry.objects.of(order).filter(action="查看诉求人信息")
        return [f"{entry.actor_name}：{entry.note}" for entry in entries]

    def test_of_who_handles_it_is_on_record_once_in_half_an_hour(
        self, cast: Cast, client_as: SignIn, summer: Any
    ) -> None:
        order = dispatched(cast, caller="郑测丙", content="郑测丙13866665555反映家里不热")
        client, address = client_as(cast.chengyuan_admin), order.get_absolute_url()
        assert "郑测丙13866665555反映家里不热" in client.get(address).content.decode()
        client.get(address)
        assert self.looks(order) == ["程源：诉求内容或办理记录里写有姓名、电话"]
        summer.shift(dt.timedelta(minutes=31))
        client.get(address)
        assert len(self.looks(order)) == 2

    def test_of_who_reads_it_masked_is_none(self, cast: Cast, client_as: SignIn) -> None:
        order = dispatched(cast, caller="郑测丙", content="郑测丙13866665555反映家里不热")
        assert "郑**138****5555反映家里不热" in client_as(cast.leader).get(order.get_absolute_url()).content.decode()
        for search in ("13866665555", "66665555"):
            assert order.number not in client_as(cast.leader).get(f"/complaints/?q={search}").content.decode()
        assert self.looks(order) == []

    def test_where_nobody_is_named_there_is_none(self, cast: Cast, client_as: SignIn) -> None:
        order = dispatched(cast)
        client_as(cast.chengyuan_admin).get(order.get_absolute_url())
        assert self.looks(order) == []

    def test_the_form_that_corrects_it_is_one_too(self, cast: Cast, client_as: SignIn) -> None:
        order = dispatched(cast, content="联系13866665555")
        assert "13866665555" in client_as(cast.hotline).get(f"{order.get_absolute_url()}edit/").content.decode()
        assert len(self.looks(order)) == 1
        move = client_as(cast.chengyuan_admin).get(f"{order.get_absolute_url()}sign/").content.decode()
        assert "联系138****5555" in move and len(self.looks(order)) == 1


@pytest.mark.parametrize(
    ("said", "masked"),
    [
        ("郑测丙13866665555反映", "郑**138****5555反映"),
        ("138 123 45678", "138****5678"),
        ("1381 234 5678", "138****5678"),
        ("电话13812345678A座", "电话138****5678A座"),
        ("１３８１２３４５６７８", "１３８****５６７８"),
        ("郑**13866665555", "郑**138****5555"),
        ("138****5555", "138****5555"),
        ("室温15 2026-11-20 10:00", "室温15 2026-11-20 10:00"),
        ("工单号LL202611270099，3号楼2单元501", "工单号LL202611270099，3号楼2单元501"),
    ],
)
def test_phones_however_they_are_written(said: str, masked: str) -> None:
    assert masked_text(said, "郑测丙") == masked


def test_a_day_and_a_number_are_no_phone() -> None:
    assert masked_text("20261201 起，工单LL2026112600123，+86 13911112222") == (
        "20261201 起，工单LL2026112600123，+86****2222"
    )
