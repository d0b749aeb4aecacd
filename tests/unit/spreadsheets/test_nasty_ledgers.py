"""Ledgers of the same kind in other shapes: heads of two and three rows, other words, other sheets, other formats."""

import pytest
from openpyxl.styles import Border, PatternFill, Side

from common.spreadsheets.errors import SpreadsheetError
from common.spreadsheets.head_layouts import Layout
from inspections.reading import Words
from tests.workbooks import HEAD, book_of, entries, entry, ods, ods_row, read, saved, skipped, xlsx

TITLE = ["2025年临岭县冬病夏治问题台账"]


def rows_of(reading):
    return [row.row for row in entries(reading)]


def test_a_head_of_three_rows_with_merged_groups():
    head = [
        ["序号", "排查情况", "", "", "", "整改落实", "", "", "", "", "备注"],
        ["", "部位", "问题描述", "隐患分级", "排查时间", "整改责任", "", "", "整改要求", "", ""],
        ["", "", "", "", "", "单位", "人", "电话", "时限", "标准", ""],
    ]
    data = ["1", "书香苑5号楼", "3单元立管锈蚀", "较大", "2025.7.1", "北苑供热站\n佳和物业配合", "孙立新",
            "15092964293", "10月中旬", "打压30分钟无渗漏", ""]  # fmt: skip
    merges = ["B3:E3", "F3:J3", "F4:H4", "I4:J4", "A3:A5", "B4:B5", "C4:C5", "D4:D5", "E4:E5", "K3:K5", "A1:K1"]
    reading = read(xlsx([TITLE, ["填报日期：2025年7月20日"], *head, data], merge=merges))
    assert reading.sheet.head_rows == (3, 4, 5)
    [row] = entries(reading)
    assert (row.row, row.pile, row.problems) == (6, "ready", [])
    assert row.fields["responsible_unit"] == "北苑供热站"
    assert row.fields["cooperating_units"] == ["佳和物业"]
    assert (row.fields["responsible_person"], row.fields["phone"]) == ("孙立新", "15092964293")
    assert (row.fields["due_on"], row.fields["acceptance_standard"]) == ("2025-10-20", "打压30分钟无渗漏")
    assert (row.fields["found_on"], row.fields["grade"]) == ("2025-07-01", "serious")
    # No column says what kind of facility it is; the words do.
    assert row.fields["facility_kind"] == "楼栋立管"
    assert row.raw["整改落实/整改责任/单位"] == "北苑供热站\n佳和物业配合"


def test_groups_that_are_not_merged():
    head = [
        ["序号", "地点", "隐患描述", "整改责任", "", "", "完成时限", "验收标准"],
        ["", "", "", "单位", "责任人", "联系方式", "", ""],
    ]
    data = [1, "幸福里换热站", "循环泵漏水", "北苑供热站", "孙立新", 15092964293, "9月底前", "无渗漏"]
    [row] = entries(read(xlsx([TITLE, *head, data])))
    assert (row.row, row.pile) == (4, "ready")
    assert row.fields["responsible_unit"] == "北苑供热站"
    assert (row.fields["responsible_person"], row.fields["phone"]) == ("孙立新", "15092964293")
    assert row.fields["due_on"] == "2025-09-30"


@pytest.mark.parametrize(
    ("title", "field"),
    [
        ("整改责任人（签字）", "responsible_person"),
        ("责 任\n人", "responsible_person"),
        ("整改时限（具体到日）", "due_on"),
        ("计划完成时间", "due_on"),
        ("整改期限", "due_on"),
        ("隐患整改责任单位", "responsible_unit"),
        ("牵头单位", "responsible_unit"),
        ("责任人联系电话", "phone"),
        ("手机号码", "phone"),
        ("隐患部位", "problem_point"),
        ("问题（隐患）描述", "description"),
        ("验收（销号）标准", "acceptance_standard"),
        ("风险等级", "grade"),
        ("销号情况", "claimed_closed"),
        ("预算资金（万元）", "estimated_cost_yuan"),
        ("ＸＸ设施类别", "facility_kind"),
    ],
)
def test_heads_by_other_words(title, field):
    head = ["地点" if field != "problem_point" else title, "存在问题" if field != "description" else title, "甲", "乙"]
    if field not in ("problem_point", "description"):
        head[2] = title
    head[3] = "来源"
    reading = read(xlsx([TITLE, head, ["幸福里换热站", "循环泵漏水", "x", "企业自查"]]))
    assert field in reading.sheet.mapping
    assert reading.sheet.heads[reading.sheet.mapping[field]] != "甲"


