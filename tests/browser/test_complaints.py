"""Complaints as people take and see to them: a call by the keyboard alone, and a fitter with a phone."""

import re
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.pictures import photo

LONGEST_SECONDS = 60


def test_a_call_is_written_down_with_the_keyboard_alone(
    sign_in: Callable[[str], Page], complaints: list[str]
) -> None:  # fmt: skip
    page = sign_in("rexian")
    page.goto("/complaints/new/")
    expect(page.locator("[name=phone]")).to_be_focused()
    keys = page.keyboard
    begun = time.monotonic()
    keys.type("13900001111")
    keys.press("Enter")
    keys.type("李女士")
    keys.press("Enter")
    keys.type("jxjy")
    expect(page.locator("#lookup .known-place")).to_contain_text("锦绣家园")
    keys.press("Enter")
    for text in ("3", "2", "501"):
        keys.type(text)
        keys.press("Enter")
    expect(page.locator("[name=category]")).to_be_focused()
    keys.press("1")
    expect(page.locator("[name=category]")).to_have_value("low_temperature")
    keys.press("Enter")
    keys.press("2")
    expect(page.locator("[name=urgency]")).to_have_value("urgent")
    keys.press("Enter")
    keys.type("家里只有 15 度，老人受不了")
    keys.press("Control+Enter")
    expect(page.locator(".messages")).to_contain_text("已登记并派单")
    assert time.monotonic() - begun < LONGEST_SECONDS

    # The next call from the same household: what was said before stands there while it is typed.
    page.goto("/complaints/new/")
    keys.type("13900001111")
    expect(page.locator("#lookup")).to_contain_text("家里只有 15 度")
    assert complaints == []


def test_of_several_communities_one_is_chosen_by_the_arrows(sign_in: Callable[[str], Page]) -> None:
    page = sign_in("rexian")
    page.goto("/complaints/new/")
    page.locator("[name=community]").focus()
    page.keyboard.type("家属")
    options = page.locator("#lookup [role=option]")
    expect(options.nth(1)).to_be_visible()
    second = options.nth(1).get_attribute("data-place") or ""
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("[name=community]")).to_have_value(second)
    expect(page.locator("[name=building]")).to_be_focused()
    expect(page.locator("#lookup .known-place")).to_contain_text(second)


def test_a_fitter_signs_visits_and_reports_with_a_phone(
    sign_in: Callable[[str], Page], complaints: list[str], tmp_path: Path
) -> None:
    page = sign_in("rexian")
    page.goto("/complaints/new/")
    for name, text in {
        "phone": "13900002222",
        "caller": "王先生",
        "community": "丽水华庭",
        "content": "卧室不热",
    }.items():
        page.fill(f"main [name={name}]", text)
    page.select_option("[name=category]", "low_temperature")
    page.select_option("[name=company]", label="城源热力有限公司")
    page.get_by_role("button", name="登记并派单").click()
    page.locator(".messages a").click()
    page.wait_for_url(re.compile(r"/complaints/\d+/$"))
    address = page.url

    page = sign_in("chengyuan")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/todo/")
    expect(page.locator("main")).to_contain_text("卧室不热")
    page.goto(address)
    page.get_by_role("link", name="签收", exact=True).click()
    page.get_by_role("button", name="签收", exact=True).click()
    expect(page.locator("h1")).to_contain_text("办理中")
    expect(page.locator("main")).not_to_contain_text("13900002222")
    page.get_by_role("button", name=re.compile("查看电话")).click()
    expect(page.locator(".caller-phone")).to_have_attribute("href", "tel:13900002222")

    page.get_by_role("link", name="上门", exact=True).click()
    picture = tmp_path / "现场.jpg"
    picture.write_bytes(photo(seed=72))
    page.fill("[name=visitor]", "赵师傅")
    page.fill("[name=found]", "滤网堵塞，已清洗")
    page.fill("[name=temperature_c]", "18.6")
    page.select_option("[name=place]", "bedroom")
    page.set_input_files("[name=photos]", picture)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="上门", exact=True).click()
    expect(page.locator("main")).to_contain_text("18.6 ℃")
    expect(page.locator("main")).to_contain_text("测温不合规程")
    expect(page.locator(".visit .photo img")).to_have_count(1)

    page.get_by_role("link", name="反馈", exact=True).click()
    page.fill("[name=result]", "已清洗滤网，卧室回到 18 度以上")
    page.get_by_label("企业责任").check()
    page.get_by_role("button", name="反馈", exact=True).click()
    expect(page.locator("h1")).to_contain_text("待回访")
    expect(page.locator("main")).to_contain_text("等待 热线坐席 回访")
    assert complaints == []
