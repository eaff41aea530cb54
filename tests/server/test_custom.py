"""Policies that people write: checked with their place, tried in a child, seen only where they are for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cloudward.assess import custom
from cloudward.assess.assignments import Assignments
from cloudward.model import Effect, Provider, Scope
from cloudward.pack import Pack
from cloudward.server.needs import Permission
from cloudward.store import Store
from cloudward.store import custom as custom_store
from tests.server.client import Client, only, serving
from tests.server.test_reading import uid
from tests.store.build import KEY, ONE, TWO, listed, resource, scanned

PATH = "/api/v1/custom-policies"
TEXT = """title: Buckets are called by number
severity: low
resource: AWS::S3::Bucket
unhealthy: '!meta.name.endsWith("0")'
why: So they are found.
"""


def written(client: Client, **more: Any) -> Any:
    return client("POST", PATH, json={"id": "acme-numbered", "scope": ONE, "text": TEXT, **more})


def test_a_policy_is_written_changed_and_deleted(client: Client, store: Store) -> None:
    made = written(client)
    assert made.status_code == 201, made.text
    path, tag = made.headers["location"], made.headers["etag"]
    assert client.get(path) == made.json()
    assert client.get("/api/v1/policies/acme-numbered")["built_in"] is False
    changed = client("PUT", path, json={"text": TEXT.replace("low", "high")}, headers={"If-Match": tag})
    assert changed.json()["policy"]["severity"] == "high"
    stale = client("PUT", path, json={"text": TEXT}, headers={"If-Match": tag})
    assert (stale.status_code, client("DELETE", path).status_code) == (412, 428)
    assert client("DELETE", path, headers={"If-Match": changed.headers["etag"]}).status_code == 204
    assert client("GET", "/api/v1/policies/acme-numbered").status_code == 404
    assert [each.by for each in store.revisions("custom policy")] == ["ann"] * 3


def test_what_is_wrong_is_told_with_its_place_and_the_near_name(client: Client) -> None:
    body = {"id": "acme-numbered", "text": TEXT.replace("meta.name", "mta.name")}
    (mistake,) = client("POST", f"{PATH}/checks", json=body).json()["problems"]
    assert (mistake["line"], mistake["column"]) == (4, 14)
    assert "did you mean 'meta'" in mistake["message"]
    assert written(client, text=body["text"]).status_code == 422
    fine = client("POST", f"{PATH}/checks", json={**body, "text": TEXT}).json()
    assert (fine["problems"], fine["types"]) == ([], ["AWS::S3::Bucket"])


@pytest.mark.parametrize("id", ["aws-s3-bucket-versioning", "acme-numbered"])
def test_no_id_is_given_twice(client: Client, id: str) -> None:
    written(client)
    answer = written(client, id=id)
    assert (answer.status_code, "already" in answer.text) == (422, True)


def test_it_is_tried_on_the_first_resources_and_says_why(client: Client) -> None:
    body = {"id": "acme-numbered", "text": TEXT, "limit": 2}
    found = client("POST", f"{PATH}/tries", json=body).json()
    assert {each["name"]: each["status"] for each in found["items"]} == {
        "bucket-0": "healthy",
        "bucket-2": "unhealthy",
    }
    assert found["more"] is True
    assert found["items"][1]["leaves"][0]["path"]


def test_it_is_tried_on_one_resource_of_its_scope(client: Client) -> None:
    body = {"id": "acme-numbered", "text": TEXT, "scope": ONE}
    mine = client("POST", f"{PATH}/tries", json={**body, "resource": uid(client, "bucket-2")})
    assert [each["status"] for each in mine.json()["items"]] == ["unhealthy"]
    other = client("POST", f"{PATH}/tries", json={**body, "resource": uid(client, "bucket-1")})
    assert (other.status_code, "not in the scope" in other.text) == (422, True)
    key = client("POST", f"{PATH}/tries", json={**body, "text": TEXT.replace("AWS::S3::Bucket", KEY)})
    assert {each["type"] for each in key.json()["items"]} <= {KEY}


def test_a_try_sees_no_further_than_its_scope(client: Client, store: Store, pack: Pack) -> None:
    two = (
        resource(name, scope=scope, properties={"BucketName": name})
        for name, scope in (("a", ONE), ("b", TWO))
    )
    scanned(store, *two, listed(), listed(scope=TWO), scopes=(ONE, TWO))
    condition = """'everywhere("AWS::S3::Bucket").exists(b, b.BucketName == "b")'"""
    text = TEXT.replace("""'!meta.name.endsWith("0")'""", condition)
    body = {"id": "acme-many", "text": text, "scope": ONE}
    (seen,) = client("POST", f"{PATH}/tries", json=body).json()["items"]
    assert (seen["name"], seen["status"]) == ("a", "unknown")
    assert "policy's assignment" in seen["cause"]["message"]
    whole = client("POST", f"{PATH}/tries", json={**body, "scope": None}).json()["items"]
    assert [each["status"] for each in whole] == ["unhealthy"] * 2
    narrow = serving(store, pack, only([ONE]))
    assert narrow("POST", f"{PATH}/tries", json={**body, "scope": TWO}).status_code == 404
    assert narrow("POST", f"{PATH}/tries", json={**body, "scope": None}).status_code == 403


def test_a_try_that_takes_too_much_is_given_up(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(custom, "LIMITS", replace(custom.LIMITS, memory=32 << 20))
    answer = client("POST", f"{PATH}/tries", json={"id": "acme-numbered", "text": TEXT})
    assert (answer.status_code, "given up" in answer.text) == (422, True)
    monkeypatch.setattr(custom, "LARGEST", 10)
    assert "smaller scope" in client("POST", f"{PATH}/tries", json={"id": "a", "text": TEXT}).text


def test_whoever_may_not_see_its_scope_knows_nothing_of_it(store: Store, client: Client, pack: Pack) -> None:
    written(client, scope=TWO)
    narrow = serving(store, pack, only([ONE]))
    assert narrow.get(PATH)["items"] == []
    for path in (PATH, "/api/v1/policies", "/api/v1/recommendations"):
        assert narrow("GET", f"{path}/acme-numbered").status_code == 404
    assert narrow.get("/api/v1/policies", search="acme")["total"] == 0
    listed = narrow.get("/api/v1/recommendations", found=["healthy", "disabled"])["items"]
    assert "acme-numbered" not in {each["policy"] for each in listed}
    reader = serving(store, pack, only([ONE, TWO], [Permission.READ]))
    assert [each["writable"] for each in reader.get(PATH)["items"]] == [False]
    assert written(reader, id="acme-other").status_code == 403


@pytest.mark.parametrize("id", ["acme-numbered", "acme-numberd"])
def test_whoever_may_not_see_it_can_name_it_nowhere(
    store: Store, client: Client, pack: Pack, id: str
) -> None:
    written(client, scope=TWO)
    narrow, mine = serving(store, pack, only([ONE])), uid(client, "bucket-0")
    for path, body in (
        ("/api/v1/assignments", {"policy": id, "scope": ONE}),
        ("/api/v1/assignments", {"parameters": {id: {}}, "scope": ONE}),
        ("/api/v1/exemptions", {"policy": id, "uid": mine, "reason": "why not"}),
        ("/api/v1/exemptions/bulk", {"of": [{"policy": id, "uid": mine}], "reason": "why not"}),
    ):
        answer = narrow("POST", path, json=body)
        assert (answer.status_code, "unknown policy" in answer.text) == (422, True), answer.text
        assert "numbered" not in answer.text.replace(id, "")
    told = narrow("GET", f"/api/v1/resources/{mine}/explanations/{id}")
    assert (told.status_code, "numbered" in told.text.replace(id, "")) == (404, False)


@pytest.mark.parametrize("scope", [TWO, TWO[1:]])
def test_a_scope_that_somebody_may_not_see_can_be_named_nowhere(
    store: Store, client: Client, pack: Pack, scope: str
) -> None:
    narrow = serving(store, pack, only([ONE]))
    body = {"scope": ONE, "policy": "aws-s3-bucket-versioning", "exclude": [scope]}
    answer = narrow("POST", "/api/v1/assignments", json=body)
    assert (answer.status_code, "unknown scope" in answer.text) == (422, True)
    assert TWO not in answer.text.replace(scope, "")


def test_it_holds_in_its_scope_and_nowhere_else(store: Store, client: Client, pack: Pack) -> None:
    written(client)
    now = custom.with_custom(store, pack)
    tree = [Scope(id, Provider.AWS, "account", parent="org") for id in (ONE, TWO)]
    held = Assignments.of_store(store, now, tree)
    assert [held.of("acme-numbered", id).effect for id in (ONE, TWO)] == [Effect.AUDIT, Effect.DISABLED]
    assert held.reach("acme-numbered", ONE) == frozenset({ONE})
    assert held.reach("aws-s3-bucket-versioning", ONE) is None
    assert {rule.policy for rule in now.rules("AWS::S3::Bucket")} - {
        rule.policy for rule in pack.rules("AWS::S3::Bucket")
    } == {"acme-numbered"}


def test_one_that_is_not_right_any_more_is_left_out_and_told(
    store: Store, client: Client, pack: Pack
) -> None:
    made = written(client)
    broken = TEXT.replace("AWS::S3::Bucket", "AWS::S3::Bucked")
    with store.database.write() as connection:
        old = store.custom_policies()[0]
        custom_store.keep(connection, replace(old, text=broken), "ann")
    later = serving(store, pack)
    (item,) = later.get(PATH)["items"]
    assert (item["title"], item["problems"][0]["line"]) == (None, 3)
    assert later("GET", "/api/v1/policies/acme-numbered").status_code == 404
    assert made.status_code == 201
