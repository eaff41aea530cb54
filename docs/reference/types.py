"""A page for each resource type: its fields, what their absence means, and who says so."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from cloudward.pack import Pack, load
from cloudward.rules.types import Field, Type
from docs.page import Page, code, table


@cache
def pack() -> Pack:
    return load()


LEAD = "What is read of each kind of resource, and what absence means."


def pages() -> Iterator[Page]:
    types = sorted(pack().types.values(), key=lambda each: (each.provider, each.name))
    rows = [(f"[{type.name}](types/{slug(type)}.md)", type.title, type.provider) for type in types]
    yield Page(
        "reference/types",
        "Types",
        f"# Types\n\n{LEAD}\n\n{table(('type', 'is', 'provider'), rows)}",
    )
    for type in types:
        yield Page(f"reference/types/{slug(type)}", type.name, page(type))


def slug(type: Type) -> str:
    """The page's name: `aws-s3-bucket`."""
    return "".join(char if char.isalnum() else "-" for char in type.name.lower()).replace("--", "-")


def page(type: Type) -> str:
    policies = [
        f"- [{id}](../policies/{id}.md)"
        for id, policy in sorted(pack().policies.items())
        if type.name in policy.resource
    ]
    where = "once per account" if type.scope == "global" else "in every enabled region"
    view = f" In conditions it is `{type.view}`." if type.view else ""
    rows = [
        (code(path), _kind(field), _default(field), _source(field, type))
        for path, field in fields(type.fields)
    ]
    return f"""# {type.name}

{type.title}. Read {where}.{view}

{table(("field", "type", "when it was read and is not there", "says"), rows)}
## Policies

{chr(10).join(policies) or "None."}
"""


def fields(declared: tuple[Field, ...], before: str = "") -> Iterator[tuple[str, Field]]:
    """Every declared field with its path."""
    for field in declared:
        path = f"{before}.{field.name}" if before else field.name
        yield path, field
        yield from fields(field.fields, path)
        if field.items is not None:
            yield from fields(field.items.fields, f"{path}[]")


def _kind(field: Field) -> str:
    base = f"{field.type} of {field.items.type}" if field.items else field.type
    return base + (", secret" if field.secret else "") + (", volatile" if field.volatile else "")


def _default(field: Field) -> str:
    if field.type in {"list", "map", "object"}:
        return "empty"
    live = _value(field.default) if field.live else "unknown"
    template = _value(field.default_template) if field.template else "unknown"
    return live if live == template else f"{live}; in a template {template}"


def _value(value: Any) -> str:
    return code("null" if value is None else str(value).lower() if isinstance(value, bool) else str(value))


def _source(field: Field, type: Type) -> str:
    source = field.source or type.source
    words = field.doc or ""
    return f"{words} [page]({source})" if source else words
