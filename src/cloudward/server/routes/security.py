"""Settings of sign-in."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from cloudward.errors import UsageError
from cloudward.server.auth import single
from cloudward.server.auth.guard import RULES, Rules, kept_rules
from cloudward.server.auth.oidc import Provider
from cloudward.server.auth.signin import Guarded
from cloudward.server.changes import READ, Expected, Perhaps, conditional, tagged
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.store import security
from cloudward.store.revisions import expect

router = APIRouter(prefix="/api/v1/settings", tags=["settings"])
Owner = Annotated[Caller, Depends(Needs(Permission.GRANT, anywhere=False))]
FreshOwner = Annotated[Caller, Depends(Needs(Permission.GRANT, anywhere=False, fresh=True))]
Word = Annotated[str, Field(min_length=1, max_length=500)]


class NewRules(BaseModel):
    """How long sign-ins live, and what they need. Minutes."""

    idle: Annotated[int, Field(ge=5, le=24 * 60)] = 60
    whole: Annotated[int, Field(ge=5, le=30 * 24 * 60)] = 12 * 60
    proof: Annotated[int, Field(ge=1, le=60)] = 15
    second_factor: bool = True


class NewProvider(BaseModel):
    """An identity provider. Its address for coming back is `/api/v1/session/oidc` of this server."""

    issuer: Word
    client_id: Word
    client_secret: Annotated[str, Field(max_length=1000)] | None = None
    """Left out, the one that is kept stays; it is never shown."""
    title: Word = "Single sign-on"
    scopes: Annotated[list[Word], Field(max_length=20)] = ["openid", "profile", "email"]
    groups: Word = "groups"
    """The claim that names the groups of a user."""
    everybody: bool = False
    """Whether users are made of whoever the provider knows, or only of who has a group that has a role."""
    acr: Annotated[list[Word], Field(max_length=20)] = []
    """How somebody must have signed in there: values of `acr` or `amr`, of which one has to come back."""


@dataclass(frozen=True, slots=True)
class ProviderItem:
    """The identity provider, without its secret."""

    issuer: str
    client_id: str
    has_secret: bool
    title: str
    scopes: list[str]
    groups: str
    everybody: bool
    acr: list[str]


@dataclass(frozen=True, slots=True)
class Providers:
    """The identity provider, or none."""

    provider: ProviderItem | None


@router.get("/security", response_model=Rules, responses={**READ})
def rules(guard: Guarded, _caller: Owner) -> Response:
    """How long sign-ins live, and what they need."""
    with guard.store.database.read() as connection:
        found = kept_rules(connection)
    return tagged(found, found)


@router.put("/security", response_model=Rules, responses={**READ})
def set_rules(guard: Guarded, caller: FreshOwner, given: NewRules, expected: Expected) -> Response:
    """Set them; they count at once."""
    made = Rules(**given.model_dump())
    with guard.store.database.write() as connection:
        expect(kept_rules(connection), expected, "setting", RULES)
        security.keep(connection, RULES, asdict(made), caller.name)
    return tagged(made, made)


@router.get("/oidc", response_model=Providers, responses={**READ})
def provider(guard: Guarded, _caller: Owner) -> Response:
    """The identity provider."""
    found = single.kept(guard.store)
    shown = _item(found) if found else None
    return tagged(Providers(shown), shown)


@router.put("/oidc", response_model=Providers, responses={**READ})
def set_provider(guard: Guarded, caller: FreshOwner, given: NewProvider, expected: Perhaps) -> Response:
    """Set it, when it answers as one. One that is there is changed with its ETag as If-Match."""
    parts = urlsplit(given.issuer)
    if parts.scheme != "https" and not (parts.scheme == "http" and guard.allowed.name(parts.netloc, 80)):
        listed = parts.hostname in ("127.0.0.1", "localhost", "::1") and guard.options.addresses
        if parts.scheme != "http" or not listed:
            raise UsageError("an identity provider is called by https")
    old = single.kept(guard.store)
    conditional(old and _item(old), expected if old else None, "setting", single.SETTING)
    secret = given.client_secret
    if secret is None:
        secret = old.client_secret if old and old.issuer == given.issuer else ""
    fields = given.model_dump(exclude={"client_secret"})
    made = Provider(
        **fields | {"scopes": tuple(given.scopes), "acr": tuple(given.acr), "client_secret": secret}
    )
    guard.oidc.check(made)
    sealed = guard.store.vault.seal(secret, single.PURPOSE) if secret else ""
    shown = _item(made)
    with guard.store.database.write() as connection:
        security.keep(
            connection, single.SETTING, fields | {"client_secret": sealed}, caller.name, told=asdict(shown)
        )
    return tagged(Providers(shown), shown)


@router.delete("/oidc", status_code=204)
def forget_provider(guard: Guarded, caller: FreshOwner) -> None:
    """Forget it: nobody signs in by it any more. Sign-ins that are there go on until they end."""
    with guard.store.database.write() as connection:
        if security.setting(connection, single.SETTING) is not None:
            security.keep(connection, single.SETTING, None, caller.name, told={"provider": None})


def _item(found: Provider) -> ProviderItem:
    return ProviderItem(
        found.issuer,
        found.client_id,
        bool(found.client_secret),
        found.title,
        list(found.scopes),
        found.groups,
        found.everybody,
        list(found.acr),
    )
