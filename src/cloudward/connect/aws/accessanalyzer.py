"""IAM Access Analyzer: what watches for access from outside, and for access that nobody uses."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, collects
from cloudward.model import Document

SERVICE = Service(
    "accessanalyzer",
    prefix="access-analyzer",
    scope="regional",
    title="IAM Access Analyzer",
    quota=5,
    guess=True,
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-quotas.html",
)


@collects(
    "AWS::AccessAnalyzer::Analyzer",
    id="arn",
    calls=(Call("ListAnalyzers", listing=True),),
    fields={
        "AnalyzerName": "name!",
        "Type": "type!",
        "AnalyzerConfiguration.UnusedAccessConfiguration.UnusedAccessAge": (
            "configuration.unusedAccess.unusedAccessAge"
        ),
        "Runtime.Status": "status!",
        "Runtime.StatusReason": "statusReason.code",
        "Runtime.CreatedAt": "createdAt",
        "Runtime.LastResourceAnalyzedAt": "lastResourceAnalyzedAt",
    },
    name="name",
    tags="tags",
    generation="createdAt",
)
def analyzers(accessanalyzer: Client) -> Iterable[Document]:
    """Analyzers of the account or of its organization."""
    return accessanalyzer.each("ListAnalyzers", "analyzers")
