"""Lists that detections share: `content/placeholders/<name>.yaml`, asked for by `field|expand: '%name%'`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from cloudward.pack.build import read
from cloudward.pack.folder import every

FOLDER = Path(__file__).parent.parent / "content" / "placeholders"
KEYS = ("title", "values")


@cache
def placeholders() -> Mapping[str, tuple[str, ...]]:
    """Name -> values; a name is its file's."""
    found = {}
    for each in every(FOLDER):
        file = read(each)
        file.known(file.root, KEYS, "a list of values")
        file.text(file.root, "title")
        found[file.stem] = file.texts(file.root, "values")
    return found
