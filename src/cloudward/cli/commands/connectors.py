"""`cloudward connectors`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cloudward.apply.ownership import by_hand
from cloudward.cli.options import By, Cloud, Format, Output, StorePath
from cloudward.cli.output import Column, Listing, counted, note, styled, write
from cloudward.cli.stored import has_connector
from cloudward.errors import UsageError

if TYPE_CHECKING:
    from cloudward.model import Coverage, Scope
    from cloudward.store import Connector, Store

LISTING = Listing(
    "connector",
    {
        "name": "its name",
        "provider": "aws",
        "organization": "true when it reads all accounts of an organization",
        "accounts": "those that it reads otherwise",
        "reads": "which accounts those are, in words",
        "role": "the role that is taken in each account",
        "external_id": "what the role asks for; made by cloudward",
        "regions": "only these; none: all that are enabled",
        "web_identity_token_file": "the token that stands for credentials; empty: those of the chain",
        "web_identity_role": "the role that it is good for",
        "created_by": "who made it",
        "created_at": "when",
        "source": "the file that says so; empty when a person did",
    },
    (Column("name"), Column("provider"), Column("reads", fold=True), Column("role")),
    empty="There are no connectors: `cloudward connectors add aws NAME ...` makes one.",
)
ACCOUNTS = Listing(
    "account",
    {
        "account": "its id",
        "name": "its name",
        "parent": "the organizational unit that it is in; null without an organization",
        "state": "active, suspended, left: as it was at the last scan of the connector",
        "read": "whether it could be entered then",
        "cause": "why not",
    },
    (Column("account"), Column("name", fold=True), Column("state"), Column("cause", fold=True)),
    empty="It was not scanned yet.",
)

connectors = typer.Typer(
    help="Say which accounts are scanned, and how they are entered.",
    invoke_without_command=True,
    rich_markup_mode=None,
    no_args_is_help=False,
)


@connectors.callback()
def start(context: typer.Context) -> None:
    """Say which accounts are scanned, and how they are entered.

    Alone it lists the connectors. `cloudward scan aws --connector NAME` reads all accounts of one.
    """
    if context.invoked_subcommand is None:
        from cloudward.cli.options import default_store

        list_connectors(default_store(), Format.TABLE)


@connectors.command("list")
def list_connectors(store: StorePath, output: Output = Format.TABLE) -> None:
    """List the connectors."""
    write(LISTING, [_record(each) for each in _kept(store)], output)


@connectors.command("show")
def show(
    store: StorePath,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The connector's name.")],
    output: Output = Format.TABLE,
) -> None:
    """Show a connector, and what became of its accounts at the last scan."""
    from cloudward.store import Store

    has_connector(store, name)
    with Store.open(store) as opened:
        record = _record(opened.connector(name))
        accounts = list(_accounts(opened, name))
    if output == "table":
        styled((name, "bold"), f": {record['reads']}")
        styled(f"role {record['role']}, ExternalId {record['external_id']}")
        if accounts:
            styled()
    write(ACCOUNTS, accounts, output, extra={key: record[key] for key in LISTING.keys})
    if output == "table":
        note(f"Next: cloudward scan aws --connector {name}")


@connectors.command("add")
def add(
    store: StorePath,
    by: By,
    cloud: Annotated[Cloud, typer.Argument(metavar="CLOUD", help="aws.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="What you call it.")],
    role: Annotated[
        str, typer.Option("--role", metavar="NAME", help="The role to take, of one name in every account.")
    ],
    organization: Annotated[
        bool, typer.Option("--organization", help="All accounts of your credentials' organization.")
    ] = False,
    accounts: Annotated[
        str, typer.Option("--accounts", metavar="ID,ID", help="These accounts, with commas between.")
    ] = "",
    accounts_file: Annotated[
        Path | None,
        typer.Option("--accounts-file", metavar="FILE", help="The same from a file, an id a line."),
    ] = None,
    region: Annotated[
        list[str] | None,
        typer.Option("--region", metavar="NAME", help="Only this region; may be given again."),
    ] = None,
    web_identity_token_file: Annotated[
        Path | None,
        typer.Option(
            "--web-identity-token-file", metavar="FILE", help="A token of OIDC instead of credentials ..."
        ),
    ] = None,
    web_identity_role: Annotated[
        str,
        typer.Option("--web-identity-role", metavar="ARN", help="... and the role that it is good for."),
    ] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="New settings for one that there is; its ExternalId stays.")
    ] = False,
    output: Output = Format.TABLE,
) -> None:
    """Make a connector: many accounts, each entered with a role.

    Your credentials take the role in every account with an ExternalId that cloudward makes. The role comes
    from `cloudward permissions aws --template`.
    """
    from cloudward.connect.aws.settings import NAME, Settings, account_list
    from cloudward.model import Provider
    from cloudward.store import Store

    if not NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a connector", "small letters, digits and -, at most 40")
    settings = Settings(
        role=role,
        organization=organization,
        accounts=account_list(accounts, accounts_file),
        regions=tuple(region or ()),
        web_identity_token_file=str(Path(web_identity_token_file).absolute())
        if web_identity_token_file
        else "",
        web_identity_role=web_identity_role,
    )
    with Store.open(store) as opened:
        known = next((each for each in opened.connectors() if each.name == name), None)
        if known:
            by_hand("connector", name, known.source)
            if not replace:
                raise UsageError(
                    f"there is a connector {name!r} already", "--replace gives it these settings"
                )
        made = opened.connect(name, Provider(cloud.value), settings.kept(), by)
    write(LISTING, [_record(made)], output)
    note(f"Next: cloudward permissions aws --template cloudformation --connector {name}")


@connectors.command("remove")
def remove(
    store: StorePath,
    by: By,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The connector's name.")],
) -> None:
    """Forget a connector; what it has scanned stays."""
    from cloudward.store import Store

    has_connector(store, name)
    with Store.open(store) as opened:
        by_hand("connector", name, opened.connector(name).source)
        opened.disconnect(name, by)
    note(f"{name} is removed. A new one will have another ExternalId: remove its role in the accounts too.")


def _kept(folder: Path) -> list[Connector]:
    """The connectors; a store that is not there is not made by looking for it."""
    from cloudward.store import Store, place

    if not place.exists(folder):
        return []
    with Store.open(folder) as store:
        return store.connectors()


def _record(connector: Connector) -> dict[str, Any]:
    from cloudward.connect.aws.settings import Settings

    settings = Settings.of(connector.settings)
    some = counted(len(settings.accounts), "account")
    return {
        "name": connector.name,
        "provider": connector.provider.value,
        **{key: getattr(settings, key) for key in LISTING.keys if hasattr(settings, key)},
        "external_id": connector.external_id,
        "created_by": connector.created_by,
        "created_at": connector.created_at,
        "source": connector.source,
        "reads": "all accounts of the organization" if settings.organization else some,
    }


def _accounts(store: Store, name: str) -> Iterator[dict[str, Any]]:
    """Those of the connector's last scan, as they were found then."""
    from cloudward.connect import leaves

    last = next((scan for scan in store.scans() if scan.options.get("connector") == name), None)
    scopes = store.begun_for(last.id) if last else []
    accounts = leaves(scopes)
    rows = store.coverage(scope=[scope.id for scope in accounts], type="") if accounts else ()
    gaps: dict[str, Coverage] = {row.scope: row for row in rows if row.listing}
    names = {scope.id: scope.name for scope in scopes}
    for scope in accounts:
        yield _account(scope, names, gaps.get(scope.id))


def _account(scope: Scope, names: dict[str, str], gap: Coverage | None) -> dict[str, Any]:
    return {
        "account": scope.id,
        "name": scope.name,
        "parent": names.get(scope.parent or "") or None,
        "state": scope.state.value,
        "read": gap is None,
        "cause": str(gap.cause.message) if gap and gap.cause else None,
    }
