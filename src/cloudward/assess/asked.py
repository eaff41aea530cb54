"""A scan as somebody asks for it: what is scanned and how, whoever starts it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from cloudward.errors import UsageError

if TYPE_CHECKING:
    from cloudward.assess.parameters import Values
    from cloudward.assess.scan import Summary
    from cloudward.connect import Connector
    from cloudward.inventory import Progress
    from cloudward.inventory.renewal import Keep
    from cloudward.model import Policy
    from cloudward.pack import Pack
    from cloudward.rules.completion import Seal
    from cloudward.rules.types import Type
    from cloudward.store import Staging, Store

CLOUDS = ("aws",)
WORKERS, WORKERS_OF_MANY = 8, 32
"""Parts read at once. Many accounts are asked more at the same time: rates hold for each of them."""


@dataclass(frozen=True)
class Options:
    """What is scanned and how: kept with the scan, so that going on with it does the same."""

    target: str
    regions: list[str] = field(default_factory=list)
    services: list[str] = field(default_factory=list)
    cloud_control: list[str] = field(default_factory=list)
    policies: list[str] = field(default_factory=list)
    content: list[str] = field(default_factory=list)
    parameters: Mapping[str, Values] = field(default_factory=dict)
    events: str = ""
    connector: str = ""
    accounts: list[str] = field(default_factory=list)
    profile: str = ""
    cluster: str = ""
    full: bool = False
    max_rate: float | None = None
    second_person: bool = False

    @classmethod
    def kept(cls, options: Mapping[str, Any]) -> Self:
        """Those of an interrupted scan."""
        try:
            return cls(**options)
        except TypeError as error:
            raise UsageError(
                "the interrupted scan was not started by `cloudward scan`", "start a new one"
            ) from error


def run(
    store: Store,
    pack: Pack,
    asked: Options,
    *,
    staging: Staging | None = None,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Summary:
    """Scan what is asked for and publish it. `staging` is an interrupted scan of these options to go on with.

    An interrupt leaves what was collected in the store, for `store.resume()`.
    """
    from cloudward.assess.scan import scan

    policies, services = _narrowed(asked, pack)
    connector = _connector(asked, pack, store, _assigned(store, pack, policies), services)
    try:
        return scan(
            store,
            connector,
            pack,
            staging=staging,
            options=asdict(asked),
            policies=policies,
            parameters=asked.parameters,
            second_person=asked.second_person,
            progress=progress,
            workers=workers or (WORKERS_OF_MANY if asked.connector else WORKERS),
        )
    finally:
        getattr(connector, "close", lambda: None)()


def _narrowed(asked: Options, pack: Pack) -> tuple[dict[str, Policy], set[str] | None]:
    """The policies that run, and the AWS services to read for them."""
    from cloudward.assess.selection import narrowed
    from cloudward.connect.aws.facts import owners

    return narrowed(pack, asked.policies or None, asked.services or None, owners())


def _assigned(store: Store, pack: Pack, policies: dict[str, Policy]) -> dict[str, Policy]:
    """Those that are not disabled in every scope: for the others nothing is read."""
    from cloudward.assess.assignments import Assignments

    assignments = Assignments.of_store(store, pack)
    assignments.check(policies)
    return {id: policy for id, policy in policies.items() if assignments.somewhere(id)}


def _connector(
    asked: Options, pack: Pack, store: Store, policies: dict[str, Policy], services: set[str] | None
) -> Connector:
    from cloudward.assess.selection import rules, wanted
    from cloudward.rules.completion import sealer

    seal = sealer(store.key)
    if asked.target != "aws":
        from cloudward.connect.files.connector import Files

        return Files(Path(asked.target), pack.types, seal, cluster=asked.cluster)
    if asked.profile:
        os.environ["AWS_PROFILE"] = asked.profile
    make = partial(
        partial(_accounts, asked, store) if asked.connector else _account,
        pack.types,
        seal,
        regions=asked.regions or None,
        services=services,
        cloud_control=asked.cloud_control,
        wanted=None if asked.full else wanted(rules(pack, policies)),
        max_rate=asked.max_rate,
    )
    return _renewal(Path(asked.events), store, lambda keep: make(keep=keep)) if asked.events else make()


def _account(types: Mapping[str, Type], seal: Seal, **settings: Any) -> Connector:
    from cloudward.connect.aws.connector import Aws

    return Aws(types, seal, **settings)


def _accounts(
    asked: Options, store: Store, types: Mapping[str, Type], seal: Seal, **settings: Any
) -> Connector:
    from cloudward.connect.aws.fleet import Fleet
    from cloudward.connect.aws.settings import Settings

    kept = store.connector(asked.connector)
    settings |= {"before": store.scopes(), "only": asked.accounts}
    return Fleet(types, seal, Settings.of(kept.settings), kept.external_id, **settings)


def _renewal(events: Path, store: Store, connect: Callable[[Keep], Connector]) -> Connector:
    """The connector that reads again what the events changed, and takes the rest from the last scan."""
    from cloudward.connect.aws.facts import changed_by, modules, owners
    from cloudward.connect.events.cloudtrail import Broken, Change, changes
    from cloudward.inventory.renewal import Renewal

    found = list(changes(events))
    return Renewal(
        connect,
        lambda scope: store.snapshot(scope) if store.snapshots(scope) else None,
        [each for each in found if isinstance(each, Change)],
        services=changed_by,
        owners=owners(),
        regional=[name for name, module in modules().items() if module.service.scope == "regional"],
        broken=[(each.file, each.problem) for each in found if isinstance(each, Broken)],
    )
