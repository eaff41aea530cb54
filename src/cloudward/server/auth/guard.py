"""Tells who calls, by a token or by the cookie of a sign-in."""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Connection

from cloudward.errors import BusyError, DeniedError, StoreError, WhoError
from cloudward.server.auth.limits import Buckets, network
from cloudward.server.auth.oidc import Oidc
from cloudward.server.auth.passwords import Passwords
from cloudward.server.auth.reach import Reach, Tree
from cloudward.server.auth.standing import known, reach, through
from cloudward.server.needs import Caller, Permission
from cloudward.server.outgoing import Allowed
from cloudward.store import Store, revisions, security, sessions, tokens, users
from cloudward.store.sessions import Session
from cloudward.store.users import User

TOKEN = re.compile(r"(cw_[0-9a-f]{12})_[A-Za-z0-9_-]{43}")
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
CSRF = "x-csrf-token"
MINUTE = timedelta(minutes=1)
RULES = "rules"
HALVES = frozenset({"password", "invitation"})
"""Ways in that are one factor, and not the possession of the machine."""
REMEMBERED = 10_000
"""Credentials that were good lately; whoever shows one is not slowed down by bad ones of his address."""

log = logging.getLogger("cloudward.auth")


@dataclass(frozen=True, slots=True)
class Options:
    """How the server is reached."""

    url: str = ""
    """What people type to come here, `https://cloudward.example.org`; empty: as they do, on loopback."""
    secure: bool = False
    """People come by https, also when a proxy ends it."""
    links_anywhere: bool = False
    """The one-time link of the terminal may be opened from another machine."""
    hosts: frozenset[str] = frozenset()
    """The names by which it is called; any other is refused. None: any name."""
    addresses: tuple[str, ...] = ()
    """Networks, addresses and names that are called although they are loopback or private."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What an owner decides of sign-ins."""

    idle: int = 60
    """Minutes after which one that is not used ends."""
    whole: int = 12 * 60
    """Minutes after which every one ends."""
    proof: int = 15
    """Minutes for which a proof of who somebody is counts as fresh."""
    second_factor: bool = True
    """Who came in with a password alone may only set up a second factor."""


