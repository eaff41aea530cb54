"""Build projects."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cloudward.connect.aws.batching import batches
from cloudward.connect.aws.client import Client
from cloudward.connect.aws.credentials import hold_credentials
from cloudward.connect.aws.declare import Call, Items, Service, Source, Using, collects
from cloudward.model import Document

SERVICE = Service(
    "codebuild",
    scope="regional",
    title="AWS CodeBuild",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html",
)

CREDENTIALS = re.compile(r"(?<=://)[^/@:]+:[^/@]+(?=@)")


def _without_credentials(location: str | None) -> str | None:
    """The address, in which a user's name and password are covered, but seen to be there."""
    return location and CREDENTIALS.sub("redacted:redacted", location)


SOURCE: dict[str, Source] = {
    "Type": "type!",
    "Location": Using(_without_credentials, "location"),
    "SourceIdentifier": "sourceIdentifier",
    "InsecureSsl": "insecureSsl",
}


@collects(
    "AWS::CodeBuild::Project",
    id="arn",
    calls=(Call("ListProjects", listing=True), Call("BatchGetProjects", listing=True)),
    fields={
        "Name": "name!",
        "Source.Type": "source!.type!",
        "Source.Location": Using(_without_credentials, "source!.location"),
        "Source.InsecureSsl": "source!.insecureSsl",
        "SecondarySources": Items("secondarySources", SOURCE),
        "Environment.Type": "environment!.type",
        "Environment.Image": "environment!.image",
        "Environment.PrivilegedMode": "environment!.privilegedMode",
        "Environment.EnvironmentVariables": Items(
            "environment!.environmentVariables",
            {
                "Name": "name!",
                "Type": "type",
                "Value": "value",
                "LooksLikeSecret": Using(hold_credentials, "value"),
            },
        ),
        "ServiceRole": "serviceRole",
        "EncryptionKey": "encryptionKey",
        "VpcConfig.VpcId": "vpcConfig.vpcId",
        "LogsConfig.CloudWatchLogs.Status": "logsConfig.cloudWatchLogs.status",
        "LogsConfig.CloudWatchLogs.GroupName": "logsConfig.cloudWatchLogs.groupName",
        "LogsConfig.S3Logs.Status": "logsConfig.s3Logs.status",
        "LogsConfig.S3Logs.Location": "logsConfig.s3Logs.location",
        "LogsConfig.S3Logs.EncryptionDisabled": "logsConfig.s3Logs.encryptionDisabled",
        "Visibility": "projectVisibility",
        "Runtime.Created": "created",
        "Runtime.LastModified": "lastModified",
    },
    name="name",
    tags="tags",
    generation="created",
)
def projects(codebuild: Client) -> Iterator[Document]:
    """Build projects; 100 are described at once."""
    for names in batches(codebuild.each("ListProjects", "projects"), 100):
        yield from codebuild.each("BatchGetProjects", "projects", names=names)


_EXPORT = "exportConfig!"


@collects(
    "AWS::CodeBuild::ReportGroup",
    id="arn",
    calls=(Call("ListReportGroups", listing=True), Call("BatchGetReportGroups", listing=True)),
    fields={
        "Name": "name!",
        "Type": "type",
        "ExportConfig.ExportConfigType": f"{_EXPORT}.exportConfigType",
        "ExportConfig.S3Destination.Bucket": f"{_EXPORT}.s3Destination.bucket",
        "ExportConfig.S3Destination.EncryptionKey": f"{_EXPORT}.s3Destination.encryptionKey",
        "ExportConfig.S3Destination.EncryptionDisabled": f"{_EXPORT}.s3Destination.encryptionDisabled",
        "Runtime.Created": "created",
    },
    name="name",
    tags="tags",
    generation="created",
)
def report_groups(codebuild: Client) -> Iterator[Document]:
    """Reports of tests and where they go; 100 are described at once."""
    for arns in batches(codebuild.each("ListReportGroups", "reportGroups"), 100):
        yield from codebuild.each("BatchGetReportGroups", "reportGroups", reportGroupArns=arns)
