"""Addresses, temperatures, moments and pasted texts of complaints."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from complaints.addresses import split_address
from complaints.houses import House, house_in_fields
from complaints.ledger import category_of_content, is_unsure
from complaints.moments import read_moment
from complaints.pasting import read_order_text
from complaints.temperatures import stated_temperature

NAMES = "锦绣家园 滨河新城 和平里小区 幸福里 惠民小区 惠民小区二期 一中家属院 阳光花园 金水湾"
KNOWN = {name: name for name in NAMES.split()}


@pytest.mark.parametrize(
    ("text", "community", "house"),
    [
        ("锦绣家园15号楼5单元402室", "锦绣家园", ("15", "5", "402")),
        ("临岭县城关镇锦绣家园3号楼2单元501室", "锦绣家园", ("3", "2", "501")),
        ("锦绣家园3-2-501", "锦绣家园", ("3", "2", "501")),
        ("锦绣家园3栋2门501", "锦绣家园", ("3", "2", "501")),
        ("阳光花园A座1203", "阳光花园", ("A", "", "1203")),
        ("锦绣家园　３＃楼 二单元 ５０１", "锦绣家园", ("3", "2", "501")),
        ("人民路12号锦绣家园十二号楼三单元502", "锦绣家园", ("12", "3", "502")),
        ("阳光花园3-501", "阳光花园", ("3", "", "501")),
        ("滨河新城9楼302", "滨河新城", ("9", "", "302")),
        ("锦绣家园03号楼1单元0501室", "锦绣家园", ("3", "1", "0501")),
        ("锦绣家园5号2单元301", "锦绣家园", ("5", "2", "301")),
        ("我家住一中家属院2号楼3单元602室", "一中家属院", ("2", "3", "602")),
        ("惠民小区二期3#楼1单元201", "惠民小区二期", ("3", "1", "201")),
        ("惠民小区3#1单元201", "惠民小区", ("3", "1", "201")),
        # what stands behind a building's number is its unit
        ("锦绣家园3号楼2-501", "锦绣家园", ("3", "2", "501")),
        ("锦绣家园3#2-501", "锦绣家园", ("3", "2", "501")),
        ("锦绣家园3栋2-501", "锦绣家园", ("3", "2", "501")),
        ("锦绣家园3号2-501", "锦绣家园", ("3", "2", "501")),
        ("锦绣家园3楼2-501", "锦绣家园", ("3", "2", "501")),
        ("阳光花园A座2-1203", "阳光花园", ("A", "2", "1203")),
        ("锦绣家园3号楼-2-501", "锦绣家园", ("3", "2", "501")),
        ("锦绣家园5号楼4-3-301", "锦绣家园", ("5", "4", "301")),
        ("锦绣家园3号楼2单元5-501", "锦绣家园", ("3", "2", "501")),
        # in Chinese numerals
        ("锦绣家园三号楼二单元五〇一", "锦绣家园", ("3", "2", "501")),
        ("锦绣家园二十三号楼二单元一二零一室", "锦绣家园", ("23", "2", "1201")),
        ("锦绣家园三号二单元五○一户", "锦绣家园", ("3", "2", "501")),
        ("锦绣家园三-二-五零一", "锦绣家园", ("3", "2", "501")),
        ("锦绣家园三号楼五〇一室", "锦绣家园", ("3", "", "501")),
        ("某某苑三号楼二单元五〇一", None, ("3", "2", "501")),
        # units by their side
        ("滨河新城6号楼东单元1203", "滨河新城", ("6", "东", "1203")),
        ("滨河新城6号西单元1203", "滨河新城", ("6", "西", "1203")),
        ("滨河新城6楼中单元1203", "滨河新城", ("6", "中", "1203")),
        ("滨河新城6号楼左单元1203", "滨河新城", ("6", "左", "1203")),
        ("滨河新城6号楼东2单元1203", "滨河新城", ("6", "东2", "1203")),
        ("滨河新城6-东-1203", "滨河新城", ("6", "东", "1203")),
        ("滨河新城6号楼东-1203", "滨河新城", ("6", "东", "1203")),
        # a phone is no room
        ("锦绣家园3号楼13812345678", "锦绣家园", ("3", "", "")),
        # 小区 put to a name or left off
        ("和平里4号楼3单元302室", "和平里小区", ("4", "3", "302")),
        ("幸福里小区2号楼", "幸福里", ("2", "", "")),
        ("锦绣家园", "锦绣家园", ("", "", "")),
        # another community than the one whose name it holds
        ("锦绣家园二期3号楼2单元501室", None, ("3", "2", "501")),
        ("新锦绣家园3号楼", None, ("3", "", "")),
        ("锦绣家园南区3号楼2单元", None, ("3", "2", "")),
        ("城关镇人民路12号", None, ("", "", "")),
        ("", None, ("", "", "")),
    ],
)
def test_an_address_is_taken_apart(text: str, community: str | None, house: tuple[str, str, str]) -> None:
    found = split_address(text, KNOWN)
    assert (found.community, found.house[:3]) == (community, house)


@pytest.mark.parametrize("text", ["锦绣家园5号楼4-2-301", "锦绣家园5号楼4-12"])
def test_numbers_that_may_be_several_things_are_not_guessed(text: str) -> None:
    assert split_address(text, KNOWN).house == House("5", "", "", is_unclear=True)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("滨河新城对面的幸福里2号楼1单元301", ("滨河新城", "幸福里")),
        ("幸福里2号楼1单元301，滨河新城北门旁", ("幸福里", "滨河新城")),
        ("滨河新城对面某某苑2号楼1单元301", ("滨河新城",)),
    ],
)
def test_a_landmark_is_not_taken_for_the_community(text: str, named: tuple[str, ...]) -> None:
    found = split_address(text, KNOWN)
    assert (found.community, found.place, found.named) == (None, "", named)


def test_the_same_community_named_twice_is_one() -> None:
    assert split_address("和平里小区（和平里）4号楼", KNOWN).community == "和平里小区"


@pytest.mark.parametrize(
    "fields",
    [
        ("3", "2", "501"), ("3号楼", "2单元", "501室"), ("三号楼", "二单元", "0501"), ("３＃", "", "2-501"),
        ("3号楼", "", "2-501室"), ("3", "2", "3-2-501"), ("3-2", "", "501"), ("3号楼2单元", "", "501"),
        ("", "", "3号楼2单元501室"), ("3-2-501", "", ""), ("03栋", "2门", "501户"), ("三", "二", "五〇一室"),
        ("3", "", "2单元501"),
    ],
)  # fmt: skip
def test_a_household_is_the_same_however_its_fields_are_filled_in(fields: tuple[str, str, str]) -> None:
    assert house_in_fields(*fields) == House("3", "2", "501")


def test_an_unknown_place_is_given_back_as_it_is_called() -> None:
    assert split_address("临岭县城关镇锦绣家园二期3号楼2单元501室", KNOWN).place == "锦绣家园二期"
    assert split_address("府前街道某某小区5号楼", KNOWN).place == "某某小区"


def test_a_place_is_shown_as_it_was_written() -> None:
    assert split_address("滨河新城A区3号楼", KNOWN).place == "滨河新城A区"
    assert split_address("ABC广场3号楼2单元", {"abc广场": "ABC广场"}).place == "ABC广场"


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        ("锦绣家园3号楼甲单元1203", "甲单元"), ("锦绣家园3号楼中间单元1203", "中间单元"),
        ("锦绣家园甲栋2单元501", "甲栋"), ("锦绣家园3号楼2单元5楼东户", "5楼东户"), ("锦绣家园501", "501"),
        ("锦绣家园3号楼2单元一千二百零一室", "一千二百零一室"), ("某某苑120号", "120号"),
        ("锦绣家园南楼501，13812345678", "南楼501"),
    ],
)  # fmt: skip
def test_what_is_left_of_a_house_is_said(text: str, unread: str) -> None:
    assert split_address(text, KNOWN).house.unread == unread


@pytest.mark.parametrize(
    "text",
    [
        "锦绣家园", "锦绣家园沿街商铺", "锦绣家园沿街商铺12号", "锦绣家园3号楼", "锦绣家园3号楼全楼",
        "锦绣家园3号楼2单元整个单元",
        "锦绣家园3号楼2单元5层501", "锦绣家园3号楼2单元5-501", "锦绣家园3号楼2单元501、502",
        "锦绣家园3号楼13812345678",
        "锦绣家园3号楼20户居民", "锦绣家园（人民路12号）3号楼", "锦绣家园2号门", "锦绣家园北门一楼大厅",
        "城关镇人民路12号",
        "锦绣家园3号楼2单元501室联系13812345678",
    ],
)  # fmt: skip
def test_nothing_is_said_of_addresses_that_name_no_flat_or_all_of_it(text: str) -> None:
    assert split_address(text, KNOWN).house.unread == ""


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ('反映家中温度只有15.0度，"老人孩子受不了"', "15.0"),
        ("室温14℃", "14.0"),
        ("才十五六度", "15.5"),
        ("室内温度不足16度", "16.0"),
        ("十五点五度", "15.5"),
        ("家里15到16度", "15.5"),
        ("应达到18度，实际只有15度", "15.0"),
        ("低于18度，只有17.2度", "17.2"),
        ("外面零下10度，屋里12度", "12.0"),
        ("卧室14度，客厅16度", "14.0"),
        ("室温15，太冷", "15.0"),
        ("九度", "9.0"),
        ("零下5度", None),
        ("标准18度", None),
        ("达不到18度", None),
        ("没有达到国家规定的18度", None),
        ("室外-3度", None),
        ("回水温度45度", None),
        ("供水40度不到", None),
        ("空调开到26度", None),
        ("孩子发烧39度", None),
        ("电话13812345678", None),
        ("用电180度", None),
        ("全楼停暖，未接到通知", None),
    ],
)
def test_the_temperature_that_a_caller_states(text: str, degrees: str | None) -> None:
    assert stated_temperature(text) == (Decimal(degrees) if degrees else None)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-11-29 20:00", "2025-11-29T20:00:00+08:00"),
        ("2025-11-29 20:00:15", "2025-11-29T20:00:15+08:00"),
        ("2025/11/29 8:05", "2025-11-29T08:05:00+08:00"),
        ("2025年11月29日20时", "2025-11-29T20:00:00+08:00"),
        ("2025年11月29日20时30分", "2025-11-29T20:30:00+08:00"),
        ("2025年11月29日晚上8点半", "2025-11-29T20:30:00+08:00"),
        ("20251129200000", "2025-11-29T20:00:00+08:00"),
        ("45990.8333333333", "2025-11-29T20:00:00+08:00"),
        ("２０２５－１１－２９　２０：００", "2025-11-29T20:00:00+08:00"),
        ("2025-11-29", "2025-11-29T00:00:00+08:00"),
        ("2025年11月29日中午1点", "2025-11-29T13:00:00+08:00"),
        ("2025年11月29日中午12点", "2025-11-29T12:00:00+08:00"),
        ("2025年11月29日凌晨12点30分", "2025-11-29T00:30:00+08:00"),
        ("2025年11月29日晚上11点", "2025-11-29T23:00:00+08:00"),
        ("2025-11-29T12:00:00Z", "2025-11-29T20:00:00+08:00"),
        ("2025-11-29T12:00:00+00:00", "2025-11-29T20:00:00+08:00"),
        ("2025-11-29T12:00:00+0800", "2025-11-29T12:00:00+08:00"),
        ("2025/11/29 8:05 PM", "2025-11-29T20:05:00+08:00"),
        ("2025-11-29 08:05 PM", "2025-11-29T20:05:00+08:00"),
        ("2025/11/29 12:05 AM", "2025-11-29T00:05:00+08:00"),
        ("20251129200000.0", "2025-11-29T20:00:00+08:00"),
        ("20251129 200015", "2025-11-29T20:00:15+08:00"),
        ("20251129 2000", "2025-11-29T20:00:00+08:00"),
        ("20251129 20:10", "2025-11-29T20:10:00+08:00"),
        ("20251129 8:05:09", "2025-11-29T08:05:09+08:00"),
        ("2025-11-29 24:00", "2025-11-30T00:00:00+08:00"),
        ("2025-11-30 24:00:00", "2025-12-01T00:00:00+08:00"),
        ("2025年11月29日24时", "2025-11-30T00:00:00+08:00"),
        ("20251129240000", "2025-11-30T00:00:00+08:00"),
        ("11/29/2025 20:10", "2025-11-29T20:10:00+08:00"),
        ("11/29/2025 8:05:09 PM", "2025-11-29T20:05:09+08:00"),
        ("11/29/2025", "2025-11-29T00:00:00+08:00"),
        ("11月29日 20:10", "2025-11-29T20:10:00+08:00"),
        ("11-29 20:10", "2025-11-29T20:10:00+08:00"),
        ("6月5日20时", "2025-06-05T20:00:00+08:00"),
    ],
)
@time_machine.travel("2025-12-01 10:00+08:00", tick=False)
def test_moments_as_hotlines_export_them(text: str, moment: str) -> None:
    reading = read_moment(text)
    assert reading.value == dt.datetime.fromisoformat(moment), reading


@time_machine.travel("2026-01-03 10:00+08:00", tick=False)
def test_a_moment_without_a_year_is_the_last_there_was() -> None:
    for text, day in (("12月30日 20:10", "2025-12-30T20:10:00+08:00"), ("1.2 8:05", "2026-01-02T08:05:00+08:00")):
        assert read_moment(text).value == dt.datetime.fromisoformat(day), text


@time_machine.travel("2025-12-01 10:00+08:00", tick=False)
def test_a_moment_that_is_none_says_what_is_expected() -> None:
    assert (
        read_moment("2025-11-31 20:00").problem
        == "写的是“2025-11-31 20:00”，没有这个时间，请改为日期和时间，例如 2025-11-29 20:00"
    )
    assert read_moment("昨天晚上").value is None
    for text in ("2025年11月28日晚上12点", "2025年11月28日夜间2点", "2025年11月28日晚上", "2025年11月28日上午15点"):
        reading = read_moment(text)
        assert (reading.value, reading.expected[:10]) == (None, "看不出是哪一天的几点"), text
    for text in ("2025-11-29 24:01", "2025-11-29 25:00", "20251129 2460", "3/32/2025 10:00", "9999-12-31 24:00"):
        assert read_moment(text).expected == "没有这个时间，请改为日期和时间，例如 2025-11-29 20:00", text
    # The month or the day first?
    for text in ("11/12/2025 10:20", "5/6/2025", "11/11/2025 10:20"):
        assert read_moment(text).expected == "看不出哪个是月、哪个是日，请改为日期和时间，例如 2025-11-29 20:00", text
    # Of which year, of this summer's end or the last winter's?
    for text in ("5月31日 20:00", "12月2日 20:00", "2月29日 20:00"):
        assert read_moment(text).expected == "没有写年份，请改为日期和时间，例如 2025-11-29 20:00", text
    ranges = ("11月29日 14:00-16:00", "2025-11-29 14:00-16:00", "11月29日-2025", "20251129 10:00-12:00")
    days = ("29/11/2025 10:20", "11-29-2025 10:20", "20251129 10", "2025112910:15", "11/29/25 10:20")
    for text in ("11-29", "11.298", "7.125", "11-2920", "11月298", *ranges, *days):
        assert read_moment(text).expected == "请改为日期和时间，例如 2025-11-29 20:00", text
    assert read_moment("2025-12-01 10:01").expected == "读作 2025-12-01 10:01，还没有到，请核对"


def test_who_is_not_known_yet_and_what_a_text_speaks_of() -> None:
    assert [is_unsure(text) for text in ("待核实", "不详", "未知", "城源热力", "")] == [True, True, True, False, False]
    said = ["楼道暖气管道漏水，家里不热", "全楼停暖", "家里只有15度", "要求退费", "你好"]
    assert [category_of_content(text) for text in said] == ["leak", "stopped", "low_temperature", "fees", None]


def test_a_pasted_text_is_read_by_its_labels_in_any_order() -> None:
    text = (
        "【12345】工单编号：LL202511290000；来电时间：2025-11-29 20:00；来电人王先生 13812345678；"
        "地址：锦绣家园15号楼5单元402室；紧急程度：紧急；承办单位：城源热力有限公司；反映家中温度只有15度，要求尽快处理"
    )
    assert read_order_text(text) == {
        "number": "LL202511290000", "received_at": "2025-11-29 20:00", "caller": "王先生", "phone": "13812345678",
        "address": "锦绣家园15号楼5单元402室", "urgency": "紧急", "company": "城源热力有限公司", "source": "12345",
        "content": "反映家中温度只有15度，要求尽快处理",
    }  # fmt: skip
    lines = ["诉求内容：暖气漏水", "联系电话：138 1234 5678", "诉求人：李女士", "受理编号：GD20251129001234"]
    turned = "\n".join([*lines, "诉求地址：阳光花园A座1203"])
    assert read_order_text(turned) == {
        "content": "暖气漏水", "category": "暖气漏水", "phone": "138 1234 5678", "caller": "李女士",
        "number": "GD20251129001234",
        "address": "阳光花园A座1203",
    }  # fmt: skip


def test_a_pasted_text_without_labels_is_read_by_its_form() -> None:
    text = "张女士，15912345678，2025年11月29日20时来电，锦绣家园3号楼2单元501，反映家里不热，只有十五六度，请处理。"
    assert read_order_text(text) == {
        "caller": "张女士", "phone": "15912345678", "received_at": "2025年11月29日20时",
        "address": "锦绣家园3号楼2单元501",
        "content": "反映家里不热，只有十五六度，请处理",
    }  # fmt: skip
    assert read_order_text("你好") == {}


def test_a_label_without_a_colon_ends_with_its_clause() -> None:
    text = "工单号LL2026112600123，12345热线转来，王女士（13911112222）反映幸福里2号楼1单元301漏水，请处理"
    assert read_order_text(text) == {
        "number": "LL2026112600123", "phone": "13911112222", "caller": "王女士", "address": "幸福里2号楼1单元301",
        "content": "反映幸福里2号楼1单元301漏水，请处理",
    }  # fmt: skip


def test_a_label_within_the_callers_words_does_not_lose_the_rest() -> None:
    found = read_order_text("诉求内容：地址位于凤凰城，联系电话：13911112222，反映漏水；来源：信访")
    assert (found["content"], found["phone"], found["source"]) == ("地址位于凤凰城，反映漏水", "13911112222", "信访")


def test_a_label_is_no_source() -> None:
    assert "source" not in read_order_text("电话：13911112222，家里不热")
    assert read_order_text("电话，13911112222，家里不热")["source"] == "电话"


@pytest.mark.parametrize(
    ("said", "company"),
    [
        ("北苑供热站，请于24小时内反馈王小明13800001111", "北苑供热站"),
        ("北苑供热站请于24小时内反馈王小明13800001111", "北苑供热站"),
        ("城源热力有限公司 王小明13800001111", "城源热力有限公司"), ("城源热力13800001111", "城源热力"),
        ("城源热力 有限公司", "城源热力 有限公司"), ("城源热力有限公司。", "城源热力有限公司"),
    ],
)  # fmt: skip
def test_a_pasted_companys_name_ends_where_something_else_begins(said: str, company: str) -> None:
    for text in (f"承办单位：{said}；诉求内容：漏水", f"诉求内容：漏水\n承办单位：{said}"):
        found = read_order_text(text)
        assert (found["company"], found["content"]) == (company, "漏水")


def test_what_the_office_asks_of_the_company_are_not_the_callers_words() -> None:
    text = "承办单位：城源热力有限公司，请联系投诉人核实，限3日内反馈。诉求内容：漏水"
    assert read_order_text(text) == {"company": "城源热力有限公司", "content": "漏水", "category": "漏水"}
    behind = read_order_text("电话：13911112222；承办单位：城源热力有限公司，反映漏水")
    assert (behind["company"], behind["content"]) == ("城源热力有限公司", "反映漏水")


def test_pasted_words_end_with_their_clause_and_lose_nothing_behind_it() -> None:
    text = (
        "来源：12345热线 反映漏水；诉求人：李女士，13911112222；小区：锦绣家园，3号楼2单元501；紧急程度：紧急，请尽快。"
    )
    assert read_order_text(text) == {
        "source": "12345热线", "caller": "李女士", "phone": "13911112222", "community": "锦绣家园", "urgency": "紧急",
        "address": "锦绣家园，3号楼2单元501", "content": "反映漏水",
    }  # fmt: skip
    two = read_order_text(
        "经办13800001111；诉求人：王小明，13911112222，反映漏水；诉求地址：锦绣家园3-2-501，来电反映不热"
    )
    assert (two["caller"], two["phone"], two["address"]) == ("王小明", "13911112222", "锦绣家园3-2-501")
    assert two["content"].startswith("反映漏水")


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("【12345转办】漏水", "12345"), ("【12345热线转来】漏水", "12345热线"), ("[省12345转办件]漏水", "省12345"),
        ("【信访转办】漏水", "信访"), ("【转办】漏水", "转办"), ("【12345】漏水", "12345"), ("【电话催办】漏水", None),
        ("漏水【12345转办】", None), ("【12345转办】来源：信访；漏水", "信访"),
    ],
)  # fmt: skip
def test_who_passed_it_on_stands_in_brackets_before_all_else(text: str, source: str | None) -> None:
    assert read_order_text(text).get("source") == source


def test_what_stands_in_brackets_is_neither_address_nor_content() -> None:
    assert read_order_text("【12345转办】锦绣家园三号楼二单元五〇一家里一直不热") == {
        "source": "12345", "address": "锦绣家园三号楼二单元五〇一", "content": "锦绣家园三号楼二单元五〇一家里一直不热",
    }  # fmt: skip
    assert read_order_text("锦绣家园6号楼东单元1203家里不热")["address"] == "锦绣家园6号楼东单元1203"


@pytest.mark.parametrize(
    ("text", "caller"),
    [
        ("李大姐 13911112222 漏水", "李大姐"), ("张师傅13911112222，漏水", "张师傅"),
        ("王阿姨（13911112222）漏水", "王阿姨"), ("居民赵大哥，电话：13911112222，漏水", "赵大哥"),
        ("陈奶奶 0531-88881234 漏水", "陈奶奶"), ("张师傅已上门，王女士 13911112222 漏水", "王女士"),
        ("业主王先生反映漏水", "王先生"),
    ],
)  # fmt: skip
def test_who_stands_before_the_phone_is_the_caller(text: str, caller: str) -> None:
    assert read_order_text(text)["caller"] == caller


def test_the_callers_phone_goes_before_one_that_stands_elsewhere() -> None:
    found = read_order_text("经办13800001111，王女士 13911112222 反映漏水")
    assert (found["caller"], found["phone"]) == ("王女士", "13911112222")
