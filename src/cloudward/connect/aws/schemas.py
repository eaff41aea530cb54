"""EventBridge schemas: registries, and who may read and change them."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, collects
from cloudward.model import Document

SERVICE = Service(
    "schemas",
    scope="regional",
    quota=5,
    guess=True,
    source="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html",
    title="Amazon EventBridge schemas",
)


@collects(
    "AWS::EventSchemas::Registry",
    id="RegistryArn",
    calls=(
        Call("ListRegistries", listing=True, params={"Scope": "LOCAL", "Limit": 100}),
        Call(
            "GetResourcePolicy",
            into="Resource",
            by={"RegistryName": "RegistryName"},
            absent={"NotFoundException": {"Policy": None}},
        ),
    ),
    fields={"RegistryName": "RegistryName!", "Policy": "Resource.Policy"},
    name="RegistryName",
    tags="Tags",
)
def registries(schemas: Client) -> Iterable[Document]:
    """Registries of the account; AWS's own are left out."""
    return schemas.each("ListRegistries", "Registries")
