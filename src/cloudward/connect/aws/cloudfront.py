"""CloudFront distributions."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, Service, Source, collects, details, same
from cloudward.model import Document

SERVICE = Service(
    "cloudfront",
    scope="global",
    title="Amazon CloudFront",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html",
)

BEHAVIOR: dict[str, Source] = {
    **same("PathPattern", "TargetOriginId!", "ViewerProtocolPolicy!"),
    "TrustedKeyGroups": "TrustedKeyGroups.Items",
    "TrustedSigners": "TrustedSigners.Items",
}
CONFIG = "Answer.DistributionConfig!"


@collects(
    "AWS::CloudFront::Distribution",
    id="ARN",
    calls=(
        Call("ListDistributions", listing=True, params={"MaxItems": "100"}),
        *details(
            Call("GetDistributionConfig", into="Answer", by={"Id": "Id"}, extra=True),
            Call("ListTagsForResource", into="TagList", by={"Resource": "ARN"}, extra=True),
            gone=("NoSuchDistribution", "NoSuchResource"),
        ),
    ),
    fields={
        **same("Enabled", "Comment", "PriceClass", into="DistributionConfig"),
        "DistributionConfig.Aliases": "Aliases.Items",
        "DistributionConfig.WebACLId": "WebACLId",
        "DistributionConfig.DefaultCacheBehavior.TargetOriginId": "DefaultCacheBehavior!.TargetOriginId!",
        "DistributionConfig.DefaultCacheBehavior.ViewerProtocolPolicy": (
            "DefaultCacheBehavior!.ViewerProtocolPolicy!"
        ),
        "DistributionConfig.DefaultCacheBehavior.TrustedKeyGroups": (
            "DefaultCacheBehavior!.TrustedKeyGroups.Items"
        ),
        "DistributionConfig.DefaultCacheBehavior.TrustedSigners": (
            "DefaultCacheBehavior!.TrustedSigners.Items"
        ),
        "DistributionConfig.CacheBehaviors": Items("CacheBehaviors.Items", BEHAVIOR),
        "DistributionConfig.Origins": Items(
            "Origins!.Items!",
            {
                **same("Id!", "DomainName!", "OriginPath", "OriginAccessControlId"),
                "S3OriginConfig": "S3OriginConfig",
                "CustomOriginConfig.OriginProtocolPolicy": "CustomOriginConfig.OriginProtocolPolicy",
                "CustomOriginConfig.OriginSSLProtocols": "CustomOriginConfig.OriginSslProtocols.Items",
            },
        ),
        "DistributionConfig.OriginGroups.Items": Items(
            "OriginGroups.Items", {"Id": "Id!", "Members.Items": Items("Members!.Items!", same("OriginId!"))}
        ),
        "DistributionConfig.ViewerCertificate.CloudFrontDefaultCertificate": (
            "ViewerCertificate.CloudFrontDefaultCertificate"
        ),
        "DistributionConfig.ViewerCertificate.MinimumProtocolVersion": (
            "ViewerCertificate.MinimumProtocolVersion"
        ),
        "DistributionConfig.ViewerCertificate.SslSupportMethod": "ViewerCertificate.SSLSupportMethod",
        "DistributionConfig.Logging.Bucket": f"{CONFIG}.Logging.Bucket",
        "DistributionConfig.DefaultRootObject": f"{CONFIG}.DefaultRootObject",
        **same("Id!", "DomainName", "Status", "LastModifiedTime", into="Runtime"),
    },
    name="Id",
    tags="TagList.Tags!.Items",
)
def distributions(cloudfront: Client) -> Iterable[Document]:
    """Distributions: what stands before web sites in all the world."""
    return cloudfront.each("ListDistributions", "DistributionList.Items")
