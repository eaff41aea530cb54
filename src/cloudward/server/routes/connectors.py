"""Connectors: which accounts are scanned, and the read-only role with which they are entered.

They belong to no scope and lend the server's own credentials, so they need their permission for all scopes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Depends, Query, Response
from pydantic import ConfigDict

from cloudward.apply.ownership import by_hand
from cloudward.connect import leaves
from cloudward.connect.aws import templates
from cloudward.connect.aws.facts import permissions
from cloudward.connect.aws.settings import NAME, Settings
from cloudward.errors import MissingError, UsageError, near
from cloudward.model import Coverage, Provider, Scope, ScopeState
from cloudward.server.answers import DOCUMENTED, Listed, Page, Router, Strict, Word, sliced
from cloudward.server.changes import MADE, READ, Expected, Given, Line, tagged
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.state import Served, State
from cloudward.store import Connector

router = Router(prefix="/api/v1/connectors", tags=["connectors"])
Connecting = Annotated[Caller, Depends(Needs(Permission.CONNECT, anywhere=False))]
Owner = Annotated[Caller, Depends(Needs(Permission.GRANT, anywhere=False))]
"""A connector acts with the server's own credentials: only an owner of everything says where."""


@dataclass(frozen=True, slots=True)
class ConnectorItem:
    """What is scanned under a name."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "name": "acme",
                    "provider": "aws",
                    "role": "cloudward",
                    "organization": True,
                    "accounts": [],
                    "regions": ["eu-west-1"],
                    "web_identity_token_file": None,
                    "web_identity_role": None,
                    "external_id": "n0tChosenByAnybodyButByUs",
                    "created_by": "ann",
                    "created_at": "2026-01-12T08:30:00Z",
                    "source": None,
                    "scanned": "2026-01-31T12:00:00Z",
                }
            ]
        },
    )

    name: str
    provider: Provider
    role: str
    """The role that is taken, of one name in every account."""
    organization: bool
    """It reads all accounts of an organization."""
    accounts: Sequence[str]
    """Those that it reads otherwise."""
    regions: Sequence[str]
    """Only these; none: all that are enabled."""
    web_identity_token_file: str | None
    """A file of the server with a token that stands for credentials."""
    web_identity_role: str | None
    """The role that it is good for."""
    external_id: str
    """What the role asks for; made by cloudward."""
    created_by: str
    created_at: datetime
    source: str | None
    """The file that owns it, for `cloudward apply`; null for one that was made by hand."""
    scanned: datetime | None
    """When its last scan began."""


@dataclass(frozen=True, slots=True)
class AccountItem:
    """An account of a connector, as its last scan found it."""

    __pydantic_config__ = DOCUMENTED

    account: str
    name: str
    parent: str | None
    """The organizational unit that it is in."""
    state: ScopeState
    read: bool
    """It could be entered."""
    cause: str | None
    """Why not."""


@dataclass(frozen=True, slots=True)
class ConnectorDetail:
    """A connector, and what became of its accounts."""

    connector: ConnectorItem
    accounts: Sequence[AccountItem]


@dataclass(frozen=True, slots=True)
class Setup:
    """A text to be run or attached in the cloud."""

    __pydantic_config__ = DOCUMENTED

    form: Form
    file: str
    """What the file may be called."""
    text: str


class Form(StrEnum):
    """How the role is made."""

    CLOUDFORMATION = "cloudformation"  # in one account
    TERRAFORM = "terraform"  # in one account
    STACKSET = "stackset"  # in all accounts of an organization
    PRINCIPAL = "principal"  # the policy for who scans: it takes the role


FILES = {
    Form.CLOUDFORMATION: "cloudward-role.json",
    Form.TERRAFORM: "cloudward-role.tf",
    Form.STACKSET: "cloudward-roles.json",
    Form.PRINCIPAL: "cloudward-principal.json",
}


class SetupAsked(Strict):
    """Whose role, and in which form."""

    form: Form = Form.CLOUDFORMATION
    principal: Word = ""
    """The ARN of who scans: a user, role or account (`:root`); the connector's own web identity role."""


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a scan needs to be allowed; all of it only reads."""

    provider: Provider
    actions: Sequence[str]


class Terms(Given):
    """Which accounts are read, and with which role."""

    role: Line
    """The role's name, the same in every account."""
    organization: bool = False
    """All accounts of the organization of the credentials; else `accounts`."""
    accounts: list[Line] = []
    regions: list[Line] = []
    """Only these; none: all that are enabled."""
    web_identity_token_file: Word = ""
    """A file of the server with the token of an OIDC provider, which stands for credentials ..."""
    web_identity_role: Word = ""
    """... and the ARN of the role that it is good for."""


class NewConnector(Terms):
    """A connector. cloudward makes its ExternalId."""

    name: Line
    """Small letters, digits and -, at most 40."""
    provider: Provider = Provider.AWS


@router.get("")
def connectors(state: Served, _caller: Connecting, asked: Annotated[Listed, Query()]) -> Page[ConnectorItem]:
    """The connectors, in order of name."""
    last = _last(state)
    found = [_item(each, last.get(each.name)) for each in state.store.connectors()]
    return sliced(state, "connectors", asked, found, lambda each: (each.name,))


@router.get("/permissions")
def needed(_caller: Connecting) -> Permissions:
    """What a scan of AWS needs to be allowed. What is not allowed makes answers unknown."""
    return Permissions(Provider.AWS, permissions())


