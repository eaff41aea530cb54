"""What stands inside or beside the resources that `populate` makes: access points, endpoints, models ..."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/role-0"
ANYWHERE = "0.0.0.0/0"

Client = Callable[[str], Any]


def access_points(client: Client, count: int) -> None:
    client("s3").create_bucket(Bucket="larch-doors")
    for n in range(count):
        client("s3control").create_access_point(AccountId=ACCOUNT, Name=f"door-{n}", Bucket="larch-doors")


def networks(client: Client, count: int) -> None:
    of = client("ec2")
    vpc, other = (of.create_vpc(CidrBlock=f"10.{n}.0.0/16")["Vpc"]["VpcId"] for n in (1, 2))
    subnet = of.create_subnet(VpcId=vpc, CidrBlock="10.1.0.0/24")["Subnet"]["SubnetId"]
    far = of.create_customer_gateway(BgpAsn=65000, PublicIp="203.0.113.1", Type="ipsec.1")
    for n in range(count):
        of.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3")
        of.create_network_acl(VpcId=vpc)
        of.create_network_interface(SubnetId=subnet)
        of.create_internet_gateway()
        of.create_route_table(VpcId=vpc)
        gateway = of.create_transit_gateway(Description=f"hub-{n}")["TransitGateway"]["TransitGatewayId"]
        of.create_vpn_connection(
            Type="ipsec.1",
            CustomerGatewayId=far["CustomerGateway"]["CustomerGatewayId"],
            TransitGatewayId=gateway,
        )
    of.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=other)
    address = of.allocate_address(Domain="vpc")["AllocationId"]
    of.create_nat_gateway(SubnetId=subnet, AllocationId=address)
    of.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination="arn:aws:s3:::larch-0",
    )


def models(client: Client, count: int) -> None:
    of = client("sagemaker")
    for n in range(count):
        of.create_model(ModelName=f"model-{n}", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "model"})
        of.create_endpoint_config(
            EndpointConfigName=f"endpoint-{n}",
            ProductionVariants=[
                {
                    "VariantName": "all",
                    "ModelName": f"model-{n}",
                    "InitialInstanceCount": 1,
                    "InstanceType": "ml.t2.medium",
                }
            ],
        )


def batch(client: Client, count: int) -> None:
    for n in range(count):
        client("batch").register_job_definition(
            jobDefinitionName=f"job-{n}",
            type="container",
            containerProperties={"image": "busybox", "vcpus": 1, "memory": 128},
        )


def file_doors(client: Client, count: int) -> None:
    files = client("efs").create_file_system(CreationToken="doors")["FileSystemId"]
    for n in range(count):
        client("efs").create_access_point(ClientToken=f"door-{n}", FileSystemId=files)


def filters(client: Client, count: int) -> None:
    client("logs").create_log_group(logGroupName="/filtered")
    for n in range(count):
        client("logs").put_metric_filter(
            logGroupName="/filtered",
            filterName=f"filter-{n}",
            filterPattern="ERROR",
            metricTransformations=[{"metricName": "m", "metricNamespace": "app", "metricValue": "1"}],
        )


def databases(client: Client, count: int) -> None:
    of = client("rds")
    for n in range(count):
        of.create_db_parameter_group(
            DBParameterGroupName=f"group-{n}", DBParameterGroupFamily="postgres16", Description="d"
        )
        of.create_event_subscription(
            SubscriptionName=f"subscription-{n}", SnsTopicArn=f"arn:aws:sns:us-east-1:{ACCOUNT}:topic-0"
        )


def targets(client: Client, count: int) -> None:
    vpc = client("ec2").create_vpc(CidrBlock="10.3.0.0/16")["Vpc"]["VpcId"]
    for n in range(count):
        client("elbv2").create_target_group(Name=f"target-{n}", Protocol="HTTP", Port=80, VpcId=vpc)


def pools(client: Client, count: int) -> None:
    pool = client("cognito-idp").create_user_pool(PoolName="clients")["UserPool"]["Id"]
    for n in range(count):
        client("cognito-idp").create_user_pool_client(UserPoolId=pool, ClientName=f"client-{n}")


def routes(client: Client, count: int) -> None:
    of = client("apigatewayv2")
    api = of.create_api(Name="routed", ProtocolType="HTTP")["ApiId"]
    for n in range(count):
        of.create_route(ApiId=api, RouteKey=f"GET /{n}")
        of.create_stage(ApiId=api, StageName=f"stage-{n}")


def plans(client: Client, count: int) -> None:
    client("backup").create_backup_vault(BackupVaultName="planned")
    for n in range(count):
        client("backup").create_backup_plan(
            BackupPlan={
                "BackupPlanName": f"plan-{n}",
                "Rules": [{"RuleName": "daily", "TargetBackupVaultName": "planned"}],
            }
        )


def ends(client: Client, count: int) -> None:
    for n in range(count):
        client("dms").create_endpoint(
            EndpointIdentifier=f"end-{n}",
            EndpointType="source",
            EngineName="postgres",
            ServerName="db.example.org",
            Port=5432,
            Username="copier",
            Password="Larch-and-Lane-1",
            DatabaseName="shop",
        )


def catalog(client: Client, count: int) -> None:
    for n in range(count):
        client("glue").create_connection(
            ConnectionInput={
                "Name": f"connection-{n}",
                "ConnectionType": "JDBC",
                "ConnectionProperties": {"JDBC_CONNECTION_URL": "jdbc:postgresql://db.example.org/shop"},
            }
        )
        client("glue").create_security_configuration(
            Name=f"sealed-{n}", EncryptionConfiguration={"S3Encryption": [{"S3EncryptionMode": "SSE-S3"}]}
        )


def walls(client: Client, count: int) -> None:
    for n in range(count):
        client("wafv2").create_rule_group(
            Name=f"rules-{n}",
            Scope="REGIONAL",
            Capacity=10,
            VisibilityConfig={
                "SampledRequestsEnabled": True,
                "CloudWatchMetricsEnabled": True,
                "MetricName": f"rules-{n}",
            },
        )


def clusters(client: Client, count: int) -> None:
    for n in range(count):
        client("emr").create_security_configuration(
            Name=f"sealed-{n}", SecurityConfiguration=json.dumps({"EncryptionConfiguration": {}})
        )


def nodes(client: Client, count: int) -> None:
    of = client("ec2")
    vpc = of.create_vpc(CidrBlock="10.4.0.0/16")["Vpc"]["VpcId"]
    subnet = of.create_subnet(VpcId=vpc, CidrBlock="10.4.0.0/24")["Subnet"]["SubnetId"]
    client("eks").create_cluster(name="noded", roleArn=ROLE, resourcesVpcConfig={"subnetIds": [subnet]})
    for n in range(min(count, 10)):
        client("eks").create_nodegroup(
            clusterName="noded", nodegroupName=f"nodes-{n}", subnets=[subnet], nodeRole=ROLE
        )


def doors(client: Client, count: int) -> None:
    for n in range(count):
        client("transfer").create_connector(
            Url=f"sftp://files-{n}.example.org",
            AccessRole=ROLE,
            SftpConfig={"TrustedHostKeys": ["ssh-rsa AAAA"]},
        )


INSIDE: Mapping[str, Callable[[Client, int], None]] = {
    each.__name__: each
    for each in (
        access_points, networks, models, batch, file_doors, filters, databases, targets, pools, routes, plans,
        ends, catalog, walls, clusters, nodes, doors,
    )
}  # fmt: skip
