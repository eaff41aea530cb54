"""A scan as somebody outside makes it: boto3 builds the account, `cloudward.scan_aws` looks at it."""

from __future__ import annotations

from pathlib import Path

import boto3

import cloudward

REGION = "eu-west-1"
ACCOUNT = "123456789012"
POLICIES = Path(cloudward.__file__).parent / "content" / "policies" / "aws"

Found = dict[tuple[str, str], str]


def scan(
    service: str, *policies: str, also: tuple[str, ...] = (), regions: tuple[str, ...] = (REGION,)
) -> Found:
    """(policy, last part of the resource's id) -> status; the cause follows when it is unknown."""
    result = cloudward.scan_aws(
        boto3.Session(region_name=REGION),
        regions=regions,
        services=[service, *also],
        policies=policies or None,
    )
    return {
        (each.policy.id, each.resource.id.rpartition(":")[2].rpartition("/")[2]): (
            f"unknown: {each.cause}" if each.status == "unknown" else each.status.value
        )
        for each in result.assessments
    }
