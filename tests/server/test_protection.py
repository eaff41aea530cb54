"""What plans cover, and of what open alerts are."""

from __future__ import annotations

from typing import Any

from cloudward.model import AlertSeverity, AlertState
from cloudward.pack import Pack
from cloudward.store import Store
from cloudward.store.alerts import Alerts
from tests.server.client import Client, only, serving
from tests.store.build import BUCKET, KEY, ONE, TWO, alert, buckets


def plan(client: Client, id: str, **query: Any) -> dict[str, Any]:
    plans: list[dict[str, Any]] = client.get("/api/v1/protection", **query)["plans"]
    return next(each for each in plans if each["id"] == id)


def test_a_plan_covers_what_lies_where_it_is_on(client: Client) -> None:
    whole = plan(client, "storage")
    assert (whole["resources"], whole["covered"]) == (6, 6)
    client("PUT", "/api/v1/plans/storage", json={"enabled": False, "scope": TWO})
    inside = sum(each.scope == ONE for each in buckets())
    off = plan(client, "storage")
    assert (off["resources"], off["covered"]) == (6, inside)
    assert off["types"] == [{"type": BUCKET, "resources": 6, "covered": inside}]
    assert plan(client, "secrets")["covered"] == plan(client, "secrets")["resources"] == 2
    assert plan(client, "storage", scope=TWO)["covered"] == 0
    assert "posture" not in {each["id"] for each in client.get("/api/v1/protection")["plans"]}


def test_open_alerts_are_counted_by_plan_and_by_type_of_resource(
    client: Client, store: Store, pack: Pack
) -> None:
    first = buckets()[0]
    made = [
        alert("a1", resource=first.id, scope=first.scope),
        alert("a2", resource=first.name, scope=first.scope, severity=AlertSeverity.LOW),
        alert("a3", resource="nobody-knows", scope=first.scope),
        alert("a4", resource=first.name, scope=TWO),
        alert("a5", resource=first.id, scope=first.scope, state=AlertState.RESOLVED),
        alert("a6", source="azure-storage", resource="x"),
        alert("a7", resource=first.id, scope=first.scope, sample=True),
    ]
    Alerts(store.database).keep([(each, (), ()) for each in made])
    counts = plan(client, "control-plane")["alerts"]
    assert counts == {"informational": 0, "low": 1, "medium": 0, "high": 3}
    assert plan(client, "storage")["alerts"]["high"] == 1
    types = {each["type"]: each["alerts"] for each in client.get("/api/v1/protection")["types"]}
    assert (types[BUCKET]["high"], types[BUCKET]["low"], types[None]["high"]) == (1, 1, 3)
    assert KEY not in types
    assert [each["type"] for each in client.get("/api/v1/protection")["types"]] == [BUCKET, None]

    narrow = serving(store, pack, only([TWO]))
    assert plan(narrow, "control-plane")["alerts"]["high"] == 1
    assert [each["type"] for each in narrow.get("/api/v1/protection")["types"]] == [None]
    assert plan(narrow, "storage")["resources"] == 6 - sum(each.scope == ONE for each in buckets())
