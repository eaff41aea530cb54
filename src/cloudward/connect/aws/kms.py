"""KMS: keys, who may use them, and whether they rotate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import (
    Call,
    Items,
    Service,
    Using,
    collects,
    details,
    same,
    tagged,
    tags_of,
)
from cloudward.model import Document

SERVICE = Service(
    "kms",
    scope="regional",
    title="Key Management Service",
    quota=500,
    source="https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html",
)

METADATA = "Key.KeyMetadata!"


def can_rotate(manager: str, spec: str | None, origin: str | None) -> bool:
    """Only customers' symmetric keys with material of KMS's own rotate by choice."""
    return manager == "CUSTOMER" and (spec or SYMMETRIC) == SYMMETRIC and (origin or "AWS_KMS") == "AWS_KMS"


SYMMETRIC = "SYMMETRIC_DEFAULT"


def rotates(manager: str, enabled: bool | None) -> bool:
    """AWS rotates its own keys every year."""
    return manager == "AWS" or bool(enabled)


def names(aliases: Sequence[Document]) -> list[str]:
    """`alias/name` of each alias."""
    return sorted(alias["AliasName"] for alias in aliases)


@collects(
    "AWS::KMS::Key",
    id="KeyArn",
    calls=(
        Call("ListKeys", listing=True, params={"Limit": 1000}),
        Call("ListAliases", into="AliasList", params={"Limit": 100}),
        *details(
            Call("DescribeKey", into="Key"),
            Call("GetKeyPolicy", into="Policy", params={"PolicyName": "default"}),
            Call(
                "GetKeyRotationStatus",
                into="Rotation",
                when=Using(
                    can_rotate, f"{METADATA}.KeyManager!", f"{METADATA}.KeySpec", f"{METADATA}.Origin"
                ),
                absent={"UnsupportedOperationException": {"KeyRotationEnabled": False}},
            ),
            Call("ListGrants", into="GrantList", extra=True, params={"Limit": 100}),
            by={"KeyId": "KeyArn"},
            gone=("NotFoundException",),
        ),
        *tagged(
            "kms",
            Call(
                "ListResourceTags",
                into="TagList",
                by={"KeyId": "KeyArn"},
                when=Using(lambda manager: manager == "CUSTOMER", f"{METADATA}.KeyManager!"),
                gone=("NotFoundException",),
            ),
            arn="KeyArn",
        ),
    ),
    fields={
        **same("Description", "Enabled!", "KeyUsage", "MultiRegion", "Origin", of=METADATA),
        "KeySpec": Using(
            lambda spec, old: spec or old, f"{METADATA}.KeySpec", f"{METADATA}.CustomerMasterKeySpec"
        ),
        "KeyPolicy": "Policy.Policy!",
        "EnableKeyRotation": Using(rotates, f"{METADATA}.KeyManager!", "Rotation.KeyRotationEnabled!"),
        "RotationPeriodInDays": "Rotation.RotationPeriodInDays",
        "Runtime.KeyId": "KeyId!",
        **same("KeyManager!", "KeyState!", of=METADATA, into="Runtime"),
        **same("CreationDate", "DeletionDate", "ValidTo", "CustomKeyStoreId", of=METADATA, into="Runtime"),
        "Runtime.NextRotationDate": "Rotation.NextRotationDate",
        "Runtime.Aliases": Using(names, "AliasList"),
        "Runtime.Grants": Items(
            "GrantList.Grants!",
            same(
                "GrantId!", "Name", "GranteePrincipal", "RetiringPrincipal", "IssuingAccount", "Operations!",
                "Constraints",
            ),
        ),
    },
    tags=tags_of("TagList.Tags!"),
)  # fmt: skip
def keys(kms: Client) -> Iterable[Document]:
    """Keys: those of customers, and those that AWS made for its services."""
    aliases = kms.grouped("ListAliases", "Aliases", "TargetKeyId")
    for key in kms.each("ListKeys", "Keys"):
        yield {**key, "AliasList": aliases[key["KeyId"]]}
