"""Who may restore a snapshot: RDS, DocumentDB and Neptune say it in the same words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cloudward.connect.aws.declare import Call, Source, Using, same


def can_be_shared(type: str | None) -> bool:
    """AWS shares no automated snapshot, so nothing needs to be asked about these."""
    return type != "automated"


def shared_with(attributes: Sequence[Mapping[str, Any]] | None) -> list[str]:
    """The accounts that may restore it; `all` is everyone."""
    restore = [a for a in attributes or () if a["AttributeName"] == "restore"]
    return [account for attribute in restore for account in attribute.get("AttributeValues") or ()]


CLUSTER_CALLS = (
    Call("DescribeDBClusterSnapshots", listing=True, once=True, service="rds"),
    Call(
        "DescribeDBClusterSnapshotAttributes",
        into="Attributes",
        by={"DBClusterSnapshotIdentifier": "DBClusterSnapshotIdentifier"},
        when=Using(can_be_shared, "SnapshotType"),
        gone=("DBClusterSnapshotNotFoundFault",),
    ),
)
CLUSTER_FIELDS: Mapping[str, Source] = {
    **same("DBClusterSnapshotIdentifier!", "DBClusterIdentifier", "SnapshotType", "StorageEncrypted"),
    "KmsKeyId": "KmsKeyId",
    "SharedWith": Using(
        shared_with, "Attributes.DBClusterSnapshotAttributesResult.DBClusterSnapshotAttributes"
    ),
    **same("Status", "SnapshotCreateTime", into="Runtime"),
}
"""A snapshot of a cluster of DocumentDB or Neptune."""
