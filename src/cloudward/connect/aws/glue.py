"""AWS Glue: what jobs, endpoints and transforms run with, and how the Data Catalog is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.credentials import names_of_credentials
from cloudward.connect.aws.declare import Call, Items, Service, Using, collects, same
from cloudward.model import Document

SERVICE = Service(
    "glue",
    scope="regional",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/general/latest/gr/glue.html",
    title="AWS Glue",
)

Arguments = Mapping[str, str] | None

TAGS = Call(
    "GetTags", into="Tagging", by={"ResourceArn": "Arn"}, extra=True, gone=("EntityNotFoundException",)
)
MANY = {"MaxResults": 1000}


def _merged(*arguments: Arguments) -> dict[str, str]:
    """What a run gets; arguments that cannot be overridden come last."""
    return {name: value for each in arguments for name, value in (each or {}).items()}


def _logs_at_once(*arguments: Arguments) -> bool:
    return _merged(*arguments).get("--enable-continuous-cloudwatch-log", "").lower() == "true"


def _encryption(*arguments: Arguments) -> str | None:
    return _merged(*arguments).get("--encryption-type")


def _secrets(*arguments: Arguments) -> list[str]:
    return names_of_credentials(_merged(*arguments))


def with_arn(glue: Client, kind: str, things: Iterable[Document], key: str) -> Iterator[Document]:
    """The things, each with its ARN."""
    arn = f"arn:{glue.partition}:glue:{glue.region}:{glue.account}:{kind}/"
    return ({**thing, "Arn": f"{arn}{thing[key]}"} for thing in things)


@collects(
    "AWS::Glue::Job",
    id="Arn",
    calls=(Call("GetJobs", listing=True, params=MANY), TAGS),
    fields={
        **same("Name!", "Role", "GlueVersion", "SecurityConfiguration", "DefaultArguments"),
        **same("NonOverridableArguments", "WorkerType", "NumberOfWorkers", "MaxRetries", "Timeout"),
        **same("Command.Name", "Command.ScriptLocation", "Command.PythonVersion", "Connections.Connections"),
        "Runtime.ContinuousLogs": Using(_logs_at_once, "DefaultArguments", "NonOverridableArguments"),
        "Runtime.EncryptionType": Using(_encryption, "DefaultArguments", "NonOverridableArguments"),
        "Runtime.ArgumentsWithSecrets": Using(_secrets, "DefaultArguments", "NonOverridableArguments"),
        **same("CreatedOn", "LastModifiedOn", into="Runtime"),
    },
    name="Name",
    tags="Tagging.Tags!",
    generation="CreatedOn",
)
def jobs(glue: Client) -> Iterable[Document]:
    """Jobs."""
    return with_arn(glue, "job", glue.each("GetJobs", "Jobs"), "Name")


@collects(
    "AWS::Glue::DevEndpoint",
    id="Arn",
    calls=(Call("GetDevEndpoints", listing=True, params=MANY), TAGS),
    fields={
        **same("EndpointName!", "RoleArn", "GlueVersion", "SecurityConfiguration", "Arguments", "SubnetId"),
        "SecurityGroupIds": "SecurityGroupIds",
        "Runtime.EncryptionType": Using(_encryption, "Arguments"),
        **same("Status", "PublicAddress", "CreatedTimestamp", into="Runtime"),
    },
    name="EndpointName",
    tags="Tagging.Tags!",
    generation="CreatedTimestamp",
)
def endpoints(glue: Client) -> Iterable[Document]:
    """Development endpoints, on which scripts are written."""
    return with_arn(glue, "devEndpoint", glue.each("GetDevEndpoints", "DevEndpoints"), "EndpointName")


@collects(
    "AWS::Glue::SecurityConfiguration",
    id="arn:{partition}:glue:{region}:{account}:securityConfiguration/{Name}",
    calls=(Call("GetSecurityConfigurations", listing=True, params=MANY),),
    fields={
        "Name": "Name!",
        "EncryptionConfiguration.S3Encryptions": Items(
            "EncryptionConfiguration!.S3Encryption", same("S3EncryptionMode!", "KmsKeyArn")
        ),
        **same(
            "CloudWatchEncryption.CloudWatchEncryptionMode", "CloudWatchEncryption.KmsKeyArn",
            "JobBookmarksEncryption.JobBookmarksEncryptionMode", "JobBookmarksEncryption.KmsKeyArn",
            of="EncryptionConfiguration!", into="EncryptionConfiguration",
        ),
        "Runtime.CreatedTimeStamp": "CreatedTimeStamp",
    },
    name="Name",
    generation="CreatedTimeStamp",
)  # fmt: skip
def security_configurations(glue: Client) -> Iterable[Document]:
    """Security configurations, which say how what runs encrypts what it writes."""
    return glue.each("GetSecurityConfigurations", "SecurityConfigurations")


@collects(
    "AWS::Glue::MLTransform",
    id="Arn",
    calls=(Call("GetMLTransforms", listing=True, params=MANY), TAGS),
    fields={
        **same("Name!", "Role", "GlueVersion"),
        "TransformEncryption.MLUserDataEncryption.KmsKeyId": (
            "TransformEncryption.MlUserDataEncryption.KmsKeyId"
        ),
        "TransformEncryption.MLUserDataEncryption.MLUserDataEncryptionMode": (
            "TransformEncryption.MlUserDataEncryption.MlUserDataEncryptionMode"
        ),
        "TransformEncryption.TaskRunSecurityConfigurationName": (
            "TransformEncryption.TaskRunSecurityConfigurationName"
        ),
        **same("TransformId", "Status", "CreatedOn", into="Runtime"),
    },
    name="Name",
    tags="Tagging.Tags!",
    generation="CreatedOn",
)  # fmt: skip
def transforms(glue: Client) -> Iterable[Document]:
    """Machine learning transforms."""
    return with_arn(glue, "mlTransform", glue.each("GetMLTransforms", "Transforms"), "TransformId")
