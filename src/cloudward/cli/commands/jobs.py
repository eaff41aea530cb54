"""`cloudward jobs`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cloudward.cli.options import Format, Limit, Output, StorePath, rows
from cloudward.cli.output import Column, Listing, note, write
from cloudward.cli.stored import kept, known

if TYPE_CHECKING:
    from cloudward.store.jobs import Job

STATES = ("queued", "running", "done", "failed", "cancelled")
LISTING = Listing(
    "job",
    {
        "id": "its id",
        "kind": "scan, export, notification, maintenance",
        "about": "the connector, or what it is about otherwise",
        "state": "queued, running, done, failed, cancelled",
        "attempts": "how often it was begun",
        "due": "it does not run before",
        "created_by": "who asked for it",
        "created_at": "when",
        "started": "when it was begun the last time; null: not yet",
        "ended": "when it ended; null: not yet",
        "worker": "who works on it, or did",
        "progress": "how far it is",
        "result": "what it found",
        "problem": "what went wrong the last time; empty: nothing",
    },
    (
        Column("id"),
        Column("kind"),
        Column("about", fold=True),
        Column("state"),
        Column("problem", fold=True),
    ),
    empty="There are no jobs.",
)

jobs = typer.Typer(
    help="Show what is worked on, and cancel it.",
    invoke_without_command=True,
    rich_markup_mode=None,
    no_args_is_help=False,
)


@jobs.callback()
def start(context: typer.Context) -> None:
    """Show what is worked on, and cancel it.

    Alone it lists the jobs, the latest first.
    """
    if context.invoked_subcommand is None:
        from cloudward.cli.options import default_store

        list_jobs(default_store(), None, None, Format.TABLE)


@jobs.command("list")
def list_jobs(
    store: StorePath,
    state: Annotated[
        list[str] | None,
        typer.Option("--state", metavar="STATE", help="Only in this state; may be given again."),
    ] = None,
    limit: Limit = None,
    output: Output = Format.TABLE,
) -> None:
    """List the jobs, the latest first."""
    from cloudward.store import jobs as stored

    known("state", state or [], STATES)
    with kept(store) as opened, opened.database.read() as connection:
        found = stored.every(connection, states=state or (), limit=rows(limit, output))
    write(LISTING, [_record(each) for each in found], output)


@jobs.command("cancel")
def cancel(store: StorePath, id: Annotated[str, typer.Argument(metavar="ID", help="The job's id.")]) -> None:
    """End a job.

    One that waits ends at once, one that runs as soon as its worker hears of it.
    """
    from datetime import UTC, datetime

    from cloudward.store import jobs as stored

    with kept(store) as opened, opened.database.write() as connection:
        job = stored.cancel(connection, id, datetime.now(UTC))
    note(f"{id} is {job.state}" if job.ended else f"{id} ends as soon as its worker hears of it")


def _record(job: Job) -> dict[str, Any]:
    options = job.payload.get("options", {})
    about = job.payload.get("connector") or options.get("connector") or options.get("target")
    values = {key: getattr(job, key) for key in LISTING.keys if hasattr(job, key)}
    return {**values, "state": job.state.value, "about": about or job.lane, "worker": job.owner}
