"""`cloudward scan`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cloudward.cli.exits import Exit
from cloudward.cli.options import ContentFolders, FindingFormat, FindingOutput, StorePath, value
from cloudward.cli.output import Column, Listing, note, percent, write
from cloudward.cli.stored import content, has_connector, known
from cloudward.errors import UsageError, near
from cloudward.model import Severity, Status

if TYPE_CHECKING:
    from cloudward.assess.asked import Options
    from cloudward.assess.scan import Summary
    from cloudward.pack import Pack
    from cloudward.store import Store

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
    from cloudward.assess.asked import Options

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
    from cloudward.assess.asked import CLOUDS, Options

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
    from cloudward.assess.asked import Options, run
    from cloudward.assess.custom import with_custom
    from cloudward.assess.parameters import Parameters
    from cloudward.assess.selection import chosen
    from cloudward.cli.progress import progress
    from cloudward.store import Store, upkeep

    if resume and not folder.exists():
        raise UsageError("there is no interrupted scan to resume")
    if not resume:
        from cloudward.connect.aws.cloudcontrol import generic
        from cloudward.connect.aws.facts import modules

        generic(given.cloud_control)
        known("AWS service", given.services, modules())
        pack = content(map(Path, given.content), folder)
        Parameters(chosen(pack, given.policies or None), given.parameters)
    with Store.open(folder) as store, progress() as shown:
        staging = store.resume() if resume else None
        asked = Options.kept(staging.options) if staging else given
        pack = with_custom(store, content(map(Path, asked.content)))
        try:
            summary = run(store, pack, asked, staging=staging, progress=shown, workers=workers)
        except KeyboardInterrupt:
            note("`cloudward scan --resume` goes on from here.")
            raise
        store.maintain(days=keep)
        upkeep.expire_events(store, datetime.now(UTC))
    return summary, pack


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
