"""`cloudward scan`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from cloudward.cli.exits import Exit
from cloudward.cli.options import ContentFolders, FindingFormat, FindingOutput, StorePath, value
from cloudward.cli.output import Column, Listing, note, percent, write
from cloudward.cli.stored import assigned, content, has_connector, known
from cloudward.errors import UsageError, near
from cloudward.model import Severity, Status

if TYPE_CHECKING:
    from cloudward.assess.parameters import Values
    from cloudward.assess.scan import Summary
    from cloudward.connect import Connector
    from cloudward.inventory.renewal import Keep
    from cloudward.model import Policy
    from cloudward.pack import Pack
    from cloudward.rules.completion import Seal
    from cloudward.rules.types import Type
    from cloudward.store import Store

CLOUDS = ("aws",)
FOR_AWS = {
    "connector": "connector",
    "account": "accounts",
    "region": "regions",
    "service": "services",
    "cloud-control": "cloud_control",
    "events": "events",
    "profile": "profile",
    "max-rate": "max_rate",
}
"""Options that files do not have."""
WORKERS, WORKERS_OF_MANY = 8, 32
"""Parts read at once. Many accounts are asked more at the same time: rates hold for each of them."""
LISTING = Listing(
    "scope that was scanned",
    {
        "scope": "account, subscription or cluster",
        "name": "its name",
        "provider": "aws, azure, gcp, kubernetes",
        "state": "active; suspended or left: it cannot be read any more, and has no score",
        "percentage": "the score, 0 to 1; null when there is none",
        "assessed": "share of answers that are definite, 0 to 1; null when there are none",
        "floor": "the score with unknown counted as unhealthy, 0 to 1; null when it is not determined",
    },
    (Column("name", fold=True), Column("percentage", "Score", right=True, form=percent)),
)


class FailOn(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    NEVER = "never"


@dataclass(frozen=True)
class Options:
    """What is scanned and how: kept with the scan, so that `--resume` can go on with the same."""

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


def scan(
    store: StorePath,
    own: ContentFolders,
    target: Annotated[str, typer.Argument(metavar="aws|FILE|FOLDER", help="What to scan.")] = "",
    connector: Annotated[
        str,
        typer.Option("--connector", metavar="NAME", help="The accounts of this one; see `connectors`."),
    ] = "",
    account: Annotated[
        list[str] | None,
        typer.Option("--account", metavar="ID", help="Only this account of it; may be given again."),
    ] = None,
    region: Annotated[
        list[str] | None,
        typer.Option("--region", metavar="NAME", help="Only this AWS region; may be given again."),
    ] = None,
    service: Annotated[
        list[str] | None,
        typer.Option("--service", metavar="NAME", help="Policies of this AWS service only; may be repeated."),
    ] = None,
    cloud_control: Annotated[
        list[str] | None,
        typer.Option(
            "--cloud-control",
            metavar="TYPE",
            help="Read this type of CloudFormation, too, for inventory; may be given again.",
        ),
    ] = None,
    policy: Annotated[
        list[str] | None, typer.Option("--policy", metavar="ID", help="Only this policy; may be given again.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="POLICY.NAME=VALUE", help="A parameter of a policy; may be given again."
        ),
    ] = None,
    parameters: Annotated[
        Path | None,
        typer.Option(
            "--parameters", metavar="FILE", help="YAML: scope, policy, parameter: value; scope '' is all."
        ),
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option(
            "--events",
            metavar="PATH",
            help="Read again only what these CloudTrail events changed; a file or folder.",
        ),
    ] = None,
    profile: Annotated[str, typer.Option("--profile", metavar="NAME", help="AWS profile.")] = "",
    cluster: Annotated[
        str, typer.Option("--cluster", metavar="NAME", help="Of a Kubernetes export; else the file's name.")
    ] = "",
    full: Annotated[bool, typer.Option("--full", help="Also make calls that no policy needs.")] = False,
    max_rate: Annotated[
        float | None,
        typer.Option(
            "--max-rate",
            metavar="N",
            min=0.1,
            help="Requests a second to each service; else half of the quota.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", metavar="N", min=1, help="Parts read at once: 8, or 32 of a connector's accounts."
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the scan that was interrupted.")
    ] = False,
    fail_on: Annotated[
        FailOn, typer.Option("--fail-on", help="End with 1 when something at least so severe is unhealthy.")
    ] = FailOn.LOW,
    allow_incomplete: Annotated[
        bool, typer.Option("--allow-incomplete", help="End with 0 although something could not be read.")
    ] = False,
    second_person: Annotated[
        bool, typer.Option("--second-person", help="Only exemptions that somebody else approved take effect.")
    ] = False,
    keep: Annotated[
        int,
        typer.Option("--keep", metavar="DAYS", min=2, help="Keep one scan a day so long, then one a month."),
    ] = 90,
    output: FindingOutput = FindingFormat.TABLE,
) -> None:
    """Scan a cloud or a file.

    aws is the account of your credentials, or with --connector all of its accounts; it only reads. A file is
    a Resource Graph export of Azure, a `kubectl get -A -o json`, or manifests; a folder is all of its files.
    """
    given = Options(
        target=target,
        connector=connector,
        accounts=account or [],
        regions=region or [],
        services=service or [],
        cloud_control=cloud_control or [],
        policies=policy or [],
        content=[str(folder.resolve()) for folder in own],
        parameters=_parameters(parameters, set_ or []),
        events=str(events.resolve()) if events else "",
        profile=profile,
        cluster=cluster,
        full=full,
        max_rate=max_rate,
        second_person=second_person,
    )
    _check(given, resume, store)
    summary, pack = _run(given, store, workers, resume, keep)
    _print(summary, pack, store, output)
    raise typer.Exit(_exit(summary, fail_on, allow_incomplete))


def _check(given: Options, resume: bool, folder: Path) -> None:
    """What can be said before anything is loaded."""
    if resume:
        if given != Options(""):
            raise UsageError("--resume goes on with what was asked for then", "give it alone")
        return
    if not given.target:
        raise UsageError("what is to be scanned?", "cloudward scan aws, or cloudward scan FILE")
    if given.target not in CLOUDS:
        if not Path(given.target).exists():
            raise UsageError(f"no such file or folder: {given.target}{near(given.target, CLOUDS)}")
        for option, name in FOR_AWS.items():
            if getattr(given, name):
                raise UsageError(f"--{option} is for `scan aws`")
    elif given.cluster:
        raise UsageError("--cluster is for files")
    elif given.events and (given.regions or given.services or given.cloud_control):
        named = "--region, --service and --cloud-control"
        raise UsageError("--events goes by what the last scan read", f"leave {named} out")
    elif given.events and not Path(given.events).exists():
        raise UsageError(f"no such file or folder: {given.events}")
    elif given.accounts and not given.connector:
        raise UsageError("--account is for --connector", "without one, it is the account of your credentials")
    elif given.connector:
        has_connector(folder, given.connector)


def _run(given: Options, folder: Path, workers: int | None, resume: bool, keep: int) -> tuple[Summary, Pack]:
    from cloudward.assess.parameters import Parameters
    from cloudward.assess.scan import scan as run
    from cloudward.assess.selection import chosen
    from cloudward.cli.progress import progress
    from cloudward.store import Store

    if resume and not folder.exists():
        raise UsageError("there is no interrupted scan to resume")
    if not resume:
        from cloudward.connect.aws.cloudcontrol import generic
        from cloudward.connect.aws.facts import modules

        generic(given.cloud_control)
        known("AWS service", given.services, modules())
        pack = content(map(Path, given.content))
        Parameters(chosen(pack, given.policies or None), given.parameters)
    with Store.open(folder) as store, progress() as shown:
        staging = store.resume() if resume else None
        asked = Options.kept(staging.options) if staging else given
        pack = content(map(Path, asked.content))
        policies, services = _narrowed(asked, pack)
        connector = _connector(asked, pack, store, _assigned(store, pack, policies), services)
        try:
            summary = run(
                store,
                connector,
                pack,
                staging=staging,
                options=asdict(asked),
                policies=policies,
                parameters=asked.parameters,
                second_person=asked.second_person,
                progress=shown,
                workers=workers or (WORKERS_OF_MANY if asked.connector else WORKERS),
            )
        except KeyboardInterrupt:
            note("`cloudward scan --resume` goes on from here.")
            raise
        finally:
            getattr(connector, "close", lambda: None)()
        store.maintain(days=keep)
    return summary, pack


def _narrowed(asked: Options, pack: Pack) -> tuple[dict[str, Policy], set[str] | None]:
    """The policies that run, and the AWS services to read for them."""
    from cloudward.assess.selection import narrowed
    from cloudward.connect.aws.facts import owners

    return narrowed(pack, asked.policies or None, asked.services or None, owners())


def _assigned(store: Store, pack: Pack, policies: dict[str, Policy]) -> dict[str, Policy]:
    """Those that are not disabled in every scope: for the others nothing is read."""
    assignments = assigned(store, pack)
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


def _parameters(file: Path | None, words: list[str]) -> dict[str, Any]:
    """Scope -> policy -> parameter -> value; what stands on the command line is for all scopes."""
    values: dict[str, Any] = _from_file(file) if file else {}
    for word in words:
        name, is_, text = word.partition("=")
        policy, dot, parameter = name.partition(".")
        if not (is_ and dot and parameter):
            raise UsageError(f"--set {word}: expected POLICY.NAME=VALUE")
        values.setdefault("", {}).setdefault(policy, {})[parameter] = value(text)
    return values


def _from_file(file: Path) -> dict[str, Any]:
    from cloudward.pack import folder, reader

    values = reader.plain(reader.parse(reader.decode(folder.one(file).data, str(file)), str(file)))
    if not all(
        isinstance(each, dict) and all(isinstance(v, dict) for v in each.values()) for each in values.values()
    ):
        raise UsageError(f"{file} is not scope, policy, parameter: value", "see docs/guides/parameters.md")
    return dict(values)


def _print(summary: Summary, pack: Pack, folder: Path, output: FindingFormat) -> None:
    from cloudward.cli.summary import record, show
    from cloudward.store import Store

    with Store.open(folder) as store:
        scopes = [scope.id for scope in summary.scopes]
        if output is FindingFormat.TABLE:
            counted = store.facets("policy", scope=scopes, status="unhealthy", exempt=False)
            show(summary, pack.policies, {facet.value: facet.count for facet in counted})
        elif output is FindingFormat.OCSF:
            from cloudward.cli.findings import events

            events(store, pack, {"scope": scopes})
        else:
            write(LISTING, _scopes(summary, store), output, extra=record(summary))


def _scopes(summary: Summary, store: Store) -> Iterator[dict[str, Any]]:
    scores = {score.scope: score for _, _, score in store.scores([scope.id for scope in summary.scopes])}
    for scope in summary.scopes:
        score = scores.get(scope.id)
        yield {
            "scope": scope.id,
            "name": scope.name or scope.id,
            "provider": scope.provider.value,
            "state": scope.state.value,
            "percentage": score and score.percentage,
            "assessed": score and score.assessed,
            "floor": score and score.floor,
        }


def _exit(summary: Summary, fail_on: FailOn, allow_incomplete: bool) -> Exit:
    severities = list(Severity)
    if fail_on is not FailOn.NEVER:
        serious = severities[severities.index(Severity(fail_on.value)) :]
        if any(summary.counts.get((severity, Status.UNHEALTHY)) for severity in serious):
            return Exit.FOUND
    if (summary.holes or not summary.scopes) and not allow_incomplete:
        return Exit.INCOMPLETE
    return Exit.OK
