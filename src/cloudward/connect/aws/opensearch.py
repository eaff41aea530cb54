"""OpenSearch Service: search domains, those of Elasticsearch included."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, collects, same
from cloudward.model import Document

SERVICE = Service(
    "opensearch",
    scope="regional",
    prefix="es",
    quota=5,
    guess=True,
    source="https://docs.aws.amazon.com/opensearch-service/latest/developerguide/limits.html",
    title="Amazon OpenSearch Service",
)

_AT_ONCE = 5
"""So many domains DescribeDomains takes: it says so when it is asked for more."""


@collects(
    "AWS::OpenSearchService::Domain",
    id="ARN",
    calls=(
        Call("ListDomainNames", listing=True),
        Call("DescribeDomains", listing=True),
        Call("ListTags", into="Tagging", by={"ARN": "ARN"}, extra=True, gone=("ResourceNotFoundException",)),
    ),
    fields={
        **same("DomainName!", "EngineVersion", "AccessPolicies", "LogPublishingOptions"),
        **same("Enabled", "KmsKeyId", of="EncryptionAtRestOptions", into="EncryptionAtRestOptions"),
        **same("Enabled", of="NodeToNodeEncryptionOptions", into="NodeToNodeEncryptionOptions"),
        **same("EnforceHTTPS", "TLSSecurityPolicy", of="DomainEndpointOptions", into="DomainEndpointOptions"),
        **same(
            "Enabled", "InternalUserDatabaseEnabled", "AnonymousAuthEnabled",
            of="AdvancedSecurityOptions", into="AdvancedSecurityOptions",
        ),
        **same("Enabled", of="CognitoOptions", into="CognitoOptions"),
        **same("SubnetIds", "SecurityGroupIds", of="VPCOptions", into="VPCOptions"),
        **same(
            "InstanceType", "InstanceCount", "ZoneAwarenessEnabled", "DedicatedMasterEnabled",
            "DedicatedMasterCount", of="ClusterConfig", into="ClusterConfig",
        ),
        "Runtime.VPCId": "VPCOptions.VPCId",
        **same(
            "UpdateAvailable", "CurrentVersion",
            of="ServiceSoftwareOptions", into="Runtime.ServiceSoftwareOptions",
        ),
    },
    name="DomainName",
    tags="Tagging.TagList!",
)  # fmt: skip
def domains(opensearch: Client) -> Iterable[Document]:
    """Search domains."""
    names = [domain["DomainName"] for domain in opensearch.each("ListDomainNames", "DomainNames")]
    for start in range(0, len(names), _AT_ONCE):
        some = names[start : start + _AT_ONCE]
        yield from opensearch.each("DescribeDomains", "DomainStatusList", DomainNames=some)
