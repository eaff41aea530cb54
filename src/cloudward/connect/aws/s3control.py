"""Further doors to S3 in each region: access points, and directory buckets."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, Service, Using, collects, same
from cloudward.connect.aws.s3 import BLOCKS
from cloudward.model import Document

SERVICE = Service(
    "s3control",
    scope="regional",
    prefix="s3",
    title="S3 access points and directory buckets",
    quota=20,
    guess=True,
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-restrictions-limitations.html",
)


@collects(
    "AWS::S3::AccessPoint",
    id="AccessPointArn",
    region=Using(lambda arn: arn.split(":")[3], "AccessPointArn"),
    calls=(
        Call("ListAccessPoints", listing=True, params={"MaxResults": 1000}),
        Call(
            "GetAccessPoint",
            into="Point",
            by={"AccountId": "AccountId", "Name": "Name"},
            extra=True,
            gone=("NoSuchAccessPoint",),
        ),
    ),
    fields={
        **same("Name!", "Bucket", "BucketAccountId"),
        **same(*BLOCKS, of="Point.PublicAccessBlockConfiguration", into="PublicAccessBlockConfiguration"),
        "VpcConfiguration.VpcId": "VpcConfiguration.VpcId",
        **same("NetworkOrigin", "Alias", into="Runtime"),
    },
    name="Name",
)
def access_points(s3control: Client) -> Iterable[Document]:
    """Doors to buckets, with policies of their own."""
    for point in s3control.each("ListAccessPoints", "AccessPointList", AccountId=s3control.account):
        yield {**point, "AccountId": s3control.account}


@collects(
    "AWS::S3Express::DirectoryBucket",
    id="BucketArn",
    calls=(
        Call(
            "ListDirectoryBuckets", listing=True, service="s3", action="s3express:ListAllMyDirectoryBuckets"
        ),
        Call(
            "GetBucketLifecycleConfiguration",
            into="Lifecycle",
            by={"Bucket": "Name"},
            service="s3",
            extra=True,
            absent={"NoSuchLifecycleConfiguration": {"Rules": None}},
            gone=("NoSuchBucket",),
            action="s3express:GetLifecycleConfiguration",
        ),
    ),
    fields={
        "BucketName": "Name!",
        "LifecycleConfiguration.Rules": Items("Lifecycle.Rules!", {"Id": "ID", "Status": "Status!"}),
        "Runtime.CreationDate": "CreationDate",
    },
    name="Name",
    generation="CreationDate",
)
def directory_buckets(s3control: Client) -> Iterable[Document]:
    """Buckets of one zone, for what must be fast.

    Only these have an ARN in the list; what plays S3 may answer with all buckets.
    """
    return (each for each in s3control.each("ListDirectoryBuckets", "Buckets") if each.get("BucketArn"))
