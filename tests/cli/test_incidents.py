"""Incidents as a user meets them: found by detect, read, decided, and told of."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cloudward.cli import incidents as shown
from cloudward.store import Store, channels, jobs
from cloudward.store.channels import Channel
from tests.cli.conftest import Cloudward

LOGS = Path(__file__).parents[2] / "examples"


@pytest.fixture
def night(cloudward: Cloudward, home: Path) -> Cloudward:
    """What happened to the company of the demo one night; a channel wants to know of incidents."""
    with Store.open(home / "data" / "cloudward") as store, store.database.write() as connection:
        wanted = Channel("c1", "webhook", {}, {"incident": "high"}, "", True, "ana", NOW)
        channels.keep(connection, wanted, "ana")
    assert cloudward("detect", LOGS / "events-cloudtrail.json", LOGS / "events-kubernetes.log").code == 1
    return cloudward


NOW = datetime(2026, 11, 20, tzinfo=UTC)


def test_one_night_is_one_incident_and_is_told_once(night: Cloudward, home: Path) -> None:
    again = night("detect", LOGS / "events-cloudtrail.json")
    assert "incident" not in again.err
    ran = night("incidents", "list", "-o", "json")
    (incident,) = ran.json["items"]
    assert set(incident) == set(shown.LISTING.keys)
    assert (incident["severity"], incident["state"]) == ("high", "active")
    assert incident["scopes"] == ["200000000025"]
    with Store.open(home / "data" / "cloudward") as store, store.database.read() as connection:
        (job,) = jobs.every(connection, kinds=["notification"])
    assert job.payload["message"]["data"]["incident"] == incident["id"]


def test_an_incident_shows_what_happened_and_why(night: Cloudward) -> None:
    (row,) = night("incidents", "list", "-o", "json").json["items"]
    said = night("incidents", "show", row["id"][:6]).out
    assert "What happened, and why it belongs together" in said
    assert "the same key or session" in said
    assert "Likely next" in said
    (whole,) = night("incidents", "show", row["id"], "-o", "json").json["items"]
    assert len(whole["timeline"]) == row["alerts"]
    assert {"nodes", "edges", "next", "comments"} <= set(whole)


def test_people_work_on_an_incident(night: Cloudward) -> None:
    (row,) = night("incidents", "list", "-o", "json").json["items"]
    id, alert = row["id"], night("alerts", "list", "-o", "json").json["items"][0]["id"]
    assert night("incidents", "assign", id, "bo").code == 0
    assert night("incidents", "comment", id, "I look at it").code == 0
    assert night("incidents", "split", id, alert).code == 0
    assert night("incidents", "list", "-o", "json").json["total"] == 2
    made = next(x["id"] for x in night("incidents", "list", "-o", "json").json["items"] if x["id"] != id)
    assert night("incidents", "merge", id, made).code == 0
    assert night("incidents", "set", id, "resolved").code == 2
    assert night("incidents", "set", id, "resolved", "--reason", "the key is gone").code == 0
    assert night("incidents", "list", "-o", "json").json["total"] == 0
    assert "I look at it" in night("incidents", "show", id).out


def test_an_unknown_incident_is_said(night: Cloudward) -> None:
    ran = night("incidents", "show", "in-nothing")
    assert (ran.code, "there is no incident 'in-nothing'" in ran.err) == (2, True)
