"""Every page of the sidebar: it opens without a complaint of Chromium, fits the screen, and is accessible."""

import pytest
from axe_playwright_python.sync_playwright import Axe

SIZES = [(1440, 900), (390, 844)]
SIDEBAR_LINKS = "nav a[href^='/']"


def addresses(page) -> list[str]:
    found = page.eval_on_selector_all(SIDEBAR_LINKS, "links => links.map(link => link.getAttribute('href'))")
    return sorted({address.split("?")[0] for address in found})


@pytest.mark.parametrize("username", ["zhujian", "chengyuan"])
@pytest.mark.parametrize("size", SIZES, ids=["desk", "phone"])
def test_pages_open_quietly_and_fit(sign_in, complaints, username, size):
    page = sign_in(username)
    pages = addresses(page)
    assert len(pages) >= 4
    page.set_viewport_size({"width": size[0], "height": size[1]})

    for address in pages:
        response = page.goto(address)
        assert response.status == 200, address
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= size[0], f"{address} is {width} px wide"

    assert complaints == []


def test_pages_are_accessible(sign_in):
    page = sign_in("zhujian")
    found = []

    for address in ["/accounts/login/", *addresses(page)]:
        page.goto(address)
        found += [
            f"{address}: {violation['id']} {[node['target'] for node in violation['nodes']][:3]}"
            for violation in Axe().run(page).response["violations"]
            if violation["impact"] in ("serious", "critical")
        ]

    assert found == []
