"""Control files: the scored groups of policies."""

from __future__ import annotations

from collections.abc import Mapping

from cloudward.errors import ContentError, near
from cloudward.model import Policy, SecureScoreControl
from cloudward.pack.file import File

KEYS = ("title", "max", "guid", "policies")


def build(file: File, policies: Mapping[str, Policy], counted: dict[str, str]) -> SecureScoreControl:
    """The control of a file. `counted` says in which control a policy counts: in one only."""
    root = file.root
    file.known(root, KEYS, "a control")
    if file.stem in counted.values():
        raise ContentError(file.name, 1, f"control {file.stem} is declared twice")
    ids = file.texts(root, "policies")
    for id in ids:
        if id not in policies:
            raise file.wrong(root, "policies", f"unknown policy {id!r}{near(id, policies)}")
        if id in counted:
            raise file.wrong(root, "policies", f"{id} counts in {counted[id]} already")
        counted[id] = file.stem
    return SecureScoreControl(
        id=file.stem,
        title=file.text(root, "title"),
        max=float(file.number(root, "max") or 0),
        policies=ids,
        guid=file.text(root, "guid", ""),
    )
