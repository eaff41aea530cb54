"""`cloudward inventory`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cloudward.cli.options import Format, Limit, Output, Scopes, StorePath, Tags, rows
from cloudward.cli.output import Column, Listing, note, write
from cloudward.cli.stored import content, known, opened
from cloudward.respond.text import encoded

if TYPE_CHECKING:
    from cloudward.store import ResourceRow, Store

TYPES = Listing(
    "type",
    {"type": "the provider's name of the type", "count": "how many resources there are of it"},
    (Column("type"), Column("count", right=True)),
    empty="There are no resources.",
)
RESOURCES = Listing(
    "resource",
    {
        "id": "the ARN where AWS has one, else the provider's id",
        "name": "its name",
        "type": "the provider's name of the type",
        "provider": "aws, azure, gcp, kubernetes",
        "scope": "account, subscription or cluster",
        "region": "null for what is global",
        "tags": "its tags or labels",
        "source": "file and line for what stands in code; null for what is live",
        "read": "false for one that could not be read in the last scan",
    },
    (
        Column("name", fold=True),
        Column("type", fold=True),
        Column("scope"),
        Column("region"),
        Column("id", fold=True, width=120),
    ),
    empty="There are no such resources.",
)

DOCUMENT = Listing(
    "resource, shown whole",
    {
        **{key: meaning for key, meaning in RESOURCES.keys.items() if key != "read"},
        "properties": "the provider's document, completed by the type file",
        "unread": "paths of the document that could not be read, with their cause",
        "generation": "tells a resource from one made anew under the same id",
    },
    (),
)


def inventory(
    scope: Scopes,
    store: StorePath,
    what: Annotated[
        str,
        typer.Argument(metavar="TYPE|RESOURCE", help="A type lists its resources, a resource shows itself."),
    ] = "",
    region: Annotated[
        str | None, typer.Option("--region", metavar="NAME", help="Only resources of this region.")
    ] = None,
    tag: Tags = None,
    search: Annotated[
        str, typer.Option("--search", metavar="TEXT", help="Only with this in the name or id.")
    ] = "",
    limit: Limit = None,
    output: Output = Format.TABLE,
) -> None:
    """Show the resources that were found.

    Alone it counts them by type. With a filter or a type it lists them; a resource is shown whole, as JSON.
    """
    filters: dict[str, Any] = {
        "scope": scope or None,
        "region": region,
        "tag": tag or None,
        "search": search or None,
    }
    given = {key: value for key, value in filters.items() if value is not None}
    with opened(store, scope) as opened_store:
        types = [facet.value for facet in opened_store.inventory("type", **given)]
        if what and what not in types and _is_resource(opened_store, what, given):
            _show(opened_store, what, given, output)
            return
        if what:
            if what not in types:
                known("type or resource", [what], content([]).types)
            given["type"] = what
        if what or region or tag or search:
            found = (_record(row) for row in opened_store.resources(**given))
            write(RESOURCES, found, output, limit=rows(limit, output))
        else:
            counts = opened_store.inventory("type", **given)
            write(TYPES, ({"type": each.value, "count": each.count} for each in counts), output)
            if output == "table":
                note("Next: cloudward inventory TYPE")


def _is_resource(store: Store, id: str, filters: dict[str, Any]) -> bool:
    return any(True for _ in store.resources(resource=id, limit=1, **filters))


def _show(store: Store, id: str, filters: dict[str, Any], output: Format) -> None:
    """The whole resource; for people its JSON, indented."""
    import msgspec

    resource = asdict(store.resource(id, **filters))
    if output == "table":
        sys.stdout.write(msgspec.json.format(encoded(resource), indent=2) + "\n")
    else:
        write(DOCUMENT, [resource], output)


def _record(row: ResourceRow) -> dict[str, Any]:
    return {
        **{key: getattr(row, key) for key in RESOURCES.keys},
        "source": asdict(row.source) if row.source else None,
    }