@pytest.mark.parametrize("title", ["实际完成时间", "验收日期", "监管责任单位", "属地责任人", "督办责任人", "上报时间"])
def test_heads_that_only_sound_alike_are_reported_unread(title):
    reading = read(xlsx([TITLE, ["地点", "存在问题", "备注", title], ["幸福里换热站", "循环泵漏水", "", "2025-08-01"]]))
    assert reading.sheet.unread == [("D", title)]
    assert entries(reading)[0].raw[title] == "2025-08-01"


def test_the_right_sheet_is_found_wherever_it_is():
    summary = [["各企业整改情况汇总表"], ["序号", "供热企业", "隐患数", "已整改", "整改率", "备注"],
               [1, "城源热力有限公司", 15, 3, "20%", ""]]  # fmt: skip
    explain = [["填表说明"], ["整改时限须具体到日"]]
    ledger = [TITLE, HEAD, entry(1), entry(2)]
    reading = read(saved(book_of(("汇总", summary), ("说明", explain), ("明细", ledger), ("Sheet4", []))))
    assert (reading.sheet.sheet, rows_of(reading)) == ("明细", [3, 4])


def test_a_hidden_sheet_is_not_chosen_before_a_visible_one():
    book = book_of(("旧", [TITLE, HEAD, *[entry(n) for n in range(1, 9)]]), ("新", [TITLE, HEAD, entry(1)]))
    book["旧"].sheet_state = "hidden"
    assert read(saved(book)).sheet.sheet == "新"


def test_of_two_ledgers_the_longer_is_read_and_the_other_named():
    book = book_of(("示例", [TITLE, HEAD, entry(1)]), ("台账", [TITLE, HEAD, entry(1), entry(2), entry(3)]))
    reading = read(saved(book))
    assert (reading.sheet.sheet, reading.sheet.other_sheets) == ("台账", ("示例",))
    chosen = read(saved(book), layout=Layout("示例", reading.sheet.head_rows, reading.sheet.mapping))
    assert (chosen.sheet.sheet, chosen.sheet.how, len(chosen.rows)) == ("示例", "chosen", 1)


def test_hundreds_of_styled_empty_rows_cost_nothing():
    book = book_of(("台账", [TITLE, HEAD, entry(1), entry(2)]))
    side = Side(style="thin")
    for row in range(5, 400):
        for column in range(1, 15):
            cell = book.active.cell(row, column)
            cell.border, cell.fill = Border(top=side, left=side), PatternFill("solid", fgColor="FFFFFF")
    reading = read(saved(book))
    assert [row.row for row in reading.rows] == [3, 4]


def test_rows_numbered_beforehand_are_no_entries():
    reading = read(xlsx([TITLE, HEAD, entry(1), *[[n] for n in range(2, 30)]]))
    assert rows_of(reading) == [3]
    assert set(skipped(reading).values()) == {"只有序号的空行"}


def test_everything_that_stands_between_and_below_the_entries_is_named():
    rows = [
        TITLE,
        ["填报单位：临岭县住房和城乡建设局", "", "", "", "", "填报日期：2025.7.20"],
        HEAD,
        ["", "", "", "", "", "", "", "", "", ""],
        ["一、城源热力有限公司"],
        entry(1),
        ["本页小计", "", "1处"],
        TITLE,
        ["填报单位：临岭县住房和城乡建设局"],
        HEAD,
        entry(2),
        ["合  计", "", "", "共2处，已完成0处"],
        ["注：本表每周五下午五点前报送。"],
        ["填表人：张三", "", "", "审核人：李四", "", "", "填报时间：2025年7月20日"],
    ]
    reading = read(xlsx(rows))
    assert rows_of(reading) == [6, 11]
    assert skipped(reading) == {
        4: "空行", 5: "分组标题", 7: "小计行", 8: "重复的标题、填报单位行", 9: "重复的标题、填报单位行",
        10: "重复的表头", 12: "合计行", 13: "说明", 14: "表尾",
    }  # fmt: skip


def test_a_total_that_says_something_under_every_head_is_still_a_total():
    total = ["合计", "4家", "51处", "其中重大12处", "", "", "", "", "", "18处"]
    assert skipped(read(xlsx([TITLE, HEAD, entry(1), total]))) == {4: "合计行"}


def test_an_entry_about_totals_or_signatures_stays_an_entry():
    odd = [
        entry(1, 存在问题="热量表合计不准"),
        entry(2, 问题点位="负责人办公室换热站", 存在问题="审核记录缺失，负责人：未签字"),
    ]
    assert rows_of(read(xlsx([TITLE, HEAD, *odd]))) == [3, 4]


