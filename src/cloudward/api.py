"""cloudward for programs: a scan in memory, and the policies that there are.

result = cloudward.scan_aws(boto3.Session(), regions=["eu-west-1"])
for assessment in result.assessments:
    print(assessment.status, assessment.policy.id, assessment.resource.id)
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloudward.assess.assessor import Assessor
from cloudward.assess.memory import Memory
from cloudward.assess.parameters import Parameters, Values
from cloudward.assess.score import Tally, combine
from cloudward.assess.selection import narrowed, rules, wanted
from cloudward.assess.tree import EVERYWHERE
from cloudward.assess.world import Facts
from cloudward.connect import Connector, leaves
from cloudward.errors import UsageError
from cloudward.inventory import Progress, collect
from cloudward.model import (
    Assessment,
    Cause,
    Coverage,
    Explanation,
    Policy,
    Resource,
    Scope,
    ScopeState,
    Score,
    Status,
)
from cloudward.pack import Pack, load
from cloudward.rules.completion import sealer
from cloudward.rules.interpreter import evaluate
from cloudward.rules.rule import Rule

if TYPE_CHECKING:
    import boto3

    from cloudward.connect.aws.settings import Settings
    from cloudward.detect.detections import Detections
    from cloudward.detect.direct import Event
    from cloudward.detect.direct import Rules as RuleSet
    from cloudward.pack.mappings import Source


@dataclass(frozen=True)
class Answer:
    """What one policy says of one resource."""

    policy: Policy
    resource: Resource
    assessment: Assessment
    """The whole record: since, parameters, hashes."""
    _result: ScanResult = field(repr=False)

    @property
    def status(self) -> Status:
        return self.assessment.status

    @property
    def cause(self) -> Cause | None:
        """Why the status is unknown; None when it is known."""
        return self.assessment.cause

    @cached_property
    def explanation(self) -> Explanation:
        """The values that decide, worked out when it is first asked for."""
        return self._result.explain(self.assessment)


class ScanResult:
    """What a scan found. Everything is in memory; nothing was written."""

    def __init__(self, pack: Pack, memory: Memory, assessor: Assessor) -> None:
        self._pack, self._memory, self._assessor = pack, memory, assessor
        self._assessments: list[Assessment] = []
        scores = [score for scope in self.scopes if (score := self._assess(scope))]
        self.score: Score = scores[0] if len(scores) == 1 else combine("all", scores)
        """The secure score of all scopes together."""

    @property
    def scopes(self) -> list[Scope]:
        """Accounts, subscriptions and clusters that were read, and accounts that cannot be read any more."""
        return leaves(self._memory.scopes())

    @property
    def resources(self) -> Iterator[Resource]:
        """Everything that was read."""
        return self._memory.all()

    @property
    def coverage(self) -> Iterator[Coverage]:
        """Every call and how it ended."""
        return (row for scope in self.scopes for row in self._memory.coverage(scope.id))

    @property
    def assessments(self) -> Iterator[Answer]:
        """Every policy on every resource that it looks at."""
        for each in self._assessments:
            resource = self._memory.resource(each.scope, each.type, each.resource)
            yield Answer(self._pack.policies[each.policy], resource, each, self)

    def explain(self, assessment: Assessment) -> Explanation:
        """Why an assessment of this result came out as it did."""
        rule = next(rule for rule in self._pack.rules(assessment.type) if rule.policy == assessment.policy)
        resource = self._memory.resource(assessment.scope, assessment.type, assessment.resource)
        facts, now = self._assessor.facts, assessment.evaluated_at
        return evaluate(rule, resource, facts, assessment.parameters, now).explanation

    def _assess(self, scope: Scope) -> Score | None:
        tally = Tally(self._pack.controls, self._assessor.policies, {})
        for found in self._assessor.assess(scope):
            tally.add(found)
            self._assessments += found
        if scope.state is not ScopeState.ACTIVE:
            return None
        return tally.score(scope.id, self._assessor.unread(scope))


def scan_aws(
    session: boto3.Session | None = None,
    regions: Collection[str] | None = None,
    services: Collection[str] | None = None,
    policies: Collection[str] | None = None,
    parameters: Values | None = None,
    *,
    connector: str = "",
    accounts: Collection[str] = (),
    store: Path | str | None = None,
    content: Iterable[Path | str] = (),
    cloud_control: Collection[str] = (),
    progress: Progress | None = None,
) -> ScanResult:
    """Scan the account of a session, by default that of the credential chain; or the accounts of a connector.

    `connector` names one that `cloudward connectors add` made in the folder `store`, `accounts` narrows it;
    the session then is the one that may take its role. `regions`, `services` and `policies` narrow the scan:
    the policies that run are those of the services, and what they need of other services is read too.
    `parameters` is policy -> parameter -> value; `content` are folders of policies of your own;
    `cloud_control` are further types of CloudFormation, for inventory. Raises `SignInError` when nobody is
    signed in and `UsageError` for a name that is not known; what could not be read is `coverage`.
    """
    from cloudward.connect.aws.connector import Aws
    from cloudward.connect.aws.facts import known, owners
    from cloudward.connect.aws.fleet import Fleet

    if not connector and (accounts or store):
        raise UsageError("accounts and store belong to a connector", "scan_aws(connector=NAME, store=FOLDER)")
    plan = _Plan(content, policies, parameters, known(services), owners())
    common: dict[str, Any] = {
        "session": session,
        "regions": regions,
        "services": plan.services,
        "cloud_control": cloud_control,
        "wanted": wanted(plan.rules),
    }
    opened: Aws | Fleet
    if connector:
        settings, external_id, before = _kept(connector, store)
        common |= {"before": before, "only": accounts}
        opened = Fleet(plan.pack.types, _seal(), settings, external_id, **common)
    else:
        opened = Aws(plan.pack.types, _seal(), **common)
    with closing(opened):
        return plan.run(opened, progress)


def _kept(name: str, folder: Path | str | None) -> tuple[Settings, str, list[Scope]]:
    """A connector's settings and ExternalId, and the scopes that are known; nothing is written."""
    from cloudward.connect.aws.settings import Settings
    from cloudward.store import Store, place

    if folder is None or not place.exists(Path(folder)):
        raise UsageError(
            f"in which store is the connector {name!r}?", "scan_aws(connector=NAME, store=FOLDER)"
        )
    with Store.open(folder) as store:
        kept = store.connector(name)
        return Settings.of(kept.settings), kept.external_id, store.scopes()


