"""The mix on which evaluation is measured: documents, and conditions of ours with Custodian's equivalents.

Half of the documents are flat (databases, instances), three tenths security groups and network ACLs, two
tenths IAM documents. Both sides get the same facts: we in CloudFormation's shape, Custodian in the API's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

SEED = 20_260_101
ACCOUNT, REGION = "123456789012", "eu-west-1"
ARN = "arn:aws:iam::"


@dataclass(frozen=True)
class Pair:
    """One question in two languages."""

    type: str
    ours: str
    theirs: tuple[Any, ...]
    """Filters of Custodian, all of which must match."""


@dataclass(frozen=True)
class Sample:
    """One resource in both shapes."""

    type: str
    ours: dict[str, Any]
    theirs: dict[str, Any]


DATABASE, INSTANCE = "AWS::RDS::DBInstance", "AWS::EC2::Instance"
GROUP, ACL = "AWS::EC2::SecurityGroup", "AWS::EC2::NetworkAcl"
POLICY, ROLE = "AWS::IAM::ManagedPolicy", "AWS::IAM::Role"
FLAT = frozenset({DATABASE, INSTANCE})
CUSTODIAN = {
    DATABASE: "aws.rds",
    INSTANCE: "aws.ec2",
    GROUP: "aws.security-group",
    ACL: "aws.network-acl",
    POLICY: "aws.iam-policy",
    ROLE: "aws.iam-role",
}
SHARES = {DATABASE: 30, INSTANCE: 20, GROUP: 15, ACL: 15, POLICY: 10, ROLE: 10}


def value(key: str, op: str, bound: Any, **more: Any) -> dict[str, Any]:
    return {"type": "value", "key": key, "op": op, "value": bound, **more}


def holds(key: str, item: str) -> dict[str, Any]:
    """The list at `key` holds the item."""
    return value(key, "in", item, value_type="swap")


def open_to(port: int) -> dict[str, Any]:
    """A security group lets the world reach a port. Rules for all protocols have no ports there."""
    ranges = ({"Cidr": {"value": "0.0.0.0/0"}}, {"CidrV6": {"value": "::/0"}})
    found: list[Any] = []
    for cidr in ranges:
        found.append({"type": "ingress", "IpProtocol": "tcp", "Ports": [port], **cidr})
        found.append({"type": "ingress", "IpProtocol": "-1", **cidr})
    return {"or": found}


def entry(*attrs: Any) -> dict[str, Any]:
    """An entry of a network ACL that lets traffic in."""
    return {
        "type": "list-item",
        "key": "Entries",
        "attrs": [{"Egress": False}, {"RuleAction": "allow"}, *attrs],
    }


def entry_to(port: int) -> dict[str, Any]:
    world = {"or": [{"CidrBlock": "0.0.0.0/0"}, {"Ipv6CidrBlock": "::/0"}]}
    ports = {
        "and": [{"Protocol": "6"}, value("PortRange.From", "lte", port), value("PortRange.To", "gte", port)]
    }
    return entry(world, {"or": [{"Protocol": "-1"}, ports]})


def statement(key: str, *attrs: Any) -> dict[str, Any]:
    return {"type": "list-item", "key": f"{key}.Statement", "attrs": [{"Effect": "Allow"}, *attrs]}


def ours_open(port: int) -> str:
    return f'p.SecurityGroupIngress.exists(r, isInternet(r) && reaches(r, "tcp", {port}))'


def ours_entry(port: int) -> str:
    return (
        'p.Entries.exists(r, !r.Egress && r.RuleAction == "allow" && isInternet(r) '
        f'&& reaches(r, "tcp", {port}))'
    )


def ours_statement(field: str, condition: str) -> str:
    return f'statements(p.{field}).exists(s, s.Effect == "Allow" && {condition})'


PAIRS: tuple[Pair, ...] = (
    Pair(DATABASE, "p.PubliclyAccessible", ({"PubliclyAccessible": True},)),
    Pair(DATABASE, "!p.StorageEncrypted", ({"StorageEncrypted": False},)),
    Pair(DATABASE, "!p.MultiAZ", ({"MultiAZ": False},)),
    Pair(DATABASE, "!p.DeletionProtection", ({"DeletionProtection": False},)),
    Pair(DATABASE, "!p.CopyTagsToSnapshot", ({"CopyTagsToSnapshot": False},)),
    Pair(DATABASE, "!p.EnableIAMDatabaseAuthentication", ({"IAMDatabaseAuthenticationEnabled": False},)),
    Pair(DATABASE, "p.BackupRetentionPeriod < 7", (value("BackupRetentionPeriod", "lt", 7),)),
    Pair(DATABASE, "p.MonitoringInterval == 0", ({"MonitoringInterval": 0},)),
    Pair(
        DATABASE,
        'p.Engine in ["mysql", "mariadb"] && p.Port == 3306 || p.Engine == "postgres" && p.Port == 5432',
        (
            {
                "or": [
                    {"and": [value("Engine", "in", ["mysql", "mariadb"]), {"Endpoint.Port": 3306}]},
                    {"and": [{"Engine": "postgres"}, {"Endpoint.Port": 5432}]},
                ]
            },
        ),
    ),
    Pair(
        DATABASE,
        'p.CACertificateIdentifier.matches("^rds-ca-20(15|19)$")',
        (value("CACertificateIdentifier", "regex", "^rds-ca-20(15|19)$"),),
    ),
    Pair(
        DATABASE,
        "p.EnableCloudwatchLogsExports == [] && p.KmsKeyId == null",
        (value("EnabledCloudwatchLogsExports", "eq", []), {"KmsKeyId": "absent"}),
    ),
    Pair(
        DATABASE,
        "age(p.Runtime.InstanceCreateTime) > 365",
        (value("InstanceCreateTime", "gt", 365, value_type="age"),),
    ),
    Pair(
        INSTANCE,
        'p.MetadataOptions.HttpTokens != "required"',
        (value("MetadataOptions.HttpTokens", "ne", "required"),),
    ),
    Pair(
        INSTANCE,
        "p.MetadataOptions.HttpPutResponseHopLimit > 1",
        (value("MetadataOptions.HttpPutResponseHopLimit", "gt", 1),),
    ),
    Pair(INSTANCE, "!p.EbsOptimized", ({"EbsOptimized": False},)),
    Pair(INSTANCE, "p.Runtime.PublicIpAddress != null", ({"PublicIpAddress": "present"},)),
    Pair(INSTANCE, "p.IamInstanceProfile == null", ({"IamInstanceProfile": "absent"},)),
    Pair(
        INSTANCE,
        'p.InstanceType.startsWith("t2.") || p.InstanceType in ["m3.large", "m4.large"]',
        (
            {
                "or": [
                    value("InstanceType", "glob", "t2.*"),
                    value("InstanceType", "in", ["m3.large", "m4.large"]),
                ]
            },
        ),
    ),
    Pair(
        INSTANCE,
        'p.Runtime.State == "stopped" && !p.Monitoring',
        ({"State.Name": "stopped"}, {"Monitoring.State": "disabled"}),
    ),
    Pair(INSTANCE, "age(p.Runtime.LaunchTime) > 180", (value("LaunchTime", "gt", 180, value_type="age"),)),
    *(Pair(GROUP, ours_open(port), (open_to(port),)) for port in (22, 3389, 3306, 5432)),
    Pair(
        GROUP,
        'p.SecurityGroupIngress.exists(r, isInternet(r) && r.IpProtocol == "-1")',
        (
            {
                "or": [
                    {"type": "ingress", "IpProtocol": "-1", "Cidr": {"value": "0.0.0.0/0"}},
                    {"type": "ingress", "IpProtocol": "-1", "CidrV6": {"value": "::/0"}},
                ]
            },
        ),
    ),
    Pair(
        GROUP,
        "p.SecurityGroupEgress.exists(r, isInternet(r))",
        (
            {
                "or": [
                    {"type": "egress", "Cidr": {"value": "0.0.0.0/0"}},
                    {"type": "egress", "CidrV6": {"value": "::/0"}},
                ]
            },
        ),
    ),
    *(Pair(ACL, ours_entry(port), (entry_to(port),)) for port in (22, 3389)),
    Pair(
        ACL,
        'p.Entries.exists(r, !r.Egress && r.RuleAction == "allow" && isInternet(r) && r.Protocol == -1)',
        (entry({"or": [{"CidrBlock": "0.0.0.0/0"}, {"Ipv6CidrBlock": "::/0"}]}, {"Protocol": "-1"}),),
    ),
    Pair(ACL, "p.Associations == []", (value("Associations", "eq", []),)),
    Pair(
        POLICY,
        ours_statement("PolicyDocument", '"*" in s.Action && "*" in s.Resource'),
        (statement("Document", holds("Action", "*"), holds("Resource", "*")),),
    ),
    Pair(
        POLICY,
        ours_statement("PolicyDocument", '"iam:PassRole" in s.Action && "*" in s.Resource'),
        (statement("Document", holds("Action", "iam:PassRole"), holds("Resource", "*")),),
    ),
    Pair(
        POLICY,
        ours_statement("PolicyDocument", "s.NotAction != []"),
        (statement("Document", {"NotAction": "present"}),),
    ),
    Pair(
        POLICY,
        ours_statement("PolicyDocument", 's.Action.exists(a, a.endsWith(":*"))'),
        (statement("Document", value("Action[?ends_with(@, ':*')]", "ne", []), {"Action": "present"}),),
    ),
    Pair(POLICY, "p.Runtime.AttachmentCount == 0", ({"AttachmentCount": 0},)),
    Pair(
        ROLE,
        ours_statement("AssumeRolePolicyDocument", '"*" in s.Principal'),
        (statement("AssumeRolePolicyDocument", holds("Principal.AWS", "*")),),
    ),
    Pair(
        ROLE,
        ours_statement(
            "AssumeRolePolicyDocument",
            f's.Principal.exists(a, a.startsWith("{ARN}") && !a.startsWith("{ARN}{ACCOUNT}:"))',
        ),
        (
            statement(
                "AssumeRolePolicyDocument",
                {"Principal.AWS": "present"},
                value(
                    f"Principal.AWS[?starts_with(@, '{ARN}') && !starts_with(@, '{ARN}{ACCOUNT}:')]",
                    "ne",
                    [],
                ),
            ),
        ),
    ),
    Pair(
        ROLE,
        ours_statement("AssumeRolePolicyDocument", '"ec2.amazonaws.com" in s.Principal'),
        (statement("AssumeRolePolicyDocument", holds("Principal.Service", "ec2.amazonaws.com")),),
    ),
)


def documents(count: int) -> Iterator[Sample]:
    """The documents of the mix, always the same."""
    random = Random(SEED)
    types = [type for type, share in SHARES.items() for _ in range(share)]
    makers = {
        DATABASE: database, INSTANCE: instance, GROUP: group, ACL: acl, POLICY: policy, ROLE: role,
    }  # fmt: skip
    for number in range(count):
        type = types[number * 37 % len(types)]
        ours, theirs = makers[type](random, number)
        yield Sample(type, ours, theirs)


Both = tuple[dict[str, Any], dict[str, Any]]


def moment(random: Random) -> str:
    return f"{random.randint(2019, 2024)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}T12:30:15Z"


def tags(random: Random, number: int) -> list[dict[str, str]]:
    team = random.choice(("payments", "search", "platform", "data"))
    kept = {"Name": f"thing-{number}", "team": team, "environment": random.choice(("production", "staging"))}
    return [{"Key": key, "Value": text} for key, text in kept.items()]


def database(random: Random, number: int) -> Both:
    engine = random.choice(("mysql", "postgres", "mariadb", "oracle-ee"))
    port = {"mysql": 3306, "mariadb": 3306, "postgres": 5432}.get(engine, 1521)
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{number:08}-1111-2222-3333-444455556666"
    same: dict[str, Any] = {
        "DBInstanceIdentifier": f"db-{number}",
        "DBInstanceClass": random.choice(("db.t3.medium", "db.r6g.large", "db.m5.xlarge")),
        "Engine": engine,
        "EngineVersion": random.choice(("8.0.36", "15.4", "10.11.6")),
        "DBName": f"orders{number}",
        "MasterUsername": "admin",
        "PubliclyAccessible": random.random() < 0.1,
        "StorageEncrypted": random.random() < 0.8,
        "StorageType": random.choice(("gp2", "gp3", "io1")),
        "AllocatedStorage": random.choice((20, 100, 500)),
        "MultiAZ": random.random() < 0.5,
        "AvailabilityZone": f"{REGION}a",
        "BackupRetentionPeriod": random.choice((0, 1, 7, 14, 35)),
        "PreferredBackupWindow": "03:00-04:00",
        "CopyTagsToSnapshot": random.random() < 0.6,
        "DeletionProtection": random.random() < 0.6,
        "AutoMinorVersionUpgrade": random.random() < 0.7,
        "MonitoringInterval": random.choice((0, 30, 60)),
        "CACertificateIdentifier": random.choice(("rds-ca-2019", "rds-ca-rsa2048-g1")),
        "LicenseModel": "general-public-license",
    }
    if random.random() < 0.6:
        same["KmsKeyId"] = key
    login, insights = random.random() < 0.4, random.random() < 0.5
    exports = random.choice(([], ["error"], ["error", "slowquery"]))
    subnets = [f"subnet-{number:08}{letter}" for letter in "abc"]
    made, address = moment(random), f"db-{number}.abcdefghijkl.{REGION}.rds.amazonaws.com"
    arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:db:db-{number}"
    ours = {
        **same,
        "EnableIAMDatabaseAuthentication": login,
        "EnablePerformanceInsights": insights,
        "EnableCloudwatchLogsExports": exports,
        "Port": port,
        "DBParameterGroupName": f"{engine}-tuned",
        "OptionGroupName": f"default:{engine}",
        "DBSubnetGroupName": "private",
        "VPCSecurityGroups": [f"sg-{number:08}"],
        "Runtime": {
            "DBInstanceStatus": "available",
            "DbiResourceId": f"db-ABCDEFGHIJKLMNOPQRST{number:06}",
            "InstanceCreateTime": made,
            "LatestRestorableTime": "2025-12-31T23:55:00Z",
            "Endpoint": {"Address": address, "Port": port},
            "VpcId": "vpc-0123456789abcdef0",
            "SubnetIds": subnets,
            "ParameterApplyStatus": "in-sync",
        },
    }
    theirs = {
        **same,
        "DBInstanceArn": arn,
        "IAMDatabaseAuthenticationEnabled": login,
        "PerformanceInsightsEnabled": insights,
        "EnabledCloudwatchLogsExports": exports,
        "Endpoint": {"Address": address, "Port": port, "HostedZoneId": "Z29XKXDKYMONMX"},
        "DBParameterGroups": [{"DBParameterGroupName": f"{engine}-tuned", "ParameterApplyStatus": "in-sync"}],
        "OptionGroupMemberships": [{"OptionGroupName": f"default:{engine}", "Status": "in-sync"}],
        "DBSubnetGroup": {
            "DBSubnetGroupName": "private",
            "VpcId": "vpc-0123456789abcdef0",
            "Subnets": [{"SubnetIdentifier": subnet, "SubnetStatus": "Active"} for subnet in subnets],
        },
        "VpcSecurityGroups": [{"VpcSecurityGroupId": f"sg-{number:08}", "Status": "active"}],
        "DBInstanceStatus": "available",
        "DbiResourceId": f"db-ABCDEFGHIJKLMNOPQRST{number:06}",
        "InstanceCreateTime": made,
        "LatestRestorableTime": "2025-12-31T23:55:00Z",
        "TagList": tags(random, number),
    }
    return ours, theirs


def instance(random: Random, number: int) -> Both:
    name = f"i-{number:017x}"
    profile = f"arn:aws:iam::{ACCOUNT}:instance-profile/web" if random.random() < 0.7 else None
    public = f"203.0.113.{number % 250}" if random.random() < 0.3 else None
    monitored, state = random.random() < 0.3, random.choice(("running", "running", "stopped"))
    metadata = {
        "HttpTokens": random.choice(("required", "required", "optional")),
        "HttpEndpoint": "enabled",
        "HttpProtocolIpv6": "disabled",
        "HttpPutResponseHopLimit": random.choice((1, 2)),
        "InstanceMetadataTags": "disabled",
    }
    same = {
        "InstanceId": name,
        "ImageId": f"ami-{number % 20:017x}",
        "InstanceType": random.choice(("t2.micro", "t3.large", "m4.large", "m6i.xlarge", "c7g.2xlarge")),
        "KeyName": "ops",
        "VpcId": "vpc-0123456789abcdef0",
        "SubnetId": f"subnet-{number % 9:017x}",
        "MetadataOptions": metadata,
        "EbsOptimized": random.random() < 0.8,
        "SourceDestCheck": True,
        "HibernationOptions": {"Configured": False},
        "EnclaveOptions": {"Enabled": False},
    }
    launched = moment(random)
    groups = [f"sg-{number % 30:017x}", f"sg-{number % 7:017x}"]
    disks = [(device, f"vol-{number:09x}{i:08x}") for i, device in enumerate(("/dev/xvda", "/dev/sdf"))]
    card, address = f"eni-{number:017x}", f"10.0.{number % 250}.7"
    ours: dict[str, Any] = {
        **same,
        "AvailabilityZone": f"{REGION}b",
        "SecurityGroupIds": groups,
        "Monitoring": monitored,
        "Tenancy": "default",
        "BlockDeviceMappings": [
            {"DeviceName": device, "Ebs": {"DeleteOnTermination": True}} for device, _ in disks
        ],
        "Volumes": [{"Device": device, "VolumeId": volume} for device, volume in disks],
        "NetworkInterfaces": [
            {
                "NetworkInterfaceId": card,
                "DeviceIndex": "0",
                "SubnetId": same["SubnetId"],
                "GroupSet": groups,
                "PrivateIpAddress": address,
                "AssociatePublicIpAddress": public is not None,
            }
        ],
        "Runtime": {
            "State": state,
            "LaunchTime": launched,
            "PrivateIpAddress": address,
            "Architecture": "x86_64",
        },
    }
    theirs: dict[str, Any] = {
        **same,
        "Placement": {"AvailabilityZone": f"{REGION}b", "Tenancy": "default"},
        "SecurityGroups": [{"GroupId": group, "GroupName": "web"} for group in groups],
        "Monitoring": {"State": "enabled" if monitored else "disabled"},
        "State": {"Code": 16, "Name": state},
        "LaunchTime": launched,
        "PrivateIpAddress": address,
        "Architecture": "x86_64",
        "BlockDeviceMappings": [
            {
                "DeviceName": device,
                "Ebs": {"DeleteOnTermination": True, "Status": "attached", "VolumeId": volume},
            }
            for device, volume in disks
        ],
        "NetworkInterfaces": [
            {
                "NetworkInterfaceId": card,
                "SubnetId": same["SubnetId"],
                "Groups": [{"GroupId": group, "GroupName": "web"} for group in groups],
                "PrivateIpAddress": address,
                "Attachment": {"DeviceIndex": 0, "Status": "attached"},
            }
        ],
        "Tags": tags(random, number),
    }
    if profile:
        ours["IamInstanceProfile"] = "web"
        ours["Runtime"]["IamInstanceProfileArn"] = profile
        theirs["IamInstanceProfile"] = {"Arn": profile, "Id": "AIPAEXAMPLE"}
    if public:
        ours["Runtime"]["PublicIpAddress"] = theirs["PublicIpAddress"] = public
    return ours, theirs


RANGES = ("10.0.0.0/8", "10.1.0.0/16", "192.168.0.0/24", "172.16.4.0/22", "198.51.100.7/32")


def ranges(random: Random) -> list[tuple[str, str]]:
    """One to three ranges: the key of CloudFormation, and the range."""
    found = [("CidrIp", random.choice(RANGES)) for _ in range(random.randint(1, 2))]
    if random.random() < 0.12:
        found.append(random.choice((("CidrIp", "0.0.0.0/0"), ("CidrIpv6", "::/0"))))
    return found


def permissions(random: Random, most: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rules of a security group: one range each for us, grouped by ports for the API."""
    rules: list[dict[str, Any]] = []
    grouped: list[dict[str, Any]] = []
    for _ in range(random.randint(1, most)):
        everything = random.random() < 0.08
        low = random.choice((22, 80, 443, 1024, 3306, 3389, 5432, 8080))
        ports = {} if everything else {"FromPort": low, "ToPort": low + random.choice((0, 0, 0, 10, 3000))}
        protocol = "-1" if everything else "tcp"
        found = ranges(random)
        rules += [
            {"IpProtocol": protocol, **ports, key: cidr, "Description": "a rule"} for key, cidr in found
        ]
        v4 = [{"CidrIp": cidr, "Description": "a rule"} for key, cidr in found if key == "CidrIp"]
        v6 = [{"CidrIpv6": cidr, "Description": "a rule"} for key, cidr in found if key != "CidrIp"]
        lists: dict[str, Any] = {
            "IpRanges": v4,
            "Ipv6Ranges": v6,
            "UserIdGroupPairs": [],
            "PrefixListIds": [],
        }
        grouped.append({"IpProtocol": protocol, **ports, **lists})
    return rules, grouped


