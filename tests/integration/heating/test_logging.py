"""Log lines are JSON, and what belongs together has one request id, from the browser through the tasks."""

import json
import logging
import time
from pathlib import Path

import pytest
from django.test import Client

from common.request_context import RequestInfo, current, serving
from heating.logs import JsonFormatter
from heating.tasks import clean_up

pytestmark = pytest.mark.either_database

WAIT_SECONDS = 20


@pytest.fixture
def lines(caplog):
    """What was logged, as production writes it."""
    caplog.handler.setFormatter(JsonFormatter())
    caplog.set_level(logging.INFO)
    return lambda: [json.loads(line) for line in caplog.text.splitlines()]


def test_a_line_is_one_object_with_all_that_was_given(lines):
    with serving(RequestInfo("req-12345678", "10.0.0.1")):
        try:
            raise ValueError("第 14 行\n写错了")
        except ValueError:
            logging.getLogger("ledger").exception("读不了 %s", "台账.xlsx", extra={"rows": 3})

    (line,) = lines()
    assert line["exception"].endswith("ValueError: 第 14 行\n写错了")
    assert {name: line[name] for name in ("level", "logger", "message", "request_id", "rows")} == {
        "level": "ERROR",
        "logger": "ledger",
        "message": "读不了 台账.xlsx",
        "request_id": "req-12345678",
        "rows": 3,
    }


def test_a_request_is_logged_with_its_id_but_not_with_what_was_searched_for(lines):
    response = Client().get("/healthz?q=13800000001", headers={"X-Request-ID": "from-nginx-1"}, REMOTE_ADDR="10.1.1.1")

    (line,) = [line for line in lines() if line["logger"] == "heating.request_id"]
    assert response["X-Request-ID"] == "from-nginx-1"
    assert (line["message"], line["request_id"], line["ip"]) == ("GET /healthz 200", "from-nginx-1", "10.1.1.1")
    assert line["ms"] >= 0
    assert "13800000001" not in json.dumps(line)


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "two words", "隐患一二三四五六七", "line\nbreak12"])
def test_what_is_no_id_is_replaced(given):
    response = Client().get("/healthz", HTTP_X_REQUEST_ID=given)

    assert response["X-Request-ID"] != given
    assert len(response["X-Request-ID"]) == 16


def test_requests_have_different_ids_and_leave_none_behind():
    assert Client().get("/healthz")["X-Request-ID"] != Client().get("/healthz")["X-Request-ID"]
    assert current() == RequestInfo()


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "ip"),
    [
        ([], "10.0.0.9", "1.2.3.4", "10.0.0.9"),  # nobody is trusted
        (["10.0.0.9"], "10.0.0.8", "1.2.3.4", "10.0.0.8"),  # not this one
        (["10.0.0.9"], "10.0.0.9", "1.2.3.4", "1.2.3.4"),
        (["10.0.0.9"], "10.0.0.9", "6.6.6.6, 1.2.3.4", "1.2.3.4"),  # the browser made the first up
        (["10.0.0.0/24"], "10.0.0.9", "1.2.3.4, 10.0.0.7", "1.2.3.4"),  # two proxies of ours
        (["10.0.0.9"], "10.0.0.9", "6.6.6.6, rubbish", "6.6.6.6"),
        (["10.0.0.9"], "10.0.0.9", "rubbish", "10.0.0.9"),
        (["10.0.0.9"], "10.0.0.9", "2001:db8::1", "2001:db8::1"),
        (["unix"], "", "1.2.3.4", "1.2.3.4"),  # nginx on a socket file
        ([], "", "1.2.3.4", ""),
    ],
)
def test_only_our_proxies_are_believed(lines, settings, trusted, peer, forwarded, ip):
    settings.TRUSTED_PROXIES = trusted

    Client().get("/healthz", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR=peer)

    assert [line["ip"] for line in lines() if line["logger"] == "heating.request_id"] == [ip]


def wait_for(path: Path, message: str) -> dict:
    """The worker's first log line with this message, once it is there."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        found = [line for line in path.read_text().splitlines() if line.startswith("{") and message in line]
        if found:
            return json.loads(found[0])
        time.sleep(0.1)
    raise AssertionError(f"no {message!r} in:\n{path.read_text()}")


def test_a_task_goes_by_the_id_of_the_request_that_sent_it(celery_worker_process):
    with serving(RequestInfo("req-of-the-page", "10.0.0.1")):
        sent = clean_up.delay()

    line = wait_for(celery_worker_process, f"{sent.id}] succeeded")
    assert (line["level"], line["request_id"]) == ("INFO", "req-of-the-page")


def test_a_task_that_no_request_sent_goes_by_its_own(celery_worker_process):
    sent = clean_up.delay()

    assert wait_for(celery_worker_process, f"{sent.id}] succeeded")["request_id"] == sent.id