def scan_file(
    path: Path | str,
    policies: Collection[str] | None = None,
    parameters: Values | None = None,
    *,
    cluster: str = "",
    content: Iterable[Path | str] = (),
    progress: Progress | None = None,
) -> ScanResult:
    """Scan a file or folder: an Azure Resource Graph export, `kubectl get -o json`, a cloudward snapshot."""
    from cloudward.connect.files.connector import Files

    plan = _Plan(content, policies, parameters)
    return plan.run(Files(Path(path), plan.pack.types, _seal(), cluster=cluster), progress)


def policies(*, content: Iterable[Path | str] = ()) -> tuple[Policy, ...]:
    """Every policy, in order of id; with `content`, those of your own folders too."""
    return tuple(_load(content).policies.values())


def detect(events: Iterable[Event], source: str | Source, rules: RuleSet = None) -> Iterator[tuple[int, str]]:
    """The place of each event, from 0, and the id of each detection that it fits.

    An event is a document as its source writes it, or its JSON. `rules` are folders or files of Sigma rules,
    or ids of built-in detections; None is all of those. Correlations need a memory and are not run, nor are
    rules that only they ask. A `source` or `rules` that is not known raises `UsageError` at once.
    """
    from cloudward.detect.direct import detect as run

    return run(events, source, rules)


def detections(rules: RuleSet = None) -> Detections:
    """The detections that `detect` runs. A rule of a folder that is not understood is in `.failed`."""
    from cloudward.detect.direct import detections as chosen

    return chosen(rules)


class _Plan:
    """What is to run. Every name in it is checked before anything is read."""

    def __init__(
        self,
        content: Iterable[Path | str],
        policies: Collection[str] | None,
        parameters: Values | None,
        services: Collection[str] | None = None,
        owners: Mapping[str, str] | None = None,
    ) -> None:
        self.pack = _load(content)
        self._running, self.services = narrowed(self.pack, policies, services, owners or {})
        self._parameters = Parameters(self._running, {EVERYWHERE: parameters or {}})

    @property
    def rules(self) -> list[Rule]:
        return rules(self.pack, self._running)

    def run(self, connector: Connector, progress: Progress | None) -> ScanResult:
        memory = Memory()
        memory.know(connector.scopes())
        collect(connector, memory, progress)
        memory.know(connector.scopes())
        assessor = Assessor(
            self.pack,
            memory,
            Facts(memory, self.pack.types, self.rules),
            now=datetime.now(UTC),
            policies=self._running,
            parameters=self._parameters,
        )
        return ScanResult(self.pack, memory, assessor)


def _load(content: Iterable[Path | str]) -> Pack:
    return load(*map(Path, content))


def _seal() -> Any:
    """Values of secrets are hashed with a key that nobody keeps."""
    return sealer(secrets.token_bytes(32))
