"""An account in which every service that moto plays has resources: one function a service.

    plant(session, count, region)      # about `count` resources of each service

moto cannot make clusters of DocumentDB, access analyzers, nor anything of Shield, Lightsail, AppStream,
Bedrock or Storage Gateway.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from benchmarks.populate_inside import INSIDE

ACCOUNT = "123456789012"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
ALLOW = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/role-0"
TAGS = [{"Key": "team", "Value": "blue"}]

Client = Callable[[str], Any]
Plant = Callable[[Client, int], None]


class Place:
    """The network that others stand in, made once."""

    def __init__(self, client: Client) -> None:
        ec2 = client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        zones = [zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]]
        self.subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=zones[n])["Subnet"][
                "SubnetId"
            ]
            for n in range(2)
        ]
        self.group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
        self.image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        self.vpc = vpc


def archive() -> bytes:
    """A function's code."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as file:
        file.writestr("main.py", "def handler(event, context): return 1")
    return held.getvalue()


def s3(client: Client, count: int) -> None:
    for n in range(count):
        client("s3").create_bucket(Bucket=f"larch-{n}")
        client("s3").put_bucket_versioning(
            Bucket=f"larch-{n}", VersioningConfiguration={"Status": "Enabled" if n % 2 else "Suspended"}
        )


def iam(client: Client, count: int) -> None:
    of = client("iam")
    for n in range(count):
        of.create_role(RoleName=f"role-{n}", AssumeRolePolicyDocument=TRUST)
        of.create_user(UserName=f"user-{n}")
        of.create_access_key(UserName=f"user-{n}")
        of.create_policy(PolicyName=f"policy-{n}", PolicyDocument=ALLOW)
        of.create_group(GroupName=f"group-{n}")


def ec2(client: Client, count: int, place: Place) -> None:
    of = client("ec2")
    of.run_instances(ImageId=place.image, MinCount=count, MaxCount=count, SubnetId=place.subnets[0])
    for n in range(count):
        of.create_volume(Size=8, AvailabilityZone=f"{of.meta.region_name}a", Encrypted=bool(n % 2))
        of.create_security_group(GroupName=f"group-{n}", Description="group", VpcId=place.vpc)
        of.allocate_address(Domain="vpc")
        of.create_launch_template(
            LaunchTemplateName=f"template-{n}", LaunchTemplateData={"InstanceType": "t3.micro"}
        )
    volume = of.create_volume(Size=8, AvailabilityZone=f"{of.meta.region_name}a")["VolumeId"]
    for _ in range(count):
        of.create_snapshot(VolumeId=volume)


def kms(client: Client, count: int) -> None:
    for n in range(count):
        key = client("kms").create_key()["KeyMetadata"]["KeyId"]
        client("kms").create_alias(AliasName=f"alias/key-{n}", TargetKeyId=key)


def cloudtrail(client: Client, count: int) -> None:
    client("s3").create_bucket(Bucket="trails")
    for n in range(min(count, 5)):
        client("cloudtrail").create_trail(Name=f"trail-{n}", S3BucketName="trails")


def logs(client: Client, count: int) -> None:
    for n in range(count):
        client("logs").create_log_group(logGroupName=f"/app/{n}")


def cloudwatch(client: Client, count: int) -> None:
    for n in range(count):
        client("cloudwatch").put_metric_alarm(
            AlarmName=f"alarm-{n}",
            MetricName="errors",
            Namespace="app",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )


