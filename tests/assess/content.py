"""A few types and policies that use all that policies can use."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from cloudward.model import Parameter, Policy, SecureScoreControl
from cloudward.pack import Pack
from cloudward.pack.cache import Content
from cloudward.rules.check import check
from cloudward.rules.types import Field, Type
from tests.assess.build import control, policy


def made(policies: Mapping[str, Policy]) -> Pack:
    """A pack of these policies."""
    rules = {
        name: [check(each, type, TYPES) for _, each in sorted(policies.items()) if name in each.resource]
        for name, type in TYPES.items()
    }
    raw = {name: msgspec.Raw(msgspec.json.encode(each)) for name, each in rules.items()}
    return Pack("test", Content(dict(TYPES), dict(policies), {}, CONTROLS, raw), {}, _cache=False)


DAWN = "2025-12-01T00:00:00Z"


def text(name: str, volatile: bool = False) -> Field:
    return Field(name, "string", default="", default_template="", volatile=volatile)


def flag(name: str) -> Field:
    return Field(name, "boolean", default=False, default_template=False)


TYPES: Mapping[str, Type] = {
    type.name: type
    for type in (
        Type("AWS::::Account", "aws", "global", (text("Partition"),)),
        Type("Block", "aws", "global", (flag("On"),), view="account.Block"),
        Type(
            "Key",
            "aws",
            "global",
            (
                Field("Created", "timestamp", default=DAWN, default_template=DAWN),
                flag("Active"),
                text("Owner"),
                text("Seen", volatile=True),
                Field("Runtime", "object", fields=(flag("Used"),)),
            ),
        ),
        Type("Bucket", "aws", "global", (flag("Public"), Field("Grants", "list", items=text("")))),
        Type("Net", "aws", "regional", (text("NetId"),)),
        Type("Log", "aws", "regional", (text("Of"), flag("On"), text("Note"))),
    )
}
MAX_DAYS = Parameter("int", 45, min=1)
POLICIES: Mapping[str, Policy] = {
    each.id: each
    for each in (
        policy("account-log", "AWS::::Account", unhealthy='!all("Log").exists(l, l.On)'),
        policy("bucket-grants", "Bucket", unhealthy='p.Grants.exists(g, g == "everyone")'),
        policy("bucket-public", "Bucket", unhealthy="p.Public && !account.Block.On"),
        policy(
            "key-old",
            "Key",
            applies="p.Active",
            unhealthy="age(p.Created) > params.max_days",
            params={"max_days": MAX_DAYS},
        ),
        policy("key-owner", "Key", unhealthy='p.Owner == "nobody"'),
        policy("key-used", "Key", unhealthy="!p.Runtime.Used"),
        policy("net-here", "Net", unhealthy='!here("Log").exists(l, l.On)'),
        policy("net-log", "Net", unhealthy='!related("Log", "Of", p.NetId).exists(l, l.On)'),
    )
}
CONTROLS: tuple[SecureScoreControl, ...] = (
    control("logging", 4, "account-log", "net-here", "net-log"),
    control("data", 6, "bucket-grants", "bucket-public"),
    control("identity", 10, "key-old", "key-owner", "key-used"),
)
CONTENT = made(POLICIES)
