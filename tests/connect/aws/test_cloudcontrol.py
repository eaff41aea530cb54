"""Types without a file of their own: in the shape of CloudFormation, and honest about what does not come."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloudward.connect.aws.connector import Aws
from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import Reply, refused
from cloudward.errors import UsageError
from cloudward.model import Outcome, Reason
from cloudward.rules.completion import sealer
from cloudward.rules.types import Field, Type

from .conftest import ACCOUNT, Collected, Scan, types

TYPE = "AWS::Oam::Sink"
ARN = f"arn:aws:oam:us-east-1:{ACCOUNT}:sink/1"


def described(id: str, **properties: Any) -> dict[str, Any]:
    return {"Identifier": id, "Properties": json.dumps(properties)}


def account(replay: Replay, *resources: dict[str, Any], type: str = TYPE) -> Replay:
    """An account with these resources, whose list names them alone."""
    listed = [{"Identifier": one["Identifier"], "Properties": "{}"} for one in resources]
    replay.record("cloudcontrol", "ListResources", {"TypeName": type, "ResourceDescriptions": listed})
    for one in resources:
        answer = {"TypeName": type, "ResourceDescription": one}
        replay.record("cloudcontrol", "GetResource", answer, Identifier=one["Identifier"])
    return replay


def read(replay: Replay, scan: Scan, *types: str) -> Collected:
    return scan(replay, services=[], cloud_control=types or [TYPE])


def test_document_comes_as_it_is_with_its_arn_and_tags(replay: Replay, scan: Scan) -> None:
    tags = [{"Key": "team", "Value": "red"}]
    account(replay, described(ARN, Arn=ARN, Name="logs", Policy={"Version": "2012-10-17"}, Tags=tags))
    found = read(replay, scan).one(TYPE)
    assert (found.id, found.name, found.region) == (ARN, "logs", "us-east-1")
    assert (found.tags, found.unread) == ({"team": "red"}, {})
    assert found.properties["Policy"] == {"Version": "2012-10-17"}


def test_resource_without_an_arn_is_named_by_its_identifier(replay: Replay, scan: Scan) -> None:
    account(replay, described("one|two", Port=80))
    found = read(replay, scan).one(TYPE)
    assert (found.id, found.name) == (f"{TYPE}:{ACCOUNT}/us-east-1/one|two", "one|two")


def test_what_may_be_a_secret_is_sealed(replay: Replay, scan: Scan) -> None:
    account(
        replay,
        described(
            "a",
            Port=80,
            MasterUserPassword="canary",
            Nested=[{"ApiKey": "canary", "Name": "plain"}],
            Environment={"Variables": {"DB": "canary", "ON": True}, "List": ["canary", 7]},
        ),
    )
    found = read(replay, scan).one(TYPE)
    assert "canary" not in repr(found)
    p = found.properties
    assert (p["Port"], p["Nested"][0]["Name"], p["MasterUserPassword"]["length"]) == (80, "plain", 6)
    assert p["Environment"]["Variables"]["ON"] is True


@pytest.mark.parametrize(
    ("reply", "outcome", "words"),
    [
        (refused("UnsupportedActionException", "no LIST"), Outcome.UNSUPPORTED, "UnsupportedActionException"),
        (refused("TypeNotFoundException", "no such type"), Outcome.UNSUPPORTED, "TypeNotFoundException"),
        (
            refused("InvalidRequestException", "Missing or invalid ResourceModel property: ClusterName"),
            Outcome.UNSUPPORTED,
            "ResourceModel property: ClusterName",
        ),
        (refused("InvalidRequestException", "something else"), Outcome.FAILED, "something else"),
        (refused("AccessDeniedException", "no"), Outcome.DENIED, "AccessDeniedException"),
    ],
)
def test_type_that_is_not_listed_says_why(
    replay: Replay, scan: Scan, reply: Reply, outcome: Outcome, words: str
) -> None:
    replay.record("cloudcontrol", "ListResources", reply, forever=True)
    row = read(replay, scan).row("cloudformation:ListResources", outcome, TYPE)
    assert row.listing
    assert row.cause is not None
    assert words in row.cause.message


def test_resource_that_may_not_be_read_stays_and_is_unread_as_a_whole(replay: Replay, scan: Scan) -> None:
    listed = [{"Identifier": "a", "Properties": "{}"}]
    replay.record("cloudcontrol", "ListResources", {"ResourceDescriptions": listed})
    replay.record("cloudcontrol", "GetResource", refused("AccessDeniedException"))
    found = read(replay, scan).one(TYPE)
    assert found.unread[""].reason is Reason.DENIED
    assert found.properties == {}


def test_resource_that_is_gone_meanwhile_is_dropped(replay: Replay, scan: Scan) -> None:
    listed = [{"Identifier": "a"}, {"Identifier": "b"}]
    replay.record("cloudcontrol", "ListResources", {"ResourceDescriptions": listed})
    replay.record("cloudcontrol", "GetResource", refused("ResourceNotFoundException"), Identifier="a")
    stays = {"ResourceDescription": described("b", Name="stays")}
    replay.record("cloudcontrol", "GetResource", stays, Identifier="b")
    assert [one.name for one in read(replay, scan).of(TYPE)] == ["stays"]


def test_element_without_identifier_is_told_as_an_incomplete_list(replay: Replay, scan: Scan) -> None:
    replay.record("cloudcontrol", "ListResources", {"ResourceDescriptions": [{"Properties": "{}"}]})
    found = read(replay, scan)
    assert not found.resources
    assert found.row("cloudformation:ListResources", Outcome.FAILED, TYPE).listing


def test_document_that_is_no_object_is_unread(replay: Replay, scan: Scan) -> None:
    account(replay, {"Identifier": "a", "Properties": "[1]"}, {"Identifier": "b", "Properties": "{"})
    found = read(replay, scan).of(TYPE)
    assert [one.unread[""].reason for one in found] == [Reason.FAILED, Reason.FAILED]


def test_global_types_are_asked_for_once(replay: Replay, scan: Scan) -> None:
    type = "AWS::Budgets::BudgetsAction"
    account(replay, described("a", Name="x"), type=type)
    found = read(replay, scan, type)
    assert found.one(type).region is None
    assert replay.count()["ListResources"] == 1


def test_type_file_of_ones_own_completes_and_declares_secrets(replay: Replay) -> None:
    fields = (Field("Label", "string", secret=True), Field("On", "boolean", default=False))
    own = {**types(), TYPE: Type(TYPE, "aws", "regional", fields)}
    account(replay, described("a", Label="canary"))
    aws = Aws(own, sealer(b"key"), transport=replay, services=[], cloud_control=[TYPE])
    (found,) = Collected([row for unit in aws.units() for row in aws.collect(unit)]).of(TYPE)
    aws.close()
    assert found.properties["On"] is False
    assert "canary" not in repr(found)


@pytest.mark.parametrize(
    ("type", "words"),
    [
        ("Oam::Sink", "is no type of CloudFormation"),
        ("AWS::S3::Bukcet/x", "AWS::S3::Bucket"),
        ("AWS::S3::Bucket", "read anyway, by the service s3"),
    ],
)
def test_wrong_types_are_refused_before_anything_is_asked(replay: Replay, type: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Aws(types(), sealer(b"key"), transport=replay, cloud_control=[type])
    assert not replay.requests
