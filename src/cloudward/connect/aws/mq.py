"""Amazon MQ: message brokers of ActiveMQ and RabbitMQ."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, Service, Using, collects, same
from cloudward.model import Document

SERVICE = Service(
    "mq",
    scope="regional",
    quota=5,
    guess=True,
    source="https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/amazon-mq-limits.html",
    title="Amazon MQ",
)


@collects(
    "AWS::AmazonMQ::Broker",
    id="BrokerArn",
    calls=(
        Call("ListBrokers", listing=True, params={"MaxResults": 100}),
        Call("DescribeBroker", into="Broker", by={"BrokerId": "BrokerId"}, gone=("NotFoundException",)),
    ),
    fields={
        **same("BrokerName!", "EngineType", "DeploymentMode", "HostInstanceType"),
        **same("EngineVersion", "PubliclyAccessible", "AutoMinorVersionUpgrade", of="Broker"),
        **same("AuthenticationStrategy", "StorageType", "SubnetIds", "SecurityGroups", of="Broker"),
        **same("UseAwsOwnedKey", "KmsKeyId", of="Broker.EncryptionOptions", into="EncryptionOptions"),
        **same("General", "Audit", of="Broker.Logs", into="Logs"),
        "LdapServerMetadata.Hosts": "Broker.LdapServerMetadata.Hosts",
        "LdapServerMetadata.ServiceAccountPassword": Using(lambda _: None, "Broker"),  # which AWS never shows
        "Users": Items("Broker.Users", same("Username!")),
        **same("BrokerState", "Created", into="Runtime"),
    },
    name="BrokerName",
    tags="Broker.Tags",
    generation="Created",
)
def brokers(mq: Client) -> Iterable[Document]:
    """Message brokers; the passwords of their users are not read."""
    return mq.each("ListBrokers", "BrokerSummaries")
