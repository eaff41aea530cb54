"""botocore's models of the services, cut down to the operations that are declared.

A client is made per service and region, and botocore makes a method for each operation of the model: 830
for EC2, of which we use some thirty. Without the others, and without the documentation, a client costs an
eighth of the time, and the models a fraction of the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
from botocore.loaders import JSONFileLoader, Loader

from cloudward.connect.aws.directory import CALLS
from cloudward.connect.aws.facts import operations

SIGNING_IN = frozenset({"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "HeadBucket"})
"""What botocore and we ask to get credentials, and botocore to find a bucket."""
BESIDES = SIGNING_IN | {call.operation for call in CALLS}
"""What no collector declares."""


def loader() -> Loader:
    """A loader that gives small models of the services that we ask, and others as they are."""
    loader = Loader()
    loader.file_loader = SmallModels()
    return loader


class SmallModels(JSONFileLoader):
    """Reads a service's model without what is not needed of it."""

    def _load_file(self, full_path: str, open_method: Callable[..., Any]) -> Any:
        path = Path(full_path)
        if not path.is_file():
            return None
        with open_method(full_path, "rb") as file:
            data = orjson.loads(file.read())
        if path.name.startswith("service-2.sdk-extras"):
            return _whole(data)
        if not path.name.startswith("service-2.json"):
            return data
        wanted = operations(path.parent.parent.name)
        return small(data, wanted | BESIDES) if wanted else data


def _whole(extras: dict[str, Any]) -> dict[str, Any]:
    """Without additions to shapes: where the shape is cut away, the addition alone is no shape."""
    merge = extras.get("merge", {})
    shapes = {name: shape for name, shape in merge.get("shapes", {}).items() if "type" in shape}
    return {**extras, "merge": {**merge, "shapes": shapes}}


def small(model: dict[str, Any], wanted: frozenset[str]) -> dict[str, Any]:
    """The model with these operations only, and the shapes that they use."""
    kept = {name: one for name, one in model["operations"].items() if name in wanted}
    shapes = {name: model["shapes"][name] for name in _below(kept, model["shapes"])}
    return {**model, "operations": _terse(kept), "shapes": _terse(shapes), "documentation": ""}


def _below(operations: Mapping[str, Any], shapes: Mapping[str, Any]) -> Iterator[str]:
    """The names of the shapes that operations use, directly or not."""
    waiting, seen = [*_named(operations)], set[str]()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            yield name
            waiting.extend(_named(shapes[name]))


def _named(value: Any) -> Iterator[str]:
    """Every `{"shape": name}` in a part of a model."""
    if isinstance(value, list):
        for member in value:
            yield from _named(member)
    if isinstance(value, dict):
        name = value.get("shape")
        if isinstance(name, str):
            yield name
        for member in value.values():
            yield from _named(member)


def _terse(value: Any) -> Any:
    """Without documentation, which is always text (a member may have that name)."""
    if isinstance(value, dict):
        return {
            key: _terse(member)
            for key, member in value.items()
            if key != "documentation" or not isinstance(member, str)
        }
    return [_terse(member) for member in value] if isinstance(value, list) else value
