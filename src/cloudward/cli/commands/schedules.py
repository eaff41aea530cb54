"""`cloudward schedules`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cloudward.apply.ownership import by_hand
from cloudward.cli.options import By, Format, Output, StorePath
from cloudward.cli.output import Column, Listing, note, write
from cloudward.cli.stored import kept

if TYPE_CHECKING:
    from cloudward.store.schedules import Schedule

LISTING = Listing(
    "schedule",
    {
        "connector": "what is scanned",
        "cron": "when: minute, hour, day, month, weekday",
        "zone": "the time zone of these",
        "enabled": "false: it does not run",
        "next": "its next run; null while it does not run",
        "created_by": "who made it",
        "created_at": "when",
        "source": "the file that says so; empty when a person did",
    },
    (Column("connector"), Column("cron"), Column("zone"), Column("next")),
    empty="There are no schedules: `cloudward schedules set CONNECTOR '0 2 * * *'` makes one.",
)

schedules = typer.Typer(
    help="Say when connectors are scanned.",
    invoke_without_command=True,
    rich_markup_mode=None,
    no_args_is_help=False,
)


@schedules.callback()
def start(context: typer.Context) -> None:
    """Say when connectors are scanned.

    Alone it lists the schedules. The server and `cloudward worker` run them.
    """
    if context.invoked_subcommand is None:
        from cloudward.cli.options import default_store

        list_schedules(default_store(), Format.TABLE)


@schedules.command("list")
def list_schedules(store: StorePath, output: Output = Format.TABLE) -> None:
    """List the schedules."""
    from cloudward.store import schedules as stored

    with kept(store) as opened, opened.database.read() as connection:
        found = stored.every(connection)
    write(LISTING, [_record(each) for each in found], output)


@schedules.command("set")
def set_schedule(
    store: StorePath,
    by: By,
    connector: Annotated[str, typer.Argument(metavar="CONNECTOR", help="What is scanned.")],
    cron: Annotated[
        str, typer.Argument(metavar="CRON", help="When: minute hour day month weekday, '0 2 * * *'.")
    ],
    zone: Annotated[
        str, typer.Option("--zone", metavar="NAME", help="The time zone, as Europe/Berlin.")
    ] = "UTC",
    off: Annotated[bool, typer.Option("--off", help="Keep it, but do not run it.")] = False,
    output: Output = Format.TABLE,
) -> None:
    """Say when a connector is scanned; it replaces what was said before."""
    from datetime import UTC, datetime

    from cloudward.store import schedules as stored
    from cloudward.store.schedules import Schedule, following

    following(cron, zone, datetime.now(UTC))
    with kept(store) as opened:
        opened.connector(connector)
        with opened.database.write() as connection:
            known = {each.connector: each for each in stored.every(connection)}.get(connector)
            if known:
                by_hand("schedule of", connector, known.source)
            made = Schedule(connector, cron, zone, not off, by, datetime.now(UTC))
            made = stored.keep(connection, made, by)
    write(LISTING, [_record(made)], output)
    note("The server or `cloudward worker` runs it.")


@schedules.command("remove")
def remove(
    store: StorePath,
    by: By,
    connector: Annotated[str, typer.Argument(metavar="CONNECTOR", help="What is scanned.")],
) -> None:
    """Scan a connector only when somebody asks for it."""
    from cloudward.store import schedules as stored

    with kept(store) as opened, opened.database.write() as connection:
        by_hand("schedule of", connector, stored.one(connection, connector).source)
        stored.forget(connection, connector, by)
    note(f"{connector} is scanned only when somebody asks for it.")


def _record(schedule: Schedule) -> dict[str, Any]:
    return {key: getattr(schedule, key) for key in LISTING.keys}
