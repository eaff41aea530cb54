"""One AWS account with something of every type, played by moto once and remembered.

It is both accounts of the demo in one, and what they lack. Services of which nothing is made here, and
operations that moto does not play, answer with made-up values of the right types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from threading import Lock
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cloudward.cli.demo import estate
from cloudward.cli.demo.estate import PRODUCTION, REGIONS, Client, allow, document
from cloudward.connect.aws.replay import Faulty
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import Kind, Reply, Transport, answer
from tests.connect.aws import synthetic

PLAYED = frozenset(
    {
        "account",
        "cloudtrail",
        "cloudwatch",
        "ec2",
        "iam",
        "kms",
        "lambda",
        "logs",
        "organizations",
        "rds",
        "resourcegroupstaggingapi",
        "s3",
    }
    | {"s3control", "sts"}
)
EXISTING = ("ap-south-1", *REGIONS)
ENABLED = {"Regions": [{"RegionName": name, "OptInStatus": "opted-in"} for name in REGIONS]}
ADMINISTRATOR = {"Arn": "arn:aws:iam::aws:policy/AdministratorAccess", "DefaultVersionId": "v1"}
EVERYTHING = {"Version": "2012-10-17", "Statement": [allow("*")]}


class Remembering(Faulty):
    """Asks once and answers the same question the same way, so that an account can be read many times."""

    def __init__(self, inner: Transport) -> None:
        super().__init__(inner)
        self._known: dict[str, Reply] = {}
        self._guard = Lock()

    def send(self, service: str, region: str, operation: str, params: Mapping[str, Any]) -> Reply:
        key = repr((service, region, operation, sorted(params.items())))
        with self._guard:
            if key not in self._known:
                self._known[key] = self._ask(service, region, operation, params)
            return self._known[key]

    def regions(self, partition: str) -> tuple[str, ...]:
        return EXISTING

    def _ask(self, service: str, region: str, operation: str, params: Mapping[str, Any]) -> Reply:
        if service in PLAYED:
            with suppress(NotImplementedError):
                reply = super().send(service, region, operation, params)
                if operation == "DescribeTrails":
                    return _with_insights(reply)
                if (service, operation) in DOCUMENT_DATABASES:
                    return _with_document_databases(reply, operation)
                if not (reply.code == "NotImplemented" or reply.kind is Kind.UNREADABLE):
                    return reply
        return answer(_moved(synthetic.document(service, operation), region))


DOCUMENT_DATABASES = {
    ("rds", "DescribeDBClusters"): "DBClusters",
    ("rds", "DescribeDBClusterSnapshots"): "DBClusterSnapshots",
    ("rds", "DescribeDBClusterParameterGroups"): "DBClusterParameterGroups",
}


def _with_document_databases(reply: Reply, operation: str) -> Reply:
    """DocumentDB answers at the endpoint of RDS, and moto plays none."""
    things = DOCUMENT_DATABASES["rds", operation]
    ours = {"Engine": "docdb", "DBParameterGroupFamily": "docdb5.0"}
    made = [
        {**each, **{name: ours[name] for name in ours if name in each}}
        for each in synthetic.document("docdb", operation)[things]
    ]
    return answer({**(reply.data or {}), things: [*(reply.data or {})[things], *made]})


def _with_insights(reply: Reply) -> Reply:
    """moto says that no trail has any, also of those that have."""
    trails = (reply.data or {})["trailList"]
    return answer({"trailList": [{**trail, "HasInsightSelectors": True} for trail in trails]})


def _moved(value: Any, region: str) -> Any:
    """Made-up things have the same ARN everywhere; those of a region are its own."""
    if isinstance(value, dict):
        return {key: _moved(member, region) for key, member in value.items()}
    if isinstance(value, list):
        return [_moved(element, region) for element in value]
    return value.replace(":us-east-1:", f":{region}:") if isinstance(value, str) else value


@contextmanager
def company() -> Iterator[Remembering]:
    """The account, as long as moto plays it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_CONFIG_FILE", "/dev/null")
        with mock_aws():
            session = _session()
            client = partial(_client, session)
            estate.production(client)
            estate.development(client)
            furnish(client)
            yield _recorded(Remembering(Boto(session)))


def _session() -> boto3.Session:
    sts = boto3.client("sts", region_name="us-east-1")
    role = f"arn:aws:iam::{PRODUCTION}:role/cloudward"
    given = sts.assume_role(RoleArn=role, RoleSessionName="cloudward")["Credentials"]
    keys = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    return boto3.Session(*keys, region_name="us-east-1")


def _client(session: boto3.Session, service: Any, region: str) -> Any:
    return session.client(service, region_name=region)


def furnish(client: Client) -> None:
    """What no account of the demo has."""
    _identities(client)
    _networks(client)
    _databases(client)
    _settings(client)
    client("account", "us-east-1").put_alternate_contact(
        AlternateContactType="SECURITY",
        EmailAddress="security@larchlane.example",
        Name="Security",
        PhoneNumber="+441632960000",
        Title="Security",
    )
    organizations = client("organizations", "us-east-1")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")


