"""Managed Streaming for Apache Kafka: clusters with brokers."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, collects, same
from cloudward.model import Document

SERVICE = Service(
    "kafka",
    scope="regional",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/msk/latest/developerguide/limits.html",
    title="Managed Streaming for Apache Kafka",
)


@collects(
    "AWS::MSK::Cluster",
    id="ClusterArn",
    calls=(Call("ListClustersV2", listing=True, params={"MaxResults": 100}),),
    fields={
        "ClusterName": "ClusterName!",
        **same("NumberOfBrokerNodes", "EnhancedMonitoring", "StorageMode", of="Provisioned!"),
        "KafkaVersion": "Provisioned!.CurrentBrokerSoftwareInfo.KafkaVersion",
        "EncryptionInfo.EncryptionAtRest.DataVolumeKMSKeyId": (
            "Provisioned!.EncryptionInfo.EncryptionAtRest.DataVolumeKMSKeyId"
        ),
        **same(
            "ClientBroker",
            "InCluster",
            of="Provisioned!.EncryptionInfo.EncryptionInTransit",
            into="EncryptionInfo.EncryptionInTransit",
        ),
        **same(
            "Unauthenticated.Enabled",
            "Sasl.Iam.Enabled",
            "Sasl.Scram.Enabled",
            "Tls.Enabled",
            of="Provisioned!.ClientAuthentication",
            into="ClientAuthentication",
        ),
        **same(
            "InstanceType",
            "ClientSubnets",
            "SecurityGroups",
            "ConnectivityInfo.PublicAccess.Type",
            of="Provisioned!.BrokerNodeGroupInfo",
            into="BrokerNodeGroupInfo",
        ),
        **same("State", "CreationTime", into="Runtime"),
    },
    name="ClusterName",
    tags="Tags",
    generation="CreationTime",
)
def clusters(kafka: Client) -> Iterable[Document]:
    """Clusters with brokers; serverless ones have nothing of this to set."""
    return (one for one in kafka.each("ListClustersV2", "ClusterInfoList") if one.get("Provisioned"))
