"""Schedules are set, changed with what was read, and removed."""

from __future__ import annotations

import pytest

from cloudward.model import Provider
from cloudward.pack import Pack
from cloudward.server.needs import Permission
from cloudward.store import Store
from tests.server.client import Client, only, serving
from tests.store.build import ONE

PATH = "/api/v1/schedules/acme"
NIGHT = {"cron": "0 2 * * *", "zone": "Europe/Berlin"}


@pytest.fixture(autouse=True)
def acme(store: Store) -> None:
    store.connect("acme", Provider.AWS, {"role": "cloudward", "organization": True}, "ann")


def test_a_schedule_is_made_changed_and_removed(client: Client) -> None:
    made = client("PUT", PATH, json=NIGHT)
    assert made.status_code == 200, made.text
    assert made.json()["next"] is not None
    assert client.get("/api/v1/schedules")["items"] == [made.json()]
    tag = {"If-Match": made.headers["etag"]}
    assert client("PUT", PATH, json={**NIGHT, "enabled": False}).status_code == 428
    changed = client("PUT", PATH, json={**NIGHT, "enabled": False}, headers=tag)
    assert (changed.status_code, changed.json()["next"]) == (200, None)
    assert client("PUT", PATH, json=NIGHT, headers=tag).status_code == 412
    assert client("DELETE", PATH).status_code == 204
    assert client("GET", PATH).status_code == 404


def test_what_is_no_schedule_is_refused(client: Client) -> None:
    assert client("PUT", PATH, json={"cron": "hourly"}).status_code == 422
    assert client("PUT", PATH, json={"cron": "0 2 * * *", "zone": "Mars"}).status_code == 422
    assert client("PUT", "/api/v1/schedules/other", json=NIGHT).status_code == 404
    assert client("DELETE", PATH).status_code == 404


def test_who_has_only_a_scope_sets_no_schedule(store: Store, pack: Pack) -> None:
    narrow = serving(store, pack, only([ONE], Permission))
    assert narrow("PUT", PATH, json=NIGHT).status_code == 403
    assert narrow("GET", "/api/v1/schedules").status_code == 403
    assert narrow("DELETE", PATH).status_code == 403
