"""`cloudward diff`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cloudward.cli.options import ContentFolders, Format, Limit, Output, Scopes, StorePath, rows
from cloudward.cli.output import Column, Listing, note, write
from cloudward.cli.stored import content, known, opened
from cloudward.errors import UsageError

if TYPE_CHECKING:
    from cloudward.pack import Pack
    from cloudward.store import Store

LISTING = Listing(
    "change",
    {
        "kind": "added, removed, changed; not_comparable where one of the scans could not read it",
        "type": "the resource's type",
        "id": "its id",
        "name": "its name",
        "scope": "account, subscription or cluster",
        "region": "null for what is global",
        "paths": "what changed in the document; `meta.` is name, region and tags",
        "unread": "what was not read in one of the scans, and so is not compared",
        "recreated": "whether it is another resource under the same id",
        "old": "the earlier scan",
        "new": "the later scan",
    },
    (
        Column("kind"),
        Column("type", fold=True),
        Column("name", fold=True),
        Column("region"),
        Column("paths", fold=True),
        Column("scope", width=140),
    ),
    empty="Nothing changed that both scans could read.",
)


def diff(
    scope: Scopes,
    store: StorePath,
    own: ContentFolders,
    old: Annotated[str, typer.Argument(metavar="OLD", help="The earlier scan; the last but one.")] = "",
    new: Annotated[str, typer.Argument(metavar="NEW", help="The later scan; the last.")] = "",
    every: Annotated[
        bool, typer.Option("--all", help="Also resources that cannot be compared in full.")
    ] = False,
    limit: Limit = None,
    output: Output = Format.TABLE,
) -> None:
    """Show what changed between two scans.

    What one of them could not read is not compared, and never counts as removed.
    """
    pack = content(own, store)
    with opened(store, scope) as opened_store:
        pairs = list(_pairs(opened_store, scope, old, new))
        hidden: Counter[str] = Counter()

        def shown() -> Iterator[dict[str, Any]]:
            for each, earlier, later in pairs:
                for record in _changes(opened_store, pack, each, earlier, later):
                    if every or record["kind"] != "not_comparable":
                        yield record
                    else:
                        hidden["resources"] += 1

        write(LISTING, shown(), output, limit=rows(limit, output))
    if output == "table" and hidden:
        note(f"{hidden['resources']:,} resources cannot be compared in full; --all shows them.")


def _pairs(store: Store, scopes: list[str], old: str, new: str) -> Iterator[tuple[str, str, str]]:
    """Scope, earlier scan, later scan. A scope that the scans did not read has nothing to compare."""
    kept = {scope.id: [scan for scan, _ in store.snapshots(scope.id)] for scope in store.scopes()}
    wanted = {scope: scans for scope, scans in kept.items() if not scopes or scope in scopes}
    all_scans = {scan for scans in wanted.values() for scan in scans}
    known("scan", filter(None, [old, new]), all_scans)
    found = False
    for scope, scans in wanted.items():
        later = new or next(iter(scans), "")
        before = scans[scans.index(later) + 1 :] if later in scans else []
        earlier = old or next(iter(before), "")
        if later in scans and earlier in scans and earlier != later:
            found = True
            yield scope, earlier, later
    if not found:
        last = ", ".join(sorted(all_scans, reverse=True)[:5])
        raise UsageError(
            "there are no two scans of the same scope to compare", f"scan again; kept are {last}"
        )


def _changes(store: Store, pack: Pack, scope: str, old: str, new: str) -> Iterator[dict[str, Any]]:
    from cloudward.store.diff import diff as compare

    found = compare(store.snapshot(scope, old), store.snapshot(scope, new), pack.types)
    for change in found.changes:
        yield {**asdict(change), "kind": change.kind.value, "scope": scope, "old": old, "new": new}
