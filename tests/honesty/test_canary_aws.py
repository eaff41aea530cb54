"""A secret that an AWS account holds, wherever one can stand, is written nowhere and said nowhere."""

from __future__ import annotations

import base64
import hmac
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cloudward.connect.aws.facts import modules
from cloudward.pack import load
from cloudward.store import Store
from tests.connect.aws import synthetic
from tests.connect.aws.conftest import everything
from tests.honesty.canary import MARKER, SECRET, at, found, is_sealed, said, secrets
from tests.honesty.test_canary import Said, say

__all__ = ["say"]

REGION = "eu-west-1"
ROLE = "arn:aws:iam::123456789012:role/canary"
TRUST = json.dumps(
    {"Statement": [{"Effect": "Allow", "Principal": {"Service": "codepipeline.amazonaws.com"}}]}
)
VARIABLES = [{"name": "KEY", "value": SECRET}]
PASSWORD = SECRET.translate(str.maketrans("", "", '/@" '))
"""RDS takes no other characters."""


def client(service: Any) -> Any:
    return boto3.client(service, region_name=REGION)


def a_function() -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("main.py", "")
    client("iam").create_role(RoleName="canary", AssumeRolePolicyDocument="{}", Path="/")
    client("lambda").create_function(
        FunctionName="canary",
        Description=MARKER,
        Runtime="python3.12",
        Role=ROLE,
        Handler="main.handler",
        Code={"ZipFile": code.getvalue()},
        Environment={"Variables": {"KEY": SECRET}},
    )


def an_instance() -> None:
    image = client("ec2").register_image(Name="canary")["ImageId"]
    client("ec2").run_instances(ImageId=image, MinCount=1, MaxCount=1, UserData=SECRET)


def a_launch_template() -> None:
    """EC2 takes user data of templates only in this form."""
    script = base64.b64encode(SECRET.encode()).decode()
    client("ec2").create_launch_template(LaunchTemplateName="canary", LaunchTemplateData={"UserData": script})


def a_launch_configuration() -> None:
    client("autoscaling").create_launch_configuration(
        LaunchConfigurationName="canary", ImageId="ami-12345678", InstanceType="t3.micro", UserData=SECRET
    )


def a_stage() -> None:
    api = client("apigateway")
    id = api.create_rest_api(name="canary")["id"]
    root = api.get_resources(restApiId=id)["items"][0]["id"]
    api.put_method(restApiId=id, resourceId=root, httpMethod="GET", authorizationType="NONE")
    api.put_integration(
        restApiId=id, resourceId=root, httpMethod="GET", type="MOCK", integrationHttpMethod="GET"
    )
    api.create_deployment(restApiId=id, stageName="live", variables={"KEY": SECRET})


def a_stage_of_version_2() -> None:
    api = client("apigatewayv2")
    id = api.create_api(Name="canary", ProtocolType="HTTP")["ApiId"]
    api.create_stage(ApiId=id, StageName="live", StageVariables={"KEY": SECRET})


def a_project() -> None:
    client("codebuild").create_project(
        name="canary",
        source={"type": "S3", "location": "bucket/path"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/standard:7.0",
            "computeType": "BUILD_GENERAL1_SMALL",
            "environmentVariables": VARIABLES,
        },
        serviceRole=ROLE,
    )


def a_task() -> None:
    client("ecs").register_task_definition(
        family="canary",
        containerDefinitions=[{"name": "c", "image": "shop:1", "memory": 64, "environment": VARIABLES}],
    )


def a_job() -> None:
    container = {"image": "shop:1", "vcpus": 1, "memory": 64, "environment": VARIABLES}
    client("batch").register_job_definition(
        jobDefinitionName="canary", type="container", containerProperties=container
    )


def a_database() -> None:
    """AWS itself shows no password, not even a new one that waits for the next window; moto may."""
    rds = client("rds")
    shared = {"Engine": "postgres", "MasterUsername": "larch", "MasterUserPassword": PASSWORD}
    rds.create_db_instance(DBInstanceIdentifier="canary", DBInstanceClass="db.t3.micro", **shared)
    rds.modify_db_instance(DBInstanceIdentifier="canary", MasterUserPassword=PASSWORD + "2")


