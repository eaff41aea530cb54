"""Who is let in by a resource's policy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cloudward.rules.functions import function
from cloudward.rules.functions.conditions import (
    TEXT,
    Compared,
    Key,
    narrows,
    services,
    spares_only_named,
)
from cloudward.rules.functions.patterns import LONGEST, matches
from cloudward.rules.functions.statements import STATEMENT, Statement, statements

SHARED = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html"
BUCKETS = frozenset({"s3.amazonaws.com", "s3.amazonaws.com.cn"})
EFFORT = 2_000_000
"""Character steps spent on what denials take back; beyond, they are taken to take nothing back."""


def _whole(it: Compared) -> bool:
    return it.fixed


def _tenant(it: Compared) -> bool:
    """The organization in a subject is fixed: `repo:ORGANIZATION/*`, `organization:NAME:*`."""
    return it.fixed or re.match(r"[^:*?$]+:[^:/*?$]+[:/][^$]*$", it.value) is not None


_APP = Key(TEXT, _whole, SHARED)
_SUBJECT = Key(TEXT, _tenant, SHARED)

PROVIDERS: Mapping[str, Mapping[str, Key]] = {
    "accounts.google.com": {"aud": _APP, "sub": _APP},
    "graph.facebook.com": {"app_id": _APP, "id": _APP},
    "www.amazon.com": {"app_id": _APP, "user_id": _APP},
    "cognito-identity.amazonaws.com": {"aud": _APP, "sub": _APP},
    "token.actions.githubusercontent.com": {
        "sub": _SUBJECT,
        "repository": _APP,
        "repository_id": _APP,
        "repository_owner": _APP,
        "repository_owner_id": _APP,
    },
    "gitlab.com": {"sub": _SUBJECT},
    "app.terraform.io": {"sub": _SUBJECT},
    "agent.buildkite.com": {"sub": _SUBJECT},
    "oidc.codefresh.io": {"sub": _SUBJECT},
    "scalr.io": {"sub": _SUBJECT},
    "api.pulumi.com/oidc": {"aud": _APP},
    "oidc.vercel.com": {"aud": _APP},
}
"""Identity providers that sign in anybody, and the claims that name a customer of theirs."""


@function(args=("json?",), returns=[STATEMENT])
def public_statements(doc: Mapping[str, Any] | None) -> list[Statement]:
    """The Allow statements of a resource's policy that let anyone in, as `statements` gives them.

    Anyone is a principal with a wildcard, an Allow with NotPrincipal, or an identity provider that signs
    in everybody, unless the statement's condition names who (the table in `conditions`) or denials of
    the same document take the access back from all but named ones. A statement without principal is
    part of an identity's policy and lets nobody in. Policies of the organization and block settings are
    not seen here.
    """
    every = statements(doc)
    denials = [s for s in every if s["Effect"] == "Deny" and _denies_strangers(s)]
    found = [s for s in every if s["Effect"] == "Allow" and _invites(s)]
    effort = _Effort()
    return [s for s in found if not _taken_back(s, denials, effort)]


def _invites(statement: Statement) -> bool:
    """Strangers are among the principals, and the condition does not keep them out."""
    strangers = bool(statement["NotPrincipal"]) or not all(map(_fixed, statement["Principal"]))
    return (strangers or _signs_in_anyone(statement) or _called_by_buckets(statement)) and not narrows(
        statement
    )


def _fixed(principal: str) -> bool:
    return not ("*" in principal or "?" in principal or "${" in principal)


def _signs_in_anyone(statement: Statement) -> bool:
    """A provider for everybody, and no claim says whose sign-in is meant."""
    hosts = {name.partition(":oidc-provider/")[2] or name for name in statement["Principal"]}
    return any(
        not narrows(statement, {f"{host}:{claim}": key for claim, key in PROVIDERS[host].items()})
        for host in hosts & PROVIDERS.keys()
    )


def _called_by_buckets(statement: Statement) -> bool:
    """AWS takes a service for somebody, but not S3 when it calls a function: every bucket can make it."""
    return not BUCKETS.isdisjoint(statement["Principal"]) and "lambda" in services(statement)


def _denies_strangers(statement: Statement) -> bool:
    """The Deny takes from everybody but those that it names."""
    everybody = "*" in statement["Principal"] or (
        bool(statement["NotPrincipal"]) and not any("*" in name for name in statement["NotPrincipal"])
    )
    return everybody and spares_only_named(statement)


class _Effort:
    """What is left of the work that one document may cost."""

    def __init__(self) -> None:
        self.left = EFFORT

    def matches(self, pattern: str, text: str) -> bool:
        self.left -= len(pattern) * len(text) + 1
        return self.left > 0 and max(len(pattern), len(text)) <= LONGEST and matches(pattern, text)


def _taken_back(statement: Statement, denials: list[Statement], effort: _Effort) -> bool:
    """Every action on every resource falls under one of the denials."""
    if not denials:
        return False
    actions = [action.lower() for action in statement["Action"]] or ["*"]
    resources = statement["Resource"] or ["*"]
    for_action = {_covering(action, "Action", denials, effort) for action in actions}
    for_resource = {_covering(resource, "Resource", denials, effort) for resource in resources}
    effort.left -= len(for_action) * len(for_resource)
    return effort.left > 0 and all(a & r for a in for_action for r in for_resource)


def _covering(text: str, element: str, denials: list[Statement], effort: _Effort) -> frozenset[int]:
    """Which denials take in all that an action or a resource of the Allow stands for.

    A role's trust policy names no resource; such a denial is about all there is.
    """
    fold = str.lower if element == "Action" else str
    found = set()
    for number, denial in enumerate(denials):
        patterns = denial[element] or ([] if denial["Not" + element] else ["*"])
        if effort.left > 0 and any(effort.matches(fold(pattern), text) for pattern in patterns):
            found.add(number)
    return frozenset(found)
