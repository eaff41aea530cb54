"""Cloud Control: types of CloudFormation that no file here reads, when somebody asks for them.

Their documents are in CloudFormation's shape already. Without a type file they are for inventory alone, and
what looks like a secret by the name of its field is sealed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any

from cloudward.connect.aws.answers import use
from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Collector, Service, Using, collects
from cloudward.connect.aws.facts import Module, owners
from cloudward.errors import UsageError, near
from cloudward.model import Document
from cloudward.rules.completion import Seal

NAME = "cloudcontrol"
SETTINGS: dict[str, Any] = {
    "prefix": "cloudformation",
    "quota": 5,
    "guess": True,
    "source": "https://docs.aws.amazon.com/general/latest/gr/cloudcontrolapi.html",
    "title": "Cloud Control",
}
SERVICES = {
    f"{NAME}-{scope}": Service(NAME, scope=scope, **SETTINGS) for scope in ("global", "regional")
}  # fmt: skip
GLOBAL = ("Budgets", "CE", "CloudFront", "IAM", "Organizations", "Route53", "SavingsPlans", "Shield")
"""Services that answer with the same resources in every region."""

TYPE = re.compile(r"[A-Za-z0-9]{2,64}(::[A-Za-z0-9]{2,64}){2}")
SECRET = re.compile(
    r"api_?key|authorization|connection_?string|credential|environment|parameters|passphrase|password|private_?key"
    r"|secret|token|user_?data|variables",
    re.IGNORECASE,
)
"""Names of fields that may hold one, or that hold what people put there."""

LISTING = Call(
    "ListResources",
    listing=True,
    unsupported=(
        "InvalidRequestException: ResourceModel",
        "PrivateTypeException",
        "TypeNotFoundException",
        "UnsupportedActionException",
    ),
)
"""It lists some types only within another resource, and asks for that one by a ResourceModel."""


def generic(types: Collection[str]) -> Mapping[str, Module]:
    """What reads these types; one that is no name of a type, or that is read anyway, is refused."""
    for type in types:
        _check(type)
    found = {
        name: tuple(_collector(type) for type in sorted(set(types)) if _scope(type) == service.scope)
        for name, service in SERVICES.items()
    }
    return {name: Module(SERVICES[name], all) for name, all in found.items() if all}


def _check(type: str) -> None:
    if not TYPE.fullmatch(type):
        hint = "as CloudFormation names it: AWS::Service::Resource"
        raise UsageError(f"{type!r} is no type of CloudFormation{near(type, owners())}", hint)
    if type in owners():
        raise UsageError(f"{type} is read anyway, by the service {owners()[type]}", "leave it out")


def _scope(type: str) -> str:
    return "global" if type.split("::")[1] in GLOBAL else "regional"


def _collector(type: str) -> Collector:
    declared = collects(
        type,
        id="Id",
        calls=(LISTING, Call("GetResource", into="Properties", gone=("ResourceNotFoundException",))),
        fields={"": "Properties"},
        name="Properties.Name",
        tags="Tags",
    )
    return declared(partial(_resources, type))


def _resources(type: str, control: Client) -> Iterator[Document]:
    """Resources of a type as Cloud Control tells them; the list names them, and may leave out the rest."""
    for one in control.each("ListResources", "ResourceDescriptions", TypeName=type):
        id = one["Identifier"]
        answer = control.call("GetResource", TypeName=type, Identifier=id)
        properties = use(
            Using(_object, "ResourceDescription!.Properties!"), answer, "cloudformation:GetResource"
        )
        arn = properties.get("Arn") if properties else None
        place = "/".join(filter(None, (control.account, control.place)))
        yield {
            "Id": arn if isinstance(arn, str) else id and f"{type}:{place}/{id}",
            "Properties": properties,
            "Tags": properties.get("Tags"),
        }


def _object(text: str) -> Mapping[str, Any]:
    found = json.loads(text)
    if not isinstance(found, Mapping):
        raise TypeError("an object is expected")
    return found


def guarded(document: Mapping[str, Any], seal: Seal) -> dict[str, Any]:
    """The document of a type that nobody has described, without what may be a secret."""
    return {
        key: _sealed(value, seal) if SECRET.search(key) else _below(value, seal)
        for key, value in document.items()
    }


def _below(value: Any, seal: Seal) -> Any:
    if isinstance(value, Mapping):
        return guarded(value, seal)
    return [_below(each, seal) for each in value] if isinstance(value, list) else value


def _sealed(value: Any, seal: Seal) -> Any:
    """Every text and number in it; of an object the names stay."""
    if isinstance(value, Mapping):
        return {key: _sealed(each, seal) for key, each in value.items()}
    if isinstance(value, list):
        return [_sealed(each, seal) for each in value]
    return value if value is None or isinstance(value, bool) else seal(value)