class Guard:
    """Who calls. One for a server."""

    def __init__(self, store: Store, options: Options | None = None) -> None:
        self.store, self.options = store, options or Options()
        self.calls = Buckets(burst=400, rate=100)
        self.bad = Buckets(burst=20, rate=1)
        self.tries = Buckets(burst=30, rate=0.5)
        self.accounts = Buckets(burst=10, rate=1 / 30)
        self.codes = Buckets(burst=5, rate=1 / 30)
        self.passwords = Passwords()
        self.allowed = Allowed(self.options.addresses)
        self.oidc = Oidc(self.allowed)
        self._good: OrderedDict[str, None] = OrderedDict()
        self._behind = ThreadPoolExecutor(1, "cloudward-seen")
        self._seen: set[str] = set()

    @property
    def cookie(self) -> str:
        """The name of the cookie of a sign-in."""
        return self.named("cloudward")

    def named(self, cookie: str) -> str:
        """Over https browsers bind a cookie of this name to the host and take it from nobody else."""
        return f"__Host-{cookie}" if self.options.secure else cookie

    def origin(self, request: Request) -> str:
        """How people call this server."""
        own = self.options.url or f"{request.url.scheme}://{request.headers.get('host', '')}"
        return own.rstrip("/")

    def host(self, request: Request) -> str:
        """The name in it."""
        return urlsplit(self.origin(request)).hostname or ""

    async def authenticate(self, request: Request) -> Caller:
        """Who calls, or a `WhoError`. A second dependency of the same call gets the same answer."""
        found: Caller | None = getattr(request.state, "known", None)
        if found is None:
            found = request.state.known = await self._authenticated(request)
            revisions.through.set(f"token {found.token}" if found.token else "")
            request.state.caller = found.name  # for the line in the log
        return found

    async def _authenticated(self, request: Request) -> Caller:
        header, cookie = bearer(request), request.cookies.get(self.cookie)
        if header is None and cookie is None:
            raise WhoError("nobody is signed in")
        given = digest(cookie or "" if header is None else header)
        address = network(client(request))
        if given not in self._good and (seconds := self.bad.wait(address)):
            raise BusyError("too many calls from here with bad credentials", seconds)
        try:
            if header is not None:
                caller = await self._by_header(header)
            else:
                caller = await run_in_threadpool(self._by_cookie, cookie or "")
        except WhoError:
            self._good.pop(given, None)
            self.bad.take(address)
            raise
        self._remember(given)
        if header is None and request.method in UNSAFE:
            self.same_site(request)
            if not hmac.compare_digest(request.headers.get(CSRF, "").encode(), csrf(cookie or "").encode()):
                raise DeniedError(
                    "this call comes from another page", "send X-CSRF-Token as GET /api/v1/session says"
                )
        if seconds := self.calls.take(caller.token or caller.id):
            raise BusyError("too many calls", seconds)
        return caller

    def same_site(self, request: Request) -> None:
        """Refuse what a page of another site makes a browser send."""
        site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
        own = self.origin(request)
        if (site is not None and site != "same-origin") or (origin is not None and origin != own):
            raise DeniedError("this call comes from another site", f"this one is {own}")

    async def _by_header(self, header: str) -> Caller:
        parts = TOKEN.fullmatch(header)
        if parts is None:
            raise WhoError("this is no token of cloudward", "Authorization: Bearer cw_...")
        return await run_in_threadpool(self._by_token, parts[1], header)

    def _by_token(self, id: str, text: str) -> Caller:
        with self.store.database.read() as connection:
            token, kept = tokens.found(connection, id) or (None, "")
            if token is None or not hmac.compare_digest(kept, digest(text)):
                raise WhoError("there is no such token")
            if token.expires <= datetime.now(UTC):
                raise WhoError("this token is over")
            user = users.one(connection, token.user)
            if user is None or not user.active:
                raise WhoError("the user of this token is switched off")
            own = reach(connection, user, self._tree)
        if token.used is None or datetime.now(UTC) - token.used > MINUTE:
            self._later(tokens.touch, token.id)
        return through(token, user, own, self._tree)

    def _by_cookie(self, cookie: str) -> Caller:
        with self.store.database.read() as connection:
            return self._signed_in(connection, cookie)

    def by_cookie(self, connection: Connection, request: Request) -> Caller:
        """Who is signed in, asked in a transaction that is open."""
        return self._signed_in(connection, request.cookies.get(self.cookie, ""))

    def _signed_in(self, connection: Connection, cookie: str) -> Caller:
        session, rules, now = (
            sessions.found(connection, digest(cookie)),
            kept_rules(connection),
            datetime.now(UTC),
        )
        if session is None:
            raise WhoError("nobody is signed in")
        if session.expires <= now or now - session.seen > timedelta(minutes=rules.idle):
            raise WhoError("this sign-in is over")
        user = users.one(connection, session.user)
        if user is None or not user.active:
            raise WhoError("this user is switched off")
        half = rules.second_factor and session.method in HALVES
        held = Reach([], self._tree) if half else reach(connection, user, self._tree)
        if now - session.seen > MINUTE:
            self._later(sessions.touch, session.id)
        fresh = now - session.verified <= timedelta(minutes=rules.proof)
        return Caller(user.id, user.name, held.scopes, held.everywhere, session=session.id, fresh=fresh)

    def _tree(self) -> Tree:
        return known(self.store)

    def _remember(self, given: str) -> None:
        self._good[given] = None
        self._good.move_to_end(given)
        while len(self._good) > REMEMBERED:
            self._good.popitem(last=False)

    def _later(self, touch: object, id: str) -> None:
        """Note a use behind the call: it does not wait for whoever is writing."""
        if id not in self._seen:
            self._seen.add(id)
            self._behind.submit(partial(self._touch, touch, id))

    def _touch(self, touch: object, id: str) -> None:
        assert callable(touch)
        try:
            with self.store.database.write() as connection:
                touch(connection, id)
        except StoreError as error:
            log.warning("the use of %s could not be noted: %s", id, error)
        finally:
            self._seen.discard(id)

    def close(self) -> None:
        """Note what is still to be noted."""
        self._behind.shutdown()
        self.passwords.close()

    def attempt(self, request: Request) -> None:
        """Count a try to sign in. Too many from one place are a `BusyError`."""
        if seconds := self.tries.take(network(client(request))):
            raise BusyError("too many tries to sign in from here", seconds)

    def session(
        self, connection: Connection, user: User, method: str, request: Request, verified: datetime | None
    ) -> tuple[Session, str]:
        """A new sign-in of a user and its cookie, neither kept yet."""
        now = datetime.now(UTC)
        ends = now + timedelta(minutes=kept_rules(connection).whole)
        agent = request.headers.get("user-agent", "")[:200]
        id = f"session-{secrets.token_hex(8)}"
        session = Session(id, user.id, method, client(request), agent, now, now, verified or now, ends)
        return session, secrets.token_urlsafe(32)


def kept_rules(connection: Connection) -> Rules:
    """As they are set."""
    return Rules(**(security.setting(connection, RULES) or {}))


def bearer(request: Request) -> str | None:
    """The token of a call. Other kinds of `Authorization` are between a browser and a proxy."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    return text.strip() if scheme.casefold() == "bearer" else None


def digest(secret: str) -> str:
    """Of something with 256 random bits: a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def csrf(cookie: str) -> str:
    """What a page that can read the answer to `GET /api/v1/session` knows, and no other."""
    return hmac.new(cookie.encode(), b"csrf", hashlib.sha256).hexdigest()


def client(request: Request) -> str:
    """The address that calls, or that the proxy in front says."""
    return request.client.host if request.client else ""


def allowed(caller: Caller) -> dict[str, bool]:
    """What he may do somewhere, for menus: permission -> whether everywhere."""
    return {
        each.value: caller.everywhere(each)
        for each in Permission
        if each is not Permission.SELF and (caller.everywhere(each) or caller.scopes(each))
    }
