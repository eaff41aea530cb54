"""The connector of many accounts: each is read with a role of its own, and none hinders another."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from cloudward.connect import Unit
from cloudward.connect.aws.asking import Asker
from cloudward.connect.aws.cloudcontrol import generic
from cloudward.connect.aws.collecting import Keep
from cloudward.connect.aws.declare import Call, Service
from cloudward.connect.aws.directory import Directory, directory
from cloudward.connect.aws.facts import Wanted, chosen, modules
from cloudward.connect.aws.outcomes import Verdict
from cloudward.connect.aws.pace import Clock
from cloudward.connect.aws.reading import HOME, Identity, Member, Reader, Task
from cloudward.connect.aws.roles import Grant, Role
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.settings import Settings
from cloudward.errors import SignInError, UsageError, near
from cloudward.model import Cause, Coverage, Outcome, Provider, Reason, Resource, Scope, ScopeState
from cloudward.rules.completion import Seal
from cloudward.rules.types import Type

PARALLEL = 32
"""Detail calls that run at the same time, over all units of all accounts; and accounts that are entered."""
ASSUME = Call("AssumeRole", service="sts", listing=True)
WEB_IDENTITY = Call("AssumeRoleWithWebIdentity", service="sts")
STS = Service(
    "sts",
    scope="global",
    quota=600,
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
)
SESSION = "cloudward"
"""What CloudTrail shows as the session of the role."""
WHY = {ScopeState.SUSPENDED: "the account is suspended", ScopeState.LEFT: "the account left the organization"}


class Fleet:
    """The accounts of a connector, taken with its role and its ExternalId.

    `session` is a `boto3.Session` with the credentials that may take the role, else those of the chain or
    of the settings' web identity. `before` are the scopes that are known from earlier scans: an account
    that was in the organization and is not any more is told. `only` narrows the accounts. The rest is as
    with `Aws`; rates hold for each account.
    """

    name = "aws"

    def __init__(
        self,
        types: Mapping[str, Type],
        seal: Seal,
        settings: Settings,
        external_id: str,
        *,
        session: Any = None,
        regions: Collection[str] | None = None,
        services: Collection[str] | None = None,
        cloud_control: Collection[str] = (),
        wanted: Wanted | None = None,
        max_rate: float | None = None,
        before: Sequence[Scope] = (),
        only: Collection[str] = (),
        clock: Clock | None = None,
        keep: Keep | None = None,
    ) -> None:
        self._settings, self._external_id, self._before, self._only = settings, external_id, before, only
        self._pool = ThreadPoolExecutor(PARALLEL, thread_name_prefix="aws")
        places = regions or settings.regions or None
        clock = clock or Clock()
        read = {**chosen(services), **generic(cloud_control)}
        self._task = Task(types, seal, read, self._pool, places, wanted, max_rate, clock, keep)
        self._boto = self._signed_in(Boto(session))
        self._base = Reader(self._task, self._boto)

    def scopes(self) -> Sequence[Scope]:
        """The accounts, and above them the tree of the organization."""
        return [*self._accounts, *(self._directory.groups if self._directory else ())]

    def units(self) -> Sequence[Unit]:
        """The first of each account, then the second of each: so all accounts are read at the same time."""
        return self._units

    def collect(self, unit: Unit) -> Iterator[Resource | Coverage]:
        """What the account's own connector gives; for one that is not read, the row that says so."""
        found = self._entered[unit.scope.id]
        if isinstance(found, Reader):
            yield from found.collect(unit)
        else:
            yield self._unread(unit.scope, found)

    @property
    def requests(self) -> int:
        """Requests sent so far, over all accounts."""
        return self._asker.requests + sum(reader.requests for reader in self._readers)

    def close(self) -> None:
        """End the threads; those that wait for an answer do so when it comes."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    @cached_property
    def _units(self) -> Sequence[Unit]:
        self._entered  # noqa: B018 before the threads that ask for it: they would wait for one another
        rounds = zip_longest(*self._pool.map(self._units_of, self._accounts))
        units = [unit for unit in chain.from_iterable(rounds) if unit is not None]
        self._check_regions()
        return units

    def _units_of(self, scope: Scope) -> Sequence[Unit]:
        found = self._entered[scope.id]
        if isinstance(found, Reader):
            return found.units()
        return [Unit(f"{scope.id}/not-read", scope, None, "account")]

    @cached_property
    def _accounts(self) -> Sequence[Scope]:
        named = {id: Scope(id, Provider.AWS, "account", id) for id in self._settings.accounts}
        if self._directory:
            named = {scope.id: scope for scope in (*self._gone(self._directory), *self._directory.accounts)}
        for id in self._only:
            if id not in named:
                raise UsageError(f"account {id!r} is not of this connector{near(id, named)}")
        return [named[id] for id in sorted(named) if not self._only or id in self._only]

    @cached_property
    def _directory(self) -> Directory | None:
        return directory(self._asker, self._base.home) if self._settings.organization else None

    def _gone(self, now: Directory) -> list[Scope]:
        """Accounts that stood in this organization. Those that still do replace them."""
        below = _below(now.organization, self._before)
        return [replace(each, state=ScopeState.LEFT) for each in below if each.kind == "account"]

    def _check_regions(self) -> None:
        """A region that no account has is a slip of the pen."""
        enabled = {name for each in self._readers for name in each.regions}
        for region in self._task.regions or () if self._readers else ():
            if region not in enabled:
                known = self._boto.regions(self._base.identity.partition)
                raise UsageError(f"{region!r} is not enabled in any of the accounts{near(region, known)}")

    @property
    def _readers(self) -> list[Reader]:
        return [each for each in self._entered.values() if isinstance(each, Reader)]

    @cached_property
    def _entered(self) -> Mapping[str, Reader | Cause]:
        """Each account's reader, or why it is not read."""
        self._base.identity  # noqa: B018 when nobody is signed in it ends here, once
        entered = self._pool.map(self._enter, self._accounts)
        return {scope.id: found for scope, found in zip(self._accounts, entered, strict=True)}

    def _enter(self, scope: Scope) -> Reader | Cause:
        if scope.state is not ScopeState.ACTIVE:
            return Cause(Reason.NOT_SCANNED, "organizations:ListAccounts", WHY[scope.state])
        role = Role(lambda: self._assume(scope.id), self._task.clock)
        grant = role.taken()
        if not isinstance(grant, Grant):
            return grant
        identity = Identity.of(grant.arn)
        if identity.account != scope.id:
            return Cause(Reason.FAILED, "sts:AssumeRole", f"the credentials are those of {identity.account}")
        return Reader(self._task, self._boto.signing(role), Member(scope, identity))

    def _signed_in(self, own: Boto) -> Boto:
        """The same, or with the role of the web identity instead of credentials of its own."""
        role, file = self._settings.web_identity_role, Path(self._settings.web_identity_token_file)
        if not role:
            return own
        home = own.region or HOME.get(role.split(":")[1]) or HOME["aws"]
        asker = Asker(own.signing(lambda: None), home, {"sts": STS}, clock=self._task.clock)

        def ask() -> Verdict:
            token = {"WebIdentityToken": _token(file)}
            return asker.ask(
                WEB_IDENTITY, "sts", home, {"RoleArn": role, "RoleSessionName": SESSION, **token}
            )

        return own.signing(Role(ask, self._task.clock, "sts:AssumeRoleWithWebIdentity"))

    def _assume(self, account: str) -> Verdict:
        params = {
            "RoleArn": f"arn:{self._base.identity.partition}:iam::{account}:role/{self._settings.role}",
            "RoleSessionName": SESSION,
            "ExternalId": self._external_id,
        }
        return self._asker.ask(ASSUME, "sts", self._base.home, params)

    @cached_property
    def _asker(self) -> Asker:
        """Asks with the credentials that take the roles; when those end, so does the scan."""
        services = {name: module.service for name, module in modules().items()} | {"sts": STS}
        return Asker(self._boto, self._base.home, services, clock=self._task.clock)

    def _unread(self, scope: Scope, cause: Cause) -> Coverage:
        """A listing of no type, in no region: it may hide anything."""
        outcomes = {Reason.DENIED: Outcome.DENIED, Reason.NOT_SCANNED: Outcome.NOT_REQUESTED}
        outcome = outcomes.get(cause.reason, Outcome.FAILED)
        return Coverage(scope.id, None, "", cause.call, outcome, True, 0, self._task.clock.now(), cause)


def _token(file: Path) -> str:
    """The token that the file holds now; whoever writes it renews it before it ends."""
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SignInError(f"the web identity token cannot be read: {error}") from error


def _below(top: str, scopes: Sequence[Scope]) -> list[Scope]:
    """The scopes that stand under one, at any depth."""
    found: dict[str, Scope] = {}
    more = [scope for scope in scopes if scope.parent == top]
    while more:
        found |= {scope.id: scope for scope in more}
        more = [scope for scope in scopes if scope.parent in found and scope.id not in found]
    return list(found.values())
