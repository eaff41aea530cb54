"""Incidents through the API: found, understood, decided, merged and split by who may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cloudward.model import Link, Member, Shared
from cloudward.pack import Pack
from cloudward.server.needs import Permission
from cloudward.store import Store, incidents
from cloudward.store.alerts import Alerts
from tests.server.client import Client, only, serving
from tests.store.build import NOW, ONE, TWO, alert, incident

LINK = Link("a1", "b1", 0.9, 60.0, (Shared("ip", "203.0.113.9", 0.9),))


@pytest.fixture
def known(store: Store) -> Store:
    """One over both accounts with two alerts, one in the first alone with one."""
    minute = timedelta(minutes=1)
    made = [alert("a1"), alert("b1", scope=TWO, first=NOW + minute, last=NOW + minute), alert("c1")]
    Alerts(store.database).keep([(each, [f"e-{each.id}"], []) for each in made])
    with store.database.write() as connection:
        incidents.add(connection, incident("in-1", alerts=2, scopes=(ONE, TWO)))
        incidents.add(connection, incident("in-2", last=NOW - minute))
        incidents.put(connection, Member("a1", 1.0), "in-1")
        incidents.put(connection, Member("b1", 1.8, ("exposed",), LINK), "in-1")
        incidents.put(connection, Member("c1", 1.0), "in-2")
    return store


def put(client: Client, id: str, what: str, **body: Any) -> Any:
    tag = client("GET", f"/api/v1/incidents/{id}").headers["etag"]
    verb = "PUT" if what in ("state", "owner") else "POST"
    return client(verb, f"/api/v1/incidents/{id}/{what}", headers={"if-match": tag}, json=body)


def test_incidents_are_listed_page_by_page(client: Client, known: Store) -> None:
    first = client.get("/api/v1/incidents", limit=1)
    assert ([each["id"] for each in first["items"]], first["total"]) == (["in-1"], 2)
    second = client.get("/api/v1/incidents", limit=1, cursor=first["next"])
    assert ([each["id"] for each in second["items"]], second["next"]) == (["in-2"], None)
    assert [each["id"] for each in client.get("/api/v1/incidents", scope=TWO)["items"]] == ["in-1"]


def test_incidents_are_counted(client: Client, known: Store) -> None:
    facets = client.get("/api/v1/incidents/facets")["facets"]
    assert facets["severity"] == [{"value": "high", "count": 2}]
    assert facets["scope"] == [{"value": ONE, "count": 2}, {"value": TWO, "count": 1}]
    assert [*client.get("/api/v1/incidents/facets", by="owner")["facets"]] == ["owner"]


def test_one_incident_tells_its_story(client: Client, known: Store) -> None:
    told = client.get("/api/v1/incidents/in-1")
    first, second = told["timeline"]
    assert (first["alert"]["id"], first["why"], first["because"]) == ("a1", "it came first", None)
    assert second["why"] == "the same address 203.0.113.9, 60 seconds apart"
    assert second["because"]["alert"] == "a1"
    assert second["raised"] == ["exposed"]
    assert {"principal", "ip"} <= {each["kind"] for each in told["nodes"]}
    assert {each["what"] for each in told["edges"]} == {"from"}
    assert told["next"]["tactic"] == "TA0006"
    assert second["alert"]["incident"] == "in-1"


def test_an_alert_names_its_incident(client: Client, known: Store) -> None:
    listed = client.get("/api/v1/alerts")["items"]
    assert {each["id"]: each["incident"] for each in listed} == {"a1": "in-1", "b1": "in-1", "c1": "in-2"}
    assert client.get("/api/v1/alerts/c1")["alert"]["incident"] == "in-2"


def test_people_decide_of_an_incident(client: Client, known: Store) -> None:
    assert put(client, "in-2", "state", state="resolved").status_code == 422
    done = put(client, "in-2", "state", state="resolved", reason="the key is gone").json()
    assert (done["state"], done["state_reason"]) == ("resolved", "the key is gone")
    assert put(client, "in-2", "owner", owner="bo").json()["owner"] == "bo"
    assert put(client, "in-2", "comments", text="so it was").status_code == 201
    assert [each["text"] for each in client.get("/api/v1/incidents/in-2")["comments"]] == ["so it was"]


def test_nobody_decides_of_what_another_changed_meanwhile(client: Client, known: Store) -> None:
    tag = {"if-match": client("GET", "/api/v1/incidents/in-1").headers["etag"]}
    body = {"owner": "bo"}
    assert client("PUT", "/api/v1/incidents/in-1/owner", json=body).status_code == 428
    assert client("PUT", "/api/v1/incidents/in-1/owner", json=body, headers=tag).status_code == 200
    assert client("PUT", "/api/v1/incidents/in-1/owner", json=body, headers=tag).status_code == 412


def test_incidents_are_split_and_merged(client: Client, known: Store) -> None:
    answer = put(client, "in-1", "split", alerts=["b1"])
    assert answer.status_code == 201
    made = answer.json()
    assert (made["alerts"], made["scopes"]) == (1, [TWO])
    assert answer.headers["location"] == f"/api/v1/incidents/{made['id']}"
    merged = put(client, "in-1", "merge", incidents=[made["id"], "in-2"]).json()
    assert merged["alerts"] == 3
    assert client.get("/api/v1/incidents")["total"] == 1
    assert client.get("/api/v1/incidents/in-2")["incident"]["merged_into"] == "in-1"


def test_who_may_see_a_part_sees_that_part(known: Store, pack: Pack) -> None:
    client = serving(known, pack, only([ONE]))
    told = client.get("/api/v1/incidents/in-1")
    assert [each["alert"]["id"] for each in told["timeline"]] == ["a1"]
    assert (told["incident"]["scopes"], told["incident"]["hidden"]) == ([ONE], 1)
    assert TWO not in str(told)
    assert put(client, "in-1", "owner", owner="ana").status_code == 403
    assert put(client, "in-2", "owner", owner="ana").status_code == 200
    stranger = serving(known, pack, only([TWO], [Permission.READ]))
    assert stranger("GET", "/api/v1/incidents/in-2").status_code == 404
    assert [each["id"] for each in stranger.get("/api/v1/incidents")["items"]] == ["in-1"]
