"""Domains that the account has registered."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, collects, same
from cloudward.model import Document

SERVICE = Service(
    "route53domains",
    scope="global",
    title="Route 53 Domains",
    quota=2,
    guess=True,
    source="https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html",
)


@collects(
    "AWS::Route53Domains::Domain",
    id="arn:{partition}:route53:::domain/{DomainName}",
    calls=(
        Call("ListDomains", listing=True),
        Call("GetDomainDetail", into="Detail", by={"DomainName": "DomainName"}, extra=True),
    ),
    fields={
        **same("DomainName!", "AutoRenew", "TransferLock"),
        **same("AdminPrivacy", "RegistrantPrivacy", "TechPrivacy", of="Detail"),
        "Runtime.Expiry": "Expiry",
        "Runtime.CreationDate": "Detail.CreationDate",
    },
    name="DomainName",
)
def domains(route53domains: Client) -> Iterable[Document]:
    """Registered domains; whom they belong to is not kept."""
    return route53domains.each("ListDomains", "Domains")
