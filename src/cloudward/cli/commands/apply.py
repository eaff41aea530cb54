"""`cloudward apply`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cloudward.cli.exits import Exit
from cloudward.cli.options import By, ContentFolders, Format, Output, StorePath
from cloudward.cli.output import Column, Listing, note, write
from cloudward.cli.stored import content
from cloudward.respond.text import encoded

if TYPE_CHECKING:
    from cloudward.apply.plan import Change
    from cloudward.store import Store

ACTIONS = ("add", "change", "remove")
LISTING = Listing(
    "change of the store",
    {
        "action": "add, change, remove",
        "kind": "assignment, attestation, connector, exemption, plan, schedule",
        "id": "its id in the files",
        "what": "what it says, or how that changes, in words",
        "source": "the file that owns it",
        "before": "what is in the store, as a file would say it; null for what is added",
        "after": "what the file says; null for what is removed",
    },
    (
        Column("action"),
        Column("kind"),
        Column("id", fold=True),
        Column("what", fold=True),
        Column("source", fold=True, width=120),
    ),
    empty="The store is as the files say.",
)


def apply(
    store: StorePath,
    own: ContentFolders,
    by: By,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the YAML files are.")],
    plan: Annotated[
        bool, typer.Option("--plan", help="Only say what would change: 0 for nothing, 5 for something.")
    ] = False,
    owner: Annotated[
        str,
        typer.Option("--owner", metavar="NAME", help="Whose files these are; else the name of the folder."),
    ] = "",
    adopt: Annotated[bool, typer.Option("--adopt", help="Take over what was made by hand.")] = False,
    output: Output = Format.TABLE,
) -> None:
    """Make the store as files say.

    Assignments, exemptions, attestations, connectors, plans and schedules as YAML under version control. The
    files of a folder own what they name: what is no longer there is removed, what was made by hand is left
    alone. All or nothing is done, and everything is checked before.
    """
    from cloudward.apply.plan import apply as change
    from cloudward.apply.plan import folder as files
    from cloudward.apply.plan import plan as planned

    pack, given = content(own), files(folder, owner, adopt=adopt)
    with _opened(store, plan) as opened:
        changes = (planned if plan else change)(opened, pack, given, by)
    counts = Counter(each.action.value for each in changes)
    extra = {"owner": given.owner, "applied": not plan}
    write(LISTING, [_record(each) for each in changes], output, extra=extra)
    if output is Format.TABLE and changes:
        verbs = ("to add", "to change", "to remove") if plan else ("added", "changed", "removed")
        told = ", ".join(f"{counts[action]} {verb}" for action, verb in zip(ACTIONS, verbs, strict=True))
        note(f"{told}; nothing is done yet." if plan else f"{told}. It takes effect with the next scan.")
    raise typer.Exit(Exit.CHANGES if plan and changes else Exit.OK)


@contextmanager
def _opened(folder: Path, plan: bool) -> Iterator[Store]:
    """The store; a plan makes none where there is none."""
    from cloudward.store import Store, place

    if not plan or place.exists(folder):
        with Store.open(folder) as store:
            yield store
    else:
        with TemporaryDirectory() as empty, Store.open(empty) as store:
            yield store


def _record(change: Change) -> dict[str, Any]:
    return {
        "action": change.action.value,
        "kind": change.kind,
        "id": change.id,
        "what": _what(change.before, change.after),
        "source": change.source,
        "before": change.before,
        "after": change.after,
    }


def _what(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    """What is said, or what of it changes."""
    if before is None or after is None:
        said = dict(after or before or {})
        said.pop("source", None)
        return ", ".join(f"{key}: {_plain(value)}" for key, value in said.items())
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    return ", ".join(f"{key}: {_plain(before.get(key))} -> {_plain(after.get(key))}" for key in keys)


def _plain(value: Any) -> str:
    return "none" if value is None else value if isinstance(value, str) else encoded(value)
