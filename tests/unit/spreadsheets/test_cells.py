"""Persons, units, done-words, amounts and choices as cells have them."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.spreadsheets.cells import (
    People,
    Progress,
    Units,
    clean,
    is_nothing,
    one_line,
    read_choice,
    read_decimal,
    read_people,
    read_phone,
    read_progress,
    read_units,
)
from inspections.enums import Grade
from inspections.vocabulary import FACILITY_KIND_WORDS, GRADE_WORDS, facility_kind_named, facility_kind_told_by


@pytest.mark.parametrize(
    ("text", "names", "phones"),
    [
        ("高文博/18848255705", "高文博", "18848255705"),
        ("孙立新：15035749533", "孙立新", "15035749533"),
        ("刘永生 19275228946", "刘永生", "19275228946"),
        ("孙立新13825397672", "孙立新", "13825397672"),
        ("周德福,18848255705", "周德福", "18848255705"),
        ("王建军（18912345678）", "王建军", "18912345678"),
        ("王建军（站长）18912345678", "王建军（站长）", "18912345678"),
        ("张三、李四 13812345678", "张三、李四", "13812345678"),
        ("张三13812345678\n李四13912345678", "张三、李四", "13812345678、13912345678"),
        ("张三和李四", "张三、李四", ""),
        ("李志强 0531-88881234", "李志强", "0531-88881234"),
        ("李志强 （0531）8888123转801", "李志强", "05318888123转801"),
        ("责任人：李志强 电话：138-1234-5678", "李志强", "13812345678"),
        ("周德福 １８８４８２５５７０５", "周德福", "18848255705"),
        ("张 三", "张三", ""),
        ("张　三 13812345678", "张三", "13812345678"),
        ("张三 李四", "张三、李四", ""),
        ("张三 138****5678", "张三", "138****5678"),
        ("18848255705", "", "18848255705"),
        ("/", "", ""),
        ("", "", ""),
    ],
)
def test_people(text, names, phones):
    assert read_people(text) == People(names, phones)


@pytest.mark.parametrize(
    ("text", "value", "is_fine"),
    [
        ("19969571346", "19969571346", True),
        ("199 6957 1346", "19969571346", True),
        ("+86 199-6957-1346", "19969571346", True),
        ("0531-88881234", "0531-88881234", True),
        ("13812345678/13912345678", "13812345678、13912345678", True),
        ("1.99696E+10", "1.99696E+10", False),
        ("1996957134", "1996957134", False),
        ("无", None, True),
    ],
)
def test_phones_stay_text(text, value, is_fine):
    reading = read_phone(text)
    assert (reading.value, not reading.expected) == (value, is_fine)


@pytest.mark.parametrize(
    ("text", "lead", "cooperating"),
    [
        ("北苑供热站", "北苑供热站", []),
        ("城源热力有限公司\n万家物业配合", "城源热力有限公司", ["万家物业"]),
        ("北苑供热站、佳和物业（配合）", "北苑供热站", ["佳和物业"]),
        ("牵头：城源热力有限公司 配合：万家物业", "城源热力有限公司", ["万家物业"]),
        ("牵头单位：城源热力；配合单位：佳和物业、和平里社区", "城源热力", ["佳和物业", "和平里社区"]),
        ("城源热力有限公司（牵头）、万家物业（配合）", "城源热力有限公司", ["万家物业"]),
        ("佳和物业（配合）、北苑供热站（牵头）", "北苑供热站", ["佳和物业"]),
        ("由城源热力有限公司牵头，万家物业配合", "城源热力有限公司", ["万家物业"]),
        ("城源热力有限公司（万家物业配合）", "城源热力有限公司", ["万家物业"]),
        ("城源热力有限公司（配合单位：万家物业）", "城源热力有限公司", ["万家物业"]),
        ("城源热力有限公司 万家物业配合", "城源热力有限公司", ["万家物业"]),
        ("城源热力有限公司、万家物业", "城源热力有限公司", ["万家物业"]),
        ("城源\n热力有限公司", "城源热力有限公司", []),
        ("临岭县城源热力（集团）有限公司", "临岭县城源热力（集团）有限公司", []),
        ("北苑 供热站", "北苑供热站", []),
        ("", "", []),
    ],
)
def test_units(text, lead, cooperating):
    assert read_units(text) == Units(lead, cooperating)


@pytest.mark.parametrize(
    "text",
    [
        "是", "√", "✓", "已完成", "已销号", "已整改", "完成", "100%", "整改完成", "2025.8.12已完成",
    "已于8月12日整改完毕", "验收合格", "是（已验收）",
    ],
)  # fmt: skip
def test_done(text):
    assert read_progress(text) == Progress(True, 100)


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("×", None), ("否", None), ("整改中", None), ("进度60%", 60), ("未完成", None), ("", None), ("已完成60%", 60),
        ("基本完成", None), ("计划8月底完成", None), ("正在整改", None), ("0.6", 60), ("已完成，待验收", None),
        ("是否", None),
    ],
)  # fmt: skip
def test_not_done(text, percent):
    assert read_progress(text) == Progress(False, percent)


MONEY = {"元": Decimal(1), "万元": Decimal(10_000)}


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("55,303", "元", "55303"),
        ("1，234，567.8", "元", "1234567.8"),
        ("1,234.5万元", "元", "12345000.0"),
        ("约3万元", "元", "30000"),
        ("５．５", "万元", "55000.0"),
        ("500元", "万元", "500"),
        ("-5", "元", "-5"),
    ],
)
def test_amounts(text, unit, value):
    reading = read_decimal(text, units=MONEY, unit=unit)
    assert (reading.value, reading.expected) == (Decimal(value), "")


@pytest.mark.parametrize("text", ["三万", "1,23", "12吨", "1.2e5", "九" * 50])
def test_no_amounts(text):
    reading = read_decimal(text, units=MONEY, unit="元")
    assert (reading.value, reading.expected) == (None, "请填写数字，单位可用元、万元")


@pytest.mark.parametrize(
    ("text", "grade"),
    [("一般 ", Grade.GENERAL), ("一般隐患", Grade.GENERAL), ("较大", Grade.SERIOUS), ("重大隐患", Grade.MAJOR),
     ("Ⅰ级（重大）", Grade.MAJOR), ("Ⅱ级", Grade.SERIOUS), ("III级", Grade.GENERAL), ("特别重大", Grade.MAJOR)],
)  # fmt: skip
def test_grades(text, grade):
    assert read_choice(text, GRADE_WORDS).value == grade


def test_a_choice_that_is_none_names_the_choices():
    assert read_choice("很严重", GRADE_WORDS).expected == "应为一般、较大、重大之一"


@pytest.mark.parametrize("label", [words[0] for words in FACILITY_KIND_WORDS.values()])
def test_facility_kinds_by_label(label):
    assert facility_kind_named(label).label == label


@pytest.mark.parametrize(
    ("texts", "label"),
    [
        (("阳光花园16号楼", "暖气片漏水"), "户内设施"),
        (("书香苑5号楼", "3单元立管锈蚀"), "楼栋立管"),
        (("惠民热源厂", "除渣机链条磨损"), "热源厂锅炉"),
        (("锦绣家园庭院管网", "分支阀门关闭不严"), "庭院管网"),
        (("书香苑至建设路段一次网", "保温层脱落约120米"), "主管网"),
        (("幸福里换热站一次网阀门", "锈死"), "主管网"),
        (("老干部小区", "循环泵轴封漏水"), "换热站"),
    ],
)
def test_facility_kinds_by_what_the_row_says(texts, label):
    assert facility_kind_told_by(*texts).label == label


def test_nothing_tells_no_facility_kind():
    assert facility_kind_told_by("和平里小区", "台账不全") is None


def test_lines_and_invisible_signs():
    assert clean("\u200b 甲 \r\n 乙\ufeff ") == "甲\n乙"
    assert one_line("老干部\n小区 A\nB座") == "老干部小区 A B座"
    assert [is_nothing(text) for text in ("", "/", "——", "无", "无渗漏")] == [True, True, True, True, False]


@settings(max_examples=400, deadline=None)
@given(
    st.one_of(st.text(max_size=200), st.text("张三、/：（）13800001111 配合牵头单位:公司\n％%√已未完成", max_size=60))
)
def test_no_text_makes_a_reader_fail(text):
    read_people(text), read_phone(text), read_units(text), read_progress(text), read_choice(text, GRADE_WORDS)
    read_decimal(text, units=MONEY)
    facility_kind_told_by(text)
    assert "\n" not in one_line(text)


@pytest.mark.parametrize("piece", ["、", "1,", "(", "配合", "1-", " 张", "电话"])
def test_the_longest_cell_there_can_be_does_not_hold_up_a_worker(piece):
    """A pattern that goes back and forth over such a text takes a minute and more; this takes a moment."""
    text = piece * (32000 // len(piece))
    read_people(text), read_units(text), read_progress(text)
    assert read_phone(text).value == text.strip()
    assert read_decimal(text, units=MONEY).value is None
