"""Sign-in by an OpenID Connect provider: authorization code with PKCE.

Who comes is known by issuer and subject, and by nothing else: two people can have had one e-mail address, and
a provider may let anybody write any into his profile.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import httpx2 as httpx
import msgspec

from cloudward.errors import OutgoingError, UsageError, WhoError
from cloudward.server.outgoing import Allowed, client, fetch

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures that nobody can make who knows no more than the client: none of `none` and HS256."""
KEPT = 3600
"""Seconds for which what a provider says of itself is taken as it was."""
LEEWAY = 60
GROUPS = 500


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider as an owner set it up."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    """Sealed where it is kept, plain here."""
    title: str = "Single sign-on"
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    groups: str = "groups"
    """The claim that names the groups of a user."""
    everybody: bool = False
    """Whether users are made of whoever the provider knows; otherwise only of those with a group that has a
    role."""
    acr: tuple[str, ...] = ()
    """How somebody must have signed in there: values of `acr` or `amr`, of which one has to come back. None:
    as the provider sees fit."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What the provider says of who came."""

    issuer: str
    subject: str
    name: str
    email: str | None
    groups: tuple[str, ...]
    proved: int
    """When he last proved to the provider who he is, in seconds since 1970; 0 where it does not say."""


class _About(msgspec.Struct):
    """What a provider says of itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    token_endpoint_auth_methods_supported: Sequence[str] = ("client_secret_basic",)


class Oidc:
    """Speaks with one provider."""

    def __init__(self, allowed: Allowed, verify: Any = None) -> None:
        self._allowed, self._verify = allowed, verify
        self._kept: dict[str, tuple[float, Any]] = {}
        self._lock = Lock()

    def start(self, provider: Provider, back: str, state: str, nonce: str, verifier: str, again: bool) -> str:
        """Where to send the browser. `again`: who is signed in there has to prove himself once more."""
        about = self._about(provider)
        extra = {"prompt": "login", "max_age": "0"} if again else {}
        if provider.acr:
            extra["acr_values"] = " ".join(provider.acr)
        with self._client(provider, about, back) as calls:
            url, _ = calls.create_authorization_url(
                about.authorization_endpoint, state=state, nonce=nonce, code_verifier=verifier, **extra
            )
        return str(url)

    def finish(
        self, provider: Provider, back: str, code: str, nonce: str, verifier: str, issuer: str
    ) -> Claims:
        """Who came back with a code. `issuer` is what came with it, empty where the provider does not say."""
        about = self._about(provider)
        if issuer and issuer != about.issuer:
            raise WhoError("this answer is of another provider")
        with self._client(provider, about, back) as calls:
            tokens = _answered(
                lambda: calls.fetch_token(about.token_endpoint, code=code, code_verifier=verifier)
            )
            claims = self._claims(provider, about, tokens.get("id_token"), nonce)
            if provider.groups not in claims and about.userinfo_endpoint:
                found = self._userinfo(about, tokens.get("access_token", ""))
                if found.get("sub") == claims["sub"]:
                    claims = {**found, **claims}
        return _told(provider, about, claims)

    def check(self, provider: Provider) -> None:
        """Refuse a provider that does not answer as one."""
        self._kept.pop(provider.issuer, None)
        try:
            about = self._about(provider)
            self._keys(about, fresh=True)
        except (OutgoingError, WhoError) as error:
            raise UsageError(f"{provider.issuer} does not answer as a provider: {error}") from error

    def _claims(self, provider: Provider, about: _About, token: Any, nonce: str) -> dict[str, Any]:
        from joserfc import jwt
        from joserfc.errors import JoseError

        for fresh in (False, True):
            try:
                found = jwt.decode(str(token), self._keys(about, fresh), algorithms=list(ALGORITHMS)).claims
                break
            except (JoseError, ValueError) as error:
                if fresh:
                    raise WhoError("the provider's answer is not signed by it") from error
        registry = jwt.JWTClaimsRegistry(
            leeway=LEEWAY,
            iss={"essential": True, "value": about.issuer},
            sub={"essential": True},
            aud={"essential": True, "value": provider.client_id},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            registry.validate(found)
        except JoseError as error:
            raise WhoError(f"the provider's answer is not good: {error}") from error
        several = isinstance(found["aud"], list) and len(found["aud"]) > 1
        if found.get("azp", "" if several else provider.client_id) != provider.client_id:
            raise WhoError("the provider's answer is for another client")
        if provider.acr and not _strengths(found) & set(provider.acr):
            raise WhoError("at the provider somebody signed in in a way that is not enough here")
        return found

    def _about(self, provider: Provider) -> _About:
        def read() -> _About:
            url = provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
            about: _About = self._get(url, _About)
            if not about.authorization_endpoint.startswith(("https://", "http://")):
                raise OutgoingError(f"{provider.issuer} would have people sign in at no address of the web")
            if about.issuer != provider.issuer:
                raise WhoError(f"{provider.issuer} calls itself {about.issuer}")
            return about

        found: _About = self._cached(provider.issuer, read)
        return found

    def _keys(self, about: _About, fresh: bool) -> Any:
        from joserfc.jwk import KeySet

        def read() -> Any:
            return KeySet.import_key_set(self._get(about.jwks_uri, dict[str, Any]))

        return self._cached(about.jwks_uri, read, 60 if fresh else KEPT)

    def _cached(self, key: str, read: Any, seconds: float = KEPT) -> Any:
        with self._lock:
            at, found = self._kept.get(key, (0.0, None))
            if found is None or time.monotonic() - at > seconds:
                found = read()
                self._kept[key] = (time.monotonic(), found)
            return found

    def _get(self, url: str, shape: Any) -> Any:
        with client(self._allowed, self._verify) as calls:
            status, body = fetch(calls, "GET", url, headers={"accept": "application/json"})
        try:
            if status != 200:
                raise OutgoingError(f"{url} answers {status}")
            return msgspec.json.decode(body, type=shape)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise OutgoingError(f"{url} gives no answer that can be used") from error

    def _userinfo(self, about: _About, token: str) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
        with client(self._allowed, self._verify) as plain:
            status, body = fetch(plain, "GET", about.userinfo_endpoint, headers=headers)
        try:
            found = msgspec.json.decode(body) if status == 200 else {}
        except msgspec.DecodeError:
            found = {}
        return found if isinstance(found, dict) else {}

    def _client(self, provider: Provider, about: _About, back: str) -> Any:
        from authlib.integrations.httpx_client import OAuth2Client

        from cloudward.server.outgoing import SECONDS, Checked

        methods = about.token_endpoint_auth_methods_supported
        basic = "client_secret_basic" in methods or "client_secret_post" not in methods
        method = "client_secret_basic" if basic else "client_secret_post"
        return OAuth2Client(
            provider.client_id,
            provider.client_secret or None,
            token_endpoint_auth_method=method if provider.client_secret else "none",
            scope=" ".join(provider.scopes),
            redirect_uri=back,
            code_challenge_method="S256",
            transport=Checked(self._allowed, self._verify),
            timeout=SECONDS,
            trust_env=False,
            follow_redirects=False,
        )


def _strengths(claims: Mapping[str, Any]) -> set[str]:
    """How somebody signed in at the provider, as it says."""
    methods = claims.get("amr")
    told = [claims.get("acr"), *(methods if isinstance(methods, list) else [])]
    return {each for each in told if isinstance(each, str)}


def _answered(call: Any) -> dict[str, Any]:
    from authlib.common.errors import AuthlibBaseError

    try:
        found = call()
    except (AuthlibBaseError, httpx.HTTPError, ValueError, OSError) as error:
        raise WhoError("the provider gives nothing for this code") from error
    return found if isinstance(found, dict) else {}


def _told(provider: Provider, about: _About, claims: Mapping[str, Any]) -> Claims:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject:
        raise WhoError("the provider does not say who it is")
    groups = claims.get(provider.groups)
    groups = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    names = [claims.get(key) for key in ("preferred_username", "email", "name", "sub")]
    email = claims.get("email")
    proved = claims.get("auth_time")
    return Claims(
        about.issuer,
        subject,
        next(str(each) for each in names if each),
        email if isinstance(email, str) else None,
        tuple(each for each in groups[:GROUPS] if isinstance(each, str)),
        proved if isinstance(proved, int) else 0,
    )
