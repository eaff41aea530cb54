"""`cloudward plans`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cloudward.apply.ownership import by_hand
from cloudward.cli.options import By, Format, Output, StorePath
from cloudward.cli.output import Column, Listing, note, write

if TYPE_CHECKING:
    from cloudward.model import Switch

LISTING = Listing(
    "plan",
    {
        "plan": "its id",
        "pillar": "cspm: posture; cwpp: protection of workloads; devsecops: code",
        "title": "its name",
        "holds": "what it holds",
        "on": "whether it is on in the scope that was asked for, or everywhere",
        "state": "the same in a word: on, off",
        "where": "where somebody switched it, in words",
        "switches": "where somebody switched it: id, scope (null is everywhere), on, who, when, why, source",
    },
    (
        Column("plan"),
        Column("state"),
        Column("holds", fold=True),
        Column("where", fold=True),
    ),
)

plans = typer.Typer(
    help="Switch parts of cloudward on and off for a scope.",
    invoke_without_command=True,
    rich_markup_mode=None,
    no_args_is_help=False,
)
Plan = Annotated[str, typer.Argument(metavar="PLAN", help="Which one; `cloudward plans` has them.")]
Scope = Annotated[
    str, typer.Option("--scope", metavar="ID", help="There and in all below it; everywhere without it.")
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")]


@plans.callback()
def start(context: typer.Context) -> None:
    """Switch parts of cloudward on and off for a scope.

    Alone it lists the plans. What is off is not evaluated there, and says so; what was found before stays
    in the history. Everything is on until somebody switches it off, and the nearest switch decides.
    """
    if context.invoked_subcommand is None:
        from cloudward.cli.options import default_store

        list_plans(default_store(), "", Format.TABLE)


@plans.command("list")
def list_plans(store: StorePath, scope: Scope = "", output: Output = Format.TABLE) -> None:
    """List the plans, and whether they are on."""
    from cloudward.assess.plans import PLANS, Plans
    from cloudward.assess.tree import Tree
    from cloudward.cli.stored import known

    switches, scopes = _kept(store)
    tree = Tree(scopes)
    known("scope", [scope] if scope else [], tree.ids)
    holding = Plans(switches, tree)
    records = []
    for plan in PLANS:
        mine = [each for each in switches if each.plan == plan.id]
        records.append(
            {
                "plan": plan.id,
                "pillar": plan.pillar.value,
                "title": plan.title,
                "holds": plan.holds,
                "on": holding.on(plan.id, scope),
                "switches": [_switch(each) for each in mine],
            }
        )
    write(LISTING, [_shown(each) for each in records], output)


@plans.command("on")
def on(store: StorePath, by: By, plan: Plan, scope: Scope = "", reason: Reason = "") -> None:
    """Switch a plan on."""
    _switched(store, by, plan, scope, reason, on=True)


@plans.command("off")
def off(store: StorePath, by: By, plan: Plan, scope: Scope = "", reason: Reason = "") -> None:
    """Switch a plan off."""
    _switched(store, by, plan, scope, reason, on=False)


@plans.command("reset")
def reset(store: StorePath, by: By, plan: Plan, scope: Scope = "") -> None:
    """Take a switch away: what is above it decides again."""
    from cloudward.cli.stored import kept
    from cloudward.errors import UsageError
    from cloudward.store import plans as stored

    with kept(store) as opened, opened.database.write() as connection:
        found = [each for each in stored.every(connection) if (each.plan, each.scope) == (plan, scope)]
        if not found:
            raise UsageError(f"nobody switched {plan!r} in {scope or 'every scope'}", "cloudward plans")
        by_hand("the switch", found[0].id, found[0].source)
        stored.forget(connection, found[0].id, by)
    note(f"{plan} is as it is above {scope or 'every scope'}, with the next scan.")


def _switched(folder: Path, by: str, plan: str, scope: str, reason: str, *, on: bool) -> None:
    from datetime import UTC, datetime

    from cloudward.assess.plans import switched
    from cloudward.assess.tree import Tree
    from cloudward.store import Store
    from cloudward.store import plans as stored

    with Store.open(folder) as store:
        tree = Tree(store.scopes())
        with store.database.write() as connection:
            known = stored.every(connection)
            made = switched(plan, scope, on, by, datetime.now(UTC), reason, known, tree)
            for old in (each for each in known if each.id == made.id):
                by_hand("the switch", old.id, old.source)
            stored.keep(connection, made, by)
    note(f"{plan} is {'on' if on else 'off'} in {scope or 'every scope'}, with the next scan.")


def _kept(folder: Path) -> tuple[list[Switch], list[Any]]:
    from cloudward.store import place
    from cloudward.store import plans as stored

    if not place.exists(folder):
        return [], []
    from cloudward.store import Store

    with Store.open(folder) as store, store.database.read() as connection:
        return stored.every(connection), store.scopes()


def _switch(each: Switch) -> dict[str, Any]:
    return {
        "id": each.id,
        "scope": each.scope or None,
        "on": each.on,
        "created_by": each.created_by,
        "created_at": each.created_at,
        "reason": each.reason or None,
        "source": each.source or None,
    }


def _shown(record: dict[str, Any]) -> dict[str, Any]:
    said = (f"{_word(each['on'])} in {each['scope'] or 'every scope'}" for each in record["switches"])
    return {**record, "state": _word(record["on"]), "where": ", ".join(said)}


def _word(on: bool) -> str:
    return "on" if on else "off"
