"""Certificates as moto plays them, and as recorded."""

from __future__ import annotations

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome, Reason

from .conftest import Scan

TYPE = "AWS::CertificateManager::Certificate"
ARN = "arn:aws:acm:us-east-1:123456789012:certificate/one"


@pytest.mark.usefixtures("moto")
def test_certificate_has_its_names_and_tags(scan: Scan) -> None:
    acm = boto3.client("acm", region_name="us-east-1")
    arn = acm.request_certificate(
        DomainName="example.com",
        SubjectAlternativeNames=["www.example.com"],
        Tags=[{"Key": "team", "Value": "red"}],
    )["CertificateArn"]
    found = scan(Boto(), services=["acm"], regions=["us-east-1"]).one(TYPE)
    assert (found.id, found.name, found.tags) == (arn, "example.com", {"team": "red"})
    assert found.properties["Runtime"]["Type"] == "AMAZON_ISSUED"


def test_one_list_tells_all_and_asks_for_every_kind_of_key(replay: Replay, scan: Scan) -> None:
    summary = {
        "CertificateArn": ARN,
        "DomainName": "example.com",
        "Status": "ISSUED",
        "Type": "IMPORTED",
        "KeyAlgorithm": "RSA-1024",
        "NotAfter": "2026-01-15T00:00:00Z",
        "InUse": True,
    }
    replay.record("acm", "ListCertificates", {"CertificateSummaryList": [summary]})
    properties = scan(replay, services=["acm"]).one(TYPE).properties
    assert properties["KeyAlgorithm"] == "RSA_1024", "lists spell it with a hyphen"
    assert properties["Runtime"]["NotAfter"] == "2026-01-15T00:00:00Z"
    asked = next(params for *_, operation, params in replay.requests if operation == "ListCertificates")
    assert "EC_prime256v1" in asked["Includes"]["keyTypes"]


def test_denied_tags_are_unread_and_a_denied_list_is_no_empty_one(replay: Replay, scan: Scan) -> None:
    summary = {"CertificateArn": ARN, "DomainName": "example.com", "Status": "ISSUED", "Type": "PRIVATE"}
    denied = refused("AccessDeniedException", "no", 403)
    replay.record("acm", "ListCertificates", {"CertificateSummaryList": [summary]}, denied)
    replay.record("acm", "ListTagsForCertificate", denied)
    assert scan(replay, services=["acm"]).one(TYPE).unread["meta.tags"].reason is Reason.DENIED
    assert scan(replay, services=["acm"]).row("acm:ListCertificates", Outcome.DENIED).listing
