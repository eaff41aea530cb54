"""DynamoDB: tables, how they are encrypted, restored and scaled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, Using, collects, same
from cloudward.model import Document

SERVICE = Service(
    "dynamodb",
    scope="regional",
    quota=10,  # of ListTagsOfResource; the page has 2,500 a second for DescribeTable
    source="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html",
    title="Amazon DynamoDB",
)

_RECOVERY = "Backups.ContinuousBackupsDescription!.PointInTimeRecoveryDescription"
_TARGETS = {"ServiceNamespace": "dynamodb"}


def _key_in_account(status: str | None) -> bool:
    """AWS describes only keys in KMS; without one the table has a key that AWS owns."""
    return status in ("ENABLING", "ENABLED", "UPDATING")


def _dimensions(targets: Sequence[Document]) -> list[str]:
    return sorted(target["ScalableDimension"] for target in targets)


@collects(
    "AWS::DynamoDB::Table",
    id="arn:{partition}:dynamodb:{region}:{account}:table/{Name}",
    calls=(
        Call("ListTables", listing=True),
        Call("DescribeScalableTargets", into="Targets", params=_TARGETS, service="application-autoscaling"),
        Call(
            "DescribeTable",
            into="Description",
            by={"TableName": "Name"},
            gone=("ResourceNotFoundException",),
        ),
        Call(
            "DescribeContinuousBackups",
            into="Backups",
            by={"TableName": "Name"},
            gone=("TableNotFoundException",),
        ),
        Call(
            "ListTagsOfResource",
            into="TagList",
            by={"ResourceArn": "Description.Table!.TableArn"},
            gone=("ResourceNotFoundException",),
        ),
    ),
    fields={
        "TableName": "Name!",
        "BillingMode": "Description.Table!.BillingModeSummary.BillingMode",
        "DeletionProtectionEnabled": "Description.Table!.DeletionProtectionEnabled",
        "TableClass": "Description.Table!.TableClassSummary.TableClass",
        "StreamSpecification.StreamViewType": "Description.Table!.StreamSpecification.StreamViewType",
        "SSESpecification.SSEEnabled": Using(_key_in_account, "Description.Table!.SSEDescription.Status"),
        "SSESpecification.SSEType": "Description.Table!.SSEDescription.SSEType",
        "SSESpecification.KMSMasterKeyId": "Description.Table!.SSEDescription.KMSMasterKeyArn",
        "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled": Using(
            lambda status: status == "ENABLED", f"{_RECOVERY}.PointInTimeRecoveryStatus"
        ),
        "PointInTimeRecoverySpecification.RecoveryPeriodInDays": f"{_RECOVERY}.RecoveryPeriodInDays",
        **same("TableStatus", "CreationDateTime", of="Description.Table!", into="Runtime"),
        "Runtime.ScalableDimensions": Using(_dimensions, "Targets"),
    },
    tags="TagList.Tags!",
)
def tables(dynamodb: Client) -> Iterable[Document]:
    """Tables."""
    targets = dynamodb.grouped("DescribeScalableTargets", "ScalableTargets", "ResourceId")
    for name in dynamodb.each("ListTables", "TableNames"):
        yield {"Name": name, "Targets": targets[f"table/{name}"]}
