"""Alerts through the API: found, understood, decided, and suppressed by who may."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloudward.model import AlertSeverity, AlertState, Entity, Evidence, Indicator, Suppression
from cloudward.pack import Pack
from cloudward.respond.stix import bundle
from cloudward.server.needs import Caller, Permission
from cloudward.server.routes.alert_export import STEP
from cloudward.store import Store
from cloudward.store.alerts import Alerts
from cloudward.store.indicators import IndicatorList
from tests.server.client import Client, only, serving
from tests.store.build import BUCKET, KEY, NOW, ONE, TWO, alert, buckets, listed, resource, scanned

HOUR = timedelta(hours=1)
LATE = NOW + 5 * HOUR
EVENT = Evidence("e1", "aws-cloudtrail", NOW, {"eventName": "StopLogging"}, "trail.json", 3)


@pytest.fixture
def alerts(store: Store) -> Alerts:
    """Five: high and late, high, medium in the other account, low, and a sample that is in none."""
    found = Alerts(store.database)
    made = [
        alert("a1"),
        alert("a2", last=LATE, tactics=("TA0005", "TA0040"), entities=(Entity("host", 'DOM\\"srv"'),)),
        alert("b1", scope=TWO, severity=AlertSeverity.MEDIUM, detection="aws-root-acted", title="Root acted"),
        alert("c1", severity=AlertSeverity.LOW, state=AlertState.RESOLVED, source="linux-auth"),
        alert("s1", severity=AlertSeverity.LOW, scope="sample", sample=True),
    ]
    found.keep([(each, ["e1"], [EVENT]) for each in made])
    return found


def ids(client: Client, **query: Any) -> list[str]:
    return [each["id"] for each in client.get("/api/v1/alerts", **query)["items"]]


def test_the_most_severe_stand_first_and_the_latest_of_these(client: Client, alerts: Alerts) -> None:
    assert ids(client) == ["a2", "a1", "b1", "c1", "s1"]
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = client.get("/api/v1/alerts", limit=2, cursor=cursor)
        found += [each["id"] for each in page["items"]]
        assert page["total"] == 5
        cursor = page["next"]
    assert found == ids(client)


def test_a_file_has_exactly_the_alerts_of_the_list(client: Client, alerts: Alerts) -> None:
    items = client.get("/api/v1/alerts", severity=["high", "medium"])["items"]
    asked = {"severity": ["high", "medium"]}
    answer = client("GET", "/api/v1/alerts/export", params={**asked, "form": "json"})
    assert [json.loads(line) for line in answer.text.splitlines()] == items
    assert answer.headers["content-disposition"] == 'attachment; filename="alerts.ndjson"'
    table = list(csv.DictReader(io.StringIO(client("GET", "/api/v1/alerts/export", params=asked).text)))
    assert [row["id"] for row in table] == ["a2", "a1", "b1"]


def test_a_file_of_alerts_goes_on_behind_what_is_read_at_once(client: Client, store: Store) -> None:
    made = [alert(f"n{number:04}", first=NOW, last=NOW) for number in range(2 * STEP)]
    Alerts(store.database).keep([(each, ["e1"], [EVENT]) for each in made])
    text = client("GET", "/api/v1/alerts/export", params={"form": "json"}).text
    assert sorted(json.loads(line)["id"] for line in text.splitlines()) == [each.id for each in made]


def test_alerts_are_had_in_the_shapes_that_others_read(client: Client, alerts: Alerts) -> None:
    shapes: dict[str, list[Any]] = {}
    for form in ("ocsf", "microsoft"):
        text = client("GET", "/api/v1/alerts/export", params={"form": form, "scope": TWO}).text
        shapes[form] = [json.loads(line) for line in text.splitlines()]
    assert [(each["class_uid"], each["finding_info"]["uid"]) for each in shapes["ocsf"]] == [(2004, "b1")]
    assert [each["properties"]["alertDisplayName"] for each in shapes["microsoft"]] == ["Root acted"]


def test_who_may_not_export_gets_no_file_of_alerts(store: Store, pack: Pack, alerts: Alerts) -> None:
    reader = serving(store, pack, only([ONE], [Permission.READ]))
    assert reader("GET", "/api/v1/alerts/export").status_code == 403
    narrow = serving(store, pack, only([TWO]))
    text = narrow("GET", "/api/v1/alerts/export", params={"form": "json"}).text
    assert [json.loads(line)["id"] for line in text.splitlines()] == ["b1"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"severity": ["medium", "low"]}, ["b1", "c1", "s1"]),
        ({"state": "resolved"}, ["c1"]),
        ({"scope": TWO}, ["b1"]),
        ({"detection": "aws-root-acted"}, ["b1"]),
        ({"source": "linux-auth"}, ["c1"]),
        ({"tactic": "TA0040"}, ["a2"]),
        ({"tactic": "TA004"}, []),
        ({"entity": "203.0.113.9", "scope": TWO}, ["b1"]),
        ({"entity": "203.0.113"}, []),
        ({"entity": 'DOM\\"srv"'}, ["a2"]),
        ({"search": "om\\"}, ["a2"]),
        ({"search": "ROOT ACT"}, ["b1"]),
        ({"search": "principal"}, []),
        ({"search": "user/AN", "sample": False, "scope": ONE}, ["a1", "c1"]),
        ({"search": "%"}, []),
        ({"sample": True}, ["s1"]),
        ({"since": (NOW + HOUR).isoformat()}, ["a2"]),
        ({"until": NOW.isoformat()}, []),
    ],
)
def test_filters_narrow(client: Client, alerts: Alerts, query: Any, expected: list[str]) -> None:
    assert ids(client, **query) == expected


def test_values_of_filters_are_counted_under_the_others(client: Client, alerts: Alerts) -> None:
    found = client.get("/api/v1/alerts/facets", severity="high")["facets"]
    counts = {by: {each["value"]: each["count"] for each in some} for by, some in found.items()}
    assert counts["severity"] == {"high": 2, "medium": 1, "low": 2}
    assert counts["tactic"] == {"TA0005": 2, "TA0040": 1}
    assert counts["state"] == {"active": 2}
    assert counts["sample"] == {"false": 2}


def test_an_alert_tells_its_story(client: Client, alerts: Alerts) -> None:
    found = client.get("/api/v1/alerts/a1")
    assert found["alert"]["entities"]["ip"] == ["203.0.113.9"]
    assert found["why"]
    assert found["investigate"]
    assert found["remediate"]
    event = {"id": "e1", "document": {"eventName": "StopLogging"}, "file": "trail.json", "line": 3}
    assert event.items() <= found["events"][0].items()


def test_an_alert_of_behaviour_tells_what_was_compared(client: Client, store: Store) -> None:
    told = "In the 30 days before 2026-01-01, on 9 of them, 40 events of ana, never with the region us-east-1"
    made = alert("n1", detection="aws-identity-in-new-region", reasons=(told,))
    Alerts(store.database).keep([(made, ["e1"], [EVENT])])
    found = client.get("/api/v1/alerts/n1")
    assert found["alert"]["reasons"] == [told]
    assert found["behaviour"] == {
        "kind": "new",
        "entity": ["principal"],
        "of": ["awsRegion"],
        "days": 30,
        "least_days": 7,
        "least_events": 20,
        "peers": True,
    }
    assert found["indicators"] == []


def test_an_alert_of_indicators_tells_who_says_so_how_sure_and_until_when(
    client: Client, store: Store
) -> None:
    ended, lasting = NOW - HOUR, datetime.now(UTC) + 30 * 24 * HOUR
    said = [
        Indicator("address", "203.0.113.0/24", "neighbours", 60, lasting, ("botnet",), "a whole network"),
        Indicator("address", "203.0.113.66", "old-list", 90, ended),
        Indicator("address", "203.0.113.66", "exits", 95, None, ("tor",)),
        Indicator("address", "203.0.113.67", "neighbours", 99),
        Indicator("domain", "203.0.113.66", "neighbours", 99),
    ]
    for each in said:
        IndicatorList(store.database).add([each], each.source)
    event = replace(EVENT, document={"eventName": "ListBuckets", "sourceIPAddress": "203.0.113.66"})
    made = alert("n2", detection="aws-call-from-listed-address", reasons=("203.0.113.66 is listed",))
    Alerts(store.database).keep([(made, ["e1"], [event])])
    found = client.get("/api/v1/alerts/n2")
    assert found["behaviour"] is None
    assert [
        (each["value"], each["source"], each["confidence"], each["ended"]) for each in found["indicators"]
    ] == [("203.0.113.66", "old-list", 90, True), ("203.0.113.0/24", "neighbours", 60, False)]
    assert found["indicators"][1]["labels"] == ["botnet"]
    assert found["indicators"][1]["description"] == "a whole network"
    assert client.get("/api/v1/alerts/n2")["indicators"][0]["expires"] == "2026-01-01T11:30:15.123456Z"


def test_what_is_outside_is_not_there(narrow: Client, alerts: Alerts) -> None:
    assert ids(narrow) == ["a2", "a1", "c1"]
    assert ids(narrow, scope=TWO) == []
    assert {each["value"] for each in narrow.get("/api/v1/alerts/facets")["facets"]["scope"]} == {ONE}
    assert narrow("GET", "/api/v1/alerts/b1").status_code == 404
    dismissed = {"state": "dismissed", "reason": "x"}
    form = {"If-Match": '"x"'}
    assert narrow("PUT", "/api/v1/alerts/b1/state", json=dismissed, headers=form).status_code == 404
    many = narrow("POST", "/api/v1/alerts/states", json={**dismissed, "ids": ["a1", "b1"]})
    assert many.status_code == 404
    assert {each.state for each in alerts.every(id="a1")} == {AlertState.ACTIVE}


def test_who_decides_says_what_he_read(client: Client, alerts: Alerts, store: Store) -> None:
    path = "/api/v1/alerts/a1/state"
    read = {"If-Match": client("GET", "/api/v1/alerts/a1").headers["etag"]}
    assert client("PUT", path, json={"state": "resolved"}).status_code == 428
    assert client("PUT", path, json={"state": "dismissed"}, headers=read).status_code == 422
    alerts.keep([(alert("a1", count=2), ["e1", "e2"], ())])  # that it grows changes nothing of what was read
    made = client("PUT", path, json={"state": "in_progress"}, headers=read)
    assert (made.status_code, made.json()["state"], made.json()["state_by"]) == (200, "in_progress", "ann")
    assert client("PUT", path, json={"state": "resolved"}, headers=read).status_code == 412
    again = {"If-Match": made.headers["etag"]}
    assert client("PUT", path, json={"state": "resolved"}, headers=again).status_code == 200
    (last, _) = store.revisions("alert")
    assert last.before is not None
    assert last.after is not None
    assert (last.by, last.before["state"], last.after["state"]) == ("ann", "in_progress", "resolved")


def test_many_are_decided_or_none(client: Client, alerts: Alerts) -> None:
    body = {"state": "dismissed", "reason": "a drill", "ids": ["a1", "a2", "nothing"]}
    assert client("POST", "/api/v1/alerts/states", json=body).status_code == 404
    assert ids(client, state="dismissed") == []
    assert client("POST", "/api/v1/alerts/states", json={**body, "ids": ["a1", "a2"]}).status_code == 200
    assert ids(client, state="dismissed") == ["a2", "a1"]


def test_who_may_only_read_there_does_not_decide(store: Store, pack: Pack, alerts: Alerts) -> None:
    wide = frozenset([ONE, TWO])
    own = Caller("3", "eve", lambda p: wide if p is Permission.READ else frozenset([ONE]), lambda _: False)
    reader = serving(store, pack, own)
    body = {"state": "resolved", "ids": ["b1"]}
    assert reader("POST", "/api/v1/alerts/states", json=body).status_code == 403
    given = {"detection": "aws-root-acted", "scope": TWO, "reason": "x"}
    assert reader("POST", "/api/v1/suppressions", json=given).status_code == 403


def test_a_suppression_is_previewed_made_and_withdrawn(client: Client, alerts: Alerts, store: Store) -> None:
    now = datetime.now(UTC)
    recent = [alert(id, first=now, last=now) for id in ("n1", "n2")]
    alerts.keep([(each, (), ()) for each in recent])
    about = {"detection": "aws-trail-stopped", "fields": {"ip": ["203.0.113.*"]}}
    preview = client("POST", "/api/v1/suppressions/preview", json=about).json()
    assert (preview["hidden"], preview["spared"]) == (2, 0)
    assert alerts.suppressions() == []
    made = client("POST", "/api/v1/suppressions", json={**about, "reason": "our scanner", "days": 7})
    assert made.status_code == 201, made.text
    alerts.keep([(replace(recent[0], id="n3"), (), ())])
    path = made.headers["location"]
    assert client.get(path)["hidden"] == 1
    assert ids(client, suppression=made.json()["id"]) == ["n3"]
    assert client("DELETE", path).status_code == 204
    assert client.get("/api/v1/suppressions")["items"] == []
    assert [each.by for each in store.revisions("suppression")] == ["ann", "ann"]


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"detection": "aws-trail-stoped"}, "did you mean 'aws-trail-stopped'"),
        ({"fields": {"ipp": ["1"]}}, "did you mean 'ip'"),
        ({}, "hide every alert"),
    ],
)
def test_a_suppression_that_is_wrong_is_refused(client: Client, given: Any, word: str) -> None:
    answer = client("POST", "/api/v1/suppressions", json={**given, "reason": "x"})
    assert (answer.status_code, word in answer.json()["detail"]) == (422, True)


def test_no_suppression_is_longer_than_90_days(client: Client) -> None:
    given = {"detection": "aws-root-acted", "reason": "x", "days": 91}
    assert client("POST", "/api/v1/suppressions", json=given).status_code == 422


@pytest.mark.parametrize("name", ["ana", "ana@example.com"])
def test_nobody_hides_alerts_about_himself(store: Store, pack: Pack, alerts: Alerts, name: str) -> None:
    caller = replace(only([ONE]), name=name)
    own = serving(store, pack, caller)
    now = datetime.now(UTC)
    alerts.keep([(alert("n1", first=now, last=now), (), ())])
    about = {"detection": "aws-trail-stopped", "scope": ONE}
    preview = own("POST", "/api/v1/suppressions/preview", json=about).json()
    assert (preview["hidden"], preview["spared"]) == (0, 1)
    assert own("POST", "/api/v1/suppressions", json={**about, "reason": "mine"}).status_code == 201
    alerts.keep([(alert("n2", first=now, last=now), (), ())])
    assert alerts.one("n2").state is AlertState.ACTIVE


def test_a_suppression_everywhere_needs_the_whole_estate_and_is_seen_by_all(
    client: Client, narrow: Client, alerts: Alerts
) -> None:
    given = {"detection": "aws-root-acted", "reason": "x"}
    assert narrow("POST", "/api/v1/suppressions", json=given).status_code == 403
    made = client("POST", "/api/v1/suppressions", json=given).json()
    (shown,) = narrow.get("/api/v1/suppressions")["items"]
    assert (shown["id"], shown["hidden"]) == (made["id"], None)
    assert narrow("DELETE", f"/api/v1/suppressions/{made['id']}").status_code == 403
    now = datetime.now(UTC)
    alerts.suppress(Suppression("su-2", "", {}, TWO, "x", "bo", now, now + timedelta(days=1)))
    assert len(narrow.get("/api/v1/suppressions")["items"]) == 1
    assert narrow("DELETE", "/api/v1/suppressions/su-2").status_code == 404


def test_detections_are_listed(client: Client) -> None:
    found = client.get("/api/v1/detections", search="trail-stop", severity=["high", "medium"])["items"]
    assert [each["id"] for each in found] == ["aws-trail-stopped"]
    assert client.get("/api/v1/detections")["total"] > 100


def test_samples_are_made_of_plans_and_removed(client: Client, narrow: Client, store: Store) -> None:
    known = client.get("/api/v1/alerts/samples")["items"]
    assert sum(each["samples"] for each in known) > 20
    plan = next(each["plan"] for each in known if each["samples"] == 3)
    made = client("POST", "/api/v1/alerts/samples", json={"plans": [plan], "scope": ONE})
    assert made.status_code == 201, made.text
    found = {each["id"] for each in made.json()}
    assert len(found) == 3
    assert all(each["sample"] and each["title"].startswith("Sample alert: ") for each in made.json())
    again = client("POST", "/api/v1/alerts/samples", json={"plans": [plan], "scope": ONE})
    assert {each["id"] for each in again.json()} == found
    assert set(ids(narrow, sample=True)) == found
    decided = {"state": "dismissed", "reason": "seen", "ids": [*found]}
    assert client("POST", "/api/v1/alerts/states", json=decided).status_code == 200
    everything = client("POST", "/api/v1/alerts/samples", json={}).json()
    assert len(everything) > 20
    assert narrow("POST", "/api/v1/alerts/samples", json={}).status_code == 403
    assert narrow("DELETE", "/api/v1/alerts/samples").json() == {"removed": 3}
    assert client("DELETE", "/api/v1/alerts/samples").json() == {"removed": len(everything)}
    assert ids(client, sample=True) == []
    assert [each.by for each in store.revisions("samples")] == ["ann", "bob", "ann", "ann", "ann"]


def test_samples_of_no_plan_or_no_scope_are_refused(client: Client, narrow: Client) -> None:
    wrong = client("POST", "/api/v1/alerts/samples", json={"plans": ["Keyvault"]})
    assert wrong.status_code == 422
    assert "there is no plan 'Keyvault'" in wrong.json()["detail"]
    assert narrow("POST", "/api/v1/alerts/samples", json={"scope": TWO}).status_code == 404


def test_alerts_are_had_as_one_bundle_of_stix(
    client: Client, alerts: Alerts, store: Store, pack: Pack
) -> None:
    answer = client("GET", "/api/v1/alerts/export", params={"form": "stix"})
    assert answer.headers["content-type"] == "application/stix+json;version=2.1"
    assert answer.headers["content-disposition"] == 'attachment; filename="alerts.stix.json"'
    found = answer.json()
    expected = bundle(alerts.every())
    assert sorted(each["id"] for each in found["objects"]) == sorted(
        each["id"] for each in expected["objects"]
    )
    assert found["id"].startswith("bundle--")
    narrow = serving(store, pack, only([TWO]))
    one = narrow("GET", "/api/v1/alerts/export", params={"form": "stix"}).json()
    assert [each["count"] for each in one["objects"] if each["type"] == "sighting"] == [1]
    none = client("GET", "/api/v1/alerts/export", params={"form": "stix", "search": "nothing"}).json()
    assert none["objects"] == []


def about(store: Store, id: str, text: str, scope: str = ONE, **more: Any) -> None:
    Alerts(store.database).keep([(alert(id, resource=text, scope=scope, **more), ["e1"], [EVENT])])


def test_what_an_alert_is_about_is_found_in_the_inventory_and_leads_back(
    client: Client, store: Store
) -> None:
    bucket = next(each for each in buckets() if each.scope == ONE)
    about(store, "by-name", bucket.name)
    about(store, "by-id", f"{bucket.id}/photo.png", entities=(Entity("resource", bucket.id),))
    about(store, "elsewhere", bucket.name, TWO)
    about(store, "unknown", "nobody-knows", entities=(Entity("host", bucket.name),))
    about(store, "host", "", entities=(Entity("host", bucket.name),))
    (known,) = client.get("/api/v1/alerts/by-name")["inventory"]
    assert (known["id"], known["name"], known["type"]) == (bucket.id, bucket.name, bucket.type)
    assert client.get(f"/api/v1/resources/{known['uid']}")["id"] == bucket.id
    for id, found in (("by-id", [known]), ("host", [known]), ("elsewhere", []), ("unknown", [])):
        assert client.get(f"/api/v1/alerts/{id}")["inventory"] == found, id
    assert sorted(ids(client, resource=known["uid"])) == ["by-id", "by-name", "host", "unknown"], (
        "all name it"
    )
    assert ids(client, resource=known["uid"], scope=TWO) == []
    assert client.get("/api/v1/alerts/facets", resource=known["uid"], by="severity")["facets"] == {
        "severity": [{"value": "high", "count": 4}]
    }


def test_a_name_of_several_resources_is_none_of_them_and_that_is_said(client: Client, store: Store) -> None:
    bucket = next(each for each in buckets() if each.scope == ONE)
    twins = [resource("twin", kind, region="eu-west-1") for kind in (BUCKET, KEY)]
    scanned(store, *twins, bucket, listed(), listed(KEY), scopes=[ONE])
    about(store, "twins", "twin")
    known = client.get("/api/v1/alerts/twins")["inventory"]
    assert [each["type"] for each in known] == [KEY, BUCKET]
    for each in known:
        assert ids(client, resource=each["uid"]) == []
    types = {each["type"]: each["alerts"]["high"] for each in client.get("/api/v1/protection")["types"]}
    assert types == {None: 1}


def test_who_may_not_see_a_resource_does_not_see_its_alerts(store: Store, pack: Pack, client: Client) -> None:
    bucket = next(each for each in buckets() if each.scope == ONE)
    about(store, "a1", bucket.name)
    (known,) = client.get("/api/v1/alerts/a1")["inventory"]
    other = serving(store, pack, only([TWO]))
    assert other("GET", "/api/v1/alerts", params={"resource": known["uid"]}).status_code == 404
    assert client("GET", "/api/v1/alerts", params={"resource": "nonsense"}).status_code == 404
