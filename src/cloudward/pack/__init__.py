"""Content: YAML files in, checked types, policies and rules out.

    pack = load()                       # what cloudward brings
    pack = load(Path("my-content"))     # and a folder of one's own

A mistake names its file, line and key; all mistakes of a load are gathered in one error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cloudward.model import Policy, SecureScoreControl, Standard
from cloudward.pack import cache as saved
from cloudward.pack import folder
from cloudward.pack.cache import Content
from cloudward.pack.folder import Found
from cloudward.rules.inline import Definition
from cloudward.rules.rule import Rule
from cloudward.rules.types import Type
from cloudward.rules.unswept import unswept

if TYPE_CHECKING:
    from cloudward.pack.examples import Example

BUILT_IN = Path(__file__).parent.parent / "content"
NAME = "content"
"""What errors call the folder of the built-in content."""


@dataclass(frozen=True, eq=False)
class Pack:
    """All content, checked."""

    version: str
    """The hash of all files."""
    _content: Content
    _files: Mapping[str, Found]
    _folders: tuple[tuple[Path, str], ...] = ()
    """The folders that it comes from, and what errors call them."""
    _cache: bool = True
    _base: Pack | None = None
    """What it has more policies than; see `custom.extended`."""
    homes: Mapping[str, str] = field(default_factory=dict)
    """Policy -> the scope that it was written for, for those that are of one scope; `""` is everywhere."""
    _rules: dict[str, tuple[Rule, ...]] = field(default_factory=dict, init=False)
    """By type, as far as they were asked for."""
    _standards: list[Mapping[str, Standard]] = field(default_factory=list, init=False)
    """One, once they were asked for."""

    @property
    def types(self) -> Mapping[str, Type]:
        """Resource types by name."""
        return self._content.types

    @property
    def policies(self) -> Mapping[str, Policy]:
        """Policies by id, in order."""
        return self._content.policies

    @property
    def functions(self) -> Mapping[str, Definition]:
        """Functions of content by name; those in Python are in `rules.functions`."""
        return self._content.functions

    @property
    def controls(self) -> tuple[SecureScoreControl, ...]:
        """The scored groups of policies."""
        return self._content.controls

    @property
    def standards(self) -> Mapping[str, Standard]:
        """Compliance standards by id, in order; their files are read when they are first asked for."""
        if self._base is not None:
            return self._base.standards
        if not self._standards:
            self._standards.append(_standards(self))
        return self._standards[0]

    def rules(self, type: str) -> tuple[Rule, ...]:
        """What policies ask of a resource type, in order of policy id; decoded when it is first asked for."""
        if type not in self._rules:
            found = self._content.rules.get(type)
            own = () if found is None else msgspec.json.decode(found, type=tuple[Rule, ...])
            base = () if self._base is None else self._base.rules(type)
            self._rules[type] = tuple(sorted((*base, *own), key=attrgetter("policy")))
        return self._rules[type]

    def examples(self, policy: str) -> tuple[Example, ...]:
        """The examples that a policy's file gives."""
        from cloudward.pack import build, examples

        file = build.read(self._files[self.policies[policy].file])
        variants = file.root.get("variants", {})
        tables = [file.root, *([variants[policy]] if policy in variants else [])]
        found = (examples.read(file, table, self.policies[policy], self.types) for table in tables)
        return tuple(chain.from_iterable(found))

    def built_in(self, policy: str) -> bool:
        """It comes with cloudward."""
        return Path(self._files[self.policies[policy].file].path).is_relative_to(BUILT_IN.resolve())


def _standards(pack: Pack) -> Mapping[str, Standard]:
    found = [file for path, name in pack._folders for file in folder.files(path, name, ("standards",))]
    place = saved.place(saved.key(found, pack.version), "standards")
    made = saved.load(place, dict[str, Standard]) if pack._cache else None
    if made is None:
        from cloudward.pack.build import standards

        made = standards(found, pack.policies, pack.types)
        if pack._cache:
            saved.save(place, made)
    return made


def load(*folders: Path, cache: bool = True) -> Pack:
    """The built-in content and that of `folders`."""
    places = ((BUILT_IN, NAME), *((each, str(each)) for each in folders))
    found = [file for path, name in places for file in folder.files(path, name)]
    version = saved.key(found)
    place = saved.place(version)
    content = saved.load(place, Content) if cache else None
    if content is None:
        from cloudward.pack.build import build

        with unswept():
            content = build(found)
        if cache:
            saved.save(place, content)
    return Pack(version, content, {file.name: file for file in found}, places, cache)
