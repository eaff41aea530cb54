"""GuardDuty: what it watches in a region, and how much of what it found is open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, Service, Using, collects, details
from cloudward.model import Document

SERVICE = Service(
    "guardduty",
    scope="regional",
    title="Amazon GuardDuty",
    quota=5,
    guess=True,
    source="https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_limits.html",
)

OPEN_AND_HIGH = {"severity": {"GreaterThanOrEqual": 7}, "service.archived": {"Equals": ["false"]}}
"""High and critical: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html"""


def _count(ids: Sequence[str] | None) -> int:
    return len(ids or ())


@collects(
    "AWS::GuardDuty::Detector",
    id="arn:{partition}:guardduty:{region}:{account}:detector/{DetectorId}",
    calls=(
        Call("ListDetectors", listing=True),
        *details(
            Call("GetDetector", into="Detector"),
            Call(
                "ListFindings",
                into="Findings",
                params={"FindingCriteria": {"Criterion": OPEN_AND_HIGH}, "MaxResults": 50},
                extra=True,
            ),
            by={"DetectorId": "DetectorId"},
        ),
    ),
    fields={
        "Enable": Using(lambda status: status == "ENABLED", "Detector.Status!"),
        "FindingPublishingFrequency": "Detector.FindingPublishingFrequency",
        "Features": Items(
            "Detector.Features",
            {
                "Name": "Name!",
                "Status": "Status!",
                "AdditionalConfiguration": Items(
                    "AdditionalConfiguration", {"Name": "Name!", "Status": "Status!"}
                ),
            },
        ),
        "Runtime.CreatedAt": "Detector.CreatedAt",
        "Runtime.OpenHighFindings": Using(_count, "Findings.FindingIds!"),
    },
    tags="Detector.Tags",
    generation="DetectorId",
)
def detectors(guardduty: Client) -> Iterable[Document]:
    """The detector of a region; none where GuardDuty was never switched on."""
    return ({"DetectorId": each} for each in guardduty.each("ListDetectors", "DetectorIds"))
