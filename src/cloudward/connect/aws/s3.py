"""S3: buckets, and what the account blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from cloudward.connect.aws.answers import Unread
from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import (
    Call,
    Fact,
    Items,
    Service,
    Using,
    collects,
    details,
    same,
    tagged,
    tags_of,
)
from cloudward.model import Document

SERVICE = Service(
    "s3",
    scope="global",
    title="Simple Storage Service",
    quota=200,  # the page has 5,500 reads a second for objects, nothing for settings
    guess=True,
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html",
)

BY_DEFAULT = "ServerSideEncryptionByDefault"
CONFIGURATION = "ServerSideEncryptionConfiguration"
BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


def place(listed: str | None, location: Document | Unread | None) -> Any:
    """ListBuckets names the region nowadays; GetBucketLocation has odd names for the two oldest."""
    if listed or location is None or isinstance(location, Unread):
        return listed or location
    return {"": "us-east-1", "EU": "eu-west-1"}.get(name := location.get("LocationConstraint") or "", name)


PLACE = Using(place, "BucketRegion", "Location?")
ANYWHERE = Using(lambda listed, location: place(listed, location) or None, "BucketRegion", "Location?")
"""S3 sends those on who ask for a bucket in the wrong region."""

UNVERSIONED = Using(lambda status: status != "Enabled", "Versioning.Status")


def per_event(arn: str, name: str) -> Callable[[Sequence[Document] | None], list[Document]]:
    """CloudFormation has one entry per event, the API one per target."""

    def flatten(targets: Sequence[Document] | None) -> list[Document]:
        return [{"Event": event, name: target[arn]} for target in targets or () for event in target["Events"]]

    return flatten


def lifecycle(rules: Sequence[Document] | None) -> list[dict[str, Any]]:
    """The API nests what CloudFormation writes flat."""
    return [
        {
            "Id": rule.get("ID"),
            "Status": rule["Status"],
            "Prefix": rule.get("Filter", {}).get("Prefix", rule.get("Prefix")),
            "ExpirationInDays": rule.get("Expiration", {}).get("Days"),
            "ExpirationDate": rule.get("Expiration", {}).get("Date"),
            "NoncurrentVersionExpiration": rule.get("NoncurrentVersionExpiration"),
            "AbortIncompleteMultipartUpload": rule.get("AbortIncompleteMultipartUpload"),
            "Transitions": [
                {
                    "StorageClass": move.get("StorageClass"),
                    "TransitionInDays": move.get("Days"),
                    "TransitionDate": move.get("Date"),
                }
                for move in rule.get("Transitions", ())
            ],
        }
        for rule in rules or ()
    ]


@collects(
    "AWS::S3::Bucket",
    id="arn:{partition}:s3:::{Name}",
    name="Name",
    region=PLACE,
    calls=(
        Call("ListBuckets", listing=True, params={"MaxBuckets": 1000}, action="s3:ListAllMyBuckets"),
        Call(
            "GetBucketLocation",
            into="Location",
            by={"Bucket": "Name"},
            when=Using(lambda region: not region, "BucketRegion"),
            gone=("NoSuchBucket",),
        ),
        *tagged(
            "s3",
            Call(
                "GetBucketTagging",
                into="Tagging",
                by={"Bucket": "Name"},
                at=ANYWHERE,
                absent={"NoSuchTagSet": {"TagSet": None}},
                gone=("NoSuchBucket",),
            ),
            arn="Arn",
        ),
        *details(
            Call(
                "GetBucketEncryption",
                into="Encryption",
                absent={
                    "ServerSideEncryptionConfigurationNotFoundError": {
                        "ServerSideEncryptionConfiguration": None
                    }
                },
                action="s3:GetEncryptionConfiguration",
            ),
            Call(
                "GetPublicAccessBlock",
                into="Block",
                absent={"NoSuchPublicAccessBlockConfiguration": {"PublicAccessBlockConfiguration": None}},
                action="s3:GetBucketPublicAccessBlock",
            ),
            Call("GetBucketPolicy", into="Policy", absent={"NoSuchBucketPolicy": {"Policy": None}}),
            Call(
                "GetBucketOwnershipControls",
                into="Ownership",
                extra=True,
                absent={"OwnershipControlsNotFoundError": {"OwnershipControls": None}},
            ),
            Call("GetBucketAcl", into="Acl"),
            Call("GetBucketVersioning", into="Versioning"),
            Call("GetBucketLogging", into="Logging"),
            Call(
                "GetBucketLifecycleConfiguration",
                into="Lifecycle",
                extra=True,
                absent={"NoSuchLifecycleConfiguration": {"Rules": None}},
                action="s3:GetLifecycleConfiguration",
            ),
            Call(
                "GetObjectLockConfiguration",
                into="Lock",
                extra=True,
                absent={"ObjectLockConfigurationNotFoundError": {"ObjectLockConfiguration": None}},
                unless=Fact(
                    UNVERSIONED,
                    "Object Lock needs versioning, which then cannot be suspended",
                    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-configure.html",
                ),
                action="s3:GetBucketObjectLockConfiguration",
            ),
            Call("GetBucketWebsite", into="Website", extra=True, absent={"NoSuchWebsiteConfiguration": {}}),
            Call(
                "GetBucketCors",
                into="Cors",
                extra=True,
                absent={"NoSuchCORSConfiguration": {"CORSRules": None}},
                action="s3:GetBucketCORS",
            ),
            Call(
                "GetBucketNotificationConfiguration",
                into="Notification",
                extra=True,
                action="s3:GetBucketNotification",
            ),
            Call(
                "GetBucketReplication",
                into="Replication",
                extra=True,
                absent={"ReplicationConfigurationNotFoundError": {"ReplicationConfiguration": None}},
                unless=Fact(
                    UNVERSIONED,
                    "replication needs versioning, which then cannot be suspended",
                    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-and-other-bucket-configs.html",
                ),
                action="s3:GetReplicationConfiguration",
            ),
            by={"Bucket": "Name"},
            at=ANYWHERE,
            gone=("NoSuchBucket",),
        ),
    ),
    fields={
        "BucketName": "Name!",
        "Runtime.CreationDate": "CreationDate",
        "Runtime.OwnerId": "Acl.Owner!.ID",
        f"BucketEncryption.{CONFIGURATION}": Items(
            f"Encryption.{CONFIGURATION}!.Rules!",
            {
                **same("SSEAlgorithm!", "KMSMasterKeyID", of=f"Apply{BY_DEFAULT}", into=BY_DEFAULT),
                "BucketKeyEnabled": "BucketKeyEnabled",
            },
        ),
        **same(*BLOCKS, of="Block.PublicAccessBlockConfiguration!", into="PublicAccessBlockConfiguration"),
        "BucketPolicy": "Policy.Policy!",
        "OwnershipControls.Rules": Items(
            "Ownership.OwnershipControls!.Rules!", {"ObjectOwnership": "ObjectOwnership!"}
        ),
        "Grants": Items(
            "Acl.Grants!",
            {
                **same("Type!", "URI", "ID", "EmailAddress", of="Grantee!", into="Grantee"),
                "Permission": "Permission!",
            },
        ),
        "VersioningConfiguration.Status": "Versioning.Status",
        "Runtime.MfaDelete": "Versioning.MFADelete",
        "LoggingConfiguration.DestinationBucketName": "Logging.LoggingEnabled.TargetBucket",
        "LoggingConfiguration.LogFilePrefix": "Logging.LoggingEnabled.TargetPrefix",
        "LifecycleConfiguration.Rules": Using(lifecycle, "Lifecycle.Rules!"),
        "ObjectLockEnabled": Using(
            lambda state: state == "Enabled", "Lock.ObjectLockConfiguration!.ObjectLockEnabled"
        ),
        **same("Rule.DefaultRetention", of="Lock.ObjectLockConfiguration!", into="ObjectLockConfiguration"),
        "WebsiteConfiguration.IndexDocument": "Website.IndexDocument.Suffix",
        "WebsiteConfiguration.ErrorDocument": "Website.ErrorDocument.Key",
        "WebsiteConfiguration.RedirectAllRequestsTo": "Website.RedirectAllRequestsTo",
        "CorsConfiguration.CorsRules": Items(
            "Cors.CORSRules!",
            {
                "Id": "ID",
                "ExposedHeaders": "ExposeHeaders",
                "MaxAge": "MaxAgeSeconds",
                **same("AllowedOrigins!", "AllowedMethods!", "AllowedHeaders"),
            },
        ),
        "NotificationConfiguration.LambdaConfigurations": Using(
            per_event("LambdaFunctionArn", "Function"), "Notification.LambdaFunctionConfigurations"
        ),
        "NotificationConfiguration.QueueConfigurations": Using(
            per_event("QueueArn", "Queue"), "Notification.QueueConfigurations"
        ),
        "NotificationConfiguration.TopicConfigurations": Using(
            per_event("TopicArn", "Topic"), "Notification.TopicConfigurations"
        ),
        "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled": Using(
            lambda bridge: bridge is not None, "Notification.EventBridgeConfiguration"
        ),
        "ReplicationConfiguration.Role": "Replication.ReplicationConfiguration!.Role",
        "ReplicationConfiguration.Rules": Items(
            "Replication.ReplicationConfiguration!.Rules!",
            {
                "Id": "ID",
                **same("Status!", "Priority"),
                **same("Bucket!", "Account", "StorageClass", of="Destination!", into="Destination"),
            },
        ),
    },
    tags=tags_of("Tagging.TagSet!"),
)
def buckets(s3: Client) -> Iterable[Document]:
    """Buckets of the account, in all regions."""
    for bucket in s3.each("ListBuckets", "Buckets"):
        yield {**bucket, "Arn": f"arn:{s3.partition}:s3:::{bucket['Name']}"}


@collects(
    "AWS::S3::AccountPublicAccessBlock",
    calls=(
        Call(
            "GetPublicAccessBlock",
            into="Block",
            service="s3control",
            listing=True,
            absent={"NoSuchPublicAccessBlockConfiguration": {"PublicAccessBlockConfiguration": None}},
            action="s3:GetAccountPublicAccessBlock",
        ),
    ),
    fields=same(*BLOCKS, of="Block.PublicAccessBlockConfiguration!"),
)
def account_block(s3: Client) -> Iterable[Document]:
    """What public access the account blocks for all of its buckets."""
    yield {"Block": s3.call("GetPublicAccessBlock", AccountId=s3.account)}


@collects(
    "AWS::S3::MultiRegionAccessPoint",
    id="arn:{partition}:s3::{account}:accesspoint/{Alias}",
    calls=(
        Call(
            "ListMultiRegionAccessPoints",
            listing=True,
            service="s3control",
            home="us-west-2",
            action="s3:ListMultiRegionAccessPoints",
        ),
    ),
    fields={
        "Name": "Name!",
        **{f"PublicAccessBlockConfiguration.{one}": f"PublicAccessBlock!.{one}!" for one in BLOCKS},
        "Regions": Items("Regions", same("Bucket", "BucketAccountId")),
        "Runtime.Alias": "Alias",
        "Runtime.Status": "Status",
        "Runtime.CreatedAt": "CreatedAt",
    },
    name="Name",
    generation="CreatedAt",
)
def multi_region_access_points(s3: Client) -> Iterable[Document]:
    """Doors to buckets of several regions, which only the first partition has."""
    if s3.partition != "aws":
        return ()
    return s3.each("ListMultiRegionAccessPoints", "AccessPoints", AccountId=s3.account)
