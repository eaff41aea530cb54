"""`cloudward assign`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cloudward.apply.ownership import by_hand
from cloudward.cli.options import By, ContentFolders, Format, Output, Scopes, StorePath, value
from cloudward.cli.output import Column, Listing, note, write
from cloudward.cli.stored import assigned, chosen, content, kept, known
from cloudward.errors import UsageError
from cloudward.model import Assignment, Effect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cloudward.model import Revision
    from cloudward.pack import Pack
    from cloudward.store import Store

ALL = "all"


def settings(parameters: Mapping[str, Mapping[str, Any]]) -> str:
    """Parameters as a person reads them."""
    import json

    values = (value for given in parameters.values() for value in given.items())
    return ", ".join(f"{name}={json.dumps(value)}" for name, value in values) or "-"


LISTING = Listing(
    "assignment",
    {
        "id": "its id",
        "what": "the policy's or standard's id; all for every policy",
        "kind": "policy, standard, all",
        "effect": "audit, disabled",
        "scope": "where it holds, with all that is below; null for everywhere",
        "exclude": "scopes below that it does not reach",
        "parameters": "policy, parameter, value",
        "reason": "why",
        "created_by": "who made it",
        "created_at": "when",
        "source": "the file that owns it, for `cloudward apply`; null for one that was made by hand",
    },
    (
        Column("id"),
        Column("what", fold=True),
        Column("effect"),
        Column("scope", fold=True, form=lambda value: value or "everywhere"),
        Column("exclude", fold=True),
        Column("parameters", fold=True, form=settings),
        Column("source", fold=True, width=120),
        Column("created_by", "By", width=120),
    ),
    empty="Nothing is assigned: every policy is audited everywhere.",
)
IN_FORCE = Listing(
    "policy in a scope",
    {
        "policy": "the policy's id",
        "scope": "account, subscription or cluster",
        "name": "its name",
        "effect": "audit, disabled",
        "parameters": "what it runs with",
        "by": "the ids of the assignments that decide; empty for the built-in default",
    },
    (
        Column("scope", fold=True),
        Column("name", fold=True),
        Column("effect"),
        Column("by", "Assignment", fold=True, form=lambda value: ", ".join(value) or "none: the default"),
        Column("parameters", fold=True, form=lambda value: settings({"": value})),
    ),
)
HISTORY = Listing(
    "change",
    {
        "at": "when",
        "by": "who",
        "kind": "assignment",
        "id": "of which one",
        "action": "added, changed, removed",
        "what": "what it says, or said, in words",
        "before": "what it was; null when it is new",
        "after": "what it became; null when it is gone",
    },
    (
        Column("at"),
        Column("by", fold=True),
        Column("action"),
        Column("id"),
        Column("what", fold=True),
    ),
    empty="Nothing was ever assigned.",
)

assign = typer.Typer(
    help="Say which policies are audited where.",
    invoke_without_command=True,
    rich_markup_mode=None,
    no_args_is_help=False,
)


@assign.callback()
def start(context: typer.Context) -> None:
    """Say which policies are audited where.

    Alone it lists the assignments. A policy, the policies of a standard, or all, are audited or disabled in a
    scope and all below it; the nearest assignment wins. They take effect with the next scan.
    """
    if context.invoked_subcommand is None:
        from cloudward.cli.options import default_store

        list_assignments(default_store(), Format.TABLE)


@assign.command("list")
def list_assignments(store: StorePath, output: Output = Format.TABLE) -> None:
    """List the assignments."""
    with kept(store) as opened:
        write(LISTING, (_record(each) for each in opened.assignments()), output)


@assign.command("show")
def show(
    scope: Scopes,
    store: StorePath,
    own: ContentFolders,
    policy: Annotated[str, typer.Argument(metavar="POLICY", help="The policy's id.")],
    output: Output = Format.TABLE,
) -> None:
    """Show what holds for a policy in each scope, and which assignment says so."""
    pack = content(own, store)
    known("policy", [policy], pack.policies)
    with kept(store) as opened:
        known("scope", scope, [each.id for each in opened.scopes()])
        write(IN_FORCE, list(_in_force(opened, pack, policy, scope)), output)


@assign.command("history")
def history(store: StorePath, output: Output = Format.TABLE) -> None:
    """List who assigned what, and when; the latest first."""
    with kept(store) as opened:
        write(HISTORY, (_change(each) for each in opened.revisions("assignment")), output)


@assign.command("add")
def add(
    store: StorePath,
    own: ContentFolders,
    by: By,
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="A policy's id, a standard's id, or all for every policy.")
    ],
    scope: Annotated[
        str,
        typer.Option(
            "--scope", metavar="ID", help="Organization, unit, account, subscription or cluster; everywhere."
        ),
    ] = "",
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="ID", help="Not in this scope below; may be given again."),
    ] = None,
    effect: Annotated[
        Effect, typer.Option("--effect", help="Evaluate the policies there, or leave them out.")
    ] = Effect.AUDIT,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="[POLICY.]NAME=VALUE", help="A parameter of a policy; may be given again."
        ),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, and who agreed.")] = "",
    output: Output = Format.TABLE,
) -> None:
    """Audit or disable a policy, a standard or everything in a scope and below it."""
    from datetime import UTC, datetime
    from secrets import token_hex

    from cloudward.assess.assignments import fit
    from cloudward.store import Store

    pack = content(own, store)
    kind = _kind(what, pack)
    made = Assignment(
        id=f"as-{token_hex(3)}",
        effect=effect,
        created_by=by,
        created_at=datetime.now(UTC).replace(microsecond=0),
        scope=scope,
        policy=what if kind == "policy" else "",
        standard=what if kind == "standard" else "",
        exclude=tuple(dict.fromkeys(exclude or ())),
        parameters=_parameters(set_ or [], what if kind == "policy" else ""),
        reason=reason,
    )
    _refuse_scopes_before_a_scan(store, made)
    with Store.open(store) as opened:
        fit(made, opened, pack)
        opened.assign(made)
        write(LISTING, [_record(made)], output)
    note("It takes effect with the next scan.")


@assign.command("remove")
def remove(
    store: StorePath, by: By, id: Annotated[str, typer.Argument(metavar="ID", help="The assignment's id.")]
) -> None:
    """Take an assignment away."""
    with kept(store) as opened:
        source = next((each.source for each in opened.assignments() if each.id == id), "")
        by_hand("assignment", id, source)
        opened.unassign(id, by)
    note(f"{id} is removed, with effect from the next scan.")


def brief(document: Mapping[str, Any]) -> str:
    """What an assignment says."""
    what = document["policy"] or document["standard"] or ALL
    but = f" but {', '.join(document['exclude'])}" if document["exclude"] else ""
    given = settings(document["parameters"])
    where = document["scope"] or "everywhere"
    return f"{what} {document['effect']} {where}{but}" + (f" {given}" if document["parameters"] else "")


def _kind(what: str, pack: Pack) -> str:
    """Which of policy, standard and all the word names."""
    if what == ALL:
        return ALL
    if what in pack.policies:
        return "policy"
    known("policy or standard", [what], {*pack.policies, *pack.standards, ALL})
    return "standard"


def _parameters(words: list[str], policy: str) -> dict[str, dict[str, Any]]:
    """Policy -> parameter -> value. For a single policy its id may be left out."""
    found: dict[str, dict[str, Any]] = {}
    for word in words:
        name, is_, text = word.partition("=")
        of, dot, parameter = name.rpartition(".")
        if not (is_ and parameter and (of or (policy and not dot))):
            raise UsageError(f"--set {word}: expected {'' if policy else 'POLICY.'}NAME=VALUE")
        found.setdefault(of or policy, {})[parameter] = value(text)
    return found


def _refuse_scopes_before_a_scan(store: Path, made: Assignment) -> None:
    """A store is made for what holds everywhere alone: nothing else can be known yet."""
    from cloudward.store import place

    if (made.scope or made.exclude) and not place.exists(store):
        raise UsageError(
            "no scope is known before the first scan", "cloudward scan aws, or leave --scope out"
        )


def _in_force(store: Store, pack: Pack, policy: str, wanted: list[str]) -> Iterator[dict[str, Any]]:
    from cloudward.assess.assignments import providers
    from cloudward.assess.parameters import Parameters

    assignments, parameters = assigned(store, pack), Parameters(pack.policies)
    speaking = providers(pack, policy)
    for scope in chosen(store, wanted):
        if scope.provider in speaking:
            found = assignments.of(policy, scope.id)
            yield {
                "policy": policy,
                "scope": scope.id,
                "name": scope.name or scope.id,
                "effect": found.effect.value,
                "parameters": dict(parameters.of(policy, scope.id, found.parameters)),
                "by": [each.id for each in found.by],
            }


def _record(each: Assignment) -> dict[str, Any]:
    return {
        "id": each.id,
        "what": each.policy or each.standard or ALL,
        "kind": "policy" if each.policy else "standard" if each.standard else ALL,
        "effect": each.effect.value,
        "scope": each.scope or None,
        "exclude": list(each.exclude),
        "parameters": {policy: dict(values) for policy, values in each.parameters.items()},
        "reason": each.reason or None,
        "created_by": each.created_by,
        "created_at": each.created_at,
        "source": each.source or None,
    }


def _change(revision: Revision) -> dict[str, Any]:
    action = "added" if revision.before is None else "removed" if revision.after is None else "changed"
    return {
        "at": revision.at,
        "by": revision.by,
        "kind": revision.kind,
        "id": revision.id,
        "action": action,
        "what": brief(revision.after or revision.before or {}),
        "before": revision.before,
        "after": revision.after,
    }
