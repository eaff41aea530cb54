"""`cloudward incidents`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cloudward.cli.commands.alerts import Shown
from cloudward.cli.incidents import LISTING, record, whole
from cloudward.cli.incidents import show as draw
from cloudward.cli.options import By, Format, Limit, Output, Since, StorePath, moments, rows
from cloudward.cli.output import counted, note, write
from cloudward.cli.stored import kept
from cloudward.model import AlertSeverity, AlertState

if TYPE_CHECKING:
    from cloudward.store.incidents import Incidents

Id = Annotated[str, typer.Argument(metavar="INCIDENT", help="The incident's id, or the beginning of it.")]

incidents = typer.Typer(
    help="List, read and answer incidents.", invoke_without_command=True, rich_markup_mode=None
)


@incidents.callback()
def start(context: typer.Context) -> None:
    """List, read and answer incidents: alerts that tell one story.

    Alone it lists those that are open. They are found by `cloudward detect`.
    """
    if context.invoked_subcommand is None:
        from cloudward.cli.options import default_store

        list_incidents(default_store())


@incidents.command("list")
def list_incidents(
    store: StorePath,
    state: Annotated[Shown, typer.Option("--state", help="Only in this state.")] = Shown.OPEN,
    severity: Annotated[
        AlertSeverity | None, typer.Option("--severity", help="Only of this severity.")
    ] = None,
    scope: Annotated[
        str, typer.Option("--scope", metavar="ID", help="Only with alerts in this account or host.")
    ] = "",
    owner: Annotated[str, typer.Option("--owner", metavar="NAME", help="Only this one's.")] = "",
    since: Since = None,
    limit: Limit = None,
    output: Output = Format.TABLE,
) -> None:
    """List incidents, the most severe first."""
    from cloudward.store.incidents import OPEN

    begin, _ = moments(since, None)
    with _found(store) as found:
        listed, total = found.page(
            {
                "state": OPEN
                if state is Shown.OPEN
                else None
                if state is Shown.ALL
                else [AlertState(state.value)],
                "severity": [severity] if severity else None,
                "scope": [scope] if scope else None,
                "owner": [owner] if owner else None,
                "since": begin,
            }
        )
        write(LISTING, map(record, listed), output, total=total, limit=rows(limit, output))
        if listed and output == Format.TABLE:
            note(f"Next: cloudward incidents show {listed[0].id}")


@incidents.command("show")
def show(store: StorePath, id: Id, output: Output = Format.TABLE) -> None:
    """Show an incident: what happened, why it belongs together, what is likely next."""
    with _found(store) as found:
        incident = found.one(id)
        if output != Format.TABLE:
            made = whole(incident, found) if output == Format.JSON else record(incident)
            write(LISTING, [made], output, total=1)
            return
        draw(incident, found.members(incident.id), found.comments(incident.id))


@incidents.command("set")
def change(
    store: StorePath,
    by: By,
    id: Id,
    state: Annotated[AlertState, typer.Argument(metavar="STATE", help="What it is from now on.")],
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why; to resolve or dismiss needs one.")
    ] = "",
) -> None:
    """Say that an incident is worked on, resolved or dismissed."""
    with _found(store) as found:
        after = found.change(found.one(id).id, state, by, datetime.now(UTC), reason)
    note(f"{after.id} is {after.state.value.replace('_', ' ')}.")


@incidents.command("assign")
def assign(
    store: StorePath,
    by: By,
    id: Id,
    owner: Annotated[str, typer.Argument(metavar="OWNER", help="A name or an address; '' for nobody.")],
) -> None:
    """Say whose an incident is."""
    with _found(store) as found:
        after = found.assign(found.one(id).id, owner, by)
    note(f"{after.id} is {after.owner or 'nobody'}'s.")


@incidents.command("comment")
def comment(
    store: StorePath,
    by: By,
    id: Id,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What is to be known of it.")],
) -> None:
    """Write something of an incident."""
    with _found(store) as found:
        found.comment(found.one(id).id, text, by, datetime.now(UTC))
    note("Written.")


@incidents.command("merge")
def merge(
    store: StorePath,
    by: By,
    id: Id,
    others: Annotated[list[str], typer.Argument(metavar="OTHER...", help="Those that become part of it.")],
) -> None:
    """Make other incidents part of this one. It stays so, whatever is found later."""
    with _found(store) as found:
        ids = [found.one(each).id for each in others]
        after = found.merge(found.one(id).id, ids, by)
    note(f"{after.id} has {counted(after.alerts, 'alert')} now.")


@incidents.command("split")
def split(
    store: StorePath,
    by: By,
    id: Id,
    alerts: Annotated[list[str], typer.Argument(metavar="ALERT...", help="Those that go.")],
) -> None:
    """Make some alerts of an incident one of their own. It stays so, whatever is found later."""
    from cloudward.store.alerts import Alerts

    with kept(store) as opened:
        from cloudward.store.incidents import Incidents

        found, every = Incidents(opened.database), Alerts(opened.database)
        ids = [every.one(each).id for each in alerts]
        made = found.split(found.one(id).id, ids, by, datetime.now(UTC))
    note(f"{made.id} has {counted(made.alerts, 'alert')}.")


@contextmanager
def _found(store: Path) -> Iterator[Incidents]:
    from cloudward.store.incidents import Incidents

    with kept(store) as opened:
        yield Incidents(opened.database)
