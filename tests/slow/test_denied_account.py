"""A whole account, with each call that a scan makes denied in turn: nothing is better for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from threading import Lock
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cloudward.assess.assessor import Assessor
from cloudward.assess.memory import Memory
from cloudward.assess.score import Tally, is_full
from cloudward.assess.selection import rules, wanted
from cloudward.assess.world import Facts
from cloudward.cli.demo import estate
from cloudward.connect.aws.connector import Aws
from cloudward.connect.aws.pace import Clock
from cloudward.connect.aws.replay import Faulty
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import Reply, Transport, refused
from cloudward.inventory import collect
from cloudward.model import Assessment, Coverage, Outcome, Score, Status
from cloudward.pack import Pack, load
from cloudward.rules.completion import sealer

pytestmark = pytest.mark.slow
NOW = datetime(2026, 11, 22, tzinfo=UTC)
REGIONS = {"Regions": [{"RegionName": name, "OptInStatus": "opted-in"} for name in estate.REGIONS]}
DENIED = refused("AccessDenied", "User is not authorized", 403)
SIGNING_IN = {("sts", "GetCallerIdentity")}


class Remembering(Faulty):
    """Asks once and answers the same question the same way, so that an account can be read many times."""

    def __init__(self, inner: Transport) -> None:
        super().__init__(inner)
        self.known_replies: dict[str, Reply] = {}
        self._guard = Lock()

    def send(self, service: str, region: str, operation: str, params: Mapping[str, Any]) -> Reply:
        key = repr((service, region, operation, sorted(params.items())))
        with self._guard:
            if key not in self.known_replies:
                self.known_replies[key] = super().send(service, region, operation, params)
            return self.known_replies[key]


class Scan:
    """The account as one scan sees it."""

    def __init__(self, pack: Pack, transport: Transport, before: Scan | None = None) -> None:
        self.memory, self._before = Memory(), before
        asked = rules(pack, pack.policies)
        clock = Clock(sleep=lambda _: None)
        aws = Aws(pack.types, sealer(b"key"), transport=transport, wanted=wanted(asked), clock=clock)
        try:
            collect(aws, self.memory)
            self.memory.know(aws.scopes())
        finally:
            aws.close()
        (scope,) = self.memory.scopes()
        assessor = Assessor(pack, self, Facts(self.memory, pack.types, asked), now=NOW)
        tally = Tally(pack.controls, pack.policies, {})
        self.found: dict[tuple[str, str, str], Assessment] = {}
        for group in assessor.assess(scope):
            tally.add(group)
            self.found |= {(each.policy, each.type, each.resource): each for each in group}
        self.score: Score = tally.score(scope.id, assessor.unread(scope), before.score if before else None)

    scan = "now"

    @property
    def resources(self) -> Callable[[str, str], Any]:
        return self.memory.resources

    def previous(self, _scope: str, type: str) -> Iterator[Assessment]:
        found = self._before.found.values() if self._before else ()
        return iter(sorted((each for each in found if each.type == type), key=lambda each: each.resource))

    @property
    def holes(self) -> list[Coverage]:
        (scope,) = self.memory.scopes()
        return [row for row in self.memory.coverage(scope.id) if row.outcome is Outcome.DENIED]


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load()


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remembering]:
    """Both accounts of the demo in one, remembered."""
    none = tmp_path_factory.mktemp("aws") / "none"
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_CONFIG_FILE", str(none))
        with mock_aws():
            session = _session()
            client = partial(_client, session)
            estate.production(client)
            estate.development(client)
            account = Remembering(Boto(session))
            account.record("ec2", "DescribeRegions", REGIONS, forever=True)
            yield account


def _session() -> boto3.Session:
    sts = boto3.client("sts", region_name="us-east-1")
    role = f"arn:aws:iam::{estate.PRODUCTION}:role/cloudward"
    given = sts.assume_role(RoleArn=role, RoleSessionName="cloudward")["Credentials"]
    keys = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    return boto3.Session(*keys, region_name="us-east-1")


def _client(session: boto3.Session, service: Any, region: str) -> Any:
    return session.client(service, region_name=region)


def test_each_call_denied_in_turn(pack: Pack, company: Remembering) -> None:
    whole = Scan(pack, company)
    assert whole.score.floor is not None
    assert len({each.status for each in whole.found.values()}) >= 3
    operations = sorted({(service, operation) for service, _, operation, _ in company.requests} - SIGNING_IN)
    assert len(operations) > 50
    for service, operation in operations:
        for before in (None, whole):
            dark = Scan(pack, Faulty(company).record(service, operation, DENIED, forever=True), before)
            _nothing_is_better(whole, dark, f"{service} {operation}")


def _nothing_is_better(whole: Scan, dark: Scan, call: str) -> None:
    assert dark.holes, call
    for key, each in dark.found.items():
        if each.region not in (None, *estate.REGIONS):
            continue  # when nobody may list the regions, all that exist are read
        known = whole.found.get(key)
        same = known is not None and each.status is known.status
        assert same or each.status is Status.UNKNOWN, (call, key, each.status, known and known.status)
    assert dark.score.floor is not None, call
    assert whole.score.floor is not None
    assert dark.score.floor <= whole.score.floor, call
    assert sum(map(is_full, dark.score.controls)) <= sum(map(is_full, whole.score.controls)), call
    if dark._before is not None:
        missing = set(whole.found) - set(dark.found)
        assert not missing, (call, sorted(missing)[:3])
