"""An AWS connector over whatever plays AWS: recorded answers, moto, or answers made of the models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import pytest
import urllib3
from moto import mock_aws
from moto.server import ThreadedMotoServer

from cloudward.connect.aws.connector import Aws
from cloudward.connect.aws.pace import Clock
from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import Transport
from cloudward.model import Coverage, Outcome, Resource
from cloudward.pack import BUILT_IN, folder
from cloudward.pack.build import build
from cloudward.rules.completion import sealer
from cloudward.rules.types import Type

ACCOUNT = "123456789012"


@cache
def types() -> dict[str, Type]:
    """The declared types, without the policies that read them."""
    return dict(build([file for file in folder.files(BUILT_IN, "content") if file.kind == "types"]).types)


class Pauses(list[float]):
    """The pauses that a scan made; they take no time."""

    def clock(self) -> Clock:
        return Clock(sleep=self.append)


class Collected:
    """What collecting gave."""

    def __init__(self, rows: list[Resource | Coverage]) -> None:
        self.resources = [row for row in rows if isinstance(row, Resource)]
        self.coverage = [row for row in rows if isinstance(row, Coverage)]

    def of(self, type: str) -> list[Resource]:
        return [resource for resource in self.resources if resource.type == type]

    def one(self, type: str, name: str = "") -> Resource:
        (resource,) = [resource for resource in self.of(type) if not name or resource.name == name]
        return resource

    def outcomes(self, call: str, type: str = "") -> dict[Outcome, int]:
        return {
            row.outcome: row.count
            for row in self.coverage
            if row.call == call and (not type or row.type == type)
        }

    def row(self, call: str, outcome: Outcome, type: str = "") -> Coverage:
        (row,) = [
            row
            for row in self.coverage
            if (row.call, row.outcome) == (call, outcome) and (not type or row.type == type)
        ]
        return row


def everything(transport: Transport, clock: Clock | None = None, **settings: Any) -> Collected:
    """All that a connector collects over a transport, without waiting."""
    settings = {"clock": clock or Clock(sleep=lambda _: None), **settings}
    aws = Aws(types(), sealer(b"key"), transport=transport, **settings)
    try:
        return Collected([row for unit in aws.units() for row in aws.collect(unit)])
    finally:
        aws.close()


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
def replay() -> Replay:
    """An account that is signed in, and otherwise has no answers."""
    identity = {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/auditor"}
    region = {"RegionName": "us-east-1", "OptInStatus": "opt-in-not-required"}
    return (
        Replay()
        .record("sts", "GetCallerIdentity", identity, forever=True)
        .record("ec2", "DescribeRegions", {"Regions": [region]}, forever=True)
    )


Scan = Callable[..., Collected]


@pytest.fixture
def scan(pauses: Pauses) -> Scan:
    """Collect over a transport, without waiting."""

    return partial(everything, clock=pauses.clock())


def sign_in(patch: pytest.MonkeyPatch) -> None:
    """Credentials that mean nothing, and a region."""
    patch.setenv("AWS_ACCESS_KEY_ID", "testing")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    patch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """moto in this process, empty."""
    sign_in(monkeypatch)
    with mock_aws():
        yield


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A moto server on loopback, threaded, empty: servers of one process share what they hold."""
    sign_in(monkeypatch)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    urllib3.request("POST", f"http://{host}:{port}/moto-api/reset")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    yield f"http://{host}:{port}"
    server.stop()
