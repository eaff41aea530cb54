"""Types, functions and controls of the built-in content: their form, and that something needs them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from cloudward.pack import load
from cloudward.rules.ast import Inlined, walk
from cloudward.rules.types import Field

PACK = load()


def every(fields: Iterable[Field], above: str = "") -> Iterator[tuple[str, Field]]:
    """All fields with their paths."""
    for field in fields:
        path = f"{above}.{field.name}".strip(".")
        yield path, field
        yield from every(field.fields, path)
        if field.items is not None:
            yield from every(field.items.fields, f"{path}[]")


@pytest.mark.parametrize("name", PACK.types)
def test_a_type_says_what_it_is_and_where_that_is_written(name: str) -> None:
    type = PACK.types[name]
    assert type.title
    assert type.file.startswith(f"content/types/{type.provider}/")
    assert {path: field.source for path, field in every(type.fields) if not well_sourced(field)} == {}


def well_sourced(field: Field) -> bool:
    return field.type == "object" or field.source.startswith("https://")


def test_secrets_have_no_default() -> None:
    found = {
        f"{name} {path}"
        for name, type in PACK.types.items()
        for path, field in every(type.fields)
        if field.secret and (field.default, field.default_template) != (None, None)
    }
    assert found == set()


def test_every_function_is_called_and_says_what_it_is_for() -> None:
    called = {
        node.text.partition("(")[0].strip()
        for type in PACK.types
        for rule in PACK.rules(type)
        for expr in (rule.applies, rule.unhealthy)
        if expr is not None
        for node in walk(expr)
        if isinstance(node, Inlined)
    }
    assert set(PACK.functions) == called
    assert {name for name, function in PACK.functions.items() if not function.doc} == set()


def test_controls_have_the_maxima_of_the_secure_score() -> None:
    """Defender for Cloud's controls add up to 58 points."""
    assert sum(control.max for control in PACK.controls) == 58
    assert len({control.title for control in PACK.controls}) == len(PACK.controls)
