"""How a collector says what is regular: its calls, and the fields that they fill.

    SERVICE = Service("sqs", scope="regional", quota=..., source="https://...")

    @collects(
        "AWS::SQS::Queue",
        id="Attributes.Attributes.QueueArn",
        calls=(
            Call("ListQueues", listing=True),
            *details(
                Call("GetQueueAttributes", into="Attributes", params={"AttributeNames": ["All"]}),
                Call("ListQueueTags", into="TagList", extra=True),
                by={"QueueUrl": "Url"},
                gone=("AWS.SimpleQueueService.NonExistentQueue",),
            ),
        ),
        fields={
            "QueueName": "Name!",
            "KmsMasterKeyId": "Attributes.Attributes.KmsMasterKeyId",
            "RedrivePolicy": Using(json_text, "Attributes.Attributes.RedrivePolicy"),
        },
        tags="TagList.Tags",
    )
    def queues(sqs: Client) -> Iterable[Document]:
        \"\"\"Message queues.\"\"\"
        for url in sqs.each("ListQueues", "QueueUrls"):
            yield {"Url": url, "Name": url.rsplit("/", 1)[-1]}

The function lists and yields one document per resource; then the framework makes the detail calls (those
with `by`) of many documents at a time, puts each answer under its `into` name, and maps the fields.
A field whose path starts with an `into` name is filled by that call: if the call is denied, the field is
unread with that cause. Nothing here catches: a missing key, a refused call or a failing `Using` function
costs the one field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from cloudward.model import Document

if TYPE_CHECKING:
    from cloudward.connect.aws.client import Client

Collect: TypeAlias = "Callable[[Client], Iterable[Document]]"


@dataclass(frozen=True, slots=True)
class Service:
    """A connector file's service: its boto3 name, where it is asked, and how fast that is allowed."""

    name: str
    scope: str
    """`global`: once per account, in the partition's main region; `regional`: in every enabled region."""
    quota: float
    """Documented requests per second and account (the lowest that our calls share); we use half."""
    source: str
    """The address of the page that documents the quota, or where it would stand."""
    guess: bool = False
    """AWS documents no quota; ours is a careful guess."""
    burst: float = 0.0
    """How many requests AWS lets through at once, where it documents that; by default a second's worth."""
    shares: str = ""
    """A name for the services that ask one endpoint the same, and share the answers of calls made `once`."""
    prefix: str = ""
    """The prefix of its IAM permissions, where it is not the name."""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Using:
    """A field made by a function from the values at some paths; None stands for what is not there.

    It is not called when one of them is unread, but for a path that ends in `?`, which lets the (false)
    `Unread` through. Whatever it raises makes this field of this resource unread.
    """

    function: Callable[..., Any]
    paths: tuple[str, ...]

    def __init__(self, function: Callable[..., Any], *paths: str) -> None:
        object.__setattr__(self, "function", function)
        object.__setattr__(self, "paths", paths)


@dataclass(frozen=True, slots=True)
class Nothing:
    """That a listing of what must be there first, in the same unit, came in full and had no element."""

    operation: str


@dataclass(frozen=True, slots=True)
class Fact:
    """Why a call need not be made: its provider documents that an earlier answer tells what it would.

    Then the fields that it fills are as the type file has them for what is not set, a listing is whole and
    empty, and coverage says `not_needed` with the reason. An earlier answer that did not come, or not in
    full, proves nothing: the call is made.
    """

    holds: Using | Nothing
    """Looked at before the call: true of the document, or of the parents of what would be listed."""
    why: str
    source: str
    """The address of the page that says so."""


@dataclass(frozen=True, slots=True)
class Call:
    """One API operation that a collector uses. An error code declared nowhere means failed, never empty."""

    operation: str
    """As AWS spells it: `GetBucketPolicy`."""
    into: str = ""
    """The name under which the answer stands in each document."""
    by: Mapping[str, str] = field(default_factory=dict)
    """Parameter -> path in the document. With it the framework makes the call, once for each document."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """Further, fixed parameters."""
    at: str | Using = ""
    """The region to ask, from the document; the unit's when there is none."""
    home: str = ""
    """The one region that answers for all others, where there is one."""
    when: Using | None = None
    """Whether a document needs this call; if not, the type file says what the absence of its fields means."""
    unless: Fact | None = None
    """What makes the call needless, where something does."""
    among: str = ""
    """The path of a list in which one answer tells of all documents; each finds its own by the members that
    `by` names, and one that does not stand there has none of it."""
    listing: bool = False
    """It says which resources exist."""
    instead: str = ""
    """The listing that the collector makes when this one does not answer; then that one counts."""
    spare: bool = False
    """Made only where another call did not answer."""
    extra: bool = False
    """Made only when a field that it fills is wanted."""
    once: bool = False
    """One answer per unit (per region, among services that share), for whichever collector asks first."""
    absent: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Error code that means "none set" -> the answer that it stands for: `{"Policy": None}`. Where the code
    alone could also mean denied, words of the message follow it: `"AccessDeniedException: not enabled"`."""
    gone: tuple[str, ...] = ()
    """Error codes that mean that the resource ceased to exist after it was listed: it is dropped."""
    later: tuple[str, ...] = ()
    """Error codes that mean "not ready, ask again"."""
    unsupported: tuple[str, ...] = ()
    """Error codes by which the service says that this kind of resource or region has no such thing, with
    words as in `absent` where the code alone could mean something else."""
    age: str = ""
    """Path in the answer of the time at which the provider made it, when it serves a cached one."""
    action: str = ""
    """The IAM permission, where it is not `service:operation`; `-` when none is needed."""
    service: str = ""
    """Another boto3 client than the file's."""


