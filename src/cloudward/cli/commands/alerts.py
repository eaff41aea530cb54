"""`cloudward alerts`."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from cloudward.cli.alerts import LISTING, attack, record
from cloudward.cli.lines import wrapped
from cloudward.cli.options import By, Limit, RuleFolders, Since, StorePath, moments, rows
from cloudward.cli.output import block, console, counted, moment, note, span, styled, write
from cloudward.cli.stored import kept, known
from cloudward.model import Alert, AlertSeverity, AlertState
from cloudward.respond.text import encoded

if TYPE_CHECKING:
    from cloudward.detect import Detections
    from cloudward.store.alerts import Alerts


class AlertFormat(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    OCSF = "ocsf"
    MICROSOFT = "microsoft"
    STIX = "stix"


class Shown(StrEnum):
    OPEN = "open"
    ACTIVE = "active"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"
    ALL = "all"


AlertOutput = Annotated[
    AlertFormat,
    typer.Option(
        "--output",
        "-o",
        help="How to print; ocsf and microsoft (Microsoft.Security/alerts) are one alert a line, "
        "stix is one bundle.",
    ),
]
Id = Annotated[str, typer.Argument(metavar="ALERT", help="The alert's id, or the beginning of it.")]

alerts = typer.Typer(help="List, read and answer alerts.", invoke_without_command=True, rich_markup_mode=None)


@alerts.callback()
def start(context: typer.Context) -> None:
    """List, read and answer alerts.

    Alone it lists those that are open.
    """
    if context.invoked_subcommand is None:
        from cloudward.cli.options import default_store

        list_alerts(default_store())


@alerts.command("list")
def list_alerts(
    store: StorePath,
    state: Annotated[Shown, typer.Option("--state", help="Only in this state.")] = Shown.OPEN,
    severity: Annotated[
        AlertSeverity | None, typer.Option("--severity", help="Only of this severity.")
    ] = None,
    detection: Annotated[
        str, typer.Option("--detection", metavar="ID", help="Only from this detection.")
    ] = "",
    scope: Annotated[
        str, typer.Option("--scope", metavar="ID", help="Only in this account, subscription or host.")
    ] = "",
    since: Since = None,
    samples: Annotated[bool, typer.Option("--samples/--no-samples", help="Also samples.")] = True,
    limit: Limit = None,
    output: AlertOutput = AlertFormat.TABLE,
) -> None:
    """List alerts, the most severe first."""
    from cloudward.store.alerts import OPEN, Alerts

    states = {Shown.OPEN: OPEN, Shown.ALL: ()}.get(state) if state in (Shown.OPEN, Shown.ALL) else None
    begin, _ = moments(since, None)
    with kept(store) as opened:
        found = Alerts(opened.database)
        listed = found.every(
            states=(AlertState(state.value),) if states is None else states,
            severities=(severity,) if severity else (),
            detection=detection,
            scope=scope,
            since=begin,
            samples=samples,
        )
        _print(found, listed, limit, output)


@alerts.command("show")
def show(store: StorePath, rules: RuleFolders, id: Id, output: AlertOutput = AlertFormat.TABLE) -> None:
    """Show an alert: what it names, its events, what to look at, what to do."""
    from cloudward.detect import load
    from cloudward.store.alerts import Alerts

    with kept(store) as opened:
        found = Alerts(opened.database)
        alert = found.one(id)
        if output != "table":
            _print(found, [alert], None, output)
            return
        _show(alert, load(*rules))
        evidence = found.evidence(alert.id)
        lines = (f"{moment(each.at)}  {each.file}:{each.line}  {encoded(each.document)}" for each in evidence)
        shown = f"Events ({len(evidence)} of {alert.count})" if len(evidence) < alert.count else "Events"
        block(shown, (line for text in lines for line in wrapped(text, console().width, 2, 2)))


@alerts.command("set")
def change(
    store: StorePath,
    by: By,
    id: Id,
    state: Annotated[AlertState, typer.Argument(metavar="STATE", help="What it is from now on.")],
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why; to dismiss an alert needs one.")
    ] = "",
) -> None:
    """Say that an alert is worked on, resolved, or dismissed with a reason."""
    from datetime import UTC, datetime

    from cloudward.store.alerts import Alerts

    with kept(store) as opened:
        after = Alerts(opened.database).change(id, state, by, datetime.now(UTC), reason)
    note(f"{after.id[:8]} is {after.state.value.replace('_', ' ')}.")


@alerts.command("sample")
def sample(
    store: StorePath,
    by: By,
    plan: Annotated[
        str,
        typer.Option("--plan", metavar="NAME", help="Only for this plan of Defender for Cloud."),
    ] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Remove the samples instead.")] = False,
) -> None:
    """Make alerts that only show how alerts look, up to three for each plan."""
    from cloudward.store import Store
    from cloudward.store.alerts import Alerts

    with Store.open(store) as opened:
        found = Alerts(opened.database)
        if remove:
            note(f"{counted(found.remove_samples(by), 'sample')} removed.")
            return
        new = found.add_samples(_samples(plan), by)
    note(f"{counted(new, 'sample')} made. Next: cloudward alerts; cloudward alerts sample --remove")


def _samples(plan: str) -> Iterable[Alert]:
    from datetime import UTC, datetime

    from cloudward.detect import load
    from cloudward.detect.samples import plans, samples

    detections = load()
    known("plan", [plan] if plan else [], plans(detections))
    return samples(detections, [plan] if plan else [], datetime.now(UTC))


def _print(found: Alerts, listed: list[Alert], limit: int | None, output: AlertFormat) -> None:
    if output == AlertFormat.STIX:
        from cloudward.respond.stix import bundle

        typer.echo(encoded(bundle(listed[: limit or None])))
        return
    if output not in (AlertFormat.OCSF, AlertFormat.MICROSOFT):
        items = (record(alert) for alert in listed)
        write(LISTING, items, output, total=len(listed), limit=rows(limit, output))
        if listed and output == AlertFormat.TABLE:
            note(f"Next: cloudward alerts show {listed[0].id[:8]}")
        return
    from cloudward import __version__
    from cloudward.detect import load
    from cloudward.respond.detection_finding import finding
    from cloudward.respond.microsoft import security_alert

    detections = load()
    for alert in listed[: limit or None]:
        if output == AlertFormat.OCSF:
            made = finding(alert, found.evidence(alert.id), product=__version__)
        else:
            about = detections.all.get(alert.detection)
            made = security_alert(alert, list(about.remediate) if about else [], about.why if about else "")
        typer.echo(encoded(made))


def _show(alert: Alert, detections: Detections) -> None:
    about = detections.all.get(alert.detection)
    styled((alert.title, "bold"))
    styled(f"{alert.id}  {alert.severity.value}  {alert.state.value.replace('_', ' ')}  {alert.detection}")
    styled(f"{span(alert.first, alert.last)}, {counted(alert.count, 'event')} of {alert.source}")
    if alert.state_reason:
        styled(f"{alert.state_by}: {alert.state_reason}")
    named = [f"{each.kind}: {each.value}" for each in alert.entities]
    parts = (
        (alert.original.product if alert.original else "", _said(alert)),
        ("Why", [about.why] if about else []),
        ("What is unusual" if getattr(about, "behaviour", None) is not None else "What fits", alert.reasons),
        ("It names", [f"scope: {alert.scope}", *named] if alert.scope else named),
        ("What to look at", about.investigate if about else ()),
        ("What to do", about.remediate if about else ()),
        ("MITRE ATT&CK", [attack(alert.tactics, alert.techniques)]),
    )
    for head, texts in parts:
        if head and any(texts):
            block(head, (line for text in texts for line in wrapped(text, console().width, 2)))


def _said(alert: Alert) -> list[str]:
    """What another product says of it."""
    found = alert.original
    if found is None:
        return []
    state = f"{found.status} there, {found.state.value.replace('_', ' ')} here" if found.status else ""
    facts = {"id": found.id, "kind": found.type, "status": state, "changed": moment(found.changed)}
    lines = [f"{name}: {text}" for name, text in facts.items() if text]
    return [
        *([found.description] if found.description else []),
        *lines,
        *([found.link] if found.link else []),
    ]
