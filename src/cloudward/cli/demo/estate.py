"""Larch & Lane, a retailer of our own invention: two AWS accounts, two regions, good and bad.

Everything is made through ordinary boto3 calls against whatever endpoint the session points to.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

PRODUCTION = "200000000017"
DEVELOPMENT = "200000000025"
REGIONS = ("eu-west-1", "us-east-1")
ROLE = "cloudward"

Client = Callable[..., Any]
"""(service, region) -> a boto3 client of the account."""


def document(*statements: dict[str, Any]) -> str:
    """An IAM policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trusts(service: str) -> str:
    """The trust policy of a role for a service."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return document(statement)


def production(client: Client) -> None:
    """Run with care, with a few old sins."""
    client("iam", "us-east-1").create_account_alias(AccountAlias="larchlane-production")
    key = _keys(client)
    _people(client)
    _buckets(client, key)
    _trail(client)
    network = _network(client, "eu-west-1", ssh="198.51.100.0/24")
    _machines(client, "eu-west-1", network, hardened=True)
    _databases(client, network)
    _functions(client)
    _network(client, "us-east-1", ssh="198.51.100.0/24")
    client("ec2", "eu-west-1").enable_ebs_encryption_by_default()


def development(client: Client) -> None:
    """Where nobody looked for a while."""
    s3 = client("s3", "us-east-1")
    s3.create_bucket(Bucket="larchlane-dev-scratch", ACL="public-read-write")
    s3.create_bucket(Bucket="larchlane-dev-builds")
    iam = client("iam", "us-east-1")
    iam.create_account_alias(AccountAlias="larchlane-dev")
    iam.create_user(UserName="intern")
    iam.create_login_profile(UserName="intern", Password="Correct-Horse-7-Battery")
    iam.put_user_policy(UserName="intern", PolicyName="everything", PolicyDocument=document(allow("*")))
    for _ in range(2):
        iam.create_access_key(UserName="intern")
    network = _network(client, "us-east-1", ssh="0.0.0.0/0")
    _machines(client, "us-east-1", network, hardened=False)
    client("kms", "us-east-1").create_key(Description="forgotten")


def _keys(client: Client) -> str:
    kms = client("kms", "eu-west-1")
    orders = kms.create_key(Description="orders and backups", Tags=[_tag("team", "payments", "Tag")])
    kms.enable_key_rotation(KeyId=orders["KeyMetadata"]["KeyId"])
    kms.create_alias(AliasName="alias/orders", TargetKeyId=orders["KeyMetadata"]["KeyId"])
    kms.create_key(Description="reports, never rotated")
    return str(orders["KeyMetadata"]["Arn"])


def _tag(key: str, value: str, prefix: str = "") -> dict[str, str]:
    return {f"{prefix}Key": key, f"{prefix}Value": value}


def _people(client: Client) -> None:
    iam = client("iam", "eu-west-1")
    iam.update_account_password_policy(
        MinimumPasswordLength=16,
        RequireSymbols=True,
        RequireNumbers=True,
        RequireUppercaseCharacters=True,
        RequireLowercaseCharacters=True,
        PasswordReusePrevention=12,
    )
    iam.create_group(GroupName="engineers")
    read = iam.create_policy(
        PolicyName="read-orders",
        PolicyDocument=document(allow(["s3:GetObject", "s3:ListBucket"], "arn:aws:s3:::larchlane-backups/*")),
    )
    iam.attach_group_policy(GroupName="engineers", PolicyArn=read["Policy"]["Arn"])
    for name in ("alice", "bob"):
        iam.create_user(UserName=name, Tags=[_tag("team", "platform")])
        iam.create_login_profile(UserName=name, Password="Correct-Horse-7-Battery")
        iam.add_user_to_group(GroupName="engineers", UserName=name)
        iam.create_access_key(UserName=name)
    mfa = iam.create_virtual_mfa_device(VirtualMFADeviceName="alice")["VirtualMFADevice"]
    iam.enable_mfa_device(
        UserName="alice",
        SerialNumber=mfa["SerialNumber"],
        AuthenticationCode1="123456",
        AuthenticationCode2="654321",
    )
    iam.create_user(UserName="ci-deploy")
    iam.create_access_key(UserName="ci-deploy")
    admin = iam.create_policy(PolicyName="deploy-anything", PolicyDocument=document(allow("*")))
    iam.attach_user_policy(UserName="ci-deploy", PolicyArn=admin["Policy"]["Arn"])
    for role, service in (("web", "ec2"), ("resize", "lambda"), ("trail-to-logs", "cloudtrail")):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=trusts(f"{service}.amazonaws.com"))
    iam.create_instance_profile(InstanceProfileName="web")
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="web")


def _buckets(client: Client, key: str) -> None:
    s3 = client("s3", "eu-west-1")
    for name in ("backups", "logs", "trail", "web", "exports"):
        s3.create_bucket(
            Bucket=f"larchlane-{name}", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
    s3.put_bucket_acl(Bucket="larchlane-logs", ACL="log-delivery-write")
    s3.put_bucket_logging(
        Bucket="larchlane-backups",
        BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "larchlane-logs", "TargetPrefix": "s3/"}},
    )
    for name in ("backups", "logs", "trail"):
        bucket = f"larchlane-{name}"
        s3.put_public_access_block(
            Bucket=bucket,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True,
            },
        )
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        s3.put_bucket_policy(Bucket=bucket, Policy=document(_only_tls(bucket)))
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    s3.put_bucket_encryption(
        Bucket="larchlane-backups",
        ServerSideEncryptionConfiguration={"Rules": [{**rule, "BucketKeyEnabled": True}]},
    )
    s3.put_bucket_acl(Bucket="larchlane-web", ACL="public-read")
    everyone = allow("s3:GetObject", "arn:aws:s3:::larchlane-exports/*", Principal="*", Sid="Partners")
    s3.put_bucket_policy(Bucket="larchlane-exports", Policy=document(everyone))
    s3.put_bucket_tagging(
        Bucket="larchlane-exports", Tagging={"TagSet": [_tag("data", "customers"), _tag("team", "growth")]}
    )


def _only_tls(bucket: str) -> dict[str, Any]:
    return {
        "Sid": "OnlyTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _trail(client: Client) -> None:
    logs = client("logs", "eu-west-1")
    logs.create_log_group(logGroupName="trail")
    logs.put_retention_policy(logGroupName="trail", retentionInDays=365)
    logs.create_log_group(logGroupName="/aws/lambda/resize")
    group = logs.describe_log_groups(logGroupNamePrefix="trail")["logGroups"][0]["arn"]
    trail = client("cloudtrail", "eu-west-1")
    trail.create_trail(
        Name="organization",
        S3BucketName="larchlane-trail",
        IsMultiRegionTrail=True,
        EnableLogFileValidation=True,
        CloudWatchLogsLogGroupArn=group,
        CloudWatchLogsRoleArn=f"arn:aws:iam::{PRODUCTION}:role/trail-to-logs",
    )
    trail.start_logging(Name="organization")
    topic = client("sns", "eu-west-1").create_topic(Name="security")["TopicArn"]
    logs.put_metric_filter(
        logGroupName="trail",
        filterName="root-usage",
        filterPattern='{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS '
        '&& $.eventType != "AwsServiceEvent" }',
        metricTransformations=[{"metricName": "RootUsage", "metricNamespace": "Trail", "metricValue": "1"}],
    )
    client("cloudwatch", "eu-west-1").put_metric_alarm(
        AlarmName="root-usage",
        MetricName="RootUsage",
        Namespace="Trail",
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        AlarmActions=[topic],
    )


def _network(client: Client, region: str, ssh: str) -> dict[str, str]:
    ec2 = client("ec2", region)
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.20.1.0/24", AvailabilityZone=f"{region}a")["Subnet"]
    other = ec2.create_subnet(VpcId=vpc, CidrBlock="10.20.2.0/24", AvailabilityZone=f"{region}b")["Subnet"]
    groups = {"vpc": vpc, "subnet": str(subnet["SubnetId"]), "other": str(other["SubnetId"])}
    for name, port, source in (
        ("web", 443, "0.0.0.0/0"),
        ("bastion", 22, ssh),
        ("orders", 5432, "10.20.0.0/16"),
    ):
        group = ec2.create_security_group(GroupName=name, Description=f"{name} tier", VpcId=vpc)["GroupId"]
        ec2.authorize_security_group_ingress(
            GroupId=group,
            IpPermissions=[
                {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": source}]}
            ],
        )
        groups[name] = str(group)
    return groups


def _machines(client: Client, region: str, network: dict[str, str], *, hardened: bool) -> None:
    ec2 = client("ec2", region)
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    tokens = "required" if hardened else "optional"
    for name, group in (("web-1", "web"), ("web-2", "web"), ("bastion", "bastion")):
        ec2.run_instances(
            ImageId=image,
            InstanceType="t3.small",
            MinCount=1,
            MaxCount=1,
            SubnetId=network["subnet"],
            SecurityGroupIds=[network[group]],
            MetadataOptions={"HttpTokens": tokens if name != "bastion" else "optional"},
            TagSpecifications=[
                {"ResourceType": "instance", "Tags": [_tag("Name", name), _tag("env", "shop")]}
            ],
        )
    ec2.create_volume(AvailabilityZone=f"{region}a", Size=100, Encrypted=hardened)
    old = ec2.create_volume(AvailabilityZone=f"{region}a", Size=8, Encrypted=False)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=old, Description="before the move")["SnapshotId"]
    if not hardened:
        ec2.modify_snapshot_attribute(
            SnapshotId=snapshot, Attribute="createVolumePermission", OperationType="add", GroupNames=["all"]
        )


def _databases(client: Client, network: dict[str, str]) -> None:
    rds = client("rds", "eu-west-1")
    rds.create_db_subnet_group(
        DBSubnetGroupName="shop",
        DBSubnetGroupDescription="shop",
        SubnetIds=[network["subnet"], network["other"]],
    )
    shared = {
        "DBInstanceClass": "db.t3.medium",
        "Engine": "postgres",
        "AllocatedStorage": 50,
        "MasterUsername": "larch",
        "MasterUserPassword": "a-long-and-dull-phrase",
        "DBSubnetGroupName": "shop",
    }
    rds.create_db_instance(
        **shared,
        DBInstanceIdentifier="orders",
        StorageEncrypted=True,
        MultiAZ=True,
        PubliclyAccessible=False,
        BackupRetentionPeriod=14,
        AutoMinorVersionUpgrade=True,
        DeletionProtection=True,
        EnableCloudwatchLogsExports=["postgresql"],
    )
    rds.create_db_instance(
        **shared,
        DBInstanceIdentifier="reports-2019",
        StorageEncrypted=False,
        MultiAZ=False,
        PubliclyAccessible=True,
        BackupRetentionPeriod=0,
        AutoMinorVersionUpgrade=False,
    )


def _functions(client: Client) -> None:
    functions = client("lambda", "eu-west-1")
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("main.py", "def handler(event, context):\n    return event\n")
    for name in ("resize", "webhook"):
        functions.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=f"arn:aws:iam::{PRODUCTION}:role/resize",
            Handler="main.handler",
            Code={"ZipFile": code.getvalue()},
            Environment={"Variables": {"LEVEL": "info"}},
        )
    functions.add_permission(
        FunctionName="webhook", StatementId="anyone", Action="lambda:InvokeFunction", Principal="*"
    )
