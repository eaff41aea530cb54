"""Parts of Amazon resource names, `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`."""

from __future__ import annotations

from cloudward.rules.functions import function

PARTITION, SERVICE, REGION, ACCOUNT, RESOURCE = range(1, 6)


def part(arn: str, which: int) -> str:
    """One part of an ARN; empty where the service leaves it out."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        raise ValueError(f"{arn[:100]!r} is no ARN")
    return parts[which]


@function(args=("string",), returns="string")
def arn_partition(arn: str) -> str:
    """`aws`, `aws-cn`, `aws-us-gov`."""
    return part(arn, PARTITION)


@function(args=("string",), returns="string")
def arn_service(arn: str) -> str:
    """`s3`, `iam`."""
    return part(arn, SERVICE)


@function(args=("string",), returns="string")
def arn_region(arn: str) -> str:
    """`eu-west-1`; empty for global services."""
    return part(arn, REGION)


@function(args=("string",), returns="string")
def arn_account(arn: str) -> str:
    """The twelve digits of the owner; empty for buckets and for what AWS owns (`aws` for its policies)."""
    return part(arn, ACCOUNT)


@function(args=("string",), returns="string")
def log_group_name(arn: str) -> str:
    """The name in a log group's ARN, `arn:…:log-group:NAME:*`."""
    kind, _, rest = part(arn, RESOURCE).partition(":")
    name = rest.removesuffix(":*").partition(":log-stream:")[0]
    if part(arn, SERVICE) != "logs" or kind != "log-group" or not name:
        raise ValueError(f"{arn[:100]!r} is no log group")
    return name
