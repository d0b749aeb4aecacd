"""What the browser keeps of a form does not get in the way, and does not stay for the next person at the machine."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

DRAFTS = "Object.keys(localStorage).filter((key) => key.startsWith('draft:')).length"


def wait_for_the_draft(page: Page) -> None:
    page.wait_for_timeout(700)  # it is written when nothing has been typed for 400 ms
    assert page.evaluate(DRAFTS) == 1


def begin_a_plan(page: Page) -> None:
    page.goto("/hazards/?tab=rectifying&due=30&sort=due_on")
    address = page.locator("table.ledger tbody a").first.get_attribute("href")
    page.goto(f"{address}plan/")
    page.fill("[name=measure]", "分段更换")
    page.fill("[name=steps-0-title]", "材料到场")
    page.fill("[name=steps-0-due_on]", "")
    wait_for_the_draft(page)


def test_dates_that_the_server_filled_in_stay(sign_in: Callable[[str], Page]) -> None:
    page = sign_in("chengyuan")
    begin_a_plan(page)
    with page.expect_navigation(wait_until="networkidle"):  # drafts are offered when the page's scripts have run
        page.get_by_role("button", name="从时限倒排").click()
    expect(page.locator("[name=steps-0-due_on]")).not_to_have_value("")
    expect(page.locator("[name=measure]")).to_have_value("分段更换")
    expect(page.locator(".draft-note")).to_have_count(0)


def test_signing_out_takes_the_drafts_along(sign_in: Callable[[str], Page]) -> None:
    page = sign_in("chengyuan")
    begin_a_plan(page)
    page.goto("/accounts/me/")
    page.locator("main form[data-sign-out] button").click()
    page.wait_for_url("**/accounts/login/**")
    assert page.evaluate(DRAFTS) == 0


def test_a_draft_is_not_shown_to_somebody_else(sign_in: Callable[[str], Page]) -> None:
    page = sign_in("dudao")
    page.goto("/hazards/new/")
    page.fill("[name=problem_point]", "只有督导员知道的地方")
    wait_for_the_draft(page)
    page = sign_in("zhujian")
    page.goto("/hazards/new/")
    page.wait_for_load_state("networkidle")
    expect(page.locator("[name=problem_point]")).to_have_value("")
