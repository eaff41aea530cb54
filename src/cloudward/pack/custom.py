"""Policies that are kept as texts, each for one scope: checked one by one and laid over a pack.

A text that is wrong is left out and told: content may change under what somebody wrote last year.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import msgspec

from cloudward.errors import BrokenContentError, ContentError
from cloudward.model import CustomPolicy, Policy
from cloudward.pack import Pack
from cloudward.pack import cache as saved
from cloudward.pack.build import checked
from cloudward.pack.folder import SIZE, Found
from cloudward.rules.rule import Rule


def found(id: str, text: str) -> Found:
    """The file that the text would be."""
    name = f"{id}.yaml"
    return Found("policies", name, (name,), "", text.encode())


def compiled(pack: Pack, id: str, text: str) -> tuple[Policy, list[Rule]]:
    """The policy and its rules; a `ContentError` says what is wrong and where."""
    file = found(id, text)
    if len(file.data) > SIZE:
        raise ContentError(file.name, 0, f"the text is larger than {SIZE:,} bytes")
    if id in pack.policies:
        raise ContentError(file.name, 1, f"there is a policy {id} already; give yours another id")
    return checked(file, pack.types, pack.functions)


def extended(pack: Pack, written: Iterable[CustomPolicy]) -> tuple[Pack, dict[str, ContentError]]:
    """The pack with these policies in it, and what is wrong with those that are left out."""
    kept, problems = list(written), {}
    policies, rules, homes = dict(pack.policies), dict[str, list[Rule]](), {}
    for each in kept:
        try:
            policies[each.id], found_rules = compiled(pack, each.id, each.text)
        except ContentError as error:
            problems[each.id] = error
            continue
        homes[each.id] = each.scope
        for rule in found_rules:
            rules.setdefault(rule.type, []).append(rule)
    if not homes:
        return pack, problems
    files = {f"{id}.yaml": found(id, next(each.text for each in kept if each.id == id)) for id in homes}
    content = msgspec.structs.replace(
        pack._content,
        policies=dict(sorted(policies.items())),
        rules={type: msgspec.Raw(msgspec.json.encode(each)) for type, each in rules.items()},
    )
    return replace(
        pack,
        version=saved.key(files.values(), pack.version),
        _content=content,
        _files={**pack._files, **files},
        _base=pack,
        homes=homes,
    ), problems


def problems(error: ContentError) -> list[ContentError]:
    """Each thing that is wrong."""
    return list(error.errors) if isinstance(error, BrokenContentError) else [error]
