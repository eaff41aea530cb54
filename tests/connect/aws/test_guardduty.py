"""Detectors as moto plays them, and their features and findings as recorded."""

from __future__ import annotations

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome, Reason

from .conftest import Scan

TYPE = "AWS::GuardDuty::Detector"


@pytest.mark.usefixtures("moto")
def test_detector_is_a_resource_and_its_lack_is_evidence(scan: Scan) -> None:
    guardduty = boto3.client("guardduty", region_name="us-east-1")
    made = guardduty.create_detector(Enable=True, Tags={"team": "red"})["DetectorId"]
    found = scan(Boto(), services=["guardduty"], regions=["us-east-1", "eu-west-1"])
    detector = found.one(TYPE)
    assert detector.id == f"arn:aws:guardduty:us-east-1:123456789012:detector/{made}"
    assert detector.properties["Enable"] is True
    assert detector.tags == {"team": "red"}
    empty = [row for row in found.coverage if row.region == "eu-west-1" and row.listing]
    assert [row.outcome for row in empty] == [Outcome.EMPTY]


@pytest.fixture
def one(replay: Replay) -> Replay:
    agents = [{"Name": "EC2_AGENT_MANAGEMENT", "Status": "ENABLED"}]
    features = [
        {"Name": "S3_DATA_EVENTS", "Status": "DISABLED"},
        {"Name": "RUNTIME_MONITORING", "Status": "ENABLED", "AdditionalConfiguration": agents},
    ]
    replay.record("guardduty", "ListDetectors", {"DetectorIds": ["d"]})
    return replay.record("guardduty", "GetDetector", {"Status": "ENABLED", "Features": features})


def test_features_and_findings_of_every_page(one: Replay, scan: Scan) -> None:
    pages: list[dict[str, object]] = [{"FindingIds": ["a", "b"], "NextToken": "more"}, {"FindingIds": ["c"]}]
    one.record("guardduty", "ListFindings", *pages)
    detector = scan(one, services=["guardduty"]).one(TYPE)
    assert detector.properties["Runtime"]["OpenHighFindings"] == 3
    monitoring = detector.properties["Features"][1]
    assert monitoring["AdditionalConfiguration"] == [{"Name": "EC2_AGENT_MANAGEMENT", "Status": "ENABLED"}]
    asked = next(params for *_, operation, params in one.requests if operation == "ListFindings")
    assert asked["FindingCriteria"]["Criterion"]["severity"] == {"GreaterThanOrEqual": 7}


def test_denied_findings_are_not_none(one: Replay, scan: Scan) -> None:
    one.record("guardduty", "ListFindings", refused("AccessDeniedException", "no", 403))
    detector = scan(one, services=["guardduty"]).one(TYPE)
    assert detector.unread["Runtime.OpenHighFindings"].reason is Reason.DENIED
    assert "OpenHighFindings" not in detector.properties["Runtime"]
