"""`cloudward detections baseline`: what was learnt of what is usual, and what people decide of it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated

import typer

from cloudward.cli.options import Format, Output, Since, StorePath, Until, moments
from cloudward.cli.output import Column, Listing, counted, note, styled, write
from cloudward.cli.stored import kept, known
from cloudward.errors import UsageError

if TYPE_CHECKING:
    from cloudward.store import Store

LISTING = Listing(
    "source",
    {
        "source": "a source of events",
        "trusted": "whether it is learnt from",
        "decided": "whether somebody decided that, or it is so by nature",
        "days": "days of it that were learnt",
        "events": "events that were learnt",
        "first": "the first of these days",
        "last": "the last of them",
        "unlearnt": "days that are not to be learnt",
    },
    (
        Column("source", fold=True),
        Column("trusted", form=lambda value: "yes" if value else "no"),
        Column("days", right=True),
        Column("events", right=True),
        Column("last"),
        Column("unlearnt", right=True),
    ),
)
Sources = Annotated[list[str], typer.Argument(metavar="SOURCE", help="Sources of events.")]

baseline = typer.Typer(
    help="What is usual: list it, forget it, and say who may teach it.",
    invoke_without_command=True,
    rich_markup_mode=None,
)


@baseline.callback()
def start(context: typer.Context) -> None:
    """What is usual: list it, forget it, and say who may teach it.

    Alone it lists the sources that are learnt from.
    """
    if context.invoked_subcommand is None:
        from cloudward.cli.options import default_store

        list_sources(default_store())


@baseline.command("list")
def list_sources(store: StorePath, output: Output = Format.TABLE) -> None:
    """List the sources, whether they are learnt from, and what was learnt."""
    from cloudward.detect.behaviour.kinds import date
    from cloudward.pack.mappings import sources
    from cloudward.store.baselines import Kept

    with kept(store) as opened:
        found = Kept(opened.database)
        decided, days, remembered = found.trusted(), found.days(), found.detections()
    rows = []
    for name, source in sources().items():
        own = [(day, events) for each, day, events, unlearnt in days if each == name and not unlearnt]
        rows.append(
            {
                "source": name,
                "trusted": decided.get(name, source.trusted),
                "decided": name in decided,
                "days": len(own),
                "events": sum(events for _, events in own),
                "first": date(own[0][0]) if own else None,
                "last": date(own[-1][0]) if own else None,
                "unlearnt": sum(unlearnt for each, _, _, unlearnt in days if each == name),
            }
        )
    write(LISTING, rows, output)
    if output == "table":
        entities, size = (sum(getattr(each, name) for each in remembered) for name in ("entities", "size"))
        evicted = sum(each.evicted for each in remembered)
        styled()
        held = counted(entities, "entity", "entities")
        styled(f"{held} in {size / 1024:,.0f} KiB; {evicted:,} forgotten for want of room.")


@baseline.command("trust")
def trust(store: StorePath, names: Sources) -> None:
    """Learn from these sources. Whoever writes into them can teach that he is usual."""
    _decide(store, names, trusted=True)


@baseline.command("distrust")
def distrust(store: StorePath, names: Sources) -> None:
    """Learn no more from these sources. What was learnt stays; `reset` forgets it."""
    _decide(store, names, trusted=False)


def _turn(store: Store) -> AbstractContextManager[bool]:
    """Alone with what was learnt: runs that go on take up what changes."""
    from cloudward.store.turns import Turns

    return Turns(store.folder, store.files, "cloudward baseline").taken()


def _decide(store: StorePath, names: Sources, *, trusted: bool) -> None:
    from cloudward.pack.mappings import sources
    from cloudward.store import Store
    from cloudward.store.baselines import Kept

    known("source", names, sources())
    with Store.open(store) as opened, _turn(opened):
        for name in names:
            Kept(opened.database).trust(name, trusted)
    note(f"{', '.join(names)}: {'learnt from' if trusted else 'not learnt from'} from now on.")


@baseline.command("reset")
def reset(
    store: StorePath,
    source: Annotated[
        str, typer.Option("--source", metavar="NAME", help="Only what was learnt of this source.")
    ] = "",
) -> None:
    """Forget what is usual, and which days were unlearnt.

    It is learnt anew, and until enough is known nothing is unusual. `cloudward detect` without a path learns
    from the events that are kept.
    """
    from cloudward.detect import load
    from cloudward.pack.mappings import sources
    from cloudward.store.baselines import Kept

    known("source", [source] if source else [], sources())
    ids = [each.id for each in load().of(source) if each.behaviour] if source else []
    with kept(store) as opened, _turn(opened):
        count = Kept(opened.database).reset(source, ids)
    note(f"{counted(count, 'entity', 'entities')} forgotten.")


@baseline.command("unlearn")
def unlearn(
    store: StorePath,
    since: Since = None,
    until: Until = None,
    source: Annotated[str, typer.Option("--source", metavar="NAME", help="Only events of this source.")] = "",
) -> None:
    """Take whole days out of what was learnt, and do not learn them again: the days of an attack."""
    from cloudward.detect import load
    from cloudward.detect.behaviour.unlearning import unlearn as taken
    from cloudward.pack.mappings import sources
    from cloudward.store.baselines import Kept

    begin, end = moments(since, until)
    if begin is None or end is None:
        raise UsageError("which days?", "--since 2026-11-01 --until 2026-11-03")
    known("source", [source] if source else [], sources())
    with kept(store) as opened, _turn(opened):
        days, count = taken(Kept(opened.database), load(), begin, end, [source] if source else [])
    note(f"{counted(days, 'day')} unlearnt; {counted(count, 'entity', 'entities')} changed.")
