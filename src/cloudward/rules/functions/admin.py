"""Statements that give everything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cloudward.rules.functions import function
from cloudward.rules.functions.statements import STATEMENT, Statement, grants, statements

ALL_ACTIONS = re.compile(r"\*+(:\*+)?")
ALL_RESOURCES = re.compile(r"(\*+|arn:(\*|aws[a-z-]*)(:\*+)+)")
DECRYPTION = ["kms:Decrypt", "kms:ReEncryptFrom"]
ALL_KEYS = re.compile(r"(\*+|arn:[a-z*-]+:(\*|kms):[^:]*:[^:]*:(\*+|(key|alias)/\*+))")


@function(args=("json?",), returns=[STATEMENT])
def allows_admin(doc: Mapping[str, Any] | None) -> list[Statement]:
    """The Allow statements of a policy that give every action on every resource.

    A condition does not change that: who fulfils it is administrator. Not found here, because no single
    statement shows it: `NotAction` with few exceptions, several statements that together give
    everything, and rights from which one can make oneself administrator (`iam:*`, `iam:PassRole`);
    those are questions to effective permissions. A Deny in the same document is not weighed.
    """
    return [s for s in statements(doc) if s["Effect"] == "Allow" and _everything(s)]


def _everything(statement: Statement) -> bool:
    return any(ALL_ACTIONS.fullmatch(action) for action in statement["Action"]) and any(
        ALL_RESOURCES.fullmatch(resource) for resource in statement["Resource"]
    )


@function(args=("json?",), returns=[STATEMENT])
def decrypts_with_all_keys(doc: Mapping[str, Any] | None) -> list[Statement]:
    """The Allow statements of a policy that let decrypt with every key of KMS.

    All keys of one account or region count as all. A condition is not asked, and neither is
    `NotResource`, which excepts some keys.
    """
    return [s for s in statements(doc) if s["Effect"] == "Allow" and grants(s, DECRYPTION) and _all_keys(s)]


def _all_keys(statement: Statement) -> bool:
    return any(ALL_KEYS.fullmatch(resource) for resource in statement["Resource"])
