"""Secrets Manager: secrets, when they were replaced and used last, and never what is in them."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, collects, same
from cloudward.model import Document

SERVICE = Service(
    "secretsmanager",
    scope="regional",
    quota=50,
    source="https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html",
    title="Secrets Manager",
)


@collects(
    "AWS::SecretsManager::Secret",
    id="ARN",
    calls=(
        Call("ListSecrets", listing=True, params={"MaxResults": 100}),
        Call(
            "GetResourcePolicy",
            into="Resource",
            by={"SecretId": "ARN"},
            extra=True,
            gone=("ResourceNotFoundException",),
        ),
    ),
    fields={
        **same("Name!", "Description", "KmsKeyId", "RotationEnabled", "RotationLambdaARN"),
        **same("AutomaticallyAfterDays", "ScheduleExpression", of="RotationRules", into="RotationRules"),
        "ResourcePolicy": "Resource.ResourcePolicy",
        **same("OwningService", "PrimaryRegion", "CreatedDate", "LastRotatedDate", into="Runtime"),
        **same("LastAccessedDate", "LastChangedDate", "NextRotationDate", into="Runtime"),
    },
    name="Name",
    tags="Tags",
    generation="CreatedDate",
)
def secrets(secretsmanager: Client) -> Iterable[Document]:
    """Secrets; those that wait for deletion are left out."""
    return secretsmanager.each("ListSecrets", "SecretList")
