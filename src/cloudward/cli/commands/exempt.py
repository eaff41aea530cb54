"""`cloudward exempt`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cloudward.apply.ownership import by_hand
from cloudward.cli.options import By, ContentFolders, Format, Output, StorePath
from cloudward.cli.output import Column, Listing, moment, note, write
from cloudward.cli.stored import content, known, opened
from cloudward.errors import UsageError
from cloudward.model import Exemption, ExemptionCategory

if TYPE_CHECKING:
    from cloudward.store import Store

LISTING = Listing(
    "exemption",
    {
        "id": "its id",
        "policy": "the policy that it is from",
        "category": "mitigated: something else does the job; waiver: the risk is accepted",
        "scope": "account, subscription or cluster",
        "resource": "null for all of the scope",
        "reason": "why it is acceptable",
        "created_by": "who made it",
        "created_at": "when",
        "expires": "when it ends; null for never",
        "approved_by": "the second person; null for nobody",
        "source": "the file that owns it, for `cloudward apply`; null for one that was made by hand",
    },
    (
        Column("id"),
        Column("policy", fold=True),
        Column("category"),
        Column("resource", fold=True),
        Column("expires", form=lambda value: moment(value)[:10] if value else "never"),
        Column("reason", fold=True),
        Column("scope", width=120),
    ),
    empty="There are no exemptions.",
)

exempt = typer.Typer(
    help="Agree on exceptions.", invoke_without_command=True, rich_markup_mode=None, no_args_is_help=False
)


@exempt.callback()
def start(context: typer.Context) -> None:
    """Agree on exceptions.

    Alone it lists them. A mitigated problem counts as healthy in the score, a waiver takes the resource out;
    both are told apart from what is healthy everywhere else. They take effect with the next scan.
    """
    if context.invoked_subcommand is None:
        from cloudward.cli.options import default_store

        list_exemptions(default_store(), Format.TABLE)


@exempt.command("list")
def list_exemptions(store: StorePath, output: Output = Format.TABLE) -> None:
    """List the exemptions."""
    with opened(store) as opened_store:
        write(LISTING, (_record(each) for each in opened_store.exemptions()), output)


@exempt.command("add")
def add(
    store: StorePath,
    own: ContentFolders,
    by: By,
    policy: Annotated[str, typer.Argument(metavar="POLICY", help="The policy's id.")],
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why it is acceptable, and who agreed.")
    ],
    resource: Annotated[
        str,
        typer.Option("--resource", metavar="ID", help="Only this resource; without it, all of the scope."),
    ] = "",
    scope: Annotated[
        str,
        typer.Option("--scope", metavar="ID", help="Account, subscription or cluster; the resource's own."),
    ] = "",
    category: Annotated[
        ExemptionCategory,
        typer.Option("--category", help="Something else does the job, or the risk is accepted."),
    ] = ExemptionCategory.WAIVER,
    expires: Annotated[
        datetime | None,
        typer.Option(
            "--expires", metavar="YYYY-MM-DD", formats=["%Y-%m-%d"], help="The day on which it ends, in UTC."
        ),
    ] = None,
    approved_by: Annotated[
        str, typer.Option("--approved-by", metavar="NAME", help="A second person who agreed.")
    ] = "",
    output: Output = Format.TABLE,
) -> None:
    """Exempt a resource, or a whole scope, from a policy."""
    from datetime import UTC
    from secrets import token_hex

    from cloudward.assess.custom import with_custom
    from cloudward.assess.exemptions import check, fit

    with opened(store, [scope] if scope else []) as opened_store:
        pack = with_custom(opened_store, content(own))
        used = {facet.value for facet in opened_store.facets("policy")}
        known("policy", [policy], {*pack.policies, *used})
        made = Exemption(
            id=f"ex-{token_hex(3)}",
            policy=policy,
            scope=scope or _scope_of(opened_store, resource),
            category=category,
            reason=reason,
            created_by=by,
            created_at=datetime.now(UTC).replace(microsecond=0),
            resource=resource or None,
            expires=expires.replace(tzinfo=UTC) if expires else None,
            approved_by=approved_by or None,
        )
        check(made, second_person=bool(approved_by))
        fit([made], opened_store, pack)
        opened_store.exempt(made)
        write(LISTING, [_record(made)], output)
    note("It takes effect with the next scan.")


@exempt.command("remove")
def remove(
    store: StorePath, by: By, id: Annotated[str, typer.Argument(metavar="ID", help="The exemption's id.")]
) -> None:
    """Take an exemption back."""
    with opened(store) as opened_store:
        source = next((each.source for each in opened_store.exemptions() if each.id == id), "")
        by_hand("exemption", id, source)
        opened_store.unexempt(id, by)
    note(f"{id} is removed, with effect from the next scan.")


def _scope_of(store: Store, resource: str) -> str:
    if not resource:
        raise UsageError("what is exempt?", "name a --resource, or a --scope to exempt all of it")
    scopes = {row.scope for row in store.resources(resource=resource)}
    if not scopes:
        raise UsageError(
            f"there is no resource {resource!r}", "cloudward inventory --search TEXT finds its id"
        )
    if len(scopes) > 1:
        raise UsageError(f"{resource!r} is in {', '.join(sorted(scopes))}", "say which --scope")
    return scopes.pop()


def _record(exemption: Exemption) -> dict[str, Any]:
    return {**asdict(exemption), "source": exemption.source or None}