@dataclass(frozen=True, slots=True)
class Items:
    """A list of objects, each mapped by `fields`; a bad one costs its own field: `Grants[2].Permission`."""

    path: str
    fields: Mapping[str, Source]


Source: TypeAlias = "str | Using | Items"
"""`A.B` may be absent (the type file says what that means); of `A!.B` the first part must be there (null will
do: so a declared `absent` answer says that it is known to be none), else the field is unread. What fills the
field `""` is the whole document."""


@dataclass(frozen=True, slots=True)
class Collector:
    """A declared collector: all that is needed to run it, to document it and to ask for its permissions."""

    type: str
    collect: Collect
    doc: str
    calls: tuple[Call, ...]
    fields: Mapping[str, Source]
    id: str
    name: str
    region: str | Using
    tags: str | Using
    generation: str

    def call(self, operation: str) -> Call:
        """The declared call that the collector makes itself."""
        for call in self.calls:
            if call.operation == operation and not call.by:
                return call
        raise NotImplementedError(
            f"{operation} is not among the calls of {self.type} that its function makes"
        )

    def fills(self, call: Call) -> tuple[str, ...]:
        """Our field paths that this call fills; those of a listing are all that no other call fills."""
        if call.into:
            all = {**self.fields, "meta.tags": self.tags}
            return tuple(ours for ours, source in all.items() if call.into in _roots(source))
        others = {c.into for c in self.calls if c.into}
        return tuple(ours for ours, source in self.fields.items() if not _roots(source) & others)


def collects(
    type: str,
    *,
    calls: tuple[Call, ...],
    fields: Mapping[str, Source],
    id: str = "",
    name: str = "",
    region: str | Using = "",
    tags: str | Using = "",
    generation: str = "",
) -> Callable[[Collect], Collector]:
    """Declare the collector of a resource type. The function's docstring is the type's documentation.

    `id` is a path to the ARN, or a template of paths and of `partition`, `account`, `region`:
    `arn:{partition}:s3:::{Name}`; without it the type is a singleton of the account (or of the region).
    `name`, `generation` and `region` lead to these (by default the last part of the id, nothing, the unit's
    region); `tags` leads to a map or to a list of Key and Value.
    """

    def declare(collect: Collect) -> Collector:
        doc = (collect.__doc__ or "").strip()
        return Collector(type, collect, doc, calls, fields, id, name, region, tags, generation)

    return declare


def permission(service: Service, call: Call) -> str:
    """The IAM permission that the call needs, which is also its name in coverage."""
    if call.action and call.action != "-":
        return call.action
    return f"{call.service or service.prefix or service.name}:{call.operation}"


TAGGING = "https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html"


def tagged(kind: str, call: Call, *, arn: str) -> tuple[Call, Call]:
    """Two calls for tags, whose answers `Tagged` reads: one for all resources of a kind in a region, and
    for each one where that is not answered."""
    bulk = Call(
        "GetResources",
        into="Tagged",
        among="ResourceTagMappingList",
        by={"ResourceARN": arn},
        params={"ResourceTypeFilters": [kind], "ResourcesPerPage": 100},
        at=call.at,
        action="tag:GetResources",
        service="resourcegroupstaggingapi",
    )
    told = Fact(Using(bool, bulk.into), "tag:GetResources tells the tags of the whole region", TAGGING)
    return bulk, replace(call, spare=True, unless=told)


def tags_of(path: str) -> Using:
    """What `tagged` calls come to; `path` leads to the tags in the answer for one resource."""
    return Using(lambda found, own: found.get("Tags") if found else own, "Tagged?", f"{path}?")


def same(*names: str, of: str = "", into: str = "") -> dict[str, str]:
    """Fields that have the same name on both sides: `same("Encrypted", of="Volume", into="Runtime")`."""
    return {_join(into, name.rstrip("!")): _join(of, name) for name in names}


def details(*calls: Call, **shared: Any) -> tuple[Call, ...]:
    """Calls that share settings: `details(Call(...), Call(...), by={"Bucket": "Name"})`."""
    return tuple(replace(call, **shared) for call in calls)


def _join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _roots(source: Source) -> set[str]:
    if isinstance(source, Items):
        paths: tuple[str, ...] = (source.path,)
    else:
        paths = source.paths if isinstance(source, Using) else (source,)
    return {path.split(".", 1)[0].rstrip("!?") for path in paths}