def group(random: Random, number: int) -> Both:
    inward, grouped_in = permissions(random, 8)
    outward, grouped_out = permissions(random, 2)
    same = {"GroupId": f"sg-{number:017x}", "GroupName": f"group-{number}", "VpcId": "vpc-0123456789abcdef0"}
    ours = {
        **same,
        "GroupDescription": "what talks to what",
        "SecurityGroupIngress": inward,
        "SecurityGroupEgress": outward,
    }
    theirs = {
        **same,
        "Description": "what talks to what",
        "OwnerId": ACCOUNT,
        "IpPermissions": grouped_in,
        "IpPermissionsEgress": grouped_out,
        "Tags": tags(random, number),
    }
    return ours, theirs


def acl(random: Random, number: int) -> Both:
    entries = []
    for rule in range(random.randint(2, 12)):
        everything = random.random() < 0.1
        made: dict[str, Any] = {
            "RuleNumber": 100 + rule,
            "RuleAction": random.choice(("allow", "allow", "deny")),
            "Egress": random.random() < 0.4,
            "Protocol": -1 if everything else 6,
        }
        made["CidrBlock"] = "0.0.0.0/0" if random.random() < 0.15 else random.choice(RANGES)
        if not everything:
            low = random.choice((22, 80, 443, 1024, 3389))
            made["PortRange"] = {"From": low, "To": low + random.choice((0, 0, 10, 3000))}
        entries.append(made)
    links = [
        {"SubnetId": f"subnet-{i:017x}", "NetworkAclAssociationId": f"aclassoc-{number:08x}{i:09x}"}
        for i in range(random.randint(0, 3))
    ]
    same = {"VpcId": "vpc-0123456789abcdef0", "IsDefault": random.random() < 0.2}
    name = f"acl-{number:017x}"
    ours = {**same, "Id": name, "Entries": entries, "Associations": links}
    theirs = {
        **same,
        "NetworkAclId": name,
        "OwnerId": ACCOUNT,
        "Entries": [{**made, "Protocol": str(made["Protocol"])} for made in entries],
        "Associations": [{**link, "NetworkAclId": name} for link in links],
        "Tags": tags(random, number),
    }
    return ours, theirs


