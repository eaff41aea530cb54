"""Content: YAML files in, checked types, policies and rules out.

    pack = load()                       # what cloudward brings
    pack = load(Path("my-content"))     # and a folder of one's own

A mistake names its file, line and key; all mistakes of a load are collected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cloudward.model import Policy, SecureScoreControl
from cloudward.pack import folder, reader, types
from cloudward.pack.file import File
from cloudward.rules.rule import Rule
from cloudward.rules.types import Type

BUILT_IN = Path(__file__).parent.parent / "content"


@dataclass(frozen=True)
class Pack:
    """All content, checked."""

    types: Mapping[str, Type]
    policies: Mapping[str, Policy] = field(default_factory=dict)
    controls: tuple[SecureScoreControl, ...] = ()
    version: str = ""

    def rules(self, type: str) -> tuple[Rule, ...]:
        """What applies to a resource type, in order of policy id."""
        return ()


def load(*folders: Path, cache: bool = True) -> Pack:
    """The built-in content and that of `folders`."""
    found: dict[str, list[File]] = {kind: [] for kind in folder.KINDS}
    for root in (BUILT_IN, *folders):
        for kind, path in folder.files(root):
            found[kind].append(_file(kind, path, root.resolve()))
    shapes = types.Shapes({f.root["shape"]: f for f in found["types"] if types.is_shape(f)})
    built = (types.build(f, shapes) for f in found["types"] if not types.is_shape(f))
    return Pack({type.name: type for type in built})


def _file(kind: str, path: Path, root: Path) -> File:
    below = path.relative_to(root)
    name = str(below) if root == BUILT_IN.resolve() else str(path)
    tree, text = reader.read(path, name)
    return File(name, below.parts[1:-1], path.stem, text, tree)
