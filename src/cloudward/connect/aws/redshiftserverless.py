"""Redshift Serverless: workgroups compute, namespaces hold the data."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Fact, Items, Nothing, Service, collects
from cloudward.model import Document

SERVICE = Service(
    "redshift-serverless",
    scope="regional",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/redshift/latest/mgmt/amazon-redshift-limits.html",
    title="Redshift Serverless",
)


@collects(
    "AWS::RedshiftServerless::Workgroup",
    id="workgroupArn",
    calls=(
        Call(
            "ListWorkgroups",
            listing=True,
            unless=Fact(
                Nothing("ListNamespaces"),
                "a workgroup is made for a namespace",
                "https://docs.aws.amazon.com/redshift-serverless/latest/APIReference/API_CreateWorkgroup.html",
            ),
            params={"maxResults": 100},
        ),
        Call(
            "ListTagsForResource",
            into="Tagging",
            by={"resourceArn": "workgroupArn"},
            extra=True,
            gone=("ResourceNotFoundException",),
        ),
    ),
    fields={
        "WorkgroupName": "workgroupName!",
        "NamespaceName": "namespaceName",
        "BaseCapacity": "baseCapacity",
        "MaxCapacity": "maxCapacity",
        "EnhancedVpcRouting": "enhancedVpcRouting",
        "PubliclyAccessible": "publiclyAccessible",
        "Port": "port",
        "SubnetIds": "subnetIds",
        "SecurityGroupIds": "securityGroupIds",
        "ConfigParameters": Items(
            "configParameters", {"ParameterKey": "parameterKey", "ParameterValue": "parameterValue"}
        ),
        "Runtime.Status": "status",
        "Runtime.CreationDate": "creationDate",
    },
    name="workgroupName",
    tags="Tagging.tags!",
    generation="creationDate",
)
def workgroups(serverless: Client) -> Iterable[Document]:
    """What computes, and how it is reached."""
    return serverless.each("ListWorkgroups", "workgroups")


@collects(
    "AWS::RedshiftServerless::Namespace",
    id="namespaceArn",
    calls=(
        Call("ListNamespaces", listing=True, params={"maxResults": 100}),
        Call(
            "ListTagsForResource",
            into="Tagging",
            by={"resourceArn": "namespaceArn"},
            extra=True,
            gone=("ResourceNotFoundException",),
        ),
    ),
    fields={
        "NamespaceName": "namespaceName!",
        "AdminUsername": "adminUsername",
        "DbName": "dbName",
        "DefaultIamRoleArn": "defaultIamRoleArn",
        "KmsKeyId": "kmsKeyId",
        "LogExports": "logExports",
        "Runtime.Status": "status",
        "Runtime.CreationDate": "creationDate",
    },
    name="namespaceName",
    tags="Tagging.tags!",
    generation="creationDate",
)
def namespaces(serverless: Client) -> Iterable[Document]:
    """What holds databases and their users."""
    return serverless.each("ListNamespaces", "namespaces")