def test_the_row_of_column_numbers_below_the_head_is_skipped():
    numbers = [str(n) for n in range(1, len(HEAD) + 1)]
    assert skipped(read(xlsx([TITLE, HEAD, numbers, entry(1)]))) == {3: "重复的表头"}


def test_companies_merged_down_the_side():
    head = ["供热企业", "问题点位", "存在问题", "责任人", "整改时限", "验收标准"]
    data = [
        ["城源热力有限公司", "幸福里换热站", "漏水", "周德福", "9.30", "无渗漏"],
        ["", "书香苑换热站", "漏水", "周德福", "9.30", "无渗漏"],
        ["北苑供热站", "锦绣家园换热站", "漏水", "刘永生", "9.30", "无渗漏"],
        ["", "丽水华庭换热站", "漏水", "刘永生", "9.30", "无渗漏"],
    ]
    units = ["城源热力有限公司", "城源热力有限公司", "北苑供热站", "北苑供热站"]
    merged = read(xlsx([TITLE, head, *data], merge=["A3:A4", "A5:A6"]))
    assert [row.fields["responsible_unit"] for row in entries(merged)] == units


def test_companies_written_once_down_the_side_of_a_text_file():
    """A .csv has lost its merged cells: the company stands in the first row of its block only."""
    lines = ["供热企业,问题点位,存在问题,责任人,整改时限,验收标准"]
    lines += [
        "城源热力有限公司,甲换热站,漏水,周德福,9.30,无渗漏",
        ",乙换热站,漏水,周德福,9.30,无渗漏",
        ",丙换热站,漏水,周德福,9.30,无渗漏",
    ]
    lines += [
        "北苑供热站,丁换热站,漏水,刘永生,9.30,无渗漏",
        ",戊换热站,漏水,刘永生,9.30,无渗漏",
        ",己换热站,漏水,刘永生,9.30,无渗漏",
    ]
    reading = read("\n".join(lines).encode("gb18030"))
    assert [row.fields["responsible_unit"] for row in entries(reading)] == ["城源热力有限公司"] * 3 + ["北苑供热站"] * 3


def test_a_company_that_is_missing_in_one_row_is_not_made_up():
    rows = [entry(1), entry(2, 供热企业="", 责任单位=""), entry(3)]
    reading = read(xlsx([TITLE, HEAD, *rows]))
    [problem] = entries(reading)[1].problems
    assert (problem["field"], problem["cell"]) == ("responsible_unit", "E4")
    assert [row.pile for row in entries(reading)] == ["ready", "waits", "ready"]


@pytest.mark.parametrize(
    ("title", "second_row", "uploader", "unit"),
    [
        ("惠民供热中心2025年夏季检修自查问题台账", "日期：2025.7.20", None, "惠民供热中心"),
        ("2025年城源热力有限公司隐患台账", "", "北苑供热站", "城源热力有限公司"),
        (
            "2025年度冬病夏治自查台账",
            "填报单位：兴隆热力有限责任公司      填报日期：2025年7月20日",
            "北苑供热站",
            "兴隆热力有限责任公司",
        ),
        ("2025年全县供热隐患台账", "填报单位（盖章）：临岭县住房和城乡建设局", "北苑供热站", "北苑供热站"),
        ("2025年全县供热隐患台账", "填报单位（盖章）：临岭县住房和城乡建设局", None, None),
    ],
)
def test_whose_ledger_it_is_where_no_column_says_so(title, second_row, uploader, unit):
    head = ["编号", "地点", "问题及隐患", "责任人", "整改时限", "验收标准"]
    content = xlsx([[title], [second_row], head, ["01", "幸福里换热站", "漏水", "周德福", "9.30", "无渗漏"]])
    [row] = entries(read(content, uploader_unit_name=uploader))
    assert row.fields["responsible_unit"] == unit
    assert row.pile == ("ready" if unit else "waits")


def test_the_company_of_a_part_of_the_table():
    head = ["编号", "地点", "问题及隐患", "责任人", "整改时限", "验收标准"]
    one = ["01", "幸福里换热站", "漏水", "周德福", "9.30", "无渗漏"]
    rows = [TITLE, head, ["（一）城源热力有限公司"], one, ["（二）北苑供热站"], [*one[:1], "书香苑换热站", *one[2:]]]
    assert [row.fields["responsible_unit"] for row in entries(read(xlsx(rows)))] == ["城源热力有限公司", "北苑供热站"]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_text_files_count_physical_lines(encoding, delimiter):
    rows = [entry(1), entry(2, 存在问题='"循环泵\n漏水，异响"'), entry(3)]
    text = "\n".join(delimiter.join(str(cell) for cell in row) for row in [HEAD, *rows])
    reading = read(text.encode(encoding))
    assert rows_of(reading) == [2, 3, 5]
    assert entries(reading)[1].fields["description"] == "循环泵\n漏水，异响"
    assert all(row.pile == "ready" for row in entries(reading))


