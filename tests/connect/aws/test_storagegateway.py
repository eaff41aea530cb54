"""Gateways and their shares, as recorded after botocore's model."""

from __future__ import annotations

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome

from .conftest import Scan

ARN = "arn:aws:storagegateway:us-east-1:123456789012"
SHARE = "AWS::StorageGateway::FileShare"


def listed(count: int, type: str = "NFS") -> list[dict[str, str]]:
    return [{"FileShareARN": f"{ARN}:share/{type}{n}", "FileShareType": type} for n in range(count)]


def test_shares_are_described_ten_at_a_time(replay: Replay, scan: Scan) -> None:
    replay.record("storagegateway", "ListFileShares", {"FileShareInfoList": listed(12) + listed(1, "SMB")})
    first = [{**one, "FileShareId": one["FileShareARN"][-4:]} for one in listed(10)]
    rest = [{"FileShareARN": f"{ARN}:share/NFS11", "KMSEncrypted": True}]
    replay.record("storagegateway", "DescribeNFSFileShares", {"NFSFileShareInfoList": first})
    replay.record("storagegateway", "DescribeNFSFileShares", {"NFSFileShareInfoList": rest})
    smb = [{"FileShareARN": f"{ARN}:share/SMB0", "EncryptionType": "SseKms"}]
    replay.record("storagegateway", "DescribeSMBFileShares", {"SMBFileShareInfoList": smb})
    found = scan(replay, services=["storagegateway"]).of(SHARE)
    assert [one.properties["Runtime"]["FileShareType"] for one in found] == ["NFS"] * 11 + ["SMB"]
    assert [one.properties["KMSEncrypted"] for one in found] == [False] * 10 + [True, False]
    assert found[-1].properties["EncryptionType"] == "SseKms"


def test_shares_that_may_not_be_described_are_not_none(replay: Replay, scan: Scan) -> None:
    replay.record("storagegateway", "ListFileShares", {"FileShareInfoList": listed(1)})
    replay.record("storagegateway", "DescribeNFSFileShares", refused("AccessDeniedException"))
    found = scan(replay, services=["storagegateway"])
    assert not found.of(SHARE)
    assert found.row("storagegateway:DescribeNFSFileShares", Outcome.DENIED, SHARE).listing


def test_gateway_says_where_it_runs(replay: Replay, scan: Scan) -> None:
    one = {"GatewayARN": f"{ARN}:gateway/sgw-1", "GatewayName": "office", "HostEnvironment": "EC2"}
    replay.record("storagegateway", "ListGateways", {"Gateways": [one]})
    found = scan(replay, services=["storagegateway"]).one("AWS::StorageGateway::Gateway")
    assert (found.name, found.properties["HostEnvironment"]) == ("office", "EC2")
