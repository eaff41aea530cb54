"""What is read of a store through the API."""

from __future__ import annotations

import pytest

from cloudward import model
from cloudward.assess.explained import Explained
from cloudward.model import Leaf, Status
from cloudward.pack import load
from cloudward.server.routes.assessments import _explanation
from tests.server.client import Client
from tests.store.build import BUCKET, DENIED, ONE, TWO, account, assessment, buckets, resource


def uid(client: Client, name: str) -> str:
    found = client.get("/api/v1/resources", search=name)["items"]
    return str(next(each["uid"] for each in found if each["name"] == name))


def test_a_resource_has_its_document_and_what_could_not_be_read(client: Client) -> None:
    found = client.get(f"/api/v1/resources/{uid(client, 'bucket-4')}")
    assert found["properties"] == {"Name": "bucket-4"}
    assert found["unread"] == {"Policy": {"reason": "denied", "call": DENIED.call, "message": DENIED.message}}
    assert (found["id"], found["scope"], found["type"]) == (buckets()[4].id, ONE, BUCKET)


@pytest.mark.parametrize("path", ["", "/assessments", "/explanations/bucket-public"])
def test_what_may_not_be_seen_is_answered_as_what_is_not_there(
    client: Client, narrow: Client, path: str
) -> None:
    other = uid(client, "bucket-1")
    hidden, none = (narrow("GET", f"/api/v1/resources/{word}{path}") for word in (other, "nothing"))
    assert hidden.status_code == none.status_code == 404
    assert {**hidden.json(), "request": ""} == {**none.json(), "request": ""}


def test_a_recommendation_counts_resources_by_state(client: Client) -> None:
    found = {each["policy"]: each for each in client.get("/api/v1/recommendations")["items"]}
    public = found["bucket-public"]
    names = ("unhealthy", "unknown", "healthy", "not_applicable", "exempt")
    assert [public[name] for name in names] == [2, 1, 1, 2, 0]
    assert public["since"] == public["latest"] == "2025-12-31T12:30:15.123456Z"
    assert "key-rotation" not in found, "all of it is exempt"
    exempt = client.get("/api/v1/recommendations", found="exempt")["items"]
    assert [(each["policy"], each["exempt"]) for each in exempt] == [("key-rotation", 2)]


def test_what_is_new_since_a_moment(client: Client) -> None:
    path = "/api/v1/recommendations"
    assert client.get(path, new_since="2026-01-01T00:00:00Z")["items"] == []
    assert len(client.get(path, new_since="2025-12-31T00:00:00Z")["items"]) == 2


def test_a_program_asks_what_became_so_since_it_asked(client: Client) -> None:
    path, moment = "/api/v1/assessments", "2025-12-31T12:30:15.123456Z"
    assert len(client.get(path, new_since=moment, limit=500)["items"]) == client.get(path)["total"]
    later = client.get(path, new_since="2025-12-31T13:30:15.2+01:00")
    assert (later["items"], later["total"]) == ([], None)
    assert client.get(f"{path}/facets", new_since=moment, by="exempt")["facets"]["exempt"]


def test_the_score_is_that_of_the_scopes_together(client: Client, narrow: Client) -> None:
    assert client.get("/api/v1/score")["scopes"] == 2
    own = narrow.get("/api/v1/score")
    assert (own["percentage"], own["floor"], own["scopes"]) == (0.5, 0.5, 1)
    assert narrow.get("/api/v1/score", scope=TWO)["scopes"] == 0


def test_every_assessment_of_a_resource_is_told(client: Client) -> None:
    found = client.get(f"/api/v1/resources/{uid(client, 'bucket-4')}/assessments")
    told = [(each["policy"], each["status"]) for each in found["items"]]
    assert told == [("bucket-public", "unknown"), ("bucket-logging", "unhealthy")]
    assert found["items"][0]["remedy"] == "allow s3:GetBucketPolicy"
    assert found["total"] == 2


def test_what_was_seen_in_other_scopes_is_left_out_of_an_explanation() -> None:
    path = 'everywhere("AWS::S3::Bucket")["their-bucket"].BucketPolicy'
    leaf = Leaf(path, {"secret": 1}, "==", {"secret": 2}, True)
    row = resource("trail")
    why = Explained(row, account(ONE), assessment(row), model.Explanation(Status.HEALTHY, "c", (leaf,)))
    pack = load()
    told, cut = (_explanation(pack, "trail", why, whole).leaves[0] for whole in (True, False))
    assert (told.path, told.value, told.hidden) == (path, {"secret": 1}, False)
    assert (cut.path, cut.value, cut.expected, cut.hidden) == ("everywhere(...)", None, None, True)
