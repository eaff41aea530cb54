"""`cloudward coverage`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cloudward.cli.options import Format, Limit, Output, Scopes, StorePath, rows
from cloudward.cli.output import Column, Listing, counted, few, note, words, write
from cloudward.cli.stored import opened, overall
from cloudward.respond.causes import remedy

if TYPE_CHECKING:
    from cloudward.model import Coverage

LISTING = Listing(
    "call",
    {
        "call": "the call, or the file, that was asked; empty for a region that was left out",
        "outcome": "read, empty, gone, denied, unsupported, failed, not_requested, not_needed",
        "type": "the resource type that it tells about; empty for all",
        "scope": "account, subscription or cluster",
        "region": "null for what is global",
        "listing": "whether it says which resources exist",
        "count": "how many times it ended so",
        "at": "when the answer was given",
        "cause": "why it was not answered, or need not be asked",
        "remedy": "what would make it known",
    },
    (
        Column("call", fold=True, form=lambda call: call or "every regional call"),
        Column("outcome", form=words),
        Column("type", fold=True, width=110),
        Column("scope"),
        Column("region"),
        Column("count", "Times", right=True, width=90),
        Column("cause", fold=True, width=140),
    ),
    empty="Everything that was asked for could be read.",
)


def coverage(
    scope: Scopes,
    store: StorePath,
    every: Annotated[bool, typer.Option("--all", help="Every call, also those that were answered.")] = False,
    limit: Limit = None,
    output: Output = Format.TABLE,
) -> None:
    """Show what could not be read.

    What needs an answer that is missing is unknown, never healthy.
    """
    from cloudward.model import Outcome

    outcomes = [] if every else [Outcome.DENIED, Outcome.FAILED, Outcome.UNSUPPORTED, Outcome.NOT_REQUESTED]
    with opened(store, scope) as opened_store:
        found = opened_store.coverage(outcome=outcomes, scope=scope or None)
        write(LISTING, _records(found), output, limit=rows(limit, output))
        answered = sum(1 for _ in opened_store.coverage(scope=scope or None))
        _, whole = overall(opened_store, scope)
    if output == "table":
        if whole.unread:
            note(f"Policies look at types that were not read everywhere: {few(whole.unread)}.")
        note(f"{counted(answered, 'row')} of coverage in all.{'' if every else ' --all shows them.'}")


def _records(found: Iterator[Coverage]) -> Iterator[dict[str, Any]]:
    from cloudward.model import EVIDENCE

    for row in found:
        yield {
            "call": row.call,
            "outcome": row.outcome.value,
            "type": row.type,
            "scope": row.scope,
            "region": row.region,
            "listing": row.listing,
            "count": row.count,
            "at": row.at,
            "cause": str(row.cause) if row.cause else None,
            "remedy": remedy(row.cause) if row.cause and row.outcome not in EVIDENCE else None,
        }
