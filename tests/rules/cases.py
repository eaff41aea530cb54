"""Random cases with everything that is ours: a rule, a resource, a world, parameters, and what is unread."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from cloudward.model import Cause, Resource
from cloudward.rules.paths import Mark, Step, join, steps
from cloudward.rules.rule import Row, Rule
from cloudward.rules.unread import partial
from tests.rules.build import DENIED, Table, resource, row, rule
from tests.rules.strategies import OBJECT, Maker, branches


@dataclass(frozen=True)
class Case:
    rule: Rule
    resource: Resource
    world: Table
    params: dict[str, Any]

    def __str__(self) -> str:
        """All that is needed to see what happens."""
        rows = {row.name: (dict(row), row.unread) for row in self.world.rows.get("T", [])}
        parts = {
            "unhealthy": self.rule.unhealthy_text,
            "applies": self.rule.applies_text,
            "p": self.resource.properties,
            "unread": sorted(self.resource.unread),
            "params": self.params,
            "rows": rows,
            "account": (dict(self.world.account("")), self.world.account("").unread),
            "region": dict(self.world.region("", "")),
        }
        return "\n".join(f"{name}: {part}" for name, part in parts.items() if part)


def case(seed: int, *, depth: int = 3, unread: bool = True, untagged: bool = False) -> Case:
    """A random case; `unread`: some of it was not read; `untagged`: so may be the tags."""
    maker = Maker(seed, ours=True)
    applies = maker.condition(2) if maker.often(0.3) else None
    made = rule(maker.condition(depth), applies)
    properties, missing = cut(maker, _object(maker.document()), unread=unread)
    rows: list[Row] = []
    for i in range(maker.random.randrange(4)):
        document, gaps = cut(maker, _object(maker.document(OBJECT)), unread=unread)
        rows.append(row(f"row{i}", document, gaps))
    table = partial(rows, DENIED) if unread and maker.often(0.2) else rows
    account = row("account", *cut(maker, _object(maker.document({**OBJECT, "q": OBJECT})), unread=unread))
    region = row("region", {"q": _object(maker.document(OBJECT))})
    days = maker.random.choice((0, 1, 31, 45, 46, 30.5, "a"))
    known: dict[str, Any] = {"name": maker.random.choice("ab"), "tags": {"a": "b"}}
    if untagged and maker.often(0.5):
        missing, known["tags"] = {**missing, "meta.tags": DENIED}, {}
    world = Table({"T": table}, account, region)
    return Case(made, resource(properties, missing, **known), world, {"days": days})


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def cut(
    maker: Maker, document: dict[str, Any], *, unread: bool = True
) -> tuple[dict[str, Any], dict[str, Cause]]:
    """The document without some of its parts, and why they are not there."""
    gaps: dict[str, Cause] = {}
    while unread and document and maker.often(0.4):
        way = steps(maker.random.choice(list(branches(document))))
        if isinstance(at(document, way), list) and maker.often(0.3):
            way = (*way, Mark.MORE)
        else:
            document = put(document, way, GONE)
        gaps = {path: cause for path, cause in gaps.items() if steps(path)[: len(way)] != way}
        gaps[join(way)] = DENIED
    return document, gaps


GONE = object()


def at(value: Any, way: tuple[Step, ...]) -> Any:
    for step in way:
        value = value[step]
    return value


def put(value: Any, way: tuple[Step, ...], new: Any) -> Any:
    """The document with another value at a path: GONE leaves it out, and an element of a list null."""
    if not way:
        return None if new is GONE else new
    step, rest = way[0], way[1:]
    if step is Mark.MORE:
        return [*value, new]
    if isinstance(value, list):
        return [put(item, rest, new) if i == step else item for i, item in enumerate(value)]
    if new is GONE and not rest:
        return {key: item for key, item in value.items() if key != step}
    return {**value, step: put(value.get(step, {}), rest, new)}


def filled(made: Case, path: str, new: Any) -> Case:
    """The case with a value in place of what was unread there."""
    document = put(made.resource.properties, steps(path), new)
    gaps = {other: cause for other, cause in made.resource.unread.items() if other != path}
    return replace(made, resource=replace(made.resource, properties=document, unread=gaps))
