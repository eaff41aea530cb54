"""Databases in memory, as moto plays them."""

from __future__ import annotations

import boto3
import pytest

from cloudward.connect.aws.session import Boto

from .conftest import Scan


@pytest.mark.usefixtures("moto")
def test_cluster_has_the_names_of_templates(scan: Scan) -> None:
    memorydb = boto3.client("memorydb", region_name="us-east-1")
    memorydb.create_cluster(
        ClusterName="basket",
        NodeType="db.t4g.small",
        ACLName="open-access",
        SecurityGroupIds=["sg-1"],
        TLSEnabled=False,
        AutoMinorVersionUpgrade=True,
        Tags=[{"Key": "team", "Value": "red"}],
    )
    found = scan(Boto(), services=["memorydb"], regions=["us-east-1"]).one("AWS::MemoryDB::Cluster")
    assert found.id == "arn:aws:memorydb:us-east-1:123456789012:cluster/basket"
    assert (found.name, found.tags, found.unread) == ("basket", {"team": "red"}, {})
    p = found.properties
    assert (p["ACLName"], p["TLSEnabled"], p["AutoMinorVersionUpgrade"]) == ("open-access", False, True)
    assert p["SecurityGroupIds"] == ["sg-1"]
