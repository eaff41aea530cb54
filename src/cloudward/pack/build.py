"""Content files in, checked content out: what happens when the cache has none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import Any, TypeVar

import msgspec

from cloudward.errors import BrokenContentError, ContentError, near
from cloudward.model import Policy, SecureScoreControl, Standard
from cloudward.pack import controls, functions, policies, reader, types
from cloudward.pack.cache import Content
from cloudward.pack.file import File
from cloudward.pack.folder import KINDS, Found
from cloudward.pack.standards import declared as standard
from cloudward.rules.ast import Name, Select, walk
from cloudward.rules.check import Checker
from cloudward.rules.inline import Definition, bare
from cloudward.rules.rule import Rule
from cloudward.rules.types import Type

T = TypeVar("T")


def build(found: Iterable[Found]) -> Content:
    """The content of these files; `ContentError` `BrokenContentError` when much is wrong."""
    errors: list[ContentError] = []
    files: dict[str, list[File]] = {kind: [] for kind in KINDS}
    for each in found:
        files[each.kind] += _tried(errors, _one, read, each)
    made_types = _types(files["types"], errors)
    declared = [each for file in files["functions"] for each in _tried(errors, functions.declared, file)]
    definitions = functions.linked(declared, errors)
    _stop(errors)
    made, rules = _policies(files["policies"], Checker(made_types, definitions), errors)
    _stop(errors)
    counted: dict[str, str] = {}
    groups: list[SecureScoreControl] = []
    for file in files["controls"]:
        groups += _tried(errors, _one, controls.build, file, made, counted)
    _stop(errors)
    return Content(made_types, made, definitions, tuple(groups), rules)


def standards(
    found: Iterable[Found], policies: Mapping[str, Policy], types: Mapping[str, Type]
) -> dict[str, Standard]:
    """The standards of these files by id, in order."""
    errors: list[ContentError] = []
    made: dict[str, Standard] = {}
    for each in found:
        for file in _tried(errors, _one, read, each):
            for one in _tried(errors, standard, file, policies, types, errors):
                if one.id in made:
                    errors.append(_twice(file, f"standard {one.id}", made[one.id].file))
                made.setdefault(one.id, one)
    _stop(errors)
    return dict(sorted(made.items()))


def checked(
    found: Found, types: Mapping[str, Type], functions: Mapping[str, Definition]
) -> tuple[Policy, list[Rule]]:
    """The one policy of a file, and its rules; `ContentError` `BrokenContentError` when it is wrong."""
    file = read(found)
    if "variants" in file.root:
        raise file.wrong(file.root, "variants", "here each variant is a policy of its own", at_key=True)
    (declared,) = policies.declared(file)
    rules = list(_rules(declared, Checker(types, functions)))
    return replace(declared.policy, hash=_hash(declared.policy, rules)), rules


def read(found: Found) -> File:
    """A file's tree."""
    source = reader.decode(found.data, found.name)
    *folders, last = found.below
    return File(found.name, tuple(folders), last.rsplit(".", 1)[0], source, reader.parse(source, found.name))


def _tried(errors: list[ContentError], make: Callable[..., Iterable[T]], *args: Any) -> list[T]:
    """What `make` gives, or nothing and one more error."""
    try:
        return list(make(*args))
    except ContentError as error:
        if str(error) not in map(str, errors):
            errors.append(error)
        return []


def _one(make: Callable[..., T], *args: Any) -> Iterator[T]:
    yield make(*args)


def _stop(errors: list[ContentError]) -> None:
    if errors:
        raise errors[0] if len(errors) == 1 else BrokenContentError(errors)


def _types(files: list[File], errors: list[ContentError]) -> dict[str, Type]:
    shapes = types.Shapes(files)
    found: dict[str, Type] = {}
    for file in files:
        if types.is_shape(file):
            _tried(errors, shapes.of, file)
            continue
        for type in _tried(errors, _one, types.build, file, shapes):
            if type.name in found:
                errors.append(_twice(file, f"type {type.name}", found[type.name].file))
            found.setdefault(type.name, type)
    views: dict[tuple[str, str], Type] = {}
    for type in found.values():
        other = views.setdefault((type.provider, type.view), type)
        if type.view and other is not type:
            errors.append(ContentError(type.file, 1, f"view: {other.name} is {type.view} already"))
    return found


def _twice(file: File, what: str, other: str) -> ContentError:
    return ContentError(file.name, 1, f"{what} is declared twice: also in {other}")


def _policies(
    files: list[File], checker: Checker, errors: list[ContentError]
) -> tuple[dict[str, Policy], dict[str, msgspec.Raw]]:
    """Policies by id, and the rules of each type as JSON, in order of policy id."""
    found: dict[str, tuple[Policy, list[Rule]]] = {}
    for file in files:
        for each in _tried(errors, policies.declared, file):
            policy = each.policy
            if policy.id in found:
                errors.append(_twice(file, f"policy {policy.id}", found[policy.id][0].file))
                continue
            rules = _tried(errors, _rules, each, checker)
            found[policy.id] = replace(policy, hash=_hash(policy, rules)), rules
    by_type: dict[str, list[Rule]] = {}
    for _, (_, rules) in sorted(found.items()):
        for rule in rules:
            by_type.setdefault(rule.type, []).append(rule)
    raw = {type: msgspec.Raw(msgspec.json.encode(rules)) for type, rules in by_type.items()}
    return {id: policy for id, (policy, _) in sorted(found.items())}, raw


def _rules(declared: policies.Declared, checker: Checker) -> Iterator[Rule]:
    """The policy's rules, one for each of its types."""
    policy, file = declared.policy, declared.file
    used: set[str] = set()
    for type in policy.resource:
        if type not in checker.types:
            message = f"unknown resource type {type!r}{near(type, checker.types)}"
            raise file.wrong(file.root, "resource", message)
        rule = checker.rule(policy, checker.types[type], declared.places)
        if policy.params:
            used |= _parameters(rule)
        yield rule
    for name in policy.params:
        if name not in used:
            params = file.table(file.root, "params")
            raise file.wrong(params, name, f"no condition reads the parameter {name!r}", at_key=True)


def _parameters(rule: Rule) -> set[str]:
    conditions = [expr for expr in (rule.applies, rule.unhealthy) if expr is not None]
    return {
        node.field
        for expr in conditions
        for node in walk(expr)
        if isinstance(node, Select) and node.of == Name("params", node.of.at)
    }


def _hash(policy: Policy, rules: list[Rule]) -> str:
    """Changes when a verdict may: with the conditions written out and the parameters, not with words."""
    conditions = [(rule.type, rule.applies and bare(rule.applies), bare(rule.unhealthy)) for rule in rules]
    said = msgspec.json.encode([policy.id, conditions, policy.params], order="deterministic")
    return blake2b(said, digest_size=16).hexdigest()
