"""MSK Connect: what carries data in and out of Kafka."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, collects
from cloudward.model import Document

SERVICE = Service(
    "kafkaconnect",
    scope="regional",
    quota=5,
    guess=True,
    source="https://docs.aws.amazon.com/msk/latest/developerguide/limits.html",
    title="MSK Connect",
)

_CLUSTER = "KafkaCluster.ApacheKafkaCluster"
_LOGS = "LogDelivery.WorkerLogDelivery"


@collects(
    "AWS::KafkaConnect::Connector",
    id="connectorArn",
    calls=(Call("ListConnectors", listing=True, params={"maxResults": 100}),),
    fields={
        "ConnectorName": "connectorName!",
        "ConnectorDescription": "connectorDescription",
        "KafkaConnectVersion": "kafkaConnectVersion",
        "ServiceExecutionRoleArn": "serviceExecutionRoleArn",
        "KafkaClusterEncryptionInTransit.EncryptionType": "kafkaClusterEncryptionInTransit!.encryptionType!",
        "KafkaClusterClientAuthentication.AuthenticationType": (
            "kafkaClusterClientAuthentication.authenticationType"
        ),
        f"{_CLUSTER}.Vpc.Subnets": "kafkaCluster.apacheKafkaCluster.vpc.subnets",
        f"{_CLUSTER}.Vpc.SecurityGroups": "kafkaCluster.apacheKafkaCluster.vpc.securityGroups",
        f"{_LOGS}.CloudWatchLogs.Enabled": "logDelivery.workerLogDelivery.cloudWatchLogs.enabled",
        f"{_LOGS}.Firehose.Enabled": "logDelivery.workerLogDelivery.firehose.enabled",
        f"{_LOGS}.S3.Enabled": "logDelivery.workerLogDelivery.s3.enabled",
        "Runtime.State": "connectorState",
        "Runtime.CreationTime": "creationTime",
    },
    name="connectorName",
    generation="creationTime",
)
def connectors(kafkaconnect: Client) -> Iterable[Document]:
    """Connectors; what they are configured with may hold passwords and is not read."""
    return kafkaconnect.each("ListConnectors", "connectors")
