"""What each connector reads: types, calls and permissions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cloudward.connect.aws.facts import Module, costs, modules, permissions
from docs.page import Page, block, code, table
from docs.reference.types import pack, slug


def pages() -> Iterator[Page]:
    yield Page(
        "reference/aws",
        "AWS",
        f"{HEAD}{''.join(map(_service, sorted(modules().items())))}{OTHERS}{_needed()}",
    )


HEAD = """# AWS

What a scan of an account reads, and what it asks for that. Calls *per place* are made once per account for a
global service, and once per region for the others; one more for every further page. Calls *per resource* are
made at most once for each. *Spare* calls are made only where another did not answer, *extra* calls only when
a policy wants what they tell, or with `--full`.

A scan makes at most half of the requests that AWS documents as allowed, unless `--max-rate` says otherwise.

"""


OTHERS = """## Any other type

`--cloud-control TYPE`, for any type of CloudFormation that stands in no table above. Cloud Control lists the
resources and then tells each, as CloudFormation would write it: one call per place and one per resource. They
come into inventory; policies of your own can read them when a type file of your own says what their fields
mean. Without one, values under names such as password, token or environment are sealed.

Some types cannot be listed, or only within another resource; `cloudward coverage` then says so. It needs
`cloudformation:ListResources`, `cloudformation:GetResource`, and whatever the type's service asks for to
read it.

"""


def _service(named: tuple[str, Module]) -> str:
    name, module = named
    service = module.service
    rows = [
        (
            _type(cost.type),
            cost.title,
            _codes(cost.place),
            _codes(cost.resource),
            _codes(cost.spare),
            _codes(cost.extra),
        )
        for cost in costs()
        if cost.type in {collector.type for collector in module.collectors}
    ]
    known = "taken for the quota, for [AWS documents none]" if service.guess else "[documented as its quota]"
    return f"""## {service.title or name}

`--service {name}`, {service.scope}; {service.quota:g} requests a second are {known}({service.source}).
Half of it is used.

{table(("type", "is", "per place", "per resource", "spare", "extra"), rows)}
"""


def _type(name: str) -> str:
    type = pack().types.get(name)
    return f"[{name}](types/{slug(type)}.md)" if type else code(name)


def _codes(calls: Sequence[str]) -> str:
    return ", ".join(map(code, calls))


def _needed() -> str:
    listed = block("\n".join(permissions()))
    return f"## Permissions\n\n`cloudward permissions aws --document` gives them as a policy.\n\n{listed}"