def test_an_ods_with_merged_companies_and_a_million_empty_rows():
    head = ods_row("供热企业", "问题点位", "存在问题", "责任人", "整改时限", "验收标准")
    merged = ods_row("城源热力有限公司", "甲换热站", "漏水", "周德福", "9月30日", "无渗漏").replace(
        "<table:table-cell ", '<table:table-cell table:number-rows-spanned="2" ', 1
    )
    below = ods_row("", "乙换热站", "漏水", "周德福", "9月30日", "无渗漏").replace(
        "<table:table-cell/>", "<table:covered-table-cell/>"
    )
    tail = ods_row("", repeat=1048570).replace("cell/>", 'cell table:number-columns-repeated="1024"/>')
    reading = read(ods(ods_row("2025年台账") + head + merged + below + tail))
    assert [(row.row, row.fields["responsible_unit"]) for row in entries(reading)] == [
        (3, "城源热力有限公司"), (4, "城源热力有限公司"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "field", "kept"),
    [
        ({"责任人": "相关人员"}, "responsible_person", "相关人员"),
        ({"责任人": "各负责人"}, "responsible_person", "各负责人"),
        ({"责任人": "/"}, "responsible_person", None),
        ({"验收标准": "整改到位"}, "acceptance_standard", "整改到位"),
        ({"验收标准": "符合要求。"}, "acceptance_standard", "符合要求。"),
        ({"验收标准": ""}, "acceptance_standard", None),
        ({"整改时限": "长期坚持"}, "due_on", None),
        ({"整改时限": "2025/6/31"}, "due_on", None),
        ({"整改时限": 9.3}, "due_on", None),
        ({"问题点位": "多处"}, "problem_point", "多处"),
        ({"问题点位": ""}, "problem_point", None),
        ({"责任单位": "各供热企业", "供热企业": ""}, "responsible_unit", "各供热企业"),
    ],
)
def test_what_is_missing_or_vague_waits_and_is_kept(changed, field, kept):
    [row] = entries(read(xlsx([TITLE, HEAD, entry(1, **changed)])))
    assert row.pile == "waits"
    assert [problem["field"] for problem in row.problems] == [field] or field == "problem_point"
    assert row.fields[field] == kept
    assert all(problem["expected"] for problem in row.problems)


def test_a_bureau_may_have_more_vague_words():
    content = xlsx([TITLE, HEAD, entry(1, 责任人="维修班")])
    assert entries(read(content))[0].pile == "ready"
    assert entries(read(content, words=Words(person=("维修班",))))[0].pile == "waits"


def test_repeats_in_the_same_file_whatever_their_form():
    rows = [
        entry(1),
        entry(2),
        entry(1, 序号=3, 整改时限="2025年8月12日前", 责任人="周德福 "),
        entry(1, 整改时限="2025.8.13"),
    ]
    reading = read(xlsx([TITLE, HEAD, *rows]))
    assert [(row.pile, row.repeats) for row in entries(reading)] == [
        ("ready", None), ("ready", None), ("repeat", 3), ("ready", None),
    ]  # fmt: skip


def test_unit_and_person_in_one_column():
    head = ["序号", "地点", "存在问题", "责任单位及责任人", "联系方式", "整改时限", "验收标准"]
    data = [1, "幸福里换热站", "漏水", "北苑供热站/孙立新", "0531-88881234", "9.30", "无渗漏"]
    [row] = entries(read(xlsx([TITLE, head, data])))
    assert (row.fields["responsible_unit"], row.fields["responsible_person"], row.fields["phone"]) == (
        "北苑供热站", "孙立新", "0531-88881234",
    )  # fmt: skip


def test_the_year_of_deadlines_is_the_ledgers_own_not_the_seasons():
    head = ["地点", "存在问题", "责任单位", "责任人", "整改时限", "验收标准"]
    data = ["幸福里换热站", "漏水", "北苑供热站", "孙立新", "9月30日前", "无渗漏"]
    assert entries(read(xlsx([["2024年隐患台账"], head, data])))[0].fields["due_on"] == "2024-09-30"
    assert entries(read(xlsx([["隐患台账"], ["统计时间：2023.6.1"], head, data])))[0].fields["due_on"] == "2023-09-30"
    assert entries(read(xlsx([["2025-2026采暖季隐患台账"], head, data])))[0].fields["due_on"] == "2025-09-30"
    assert entries(read(xlsx([["隐患台账"], head, data])))[0].fields["due_on"] == "2025-09-30"


