"""Connectors of MSK Connect."""

from __future__ import annotations

from cloudward.connect.aws.replay import Replay

from .conftest import Scan


def test_connector_tells_its_encryption_and_logs(replay: Replay, scan: Scan) -> None:
    arn = "arn:aws:kafkaconnect:us-east-1:123456789012:connector/orders/1"
    connector = {
        "connectorArn": arn,
        "connectorName": "orders",
        "kafkaClusterEncryptionInTransit": {"encryptionType": "TLS"},
        "logDelivery": {"workerLogDelivery": {"s3": {"enabled": True, "bucket": "b"}}},
    }
    replay.record("kafkaconnect", "ListConnectors", {"connectors": [connector]})
    found = scan(replay, services=["kafkaconnect"]).one("AWS::KafkaConnect::Connector")
    assert (found.id, found.name) == (arn, "orders")
    assert found.properties["KafkaClusterEncryptionInTransit"]["EncryptionType"] == "TLS"
    logs = found.properties["LogDelivery"]["WorkerLogDelivery"]
    assert (logs["S3"]["Enabled"], logs["CloudWatchLogs"]["Enabled"]) == (True, False)


def test_connector_that_does_not_tell_is_unread_and_not_safe(replay: Replay, scan: Scan) -> None:
    replay.record(
        "kafkaconnect", "ListConnectors", {"connectors": [{"connectorArn": "arn:a", "connectorName": "a"}]}
    )
    found = scan(replay, services=["kafkaconnect"]).one("AWS::KafkaConnect::Connector")
    assert set(found.unread) == {"KafkaClusterEncryptionInTransit.EncryptionType"}
