"""IAM policy documents, brought to one form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from cloudward.rules.functions import function
from cloudward.rules.functions.patterns import matches

Statement: TypeAlias = dict[str, Any]

STATEMENT = {
    "Sid": "string?",
    "Effect": "string",
    "Principal": ["string"],
    "NotPrincipal": ["string"],
    "Action": ["string"],
    "NotAction": ["string"],
    "Resource": ["string"],
    "NotResource": ["string"],
    "Condition": {"*": {"*": ["string"]}},
}

PRINCIPALS = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})


@function(args=("json?",), returns=[STATEMENT])
def statements(doc: Mapping[str, Any] | None) -> list[Statement]:
    """The statements of a policy document; none for null.

    Every element is a list of texts, empty when it is not there. `Principal` holds the identifiers of
    all kinds of principals. `Condition` maps operator -> key in lower case -> values as text. A document
    that is no policy, or holds what is not text (an unresolved reference), is refused.
    """
    if doc is None:
        return []
    parts = _list(_object(doc, "a policy").get("Statement", []))
    return [_statement(_object(part, "a statement")) for part in parts]


@function(args=(STATEMENT, "string", "string"), returns=["string"])
def when(statement: Statement, operator: str, key: str) -> list[str]:
    """The values that a statement's condition compares a key with: `when(s, "Bool", "aws:SecureTransport")`.

    Empty when the condition does not have this operator for this key. Names are compared in any case;
    `StringEqualsIfExists` and `ForAnyValue:StringEquals` are operators of their own.
    """
    found: list[str] = []
    for name, keys in statement["Condition"].items():
        if name.lower() == operator.lower():
            found += keys.get(key.lower(), [])
    return found


@function(args=(STATEMENT, "string", "string"), returns=["string"])
def only_when(statement: Statement, operator: str, key: str) -> list[str]:
    """What `when` gives, but empty when the condition asks for anything else besides.

    A Deny that asks for more holds for fewer requests than its first part says.
    """
    asked = sum(len(keys) for keys in statement["Condition"].values())
    return when(statement, operator, key) if asked == 1 else []


@function(args=(STATEMENT, ["string"]), returns=["string"])
def grants(statement: Statement, actions: list[str]) -> list[str]:
    """Which of some actions a statement is about: `grants(s, ["s3:PutObject"]) != []`.

    With `NotAction` those that are not excepted. Effect, resources and conditions are not asked.
    """
    if statement["NotAction"]:
        return [action for action in actions if not _under(statement["NotAction"], action)]
    return [action for action in actions if _under(statement["Action"], action)]


def _under(patterns: list[str], action: str) -> bool:
    return any(matches(pattern.lower(), action.lower()) for pattern in patterns)


def _statement(part: Mapping[str, Any]) -> Statement:
    effect, sid = part.get("Effect"), part.get("Sid")
    if effect not in ("Allow", "Deny"):
        raise ValueError("a statement has the effect Allow or Deny")
    return {
        "Sid": sid if isinstance(sid, str) else None,
        "Effect": effect,
        "Principal": _principals(part.get("Principal")),
        "NotPrincipal": _principals(part.get("NotPrincipal")),
        "Action": _texts(part.get("Action")),
        "NotAction": _texts(part.get("NotAction")),
        "Resource": _texts(part.get("Resource")),
        "NotResource": _texts(part.get("NotResource")),
        "Condition": _condition(part.get("Condition")),
    }


def _principals(value: Any) -> list[str]:
    if not isinstance(value, dict):
        return _texts(value)
    found: list[str] = []
    for kind, names in value.items():
        if kind not in PRINCIPALS:
            raise ValueError(f"{kind} is no kind of principal")
        found += _texts(names)
    return found


def _condition(value: Any) -> dict[str, dict[str, list[str]]]:
    operators: dict[str, dict[str, list[str]]] = {}
    if value is None:
        return operators
    for operator, keys in _object(value, "a condition").items():
        found = operators.setdefault(operator, {})
        for key, values in _object(keys, "the keys of a condition").items():
            found.setdefault(key.lower(), []).extend(map(_value, _list(values)))
    return operators


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise TypeError("a condition compares with text, numbers and booleans")


def _texts(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list) or not set(map(type, value)) <= {str}:
        raise TypeError("text was expected in a policy")
    return value.copy()


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{what} is an object")
    return value