ACTIONS = (
    ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
    ["s3:*"],
    ["ec2:Describe*", "ec2:CreateTags"],
    ["iam:PassRole", "iam:GetRole"],
    ["kms:Decrypt", "kms:GenerateDataKey"],
    ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
    ["dynamodb:*", "sqs:SendMessage"],
    ["*"],
)


def policy(random: Random, number: int) -> Both:
    made = []
    for place in range(random.randint(1, 6)):
        one: dict[str, Any] = {
            "Sid": f"Statement{place}",
            "Effect": random.choice(("Allow", "Allow", "Allow", "Deny")),
        }
        actions = random.choices(ACTIONS, weights=(4, 2, 3, 2, 3, 4, 2, 1))[0]
        one["NotAction" if random.random() < 0.05 else "Action"] = actions
        one["Resource"] = (
            ["*"]
            if random.random() < 0.3
            else [f"arn:aws:s3:::bucket-{number}/*", f"arn:aws:s3:::bucket-{number}"]
        )
        if random.random() < 0.3:
            one["Condition"] = {"StringEquals": {"aws:RequestedRegion": [REGION]}}
        made.append(one)
    document = {"Version": "2012-10-17", "Statement": made}
    when, attached = moment(random), random.choice((0, 1, 4))
    ours = {
        "ManagedPolicyName": f"policy-{number}",
        "Path": "/",
        "PolicyDocument": document,
        "Runtime": {
            "AttachmentCount": attached,
            "PermissionsBoundaryUsageCount": 0,
            "DefaultVersionId": "v3",
            "CreateDate": when,
            "UpdateDate": when,
        },
    }
    theirs = {
        "PolicyName": f"policy-{number}",
        "PolicyId": f"ANPA{number:016}",
        "Arn": f"arn:aws:iam::{ACCOUNT}:policy/policy-{number}",
        "Path": "/",
        "DefaultVersionId": "v3",
        "AttachmentCount": attached,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
        "CreateDate": when,
        "UpdateDate": when,
        "Document": document,
    }
    return ours, theirs