def _identities(client: Client) -> None:
    iam = client("iam", "us-east-1")
    iam.create_account_alias(AccountAlias="larchlane")
    iam.put_group_policy(GroupName="engineers", PolicyName="look", PolicyDocument=document(allow("s3:List*")))
    iam.put_role_policy(RoleName="web", PolicyName="read", PolicyDocument=document(allow("s3:Get*")))
    managed = iam.create_policy(PolicyName="power", PolicyDocument=document(allow("ec2:*")))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="web", PolicyArn=managed)
    iam.create_open_id_connect_provider(
        Url="https://token.actions.githubusercontent.com",
        ClientIDList=["sts.amazonaws.com"],
        ThumbprintList=["6938fd4d98bab03faadb97b34396831e3780aea1"],
    )
    iam.create_saml_provider(Name="staff", SAMLMetadataDocument="<EntityDescriptor>" + "x" * 1024)
    iam.upload_server_certificate(ServerCertificateName="old", CertificateBody="cert", PrivateKey="key")
    kms = client("kms", "eu-west-1")
    enclave = {"TagKey": "purpose", "TagValue": "nitro-enclave"}
    kms.create_key(Description="only its tag says what it is for", Tags=[enclave])
    for key in kms.list_keys()["Keys"]:
        kms.create_grant(
            KeyId=key["KeyId"],
            GranteePrincipal=f"arn:aws:iam::{PRODUCTION}:role/web",
            Operations=["Decrypt"],
        )


def _networks(client: Client) -> None:
    ec2 = client("ec2", "eu-west-1")
    vpcs = [vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"]]
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpcs[1])
    ec2.create_launch_template(LaunchTemplateName="tills", LaunchTemplateData={"InstanceType": "t3.micro"})
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)
    ec2.create_vpc_peering_connection(VpcId=vpcs[0], PeerVpcId=vpcs[1])
    ec2.create_flow_logs(
        ResourceIds=[vpcs[0]],
        ResourceType="VPC",
        TrafficType="REJECT",
        LogDestinationType="cloud-watch-logs",
        LogGroupName="flows",
        DeliverLogsPermissionArn=f"arn:aws:iam::{PRODUCTION}:role/web",
    )
    instance = ec2.describe_instances()["Reservations"][0]["Instances"][0]["InstanceId"]
    image = ec2.create_image(InstanceId=instance, Name="golden")["ImageId"]
    ec2.modify_image_attribute(
        ImageId=image, LaunchPermission={"Add": [{"Group": "all"}]}, Attribute="launchPermission"
    )


def _databases(client: Client) -> None:
    rds = client("rds", "eu-west-1")
    rds.create_db_cluster(
        DBClusterIdentifier="carts",
        Engine="aurora-postgresql",
        MasterUsername="larch",
        MasterUserPassword="a-long-and-dull-phrase",
    )
    rds.create_db_cluster(DBClusterIdentifier="friends", Engine="neptune")
    rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier="friends-1", DBClusterIdentifier="friends")
    rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier="carts-1", DBClusterIdentifier="carts")
    rds.create_db_snapshot(DBSnapshotIdentifier="reports-1", DBInstanceIdentifier="reports-2019")
    rds.modify_db_snapshot_attribute(
        DBSnapshotIdentifier="reports-1", AttributeName="restore", ValuesToAdd=["all"]
    )
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName="carts", DBParameterGroupFamily="aurora-postgresql16", Description="carts"
    )


def _settings(client: Client) -> None:
    s3 = client("s3", "eu-west-1")
    bucket = "larchlane-web"
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    s3.put_bucket_cors(
        Bucket=bucket,
        CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]},
    )
    s3.put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )
    client("s3control", "eu-west-1").create_access_point(AccountId=PRODUCTION, Name="door", Bucket=bucket)
    s3.put_bucket_lifecycle_configuration(
        Bucket="larchlane-logs",
        LifecycleConfiguration={
            "Rules": [{"ID": "old", "Status": "Enabled", "Prefix": "", "Expiration": {"Days": 90}}]
        },
    )
    client("cloudtrail", "eu-west-1").put_insight_selectors(
        TrailName="organization", InsightSelectors=[{"InsightType": "ApiCallRateInsight"}]
    )
    client("lambda", "eu-west-1").create_function_url_config(FunctionName="webhook", AuthType="NONE")


def _recorded(account: Remembering) -> Remembering:
    """moto has no policies of AWS unless it loads all of them, and says that all regions are enabled."""
    account.record("ec2", "DescribeRegions", ENABLED, forever=True)
    attached = {**ADMINISTRATOR, "AttachmentCount": 1, "PermissionsBoundaryUsageCount": 0}
    account.record("iam", "ListPolicies", {"Policies": [attached]}, forever=True, Scope="AWS")
    version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": EVERYTHING}
    account.record(
        "iam", "GetPolicyVersion", {"PolicyVersion": version}, forever=True, PolicyArn=ADMINISTRATOR["Arn"]
    )
    return account
