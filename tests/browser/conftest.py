"""Chromium and a real site: `scripts/serve.py` with the demo county on a scratch database, web and worker."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Page

from accounts.selectors import DEMO_PASSWORD
from tests.tables import migrate_site

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 240
STOP_SECONDS = 20
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# In a container, as root, and with no word to the outside.
CHROMIUM_OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
                    "--disable-component-update", "--disable-sync", "--no-first-run")  # fmt: skip


@dataclass(frozen=True)
class Site:
    """A running site; `url` has no slash at its end."""

    url: str
    environment: dict[str, str]

    def manage(self, *arguments: str) -> str:
        """Run a manage.py command on the site's database; what it printed. Raises if it fails."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not found:
        pytest.skip("no Chromium on PATH (apt install chromium)")
    return {**browser_type_launch_args, "executable_path": found, "args": [*CHROMIUM_OPTIONS]}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    screen = {"width": 1440, "height": 900}
    return {**browser_context_args, "locale": "zh-CN", "timezone_id": "Asia/Shanghai", "viewport": screen}


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    unset = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    environment = {**unset, "VAR_DIR": str(folder / "var"), "PORT": str(port), "DEMO": "true"}
    migrate_site(environment)
    log = folder / "log"
    with open(log, "w") as output:
        process = subprocess.Popen(
            [sys.executable, "scripts/serve.py"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while "网站已启动" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.3)
        yield Site(f"http://127.0.0.1:{port}", environment)
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


@pytest.fixture(scope="session")
def base_url(site: Site) -> str:
    """`page.goto("/hazards/")` goes to the site."""
    return site.url


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What Chromium complains about on `page`: errors of scripts, what the CSP refused, files that are not there."""
    found: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            found.append(f"{page.url}: {message.text}")

    page.on("console", note)
    page.on("pageerror", lambda error: found.append(f"{page.url}: {error}"))
    return found


@pytest.fixture
def sign_in(page: Page) -> Callable[[str], Page]:
    """`sign_in("zhujian")` signs a demo account in through the login page and returns the page it lands on."""

    def fill(username: str) -> Page:
        page.goto("about:blank")  # so that nothing of the page left asks on without its cookies
        page.context.clear_cookies()
        page.goto("/accounts/login/")
        page.fill("input[name=username]", username)
        page.fill("input[name=password]", DEMO_PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/accounts/login/" not in url)
        return page

    return fill
