"""Certificates of AWS Certificate Manager."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, Using, collects, same
from cloudward.model import Document

SERVICE = Service(
    "acm",
    scope="regional",
    title="AWS Certificate Manager",
    quota=8,
    source="https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html",
)

EVERY_KIND = {
    "keyTypes": [
        "RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"
    ]
}  # fmt: skip
"""Without it only RSA certificates of 1024 and 2048 bits are listed."""


@collects(
    "AWS::CertificateManager::Certificate",
    id="CertificateArn",
    calls=(
        Call("ListCertificates", listing=True, params={"Includes": EVERY_KIND, "MaxItems": 1000}),
        Call(
            "ListTagsForCertificate",
            into="TagList",
            by={"CertificateArn": "CertificateArn"},
            extra=True,
            gone=("ResourceNotFoundException",),
        ),
    ),
    fields={
        "DomainName": "DomainName!",
        "SubjectAlternativeNames": "SubjectAlternativeNameSummaries",
        "KeyAlgorithm": Using(lambda name: name and name.replace("-", "_"), "KeyAlgorithm"),
        "CertificateExport": "ExportOption",
        **same("Type!", "Status!", "NotBefore", "NotAfter", "RenewalEligibility", into="Runtime"),
        **same("CreatedAt", "IssuedAt", "ImportedAt", "RevokedAt", "ManagedBy", into="Runtime"),
        "Runtime.InUse": "InUse",
    },
    name="DomainName",
    tags="TagList.Tags!",
)
def certificates(acm: Client) -> Iterable[Document]:
    """Certificates, made by ACM or imported into it."""
    return acm.each("ListCertificates", "CertificateSummaryList")
