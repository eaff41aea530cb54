"""`cloudward users`."""

from __future__ import annotations

from typing import Annotated

import typer

from cloudward.cli.options import By, Format, Output, StorePath
from cloudward.cli.output import Column, Listing, note, write

LISTING = Listing(
    "user",
    {
        "name": "what he signs in with",
        "active": "false: switched off",
        "roles": "what he may where; a role alone counts everywhere",
        "email": "where he is written to",
        "created_by": "who made him",
        "created_at": "when",
    },
    (Column("name"), Column("active"), Column("roles", fold=True)),
    empty="There are no users: `cloudward serve` makes the first one.",
)

users = typer.Typer(
    help="Show who may sign in, and let somebody back in.", rich_markup_mode=None, no_args_is_help=True
)


@users.command("list")
def list_users(store: StorePath, output: Output = Format.TABLE) -> None:
    """List who may sign in. Roles that somebody has through a group of a provider are not among his."""
    from cloudward.store import Store, bindings
    from cloudward.store import users as kept

    with Store.open(store) as opened, opened.database.read() as connection:
        held = bindings.every(connection)
        found = kept.every(connection)
    records = [
        {
            "name": user.name,
            "active": user.active,
            "roles": [f"{b.role} {b.scope}".strip() for b in held if b.holder == user.id and not b.issuer],
            "email": user.email,
            "created_by": user.created_by,
            "created_at": user.created_at,
        }
        for user in found
    ]
    write(LISTING, records, output)


@users.command("sign-in-link")
def sign_in_link(
    store: StorePath,
    by: By,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who signs in.")],
    url: Annotated[
        str, typer.Option("--url", metavar="URL", help="Where the server answers.")
    ] = "http://localhost:8080",
) -> None:
    """Print a one-time link with which a user signs in, good for 15 minutes on this machine.

    For whoever has lost his password and everything else, an administrator too: who can run this can read
    the store anyway.
    """
    from cloudward.server.auth.links import MINUTES
    from cloudward.server.auth.links import sign_in_link as made
    from cloudward.store import Store

    with Store.open(store) as opened:
        link = made(opened, name, by)
    note(f"For {name}, once and within {MINUTES} minutes:")
    typer.echo(f"{url.rstrip('/')}{link}")
