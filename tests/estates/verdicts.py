"""Small estates of AWS in moto, and the verdicts of a scan of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from moto import mock_aws

import cloudward
from cloudward.api import Answer, ScanResult
from tests.playing import teach

REGION = "eu-west-1"
ACCOUNT = "123456789012"


@contextmanager
def estate() -> Iterator[boto3.Session]:
    """An empty account, with none of moto's own machine images."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        teach()
        with mock_aws():
            yield boto3.Session("key", "secret", region_name=REGION)


def scanned(session: boto3.Session, service: str, *regions: str) -> ScanResult:
    """A scan of one service with all its policies."""
    return cloudward.scan_aws(session, regions=regions or [REGION], services=[service])


class Verdicts:
    """What a scan says of the resources that a test has made."""

    def __init__(self, result: ScanResult) -> None:
        self.answers = list(result.assessments)

    def of(self, policy: str, resource: str) -> Answer:
        """The one verdict on a resource, given by its ARN or the end of it."""
        found = [a for a in self.answers if a.policy.id == policy and _named(a.resource.id, resource)]
        assert len(found) == 1, (policy, resource, [a.resource.id for a in found])
        return found[0]

    def status(self, policy: str, resource: str) -> str:
        return self.of(policy, resource).status.value

    def unknown(self, *services: str) -> list[Any]:
        """What is unknown to the policies of these services."""
        prefixes = tuple(f"aws-{service}-" for service in services)
        return [
            (a.policy.id, a.resource.id, a.cause)
            for a in self.answers
            if a.status.value == "unknown" and a.policy.id.startswith(prefixes)
        ]


def _named(id: str, name: str) -> bool:
    return id == name or id.endswith((f"/{name}", f":{name}"))


def cases(policy: str, **expected: Sequence[str]) -> list[Any]:
    """`cases("p", healthy=["a"], unhealthy=["b"])`: a row (policy, resource, status) for each resource."""
    return [
        pytest.param(policy, name, status, id=f"{policy}-{name}")
        for status, names in expected.items()
        for name in names
    ]
