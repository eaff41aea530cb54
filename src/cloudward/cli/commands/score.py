"""`cloudward score`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cloudward.cli.options import Format, Output, Scopes, StorePath
from cloudward.cli.output import Column, Listing, at_least, draw, earned, note, percent, styled, write
from cloudward.cli.stored import opened, overall
from cloudward.cli.summary import unread

if TYPE_CHECKING:
    from cloudward.model import Score
    from cloudward.store import Store

LISTING = Listing(
    "score",
    {
        "scope": "account, subscription or cluster",
        "name": "its name",
        "provider": "aws, azure, gcp, kubernetes",
        "at": "when it was scanned",
        "scan": "the scan",
        "percentage": "the score, 0 to 1",
        "assessed": "share of answers that are definite, 0 to 1; null when there are none",
        "floor": "the score with unknown counted as unhealthy, 0 to 1; null when it is not determined",
        "current": "points earned",
        "max": "points that can be earned",
        "weight": "resources that count",
        "unread": "types that the score needs and that were not read",
        "controls": "the controls, each with its points and counts",
    },
    (
        Column("name", "Scope", fold=True),
        Column("percentage", "Score", right=True, form=percent),
        Column("floor", right=True, form=at_least),
        Column("assessed", right=True, form=at_least),
        Column("weight", "Resources", right=True),
        Column("at", "Scanned", width=100),
    ),
)
CONTROLS = (
    Column("title", "Control", fold=True),
    Column("points", right=True),
    Column("floor", right=True),
    Column("unhealthy", right=True),
    Column("unknown", right=True),
    Column("potential_increase", "Gain", right=True, form=lambda value: f"+{value:.1f}" if value else "-"),
)


def score(
    scope: Scopes,
    store: StorePath,
    history: Annotated[
        bool, typer.Option("--history", help="Every scan that is kept, the last first.")
    ] = False,
    output: Output = Format.TABLE,
) -> None:
    """Show the secure score.

    Beside it always stand the share of answers that are definite, and the floor: the score if everything
    unknown were unhealthy.
    """
    with opened(store, scope) as opened_store:
        records = list(_records(opened_store, scope, history))
        _, whole = overall(opened_store, scope)
        extra = {key: getattr(whole, key) for key in ("percentage", "assessed", "floor", "weight")}
        if output == "table" and not history:
            _show(records, whole)
        else:
            write(LISTING, records, output, extra={"overall": extra})


def _records(store: Store, scopes: list[str], history: bool) -> Iterator[dict[str, Any]]:
    known = {scope.id: scope for scope in store.scopes()}
    for at, scan, score in store.scores(scopes or None, history):
        scope = known[score.scope]
        kept = {key: value for key, value in asdict(score).items() if key in LISTING.keys}
        yield {
            "scope": scope.id,
            "name": scope.name or scope.id,
            "provider": scope.provider.value,
            "at": at,
            "scan": scan,
            **kept,
        }


def _show(records: list[dict[str, Any]], whole: Score) -> None:
    styled(
        ("Secure score ", "bold"),
        (earned(whole), "bold"),
        f"   floor {at_least(whole.floor)}   assessed {at_least(whole.assessed)}",
    )
    if whole.unread:
        styled(unread(whole.unread))
    styled()
    controls = sorted(whole.controls, key=lambda control: (-control.potential_increase, control.title))
    rows = [
        {**asdict(control), "points": f"{control.current:g}/{control.max:g}", "floor": f"{control.floor:g}"}
        for control in controls
        if control.weight or control.unknown or control.unread
    ]
    draw(CONTROLS, rows)
    if len(records) > 1:
        styled()
        draw(LISTING.columns, records)
    note("Next: cloudward recommendations")
