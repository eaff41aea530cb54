"""`cloudward suppress`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from cloudward.cli.options import By, Format, Output, StorePath
from cloudward.cli.output import Column, Listing, counted, moment, note, write
from cloudward.cli.stored import kept, known
from cloudward.errors import UsageError
from cloudward.model import Suppression


def _written(fields: Any) -> str:
    return ", ".join(f"{name}={' or '.join(values)}" for name, values in fields.items())


LISTING = Listing(
    "suppression",
    {
        "id": "its id",
        "detection": "the detection whose alerts it hides; null for all",
        "fields": "field or kind of entity, and the values of which one is there",
        "scope": "the scope in which it hides; null for everywhere",
        "reason": "why",
        "created_by": "who made it; alerts that name him are not hidden",
        "created_at": "when",
        "expires": "when it ends, at most 90 days later",
        "hidden": "alerts that it dismissed",
        "in_force": "whether it has not ended yet",
    },
    (
        Column("id"),
        Column("detection", fold=True),
        Column("fields", fold=True, form=_written),
        Column("expires", form=lambda value: moment(value)[:10]),
        Column("hidden", right=True),
        Column("reason", fold=True),
    ),
    empty="There are no suppressions.",
)
Detection = Annotated[str, typer.Option("--detection", metavar="ID", help="Only alerts of this detection.")]
Fields = Annotated[
    list[str] | None,
    typer.Option(
        "--field",
        metavar="NAME=VALUE",
        help="Only alerts with this: ip=203.0.113.9, principal=*/ci-*; of one name any, of several all.",
    ),
]
Scope = Annotated[str, typer.Option("--scope", metavar="ID", help="Only in this scope.")]
Days = Annotated[int, typer.Option("--days", min=1, max=90, help="How long.")]

suppress = typer.Typer(
    help="Dismiss alerts to come that are known to be harmless.",
    invoke_without_command=True,
    rich_markup_mode=None,
)


@suppress.callback()
def start(context: typer.Context) -> None:
    """Dismiss alerts to come that are known to be harmless.

    Alone it lists the suppressions. What they hide is dismissed with their reason and can still be seen; an
    alert that names who made the suppression is not hidden.
    """
    if context.invoked_subcommand is None:
        from cloudward.cli.options import default_store

        list_suppressions(default_store())


@suppress.command("list")
def list_suppressions(store: StorePath, output: Output = Format.TABLE) -> None:
    """List the suppressions, with how many alerts each has hidden."""
    from cloudward.store.alerts import Alerts

    with kept(store) as opened:
        alerts = Alerts(opened.database)
        hidden = alerts.hidden()
        write(LISTING, [_record(each, hidden.get(each.id, 0)) for each in alerts.suppressions()], output)


@suppress.command("add")
def add(
    store: StorePath,
    by: By,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why they are harmless.")],
    detection: Detection = "",
    fields: Fields = None,
    scope: Scope = "",
    days: Days = 30,
    output: Output = Format.TABLE,
) -> None:
    """Dismiss alerts to come, for at most 90 days."""
    from cloudward.store.alerts import Alerts
    from cloudward.store.suppressions import LOOKED_BACK

    rule = _made(detection, fields or (), scope, reason, by, days)
    with kept(store) as opened:
        alerts = Alerts(opened.database)
        alerts.suppress(rule)
        write(LISTING, [_record(rule, 0)], output)
        would = sum(hides for _, hides in alerts.preview(rule, rule.created_at - LOOKED_BACK))
    note(f"Of the last 30 days it would have hidden {counted(would, 'alert')}; those stay as they are.")


@suppress.command("preview")
def preview(
    store: StorePath,
    by: By,
    detection: Detection = "",
    fields: Fields = None,
    scope: Scope = "",
    output: Output = Format.TABLE,
) -> None:
    """Show which alerts of the last 30 days a suppression would have hidden; nothing is kept."""
    from cloudward.cli.alerts import LISTING as ALERTS
    from cloudward.cli.alerts import record
    from cloudward.store.alerts import Alerts
    from cloudward.store.suppressions import LOOKED_BACK

    rule = _made(detection, fields or (), scope, "preview", by, 1)
    with kept(store) as opened:
        found = list(Alerts(opened.database).preview(rule, rule.created_at - LOOKED_BACK))
    count = Counter(hides for _, hides in found)
    write(ALERTS, [record(alert) for alert, hides in found if hides], output, extra={"spared": count[False]})
    if count[False]:
        note(f"{counted(count[False], 'alert')} would stay: {by} is named in it.")


@suppress.command("remove")
def remove(
    store: StorePath,
    by: By,
    id: Annotated[str, typer.Argument(metavar="ID", help="The suppression's id.")],
) -> None:
    """Take a suppression back. What it dismissed stays dismissed."""
    from cloudward.store.alerts import Alerts

    with kept(store) as opened:
        Alerts(opened.database).unsuppress(id, by)
    note(f"{id} is removed.")


def _made(detection: str, fields: Sequence[str], scope: str, reason: str, by: str, days: int) -> Suppression:
    from cloudward.detect import load
    from cloudward.detect.foreign import is_foreign
    from cloudward.store.suppressions import made

    known("detection", [detection] if detection and not is_foreign(detection) else [], load().all)
    return made(detection, _fields(fields), scope, reason, by, days)


def _fields(given: Sequence[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not value:
            raise UsageError(f"{text!r} is no field with its value", "--field ip=203.0.113.9")
        found[name] = (*found.get(name, ()), value)
    return found


def _record(rule: Suppression, hidden: int) -> dict[str, Any]:
    return {
        "id": rule.id,
        "detection": rule.detection or None,
        "fields": rule.fields,
        "scope": rule.scope or None,
        "reason": rule.reason,
        "created_by": rule.created_by,
        "created_at": rule.created_at,
        "expires": rule.expires,
        "hidden": hidden,
        "in_force": rule.expires > datetime.now(UTC),
    }
