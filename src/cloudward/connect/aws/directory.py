"""Which accounts an organization has, and where in its tree they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cloudward.connect.aws.answers import find
from cloudward.connect.aws.asking import Asker
from cloudward.connect.aws.client import follow
from cloudward.connect.aws.declare import Call
from cloudward.errors import SignInError
from cloudward.model import Provider, Scope, ScopeState

ORGANIZATION = Call("DescribeOrganization", service="organizations")
ACCOUNTS = Call("ListAccounts", service="organizations")
ROOTS = Call("ListRoots", service="organizations")
UNITS = Call("ListOrganizationalUnitsForParent", service="organizations")
CHILDREN = Call("ListAccountsForParent", service="organizations")
CALLS = (ORGANIZATION, ACCOUNTS, ROOTS, UNITS, CHILDREN)
HINT = (
    "sign in to the management account or a delegated administrator, and allow "
    "what `cloudward permissions aws --template principal` prints; or name the accounts"
)
ACTIVE = "ACTIVE"


@dataclass(frozen=True, slots=True)
class Directory:
    """An organization as it is now."""

    groups: tuple[Scope, ...]
    """The organization, its roots and its units, each before those below it."""
    accounts: tuple[Scope, ...]
    """In order of id."""

    @property
    def organization(self) -> str:
        """Its id."""
        return self.groups[0].id


def directory(asker: Asker, home: str) -> Directory:
    """Ask for all of it; raises `SignInError` when it may not be seen whole.

    `ListAccounts` says which accounts there are: the tree is walked in many steps, and an account that is
    moved meanwhile would be missed there. What the walk misses hangs on the organization itself.
    """
    walk = _Walk(asker, home)
    top = Scope(walk.one(ORGANIZATION, "Organization.Id"), Provider.AWS, "organization")
    groups = [top, *(_group(each, "root", top.id) for each in walk.each(ROOTS, "Roots"))]
    accounts = {each["Id"]: _account(each, top.id) for each in walk.each(ACCOUNTS, "Accounts")}
    for group in groups:
        if group is not top:
            units = walk.each(UNITS, "OrganizationalUnits", ParentId=group.id)
            groups.extend(_group(each, "organizational unit", group.id) for each in units)
            for each in walk.each(CHILDREN, "Accounts", ParentId=group.id):
                if each["Id"] in accounts:
                    accounts[each["Id"]] = replace(accounts[each["Id"]], parent=group.id)
    return Directory(tuple(groups), tuple(accounts[id] for id in sorted(accounts)))


@dataclass(frozen=True, slots=True)
class _Walk:
    """Asks; what is not answered, or makes no sense, ends it."""

    asker: Asker
    home: str

    def one(self, call: Call, path: str) -> str:
        found = [find(page, path) for page in self._pages(call, {})]
        if len(found) != 1 or not isinstance(found[0], str):
            raise _unseen(call, "the answer makes no sense")
        return found[0]

    def each(self, call: Call, key: str, **params: str) -> Iterator[Mapping[str, Any]]:
        for page in self._pages(call, params):
            for element in page.get(key) or ():
                if not (isinstance(element, Mapping) and isinstance(element.get("Id"), str)):
                    raise _unseen(call, "the answer makes no sense")
                yield element

    def _pages(self, call: Call, params: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        for verdict in follow(self.asker, call, "organizations", self.home, params):
            if verdict.data is None:
                raise _unseen(call, verdict.message)
            yield verdict.data


def _unseen(call: Call, message: str) -> SignInError:
    said = f"organizations:{call.operation}: {message}"
    return SignInError(f"the accounts of the organization cannot be listed: {said}", HINT)


def _group(element: Mapping[str, Any], kind: str, parent: str) -> Scope:
    return Scope(element["Id"], Provider.AWS, kind, str(element.get("Name") or element["Id"]), parent)


def _account(element: Mapping[str, Any], parent: str) -> Scope:
    """`State` took the place of `Status`, which stands in older answers."""
    state = element.get("State") or element.get("Status")
    return Scope(
        element["Id"],
        Provider.AWS,
        "account",
        str(element.get("Name") or element["Id"]),
        parent,
        ScopeState.ACTIVE if state == ACTIVE else ScopeState.SUSPENDED,
    )
