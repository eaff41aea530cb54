"""`cloudward audit`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from cloudward.cli.exits import Exit
from cloudward.cli.options import Format, Limit, Output, StorePath
from cloudward.cli.output import Column, Listing, note, write

LISTING = Listing(
    "change",
    {
        "number": "its place in the log",
        "at": "when",
        "by": "who",
        "kind": "what was changed: user, binding, token, exemption, ...",
        "id": "of what was changed",
        "scope": "where it counts; empty for what belongs to no scope",
        "before": "what it was; null when it was new",
        "after": "what it is; null when it is gone",
        "digest": "over this change and the digest before it",
    },
    (Column("at"), Column("by"), Column("kind"), Column("id", fold=True)),
    empty="Nothing was changed yet.",
)

audit = typer.Typer(
    help="Show who changed what, and whether that was altered.",
    rich_markup_mode=None,
    no_args_is_help=True,
)


@audit.command("list")
def list_changes(store: StorePath, limit: Limit = None, output: Output = Format.TABLE) -> None:
    """List what was changed, the last first."""
    from cloudward.store import Store, revisions

    def records() -> Iterator[dict[str, Any]]:
        for each in revisions.entries(connection):
            r = each.revision
            yield {
                "number": each.number,
                "at": r.at,
                "by": r.by,
                "kind": r.kind,
                "id": r.id,
                "scope": each.scope,
                "before": r.before,
                "after": r.after,
                "digest": each.digest,
            }

    with Store.open(store) as opened, opened.database.read() as connection:
        write(LISTING, records(), output, limit=limit)


@audit.command("verify")
def verify(
    store: StorePath,
    noted: Annotated[
        str, typer.Option("--noted", metavar="DIGEST", help="A digest that you noted earlier.")
    ] = "",
) -> int:
    """Compute the chain of digests anew: whether a change was altered, removed or put in between.

    Exit code 5 when it was. Who can write to the database can make the whole chain anew: note the digest
    elsewhere from time to time, and give it here.
    """
    from cloudward.store import Store, revisions

    with Store.open(store) as opened, opened.database.read() as connection:
        found = revisions.verify(connection, noted)
    if found.broken:
        note(f"Change {found.broken} is not as it was written, or one before it is missing.")
    elif found.broken == 0:
        note("Changes are missing at the end.")
    elif found.noted is False:
        note("The noted digest is not in the chain: it was made anew, or is of another store.")
    else:
        note(f"{found.length:,} changes, all as they were written. Digest of the last:")
        note(found.digest or "none")
        return Exit.OK
    return Exit.CHANGES