@router.get("/{name}", response_model=ConnectorDetail, responses={**READ})
def connector(state: Served, _caller: Connecting, name: Word) -> Response:
    """One connector, and what became of its accounts at its last scan."""
    found = _one(state, name)
    detail = ConnectorDetail(_item(found, _last(state).get(name)), [*_accounts(state, name)])
    return tagged(detail, found)


@router.get("/{name}/setup")
def setup(state: Served, _caller: Connecting, name: Word, asked: Annotated[SetupAsked, Query()]) -> Setup:
    """The role that the connector takes, exactly: who may take it, and what it may read."""
    kept = _one(state, name)
    settings = Settings.of(kept.settings)
    principal = asked.principal or settings.web_identity_role
    if not principal:
        raise UsageError("who scans?", "give principal: the ARN of a user, a role or an account (:root)")
    access = templates.Access(settings.role, principal, kept.external_id, permissions())
    return Setup(asked.form, FILES[asked.form], _text(asked.form, access, settings))


@router.post("", status_code=201, response_model=ConnectorItem, responses={**MADE})
def add(state: Served, caller: Owner, given: NewConnector) -> Response:
    """Make a connector. Its role comes from `/setup`."""
    if given.provider is not Provider.AWS:
        raise UsageError(f"there is no connector of {given.provider} yet", "aws")
    if not NAME.fullmatch(given.name):
        raise UsageError(
            f"{given.name!r} is no name for a connector", "small letters, digits and -, at most 40"
        )
    if any(each.name == given.name for each in state.store.connectors()):
        raise UsageError(f"there is a connector {given.name!r} already", "change that one")
    made = state.store.connect(given.name, given.provider, _settings(given), caller.name)
    return tagged(_item(made, None), made, 201, f"/api/v1/connectors/{made.name}")


@router.put("/{name}", response_model=ConnectorItem, responses={**READ})
def change(state: Served, caller: Owner, name: Word, given: Terms, expected: Expected) -> Response:
    """Give a connector new settings; its ExternalId stays."""
    old = _one(state, name)
    by_hand("connector", name, old.source)
    made = state.store.connect(name, old.provider, _settings(given), caller.name, expected=expected)
    return tagged(_item(made, _last(state).get(name)), made)


@router.delete("/{name}", status_code=204)
def remove(state: Served, caller: Connecting, name: Word) -> Response:
    """Forget a connector; what it has scanned stays. A new one will have another ExternalId."""
    by_hand("connector", name, _one(state, name).source)
    state.store.disconnect(name, caller.name)
    return Response(status_code=204)


def _settings(given: Terms) -> dict[str, Any]:
    values = {name: value for name, value in given.model_dump().items() if name in Terms.model_fields}
    return Settings.of({name: value for name, value in values.items() if value}).kept()


def _one(state: State, name: str) -> Connector:
    known = {each.name: each for each in state.store.connectors()}
    if name not in known:
        raise MissingError(f"there is no connector {name!r}{near(name, known)}")
    return known[name]


def _text(form: Form, access: templates.Access, settings: Settings) -> str:
    if form is Form.PRINCIPAL:
        return templates.scanner(access, organization=settings.organization)
    make = {
        Form.CLOUDFORMATION: templates.cloudformation,
        Form.STACKSET: templates.stackset,
        Form.TERRAFORM: templates.terraform,
    }
    return make[form](access)


def _last(state: State) -> dict[str, datetime]:
    """Connector -> when its last scan began."""
    found: dict[str, datetime] = {}
    for each in state.store.scans():
        if name := each.options.get("connector"):
            found.setdefault(str(name), each.started)
    return found


def _item(connector: Connector, scanned: datetime | None) -> ConnectorItem:
    settings = {key: value or None for key, value in asdict(Settings.of(connector.settings)).items()}
    return ConnectorItem(
        name=connector.name,
        provider=connector.provider,
        role=str(settings["role"]),
        organization=bool(settings["organization"]),
        accounts=settings["accounts"] or (),
        regions=settings["regions"] or (),
        web_identity_token_file=settings["web_identity_token_file"],
        web_identity_role=settings["web_identity_role"],
        external_id=connector.external_id,
        created_by=connector.created_by,
        created_at=connector.created_at,
        source=connector.source or None,
        scanned=scanned,
    )


def _accounts(state: State, name: str) -> Iterator[AccountItem]:
    """Those of the connector's last scan, as they were found then."""
    last = next((scan for scan in state.store.scans() if scan.options.get("connector") == name), None)
    scopes = state.store.begun_for(last.id) if last else []
    accounts = leaves(scopes)
    rows = state.store.coverage(scope=[each.id for each in accounts], type="") if accounts else ()
    gaps: dict[str, Coverage] = {row.scope: row for row in rows if row.listing}
    names = {each.id: each.name for each in scopes}
    for scope in accounts:
        yield _account(scope, names, gaps.get(scope.id))


def _account(scope: Scope, names: dict[str, str], gap: Coverage | None) -> AccountItem:
    return AccountItem(
        account=scope.id,
        name=scope.name,
        parent=names.get(scope.parent or "") or None,
        state=scope.state,
        read=gap is None,
        cause=str(gap.cause.message) if gap and gap.cause else None,
    )