def role(random: Random, number: int) -> Both:
    made = []
    for _ in range(random.randint(1, 3)):
        service = random.choice(("ec2.amazonaws.com", "lambda.amazonaws.com", "ecs-tasks.amazonaws.com"))
        foreign = [f"arn:aws:iam::{random.choice((ACCOUNT, '210987654321'))}:root"]
        trusted = (
            {"Service": [service]}
            if random.random() < 0.6
            else {"AWS": foreign if random.random() < 0.9 else ["*"]}
        )
        one: dict[str, Any] = {"Effect": "Allow", "Principal": trusted, "Action": ["sts:AssumeRole"]}
        if random.random() < 0.3:
            one["Condition"] = {"StringEquals": {"sts:ExternalId": [f"external-{number}"]}}
        made.append(one)
    document = {"Version": "2012-10-17", "Statement": made}
    when = moment(random)
    same = {
        "RoleName": f"role-{number}",
        "Path": "/",
        "Description": "what runs as this role",
        "AssumeRolePolicyDocument": document,
        "MaxSessionDuration": 3600,
    }
    attached = ["arn:aws:iam::aws:policy/ReadOnlyAccess", f"arn:aws:iam::{ACCOUNT}:policy/policy-{number}"]
    ours = {
        **same,
        "ManagedPolicyArns": attached,
        "Policies": [],
        "Runtime": {"RoleId": f"AROA{number:016}", "CreateDate": when, "InstanceProfiles": []},
    }
    theirs = {
        **same,
        "RoleId": f"AROA{number:016}",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/role-{number}",
        "CreateDate": when,
        "AttachedManagedPolicies": [{"PolicyName": arn.split("/")[-1], "PolicyArn": arn} for arn in attached],
        "Tags": tags(random, number),
    }
    return ours, theirs
