"""What the operator sees: an id for every call, a line of JSON, numbers; and nothing of a fault outside."""

from __future__ import annotations

import json
import logging

import pytest

from cloudward.errors import StoreError
from cloudward.pack import Pack
from cloudward.server.watch import Lines
from cloudward.store import Store
from tests.server.client import Client, only, serving
from tests.store.build import ONE


def test_every_answer_carries_the_id_of_its_call(client: Client) -> None:
    assert len(client("GET", "/health/live").headers["x-request-id"]) == 16
    given = client("GET", "/health/live", headers={"X-Request-ID": "from-the-proxy.1"})
    assert given.headers["x-request-id"] == "from-the-proxy.1"
    forged = client("GET", "/health/live", headers={"X-Request-ID": 'x"} {"level": "forged'})
    assert len(forged.headers["x-request-id"]) == 16


def test_a_call_is_one_line_of_json_with_the_route_not_the_address(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "cloudward.server")
    client("GET", "/api/v1/resources/secret-thing?cursor=also%0asecret")
    lines = [Lines().format(record) for record in caplog.records if record.name == "cloudward.server"]
    told = json.loads(lines[-1])
    assert (told["method"], told["route"]) == ("GET", "/api/v1/resources/{uid}")
    assert told["status"] == 404
    assert "secret" not in lines[-1]


def test_a_fault_is_logged_and_not_told(
    client: Client, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("inner words")

    monkeypatch.setattr(store, "ping", broken)
    answer = client("GET", "/health/ready")
    assert answer.status_code == 500
    assert answer.json()["request"] == answer.headers["x-request-id"]
    assert "inner words" not in answer.text
    record = next(each for each in caplog.records if each.getMessage() == "fault")
    assert "inner words" in Lines().format(record)


def test_a_server_without_its_database_is_not_ready(
    client: Client, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise StoreError("cannot read the state database")

    monkeypatch.setattr(store, "ping", broken)
    assert client("GET", "/health/ready").status_code == 503
    assert client("GET", "/health/live").status_code == 200


def test_numbers_are_for_who_may_see_every_scope(client: Client, store: Store, pack: Pack) -> None:
    client.get("/api/v1/scopes")
    text = client("GET", "/metrics").text
    assert 'cloudward_http_requests_total{method="GET",route="/api/v1/scopes",status="200"} 1.0' in text
    assert serving(store, pack, only([ONE]))("GET", "/metrics").status_code == 403


def test_long_answers_are_compressed(client: Client) -> None:
    answer = client("GET", "/api/v1/policies", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json()["items"]