def a_cluster() -> None:
    rds = client("rds")
    shared = {"Engine": "aurora-postgresql", "MasterUsername": "larch", "MasterUserPassword": PASSWORD}
    rds.create_db_cluster(DBClusterIdentifier="canary", **shared)


def a_broker() -> None:
    """MQ shows no passwords; moto may."""
    ldap = {"Hosts": ["ldap.example.com"], "RoleBase": "r", "RoleSearchMatching": "m", "UserBase": "u"}
    client("mq").create_broker(
        BrokerName="canary",
        EngineType="ACTIVEMQ",
        EngineVersion="5.18",
        DeploymentMode="SINGLE_INSTANCE",
        HostInstanceType="mq.m5.large",
        PubliclyAccessible=False,
        Users=[{"Username": "larch", "Password": PASSWORD}],
        LdapServerMetadata={
            **ldap,
            "ServiceAccountUsername": "larch",
            "ServiceAccountPassword": PASSWORD,
            "UserSearchMatching": "m",
        },
    )


def a_machine() -> None:
    client("stepfunctions").create_state_machine(name="canary", definition=SECRET, roleArn=ROLE)


def a_pipeline() -> None:
    client("iam").create_role(RoleName="pipeline", AssumeRolePolicyDocument=TRUST)
    kind = {"category": "Source", "owner": "ThirdParty", "provider": "GitHub", "version": "1"}
    action = {"name": "code", "actionTypeId": kind, "configuration": {"OAuthToken": SECRET}}
    client("codepipeline").create_pipeline(
        pipeline={
            "name": "canary",
            "roleArn": "arn:aws:iam::123456789012:role/pipeline",
            "artifactStore": {"type": "S3", "location": "artifacts"},
            "stages": [{"name": "Source", "actions": [action]}, {"name": "Again", "actions": [action]}],
            "version": 1,
            "variables": [{"name": "KEY", "defaultValue": SECRET}],
        }
    )


def a_stack() -> None:
    template = {
        "Parameters": {"Key": {"Type": "String"}},
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {"Key": {"Value": {"Ref": "Key"}}},
    }
    client("cloudformation").create_stack(
        StackName="canary",
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": "Key", "ParameterValue": SECRET}],
    )


def a_glue_job() -> None:
    client("glue").create_job(
        Name="canary",
        Role=ROLE,
        Command={"Name": "glueetl"},
        DefaultArguments={"--key": SECRET},
        NonOverridableArguments={"--key": SECRET},
    )


def an_endpoint() -> None:
    client("glue").create_dev_endpoint(EndpointName="canary", RoleArn=ROLE, Arguments={"KEY": SECRET})


def a_connection() -> None:
    properties = {"USERNAME": "larch", "PASSWORD": SECRET, "JDBC_CONNECTION_URL": SECRET}
    client("glue").create_connection(
        ConnectionInput={"Name": "canary", "ConnectionType": "JDBC", "ConnectionProperties": properties}
    )


