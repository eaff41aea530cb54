"""AWS made of botocore's models: every operation answers, with every member filled.

Values have the declared types and little meaning; `SENSE` gives some where collectors look closer.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, reduce
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel

from cloudward.connect.aws.paging import paging
from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import Reply, answer

ACCOUNT = "123456789012"
ARN = f"arn:aws:service:us-east-1:{ACCOUNT}:thing/name"
TIME = "2025-01-01T00:00:00Z"


class Synthetic(Replay):
    """A transport that makes up a full answer to everything that nothing is recorded for."""

    def send(self, service: str, region: str, operation: str, params: Mapping[str, Any]) -> Reply:
        reply = super().send(service, region, operation, params)
        if reply.data is not None or reply.code:
            return reply
        return answer(document(service, operation))


@cache
def model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


SUMMARY: Any = model("iam").shape_for("summaryMapType")
SENSE: dict[str, Any] = {
    "AccessPolicies": "{}",
    "Account": ACCOUNT,
    "AccountId": ACCOUNT,
    "Arn": ARN,
    "BucketRegion": "",
    "DBSubnetGroupName": "DBSubnetGroup",
    "FileShareInfoList": [
        {"FileShareARN": f"{ARN}-{kind}", "FileShareType": kind} for kind in ("NFS", "SMB")
    ],
    "HomeRegion": "us-east-1",
    "KeyManager": "CUSTOMER",
    "KeySpec": "SYMMETRIC_DEFAULT",
    "LocationConstraint": "us-east-1",
    "MasterAccountId": ACCOUNT,
    "ObjectOwnership": "ObjectWriter",
    "Origin": "AWS_KMS",
    "OwnerId": ACCOUNT,
    "PolicyNames": ["PolicyName"],
    "RegionName": "us-east-1",
    "ReplicationTaskSettings": "{}",
    "SecurityConfiguration": "{}",
    "StackId": f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/name/id",
    "IsDefaultVersion": True,
    "SummaryMap": dict.fromkeys(SUMMARY.key.enum, 1),
    "PolicyInJson": "{}",
    "Protocol": "6",
    "lifecyclePolicyText": "{}",
    "policyText": "{}",
}
"""By the name of the member."""
KINDS = {"DirectoryType": "MicrosoftAD"}
"""By the name of the shape, where the first of its values has the least to tell."""
REPORT = f"user,arn\nroot,arn:aws:iam::{ACCOUNT}:root\n".encode()
"""The one binary member that is looked into."""


SHARES = {"DescribeNFSFileShares": "NFS", "DescribeSMBFileShares": "SMB"}
"""Two operations that tell of one type, each of its own kind."""


def document(service: str, operation: str) -> dict[str, Any]:
    """A full last page."""
    made = _document(service, operation)
    if operation in SHARES:
        (share,) = next(iter(made.values()))
        share["FileShareARN"] = f"{ARN}-{SHARES[operation]}"
    return made


def _document(service: str, operation: str) -> dict[str, Any]:
    shape = model(service).operation_model(operation).output_shape
    made: dict[str, Any] = value(shape, "", ()) if shape else {}
    pages = paging(service, operation)
    for token in (*pages.outputs, pages.more) if pages else ():
        *above, name = token.expression.split(".") if token else ("",)
        reduce(dict.__getitem__, above, made).pop(name, None)
    return {name: member for name, member in made.items() if name not in ("NextToken", "nextToken")}


def value(shape: Any, name: str, above: tuple[str, ...]) -> Any:
    """A value of a shape; a shape within itself is left out."""
    if name in SENSE or shape.name in KINDS:
        return SENSE[name] if name in SENSE else KINDS[shape.name]
    kind = shape.type_name
    if kind == "structure":
        return {
            member: value(inner, member, (*above, shape.name))
            for member, inner in shape.members.items()
            if inner.name not in above
        }
    if kind == "list":
        return [value(shape.member, name, (*above, shape.name))]
    if kind == "map":
        return {"key": value(shape.value, name, (*above, shape.name))}
    scalars: dict[str, Any] = {"boolean": True, "integer": 1, "long": 1, "float": 1.0, "double": 1.0}
    scalars |= {"timestamp": TIME, "blob": REPORT}
    return scalars[kind] if kind in scalars else text(shape, name)


def text(shape: Any, name: str) -> str:
    if shape.enum:
        return str(shape.enum[0])
    if name == "arn" or "Arn" in name or "ARN" in name:
        return ARN
    if name.endswith(("Date", "Time", "At")):
        return TIME
    return "{}" if name.endswith(("Policy", "policy", "Document", "Content")) else name