def rds(client: Client, count: int) -> None:
    of = client("rds")
    for n in range(count):
        of.create_db_instance(
            DBInstanceIdentifier=f"db-{n}",
            DBInstanceClass="db.t3.micro",
            Engine="postgres",
            MasterUsername="admin",
            MasterUserPassword="Larch-and-Lane-1",
            AllocatedStorage=10,
        )
        of.create_db_snapshot(DBSnapshotIdentifier=f"snapshot-{n}", DBInstanceIdentifier=f"db-{n}")
    for n in range(count // 2):
        of.create_db_cluster(
            DBClusterIdentifier=f"cluster-{n}",
            Engine="aurora-postgresql",
            MasterUsername="admin",
            MasterUserPassword="Larch-and-Lane-1",
        )


def neptune(client: Client, count: int) -> None:
    for n in range(count):
        client("neptune").create_db_cluster(DBClusterIdentifier=f"graph-{n}", Engine="neptune")


def awslambda(client: Client, count: int) -> None:
    for n in range(count):
        client("lambda").create_function(
            FunctionName=f"function-{n}",
            Runtime="python3.12",
            Role=ROLE,
            Handler="main.handler",
            Code={"ZipFile": archive()},
        )


def dynamodb(client: Client, count: int) -> None:
    for n in range(count):
        client("dynamodb").create_table(
            TableName=f"table-{n}",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )


def sns(client: Client, count: int) -> None:
    for n in range(count):
        client("sns").create_topic(Name=f"topic-{n}")


def sqs(client: Client, count: int) -> None:
    for n in range(count):
        client("sqs").create_queue(QueueName=f"queue-{n}")


def secretsmanager(client: Client, count: int) -> None:
    for n in range(count):
        client("secretsmanager").create_secret(Name=f"secret-{n}", SecretString="larch")


def ssm(client: Client, count: int) -> None:
    for n in range(count):
        client("ssm").create_document(
            Name=f"document-{n}",
            DocumentType="Command",
            DocumentFormat="JSON",
            Content=json.dumps({"schemaVersion": "2.2", "description": "d", "mainSteps": []}),
        )


def elb(client: Client, count: int, place: Place) -> None:
    for n in range(count):
        client("elb").create_load_balancer(
            LoadBalancerName=f"classic-{n}",
            Listeners=[{"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}],
            Subnets=place.subnets,
        )


def elbv2(client: Client, count: int, place: Place) -> None:
    for n in range(count):
        client("elbv2").create_load_balancer(Name=f"balancer-{n}", Subnets=place.subnets)


def autoscaling(client: Client, count: int, place: Place) -> None:
    of = client("autoscaling")
    of.create_launch_configuration(
        LaunchConfigurationName="launch", ImageId=place.image, InstanceType="t3.micro"
    )
    for n in range(count):
        of.create_auto_scaling_group(
            AutoScalingGroupName=f"group-{n}",
            LaunchConfigurationName="launch",
            MinSize=0,
            MaxSize=1,
            VPCZoneIdentifier=place.subnets[0],
        )


def ecr(client: Client, count: int) -> None:
    for n in range(count):
        client("ecr").create_repository(repositoryName=f"app-{n}")


def ecs(client: Client, count: int) -> None:
    of = client("ecs")
    for n in range(count):
        of.create_cluster(clusterName=f"cluster-{n}")
        of.register_task_definition(
            family=f"task-{n}", containerDefinitions=[{"name": "app", "image": "app", "memory": 128}]
        )
        of.create_service(
            cluster=f"cluster-{n}", serviceName=f"service-{n}", taskDefinition=f"task-{n}", desiredCount=0
        )


def eks(client: Client, count: int, place: Place) -> None:
    for n in range(min(count, 10)):
        client("eks").create_cluster(
            name=f"cluster-{n}", roleArn=ROLE, resourcesVpcConfig={"subnetIds": place.subnets}
        )


def cloudfront(client: Client, count: int) -> None:
    for n in range(count):
        client("cloudfront").create_distribution(
            DistributionConfig={
                "CallerReference": str(n),
                "Comment": "shop",
                "Enabled": True,
                "Origins": {
                    "Quantity": 1,
                    "Items": [
                        {
                            "Id": "origin",
                            "DomainName": "larch-0.s3.us-east-1.amazonaws.com",
                            "S3OriginConfig": {"OriginAccessIdentity": ""},
                        }
                    ],
                },
                "DefaultCacheBehavior": {
                    "TargetOriginId": "origin",
                    "ViewerProtocolPolicy": "allow-all",
                    "MinTTL": 0,
                    "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
                },
            }
        )


def apigateway(client: Client, count: int) -> None:
    for n in range(count):
        client("apigateway").create_rest_api(name=f"api-{n}")


def apigatewayv2(client: Client, count: int) -> None:
    for n in range(count):
        client("apigatewayv2").create_api(Name=f"api-{n}", ProtocolType="HTTP")


def acm(client: Client, count: int) -> None:
    for n in range(count):
        client("acm").request_certificate(DomainName=f"shop-{n}.example.org", ValidationMethod="DNS")


def route53(client: Client, count: int) -> None:
    for n in range(count):
        client("route53").create_hosted_zone(Name=f"shop-{n}.example.org", CallerReference=str(n))


def guardduty(client: Client, count: int) -> None:
    client("guardduty").create_detector(Enable=bool(count))


def config(client: Client, count: int) -> None:
    client("config").put_configuration_recorder(
        ConfigurationRecorder={
            "name": "default",
            "roleARN": ROLE,
            "recordingGroup": {"allSupported": bool(count)},
        }
    )


def efs(client: Client, count: int) -> None:
    for n in range(count):
        client("efs").create_file_system(CreationToken=f"files-{n}")


def fsx(client: Client, count: int, place: Place) -> None:
    for _ in range(count):
        client("fsx").create_file_system(
            FileSystemType="LUSTRE", StorageCapacity=1200, SubnetIds=place.subnets[:1]
        )


def elasticache(client: Client, count: int) -> None:
    for n in range(count):
        client("elasticache").create_replication_group(
            ReplicationGroupId=f"cache-{n}", ReplicationGroupDescription="sessions", Engine="redis"
        )


def memorydb(client: Client, count: int) -> None:
    for n in range(count):
        client("memorydb").create_cluster(
            ClusterName=f"memory-{n}", NodeType="db.t4g.small", ACLName="open-access"
        )


def opensearch(client: Client, count: int) -> None:
    for n in range(count):
        client("opensearch").create_domain(DomainName=f"search-{n}")


def redshift(client: Client, count: int) -> None:
    for n in range(count):
        client("redshift").create_cluster(
            ClusterIdentifier=f"warehouse-{n}",
            NodeType="ra3.large",
            MasterUsername="owner",
            MasterUserPassword="Larch-and-Lane-1",
        )


def sagemaker(client: Client, count: int) -> None:
    for n in range(count):
        client("sagemaker").create_notebook_instance(
            NotebookInstanceName=f"notebook-{n}", InstanceType="ml.t3.medium", RoleArn=ROLE
        )


def wafv2(client: Client, count: int) -> None:
    for n in range(count):
        client("wafv2").create_web_acl(
            Name=f"wall-{n}",
            Scope="REGIONAL",
            DefaultAction={"Allow": {}},
            VisibilityConfig={
                "SampledRequestsEnabled": True,
                "CloudWatchMetricsEnabled": True,
                "MetricName": f"wall-{n}",
            },
        )


def backup(client: Client, count: int) -> None:
    for n in range(count):
        client("backup").create_backup_vault(BackupVaultName=f"vault-{n}")


def kinesis(client: Client, count: int) -> None:
    for n in range(count):
        client("kinesis").create_stream(StreamName=f"stream-{n}", ShardCount=1)


def firehose(client: Client, count: int) -> None:
    for n in range(count):
        client("firehose").create_delivery_stream(
            DeliveryStreamName=f"delivery-{n}",
            S3DestinationConfiguration={"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::larch-0"},
        )


def stepfunctions(client: Client, count: int) -> None:
    definition = json.dumps({"StartAt": "done", "States": {"done": {"Type": "Succeed"}}})
    for n in range(count):
        client("stepfunctions").create_state_machine(name=f"machine-{n}", definition=definition, roleArn=ROLE)


def glue(client: Client, count: int) -> None:
    for n in range(count):
        client("glue").create_job(
            Name=f"job-{n}", Role=ROLE, Command={"Name": "glueetl", "ScriptLocation": "s3://larch-0/job.py"}
        )
        client("glue").create_database(DatabaseInput={"Name": f"database-{n}"})


def athena(client: Client, count: int) -> None:
    for n in range(count):
        client("athena").create_work_group(Name=f"group-{n}")


def emr(client: Client, count: int) -> None:
    for n in range(count):
        client("emr").run_job_flow(
            Name=f"cluster-{n}",
            Instances={
                "MasterInstanceType": "m5.xlarge",
                "InstanceCount": 1,
                "KeepJobFlowAliveWhenNoSteps": True,
            },
            JobFlowRole="EMR_EC2_DefaultRole",
            ServiceRole="EMR_DefaultRole",
        )


def kafka(client: Client, count: int, place: Place) -> None:
    for n in range(count):
        client("kafka").create_cluster_v2(
            ClusterName=f"kafka-{n}",
            Serverless={"VpcConfigs": [{"SubnetIds": place.subnets, "SecurityGroupIds": [place.group]}]},
        )


def mq(client: Client, count: int) -> None:
    for n in range(count):
        client("mq").create_broker(
            BrokerName=f"broker-{n}",
            EngineType="ACTIVEMQ",
            EngineVersion="5.18",
            HostInstanceType="mq.t3.micro",
            DeploymentMode="SINGLE_INSTANCE",
            PubliclyAccessible=False,
            AutoMinorVersionUpgrade=True,
            Users=[{"Username": "admin", "Password": "Larch-and-Lane-1"}],
        )


def dms(client: Client, count: int) -> None:
    for n in range(count):
        client("dms").create_replication_instance(
            ReplicationInstanceIdentifier=f"copier-{n}", ReplicationInstanceClass="dms.t3.micro"
        )


def codebuild(client: Client, count: int) -> None:
    for n in range(count):
        client("codebuild").create_project(
            name=f"project-{n}",
            source={"type": "S3", "location": "larch-0/source.zip"},
            artifacts={"type": "NO_ARTIFACTS"},
            environment={
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/standard:7.0",
                "computeType": "BUILD_GENERAL1_SMALL",
            },
            serviceRole=ROLE,
        )


def codepipeline(client: Client, count: int) -> None:
    def action(name: str, category: str, provider: str) -> dict[str, Any]:
        kind = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
        return {"name": name, "actions": [{"name": name, "actionTypeId": kind}]}

    client("iam").create_role(
        RoleName="pipelines", AssumeRolePolicyDocument=TRUST.replace("lambda", "codepipeline")
    )
    for n in range(count):
        client("codepipeline").create_pipeline(
            pipeline={
                "name": f"pipeline-{n}",
                "roleArn": f"arn:aws:iam::{ACCOUNT}:role/pipelines",
                "artifactStore": {"type": "S3", "location": "larch-0"},
                "stages": [action("source", "Source", "S3"), action("build", "Build", "CodeBuild")],
            }
        )


def cognito(client: Client, count: int) -> None:
    for n in range(count):
        client("cognito-idp").create_user_pool(PoolName=f"pool-{n}")
        client("cognito-identity").create_identity_pool(
            IdentityPoolName=f"pool-{n}", AllowUnauthenticatedIdentities=False
        )


def directoryservice(client: Client, count: int, place: Place) -> None:
    for n in range(min(count, 5)):
        client("ds").create_directory(
            Name=f"corp-{n}.example.org",
            Password="Larch-and-Lane-1",
            Size="Small",
            VpcSettings={"VpcId": place.vpc, "SubnetIds": place.subnets},
        )


def transfer(client: Client, count: int) -> None:
    for _ in range(count):
        client("transfer").create_server(Protocols=["SFTP"])


def appsync(client: Client, count: int) -> None:
    for n in range(count):
        client("appsync").create_graphql_api(name=f"graph-{n}", authenticationType="API_KEY")


def eventbridge(client: Client, count: int) -> None:
    for n in range(count):
        client("events").create_event_bus(Name=f"bus-{n}")


def networkfirewall(client: Client, count: int, place: Place) -> None:
    for n in range(min(count, 5)):
        client("network-firewall").create_firewall(
            FirewallName=f"firewall-{n}",
            FirewallPolicyArn=f"arn:aws:network-firewall:us-east-1:{ACCOUNT}:firewall-policy/policy",
            VpcId=place.vpc,
            SubnetMappings=[{"SubnetId": place.subnets[0]}],
        )


def datasync(client: Client, count: int) -> None:
    of = client("datasync")
    ends = [
        of.create_location_s3(
            S3BucketArn=f"arn:aws:s3:::larch-{n}", S3Config={"BucketAccessRoleArn": ROLE}, Subdirectory="/"
        )["LocationArn"]
        for n in range(2)
    ]
    for n in range(count):
        of.create_task(SourceLocationArn=ends[0], DestinationLocationArn=ends[1], Name=f"task-{n}")


def cloudformation(client: Client, count: int) -> None:
    template = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    for n in range(count):
        client("cloudformation").create_stack(StackName=f"stack-{n}", TemplateBody=template)


def servicecatalog(client: Client, count: int) -> None:
    for n in range(count):
        client("servicecatalog").create_portfolio(
            DisplayName=f"portfolio-{n}", ProviderName="platform", IdempotencyToken=str(n)
        )


def workspaces(client: Client, count: int, place: Place) -> None:
    directory = client("ds").create_directory(
        Name="desks.example.org",
        Password="Larch-and-Lane-1",
        Size="Small",
        VpcSettings={"VpcId": place.vpc, "SubnetIds": place.subnets},
    )["DirectoryId"]
    client("workspaces").register_workspace_directory(DirectoryId=directory, EnableSelfService=False)
    client("workspaces").create_workspaces(
        Workspaces=[
            {"DirectoryId": directory, "UserName": f"user-{n}", "BundleId": "wsb-bh8rsxt14"}
            for n in range(min(count, 20))
        ]
    )


def securityhub(client: Client, count: int) -> None:
    client("securityhub").enable_security_hub(EnableDefaultStandards=bool(count))


def macie(client: Client, count: int) -> None:
    client("macie2").enable_macie(status="ENABLED" if count else "PAUSED")


def inspector(client: Client, count: int) -> None:
    client("inspector2").enable(accountIds=[ACCOUNT], resourceTypes=["EC2", "ECR"][:count])


def organizations(client: Client, count: int) -> None:
    client("organizations").create_organization(FeatureSet="ALL")
    for n in range(min(count, 5)):
        client("organizations").create_account(Email=f"a{n}@example.org", AccountName=f"account-{n}")


def dax(client: Client, count: int) -> None:
    for n in range(count):
        client("dax").create_cluster(
            ClusterName=f"dax-{n}", NodeType="dax.t3.small", ReplicationFactor=1, IamRoleArn=ROLE
        )


IN_A_NETWORK: Mapping[str, Callable[..., None]] = {
    "ec2": ec2,
    "elb": elb,
    "elbv2": elbv2,
    "autoscaling": autoscaling,
    "eks": eks,
    "fsx": fsx,
    "kafka": kafka,
    "directoryservice": directoryservice,
    "networkfirewall": networkfirewall,
    "workspaces": workspaces,
}
BY_ITSELF: Mapping[str, Plant] = {
    each.__name__: each
    for each in (
        s3, iam, kms, cloudtrail, logs, cloudwatch, rds, neptune, awslambda, dynamodb, sns, sqs,
        secretsmanager, ssm, ecr, ecs, cloudfront, apigateway, apigatewayv2, acm, route53, guardduty, config,
        efs, elasticache, memorydb, opensearch, redshift, sagemaker, wafv2, backup, kinesis, firehose,
        stepfunctions, glue, athena, emr, mq, dms, codebuild, codepipeline, cognito, transfer, appsync,
        eventbridge, datasync, cloudformation, servicecatalog, securityhub, macie, inspector,
        organizations, dax,
    )
}  # fmt: skip


def plants(client: Client) -> Mapping[str, Plant]:
    """What is planted, by a name of the service or of the kind of thing."""
    place = Place(client)
    network = {name: partial(make, place=place) for name, make in IN_A_NETWORK.items()}
    return {**BY_ITSELF, **network, **INSIDE}


def plant(client: Client, count: int) -> dict[str, str]:
    """Make about `count` resources of each service; the names of those that moto refused, and why."""
    refused = {}
    for name, make in plants(client).items():
        try:
            make(client, count)
        except Exception as error:  # noqa: BLE001 - moto refuses in many ways; each is told
            refused[name] = f"{type(error).__name__}: {error}"[:200]
    return refused
