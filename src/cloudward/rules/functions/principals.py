"""Whom a resource's policy trusts by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cloudward.rules.functions import function
from cloudward.rules.functions.arns import ACCOUNT, part
from cloudward.rules.functions.public import public_statements
from cloudward.rules.functions.statements import statements

ANYONE = "*"


@function(args=("json?",), returns=["string"])
def trusted_principals(doc: Mapping[str, Any] | None) -> list[str]:
    """Every principal that an Allow statement names, once, in their order; `*` when anyone is let in."""
    return list(dict.fromkeys(_trusted(doc)))


@function(args=("json?", "string"), returns=["string"])
def cross_account_principals(doc: Mapping[str, Any] | None, account: str) -> list[str]:
    """The principals of other accounts that a policy trusts; `*` when anyone is let in.

    Services, identity providers and the unique ids that AWS leaves for deleted users are no accounts.
    """
    return [name for name in trusted_principals(doc) if owner(name) not in (None, account)]


def owner(principal: str) -> str | None:
    """The account of a principal; `*` for anyone, None for what belongs to no account."""
    if principal == ANYONE or re.fullmatch(r"\d{12}", principal):
        return principal
    if re.match(r"arn:[a-z-]+:(iam|sts):", principal) is None or ":oidc-provider/" in principal:
        return None
    account = part(principal, ACCOUNT)
    return account if re.fullmatch(r"\d{12}", account) else None


def _trusted(doc: Mapping[str, Any] | None) -> Iterator[str]:
    """A `*` that a condition narrows is nobody by name, so only statements that let anyone in give it."""
    for statement in statements(doc):
        if statement["Effect"] == "Allow":
            yield from (name for name in statement["Principal"] if "*" not in name)
    if public_statements(doc):
        yield ANYONE