PLANTS: dict[tuple[str, str], Callable[[], None]] = {
    ("AWS::AmazonMQ::Broker", "LdapServerMetadata.ServiceAccountPassword"): a_broker,
    ("AWS::AmazonMQ::Broker", "Users[].Password"): a_broker,
    ("AWS::ApiGateway::Stage", "Variables"): a_stage,
    ("AWS::ApiGatewayV2::Stage", "StageVariables"): a_stage_of_version_2,
    ("AWS::AutoScaling::LaunchConfiguration", "UserData"): a_launch_configuration,
    ("AWS::Batch::JobDefinition", "ContainerProperties.Environment[].Value"): a_job,
    ("AWS::CloudFormation::Stack", "Outputs[].OutputValue"): a_stack,
    ("AWS::CloudFormation::Stack", "Parameters[].ParameterValue"): a_stack,
    ("AWS::CodeBuild::Project", "Environment.EnvironmentVariables[].Value"): a_project,
    ("AWS::CodePipeline::Pipeline", "Stages[].Actions[].Configuration"): a_pipeline,
    ("AWS::CodePipeline::Pipeline", "Variables[].DefaultValue"): a_pipeline,
    ("AWS::EC2::Instance", "UserData"): an_instance,
    ("AWS::EC2::LaunchTemplate", "LaunchTemplateData.UserData"): a_launch_template,
    ("AWS::ECS::TaskDefinition", "ContainerDefinitions[].Environment[].Value"): a_task,
    ("AWS::Glue::Connection", "ConnectionInput.ConnectionProperties"): a_connection,
    ("AWS::Glue::DevEndpoint", "Arguments"): an_endpoint,
    ("AWS::Glue::Job", "DefaultArguments"): a_glue_job,
    ("AWS::Glue::Job", "NonOverridableArguments"): a_glue_job,
    ("AWS::Lambda::Function", "Environment.Variables"): a_function,
    ("AWS::RDS::DBCluster", "MasterUserPassword"): a_cluster,
    ("AWS::RDS::DBInstance", "MasterUserPassword"): a_database,
    ("AWS::StepFunctions::StateMachine", "DefinitionString"): a_machine,
}
UNSEEN = {
    ("AWS::AmazonMQ::Broker", "LdapServerMetadata.ServiceAccountPassword"),
    ("AWS::AmazonMQ::Broker", "Users[].Password"),
    ("AWS::RDS::DBCluster", "MasterUserPassword"),
    ("AWS::RDS::DBInstance", "MasterUserPassword"),
}
"""What AWS does not show: it is in templates alone."""


def test_every_secret_field_of_a_collector_has_a_plant() -> None:
    read = {collector.type for module in modules().values() for collector in module.collectors}
    assert {(type, path) for type, path in secrets(load()) if type in read} == set(PLANTS)


@pytest.fixture
def account(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        for plant in dict.fromkeys(PLANTS.values()):
            plant()
        yield


def test_no_secret_of_an_account_is_ever_seen(say: Said, account: None, home: Path, cache: Path) -> None:
    types = {type for type, _ in PLANTS}
    services = [
        name for name, module in modules().items() if types & {each.type for each in module.collectors}
    ]
    words = [word for name in services for word in ("--service", name)]
    for form in ("table", "ocsf"):
        say("scan", "aws", "--region", REGION, "--full", *words, "-o", form)
    say.ask_everything()
    assert say.leaks() == []
    assert found(home / "data") == []
    assert found(cache) == []
    assert found(home / "data", MARKER)
    assert any(said(text, MARKER) for _, text in say.all)
    with Store.open(home / "data" / "cloudward") as store:
        forms = (SECRET, base64.b64encode(SECRET.encode()).decode())
        known = {hmac.digest(store.key, form.encode(), "sha256").hex() for form in forms}
        for type, path in PLANTS:
            resources = store.snapshot("123456789012").resources(type)
            values = [value for each in resources for value in at(each.properties, path) if value]
            assert all(map(is_sealed, values)), (type, path)
            if (type, path) not in UNSEEN:
                assert any(digest in json.dumps(values) for digest in known), (type, path)


HARMLESS = {"ClientId", "Comment", "KMSMasterKeyID"} | {
    "AccountName",
    "DbUser",
    "GuardrailContentFilterAction",
    "GuardrailContextualGroundingAction",
    "GuardrailName",
}
"""Members, or their shapes, that AWS marks as sensitive and that tell no secret: a remark, which key
encrypts, names, what a guardrail does, and the id of an app, which stands where its users sign in."""


def test_nothing_that_aws_marks_as_sensitive_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    marked: set[str] = set()
    texts: dict[str, Any] = {"string": SECRET, "blob": SECRET.encode()}
    plain = synthetic.value

    def value(shape: Any, name: str, above: tuple[str, ...]) -> Any:
        harmless = {name, shape.name} & HARMLESS
        if shape.metadata.get("sensitive") and shape.type_name in texts and not harmless:
            marked.add(name)
            return texts[shape.type_name]
        return plain(shape, name, above)

    monkeypatch.setattr(synthetic, "value", value)
    collected = everything(synthetic.Synthetic())
    assert marked >= {"MasterUserPassword", "HeaderValue", "Base32StringSeed", "ClientSecret", "definition"}
    assert [each.id for each in collected.resources if said(repr(each))] == []
    assert not said(repr(collected.coverage))
