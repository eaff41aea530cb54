"""Glue as moto plays it, and as recorded after botocore's model."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome

from .conftest import Collected, Scan

ARN = "arn:aws:glue:us-east-1:123456789012"
JOB = "AWS::Glue::Job"
ENDPOINT = "AWS::Glue::DevEndpoint"
CONNECTION = "AWS::Glue::Connection"
SETTINGS = "AWS::Glue::DataCatalogEncryptionSettings"
POLICY = "AWS::Glue::ResourcePolicy"
TRANSFORM = "AWS::Glue::MLTransform"


def glue() -> Any:
    return boto3.client("glue", region_name="us-east-1")


def played(scan: Scan) -> Collected:
    return scan(Boto(), services=["glue"], regions=["us-east-1"])


@pytest.mark.usefixtures("moto")
def test_job_has_the_names_of_templates_and_its_arguments_are_sealed(scan: Scan) -> None:
    glue().create_job(
        Name="nightly",
        Role="arn:aws:iam::123456789012:role/glue",
        Command={"Name": "glueetl", "ScriptLocation": "s3://code/nightly.py"},
        DefaultArguments={"--enable-continuous-cloudwatch-log": "true", "--word": "canary"},
        SecurityConfiguration="safe",
        GlueVersion="4.0",
        Tags={"team": "red"},
    )
    found = played(scan).one(JOB)
    p = found.properties
    assert (found.id, found.tags, found.unread) == (f"{ARN}:job/nightly", {"team": "red"}, {})
    assert (p["Command"]["Name"], p["GlueVersion"], p["SecurityConfiguration"]) == ("glueetl", "4.0", "safe")
    assert p["Runtime"]["ContinuousLogs"] is True
    assert p["Runtime"]["ArgumentsWithSecrets"] == []
    assert "canary" not in repr(found)


def test_arguments_that_nobody_may_override_count_last(replay: Replay, scan: Scan) -> None:
    key = "AKIAIOSFODNN7EXAMPLE"
    job = {
        "Name": "nightly",
        "DefaultArguments": {"--enable-continuous-cloudwatch-log": "true", "--encryption-type": "sse-s3"},
        "NonOverridableArguments": {"--enable-continuous-cloudwatch-log": "false", "--key": key},
    }
    replay.record("glue", "GetJobs", {"Jobs": [job]})
    found = scan(replay, services=["glue"]).one(JOB)
    runtime = found.properties["Runtime"]
    assert (runtime["ContinuousLogs"], runtime["EncryptionType"]) == (False, "sse-s3")
    assert runtime["ArgumentsWithSecrets"] == ["--key"]
    assert found.properties["GlueVersion"] == "0.9"
    assert key not in repr(found)


@pytest.mark.usefixtures("moto")
def test_security_configuration_has_the_names_of_templates(scan: Scan) -> None:
    glue().create_security_configuration(
        Name="safe",
        EncryptionConfiguration={
            "S3Encryption": [{"S3EncryptionMode": "SSE-S3"}],
            "CloudWatchEncryption": {
                "CloudWatchEncryptionMode": "SSE-KMS",
                "KmsKeyArn": "arn:aws:kms:a:1:key/1",
            },
        },
    )
    found = played(scan).one("AWS::Glue::SecurityConfiguration")
    encryption = found.properties["EncryptionConfiguration"]
    assert encryption["S3Encryptions"] == [{"S3EncryptionMode": "SSE-S3", "KmsKeyArn": None}]
    assert encryption["CloudWatchEncryption"]["CloudWatchEncryptionMode"] == "SSE-KMS"
    assert encryption["JobBookmarksEncryption"]["JobBookmarksEncryptionMode"] == "DISABLED"


def test_connection_tells_tls_and_none_of_its_properties(replay: Replay, scan: Scan) -> None:
    properties = {"JDBC_CONNECTION_URL": "jdbc:canary", "USERNAME": "u"}
    all = [
        {"Name": name, "ConnectionType": "JDBC", "ConnectionProperties": {**properties, **more}}
        for name, more in (("safe", {"JDBC_ENFORCE_SSL": "true"}), ("open", {}))
    ]
    replay.record("glue", "GetConnections", {"ConnectionList": all})
    found = scan(replay, services=["glue"]).of(CONNECTION)
    enforced = {one.name: one.properties["Runtime"]["EnforcesTls"] for one in found}
    assert enforced == {"safe": True, "open": False}
    assert {one.properties["ConnectionInput"]["ConnectionType"] for one in found} == {"JDBC"}
    assert "canary" not in repr(found)


def test_passwords_of_connections_are_not_asked_for(replay: Replay, scan: Scan) -> None:
    scan(replay, services=["glue"])
    (asked,) = [params for _, _, operation, params in replay.requests if operation == "GetConnections"]
    assert asked["HidePassword"] is True


@pytest.mark.usefixtures("moto")
def test_database_and_endpoint_are_told(scan: Scan) -> None:
    glue().create_database(DatabaseInput={"Name": "sales", "LocationUri": "s3://sales/"})
    glue().create_dev_endpoint(
        EndpointName="bench", RoleArn="arn:aws:iam::123456789012:role/glue", SecurityConfiguration="safe"
    )
    found = played(scan)
    database = found.one("AWS::Glue::Database")
    assert (database.id, database.name) == (f"{ARN}:database/sales", "sales")
    assert database.properties["DatabaseInput"]["LocationUri"] == "s3://sales/"
    endpoint = found.one(ENDPOINT)
    assert (endpoint.id, endpoint.properties["SecurityConfiguration"]) == (f"{ARN}:devEndpoint/bench", "safe")


def test_catalog_tells_its_encryption_and_its_policy(replay: Replay, scan: Scan) -> None:
    settings = {
        "EncryptionAtRest": {"CatalogEncryptionMode": "SSE-KMS", "SseAwsKmsKeyId": "alias/data"},
        "ConnectionPasswordEncryption": {
            "ReturnConnectionPasswordEncrypted": True,
            "AwsKmsKeyId": "alias/data",
        },
    }
    policy = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "glue:*", "Resource": "*"}]}
    replay.record("glue", "GetDataCatalogEncryptionSettings", {"DataCatalogEncryptionSettings": settings})
    replay.record("glue", "GetResourcePolicy", {"PolicyInJson": json.dumps(policy)})
    found = scan(replay, services=["glue"])
    one = found.one(SETTINGS).properties["DataCatalogEncryptionSettings"]
    assert one["EncryptionAtRest"] == settings["EncryptionAtRest"]
    assert one["ConnectionPasswordEncryption"]["ReturnConnectionPasswordEncrypted"] is True
    assert one["ConnectionPasswordEncryption"]["KmsKeyId"] == "alias/data"
    assert found.one(POLICY).properties["PolicyInJson"] == policy


def test_catalog_without_a_policy_has_none_and_a_denied_one_is_unread(replay: Replay, scan: Scan) -> None:
    replay.record("glue", "GetResourcePolicy", refused("EntityNotFoundException", status=400))
    assert scan(replay, services=["glue"]).one(POLICY).properties["PolicyInJson"] is None
    replay.record("glue", "GetResourcePolicy", refused("AccessDeniedException", status=400))
    found = scan(replay, services=["glue"])
    assert found.one(POLICY).unread["PolicyInJson"].call == "glue:GetResourcePolicy"
    assert found.row("glue:GetResourcePolicy", Outcome.DENIED).listing


def test_transforms_come_page_by_page(replay: Replay, scan: Scan) -> None:
    modes: tuple[dict[str, Any], ...] = (
        {"TransformEncryption": {"MlUserDataEncryption": {"MlUserDataEncryptionMode": "SSE-KMS"}}},
        {},
    )
    for number, (token, more) in enumerate(zip(("more", None), modes, strict=True)):
        one = {"TransformId": f"t-{number}", "Name": f"match{number}", **more}
        replay.record("glue", "GetMLTransforms", {"Transforms": [one], "NextToken": token})
    found = scan(replay, services=["glue"]).of(TRANSFORM)
    encryption = [one.properties["TransformEncryption"]["MLUserDataEncryption"] for one in found]
    assert [one["MLUserDataEncryptionMode"] for one in encryption] == ["SSE-KMS", "DISABLED"]
    assert found[0].id == f"{ARN}:mlTransform/t-0"
