"""Scans are started, watched and cancelled over the API."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cloudward.model import Provider
from cloudward.pack import Pack
from cloudward.server.needs import Permission
from cloudward.store import Store, jobs
from tests.server.client import Client, only, serving
from tests.store.build import ONE
from tests.store.test_jobs import NOW, add, claimed


@pytest.fixture
def acme(store: Store) -> None:
    store.connect("acme", Provider.AWS, {"role": "cloudward", "organization": True}, "ann")


@pytest.mark.usefixtures("acme")
def test_a_scan_is_started_seen_and_cancelled(store: Store, client: Client) -> None:
    answer = client("POST", "/api/v1/scans", json={"connector": "acme"})
    assert answer.status_code == 202, answer.text
    made = answer.json()
    assert (made["kind"], made["connector"], made["state"], made["created_by"]) == (
        "scan",
        "acme",
        "queued",
        "ann",
    )
    assert answer.headers["location"] == f"/api/v1/jobs/{made['id']}"
    assert client.get(f"/api/v1/jobs/{made['id']}") == made
    assert client("POST", f"/api/v1/jobs/{made['id']}/cancel").json()["state"] == "cancelled"
    assert client("POST", f"/api/v1/jobs/{made['id']}/cancel").status_code == 422


@pytest.mark.usefixtures("acme")
def test_the_same_call_again_starts_nothing_and_one_that_waits_is_enough(client: Client) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = client("POST", "/api/v1/scans", json={"connector": "acme"}, headers=headers).json()
    again = client("POST", "/api/v1/scans", json={"connector": "acme"}, headers=headers).json()
    other = client("POST", "/api/v1/scans", json={"connector": "acme"}).json()
    assert first["id"] == again["id"] == other["id"]


def test_a_connector_that_there_is_not_is_not_scanned(client: Client) -> None:
    answer = client("POST", "/api/v1/scans", json={"connector": "acme"})
    assert answer.status_code == 404
    assert client("POST", "/api/v1/scans", json={"connector": "acme", "x": 1}).status_code == 422
    assert client("POST", "/api/v1/jobs/none/cancel").status_code == 404


def test_jobs_are_listed_page_by_page_and_by_state(store: Store, client: Client) -> None:
    ids = [add(store, now=NOW + timedelta(seconds=n)).id for n in range(5)]
    claimed(store)
    page = client.get("/api/v1/jobs", limit=3)
    rest = client.get("/api/v1/jobs", limit=3, cursor=page["next"])
    assert [each["id"] for each in page["items"] + rest["items"]] == ids[::-1]
    assert rest["next"] is None
    assert [each["id"] for each in client.get("/api/v1/jobs", state="running")["items"]] == [ids[0]]
    assert client("GET", "/api/v1/jobs", params={"state": "runing"}).status_code == 422


def test_who_has_only_a_scope_neither_sees_nor_starts_work(store: Store, pack: Pack) -> None:
    job = add(store)
    narrow = serving(store, pack, only([ONE], Permission))
    for method, path in (
        ("GET", "/api/v1/jobs"),
        ("GET", f"/api/v1/jobs/{job.id}"),
        ("POST", f"/api/v1/jobs/{job.id}/cancel"),
        ("POST", "/api/v1/scans"),
    ):
        assert narrow(method, path, json={"connector": "acme"}).status_code == 403, path
    with store.database.read() as connection:
        assert jobs.one(connection, job.id).state is jobs.State.QUEUED