def test_without_a_ledger_the_message_says_what_was_looked_for():
    with pytest.raises(SpreadsheetError, match="“存在问题”、“问题点位”"):
        read(xlsx([["通讯录"], ["姓名", "单位", "电话"], ["张三", "住建局", "138"]]))


def test_cost_in_ten_thousands_and_progress():
    head = ["地点", "存在问题", "预计费用（万元）", "资金来源", "整改进度", "是否销号"]
    data = ["幸福里换热站", "漏水", "1,234.5", "企业自筹", "60%", "否"]
    fields = entries(read(xlsx([TITLE, head, data])))[0].fields
    assert fields["estimated_cost_yuan"] == "12345000.0"
    assert (fields["funding_source"], fields["progress_percent"], fields["claimed_closed"]) == ("company", 60, False)


def test_entries_without_number_whose_words_look_like_a_total_or_a_footer():
    head = ["地点", "存在问题", "责任单位", "责任人", "整改时限", "验收标准"]
    data = ["统计局家属院小计量间", "累计渗漏12处", "北苑供热站", "孙立新", "9.30", "无渗漏"]
    signed = ["幸福里换热站", "审核：运行记录无人签字", *data[2:]]
    assert rows_of(read(xlsx([TITLE, head, data, signed]))) == [3, 4]


def test_companies_written_in_each_row_but_often_forgotten_are_not_carried_down():
    companies = ["城源热力有限公司", "城源热力有限公司", "", "", ""]
    rows = [entry(n, 供热企业=company, 责任单位="") for n, company in enumerate(companies, 1)]
    assert [row.pile for row in entries(read(xlsx([TITLE, HEAD, *rows])))] == ["ready"] * 2 + ["waits"] * 3


def test_rows_filled_in_beforehand_with_more_than_a_number_are_no_entries():
    rows = [entry(1), *[[n, "北苑供热站", "", "", "", "", "", "", "", "否"] for n in range(2, 9)]]
    reading = read(xlsx([TITLE, HEAD, *rows]))
    assert (rows_of(reading), set(skipped(reading).values())) == ([3], {"没有填写内容的行"})


def test_signatures_in_cells_of_their_own():
    below = [
        ["分管领导：", "", "", "科长：王五"],
        ["", "", "", "", "", "", "", "2025年7月20日"],
        ["", "", "", "", "临岭县住建局", "2025.7.20"],
    ]
    assert rows_of(read(xlsx([TITLE, HEAD, entry(1), *below]))) == [3]


def test_an_entry_that_takes_up_two_rows_is_one():
    first, second = entry(1), ["", "", "", "", "", "李四", "13812345678", "", "", ""]
    merge = ["A3:A4", "B3:B4", "C3:C4", "D3:D4", "E3:E4", "H3:H4", "I3:I4", "J3:J4"]
    reading = read(xlsx([TITLE, HEAD, first, second, entry(2)], merge=merge))
    assert (rows_of(reading), skipped(reading)) == ([3, 5], {4: "与上一行合并的续行"})
    assert reading.rows[1].raw["责任人"] == "李四"


def test_one_problem_merged_over_several_points_is_several_entries():
    rows = [entry(1, 问题点位="甲换热站"), entry(2, 问题点位="乙换热站", 存在问题="")]
    reading = read(xlsx([TITLE, HEAD, *rows], merge=["D3:D4"]))
    assert [row.fields["description"] for row in entries(reading)] == ["循环泵1轴封漏水"] * 2


def test_lead_and_cooperating_under_one_group():
    head = [
        ["地点", "存在问题", "责任单位", "", "责任人", "", "整改时限", ""],
        ["", "", "牵头", "配合", "姓名", "电话", "开始时间", "完成时间"],
    ]
    data = ["幸福里换热站", "漏水", "北苑供热站", "佳和物业", "孙立新", "15092964293", "2025.6.1", "2025.9.30"]
    merge = ["A2:A3", "B2:B3", "C2:D2", "E2:F2", "G2:H2"]
    fields = entries(read(xlsx([TITLE, *head, data], merge=merge)))[0].fields
    assert (fields["responsible_unit"], fields["cooperating_units"]) == ("北苑供热站", ["佳和物业"])
    assert (fields["responsible_person"], fields["phone"], fields["due_on"]) == ("孙立新", "15092964293", "2025-09-30")
