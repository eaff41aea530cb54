"""CloudTrail and its alarms, from trails made with boto3 to the verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.estates.scanning import ACCOUNT, REGION, scan

EVERYBODY = "uri=http://acs.amazonaws.com/groups/global/AllUsers"
WRITES = "aws-cloudtrail-s3-write-events"
READS = "aws-cloudtrail-s3-read-events"
EVERYWHERE = "aws-cloudtrail-multi-region"


@pytest.fixture
def aws() -> Iterator[boto3.Session]:
    with mock_aws():
        yield boto3.Session(region_name=REGION)


def bucket(aws: boto3.Session, name: str) -> str:
    aws.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


def trail(aws: boto3.Session, name: str, *, running: bool = True, store: str = "", **settings: Any) -> str:
    client = aws.client("cloudtrail")
    made = client.create_trail(Name=name, S3BucketName=store or bucket(aws, f"of-{name}"), **settings)
    if running:
        client.start_logging(Name=name)
    arn: str = made["TrailARN"]
    return arn


def group(aws: boto3.Session, name: str) -> str:
    aws.client("logs").create_log_group(logGroupName=name)
    return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}:*"


def role(aws: boto3.Session) -> str:
    made = aws.client("iam").create_role(RoleName="trail", AssumeRolePolicyDocument="{}")
    arn: str = made["Role"]["Arn"]
    return arn


def test_the_settings_of_a_trail(aws: boto3.Session) -> None:
    logs: dict[str, Any] = {
        "CloudWatchLogsLogGroupArn": group(aws, "trail"),
        "CloudWatchLogsRoleArn": role(aws),
    }
    trail(aws, "plain")
    trail(aws, "valid", EnableLogFileValidation=True)
    trail(aws, "sealed", KmsKeyId=f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k")
    trail(aws, "sent", **logs)
    trail(aws, "sent-and-off", running=False, **logs)
    names = {"plain", "valid", "sealed", "sent", "sent-and-off"}
    found = scan("cloudtrail")
    for policy, good in (
        ("log-validation", {"valid"}),
        ("encrypted", {"sealed"}),
        ("cloudwatch-logs", {"sent", "sent-and-off"}),
    ):
        assert {name: found[f"aws-cloudtrail-{policy}", name] for name in names} == {
            name: "healthy" if name in good else "unhealthy" for name in names
        }, policy
    delivery = {name: found["aws-cloudtrail-cloudwatch-delivery", name] for name in names}
    assert delivery == dict.fromkeys(names - {"sent"}, "not_applicable") | {"sent": delivery["sent"]}
    assert delivery["sent"] in ("healthy", "unhealthy")


def test_the_bucket_of_a_trail(aws: boto3.Session) -> None:
    s3 = aws.client("s3")
    trail(aws, "plain")
    trail(aws, "open")
    s3.put_bucket_acl(Bucket="of-open", GrantRead=EVERYBODY)
    trail(aws, "logged")
    s3.put_bucket_acl(
        Bucket=bucket(aws, "target"),
        GrantWrite="uri=http://acs.amazonaws.com/groups/s3/LogDelivery",
        GrantReadACP="uri=http://acs.amazonaws.com/groups/s3/LogDelivery",
    )
    s3.put_bucket_logging(
        Bucket="of-logged",
        BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "target", "TargetPrefix": ""}},
    )
    public, access = "aws-cloudtrail-bucket-public", "aws-cloudtrail-bucket-access-logs"
    assert scan("cloudtrail", public, access, also=("s3",)) == {
        (public, "plain"): "healthy",
        (public, "open"): "unhealthy",
        (public, "logged"): "healthy",
        (access, "plain"): "unhealthy",
        (access, "open"): "unhealthy",
        (access, "logged"): "healthy",
    }


def recorded() -> dict[str, str]:
    """Only one region is read, so that a trail of another region could still record everything."""
    found = scan("cloudtrail", EVERYWHERE, READS, WRITES, also=("account",))
    return {
        policy: "not healthy" if status == "unhealthy" or "not_scanned" in status else status
        for (policy, _), status in found.items()
    }


def test_no_trail_is_no_record(aws: boto3.Session) -> None:
    assert set(recorded().values()) == {"not healthy"}


def basic(mode: str, *values: str, management: bool = True) -> dict[str, Any]:
    resources = [{"Type": "AWS::S3::Object", "Values": list(values)}] if values else []
    selector = {"ReadWriteType": mode, "IncludeManagementEvents": management, "DataResources": resources}
    return {"EventSelectors": [selector]}


def advanced(*selectors: dict[str, list[str]]) -> dict[str, Any]:
    return {
        "AdvancedEventSelectors": [
            {
                "Name": "s",
                "FieldSelectors": [
                    {
                        "Field": field.removesuffix("^"),
                        "StartsWith" if field.endswith("^") else "Equals": values,
                    }
                    for field, values in fields.items()
                ],
            }
            for fields in selectors
        ]
    }


MANAGEMENT = {"eventCategory": ["Management"]}
OBJECTS = {"eventCategory": ["Data"], "resources.type": ["AWS::S3::Object"]}
ALL = "arn:aws:s3"


@pytest.mark.parametrize(
    ("selectors", "good"),
    [
        (None, {EVERYWHERE}),
        (basic("All"), {EVERYWHERE}),
        (basic("WriteOnly"), set()),
        (basic("All", management=False), set()),
        (basic("All", ALL), {EVERYWHERE, READS, WRITES}),
        (basic("All", f"{ALL}:::"), {EVERYWHERE, READS, WRITES}),
        (basic("WriteOnly", ALL), {WRITES}),
        (basic("ReadOnly", ALL), {READS}),
        (basic("All", f"{ALL}:::some/"), {EVERYWHERE}),
        (advanced(MANAGEMENT), {EVERYWHERE}),
        (advanced({**MANAGEMENT, "readOnly": ["false"]}), set()),
        (advanced(OBJECTS), {READS, WRITES}),
        (advanced(MANAGEMENT, OBJECTS), {EVERYWHERE, READS, WRITES}),
        (advanced({**OBJECTS, "readOnly": ["true"]}), {READS}),
        (advanced({**OBJECTS, "readOnly": ["false"]}), {WRITES}),
        (advanced({**OBJECTS, "resources.ARN^": [f"{ALL}:::"]}), {READS, WRITES}),
        (advanced({**OBJECTS, "resources.ARN^": [f"{ALL}:::some/"]}), set()),
        (advanced({**OBJECTS, "eventName": ["DeleteObject"]}), set()),
        (advanced({**OBJECTS, "resources.type": ["AWS::Lambda::Function"]}), set()),
    ],
)
def test_what_a_trail_records(aws: boto3.Session, selectors: dict[str, Any] | None, good: set[str]) -> None:
    trail(aws, "main", IsMultiRegionTrail=True)
    if selectors:
        aws.client("cloudtrail").put_event_selectors(TrailName="main", **selectors)
    assert recorded() == {
        policy: "healthy" if policy in good else "not healthy" for policy in (EVERYWHERE, READS, WRITES)
    }
