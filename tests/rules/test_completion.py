from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given

from cloudward.model import Cause, Reason
from cloudward.rules.completion import complete, sealer, source
from cloudward.rules.filling import Filling
from cloudward.rules.paths import steps
from cloudward.rules.types import Field, Type
from cloudward.rules.unread import hole, opened
from tests.rules.build import DENIED
from tests.rules.strategies import branches, examples, seeds

CANARY = "canary-e1f2"
SEAL = sealer(b"key")
SCALARS = ("string", "integer", "number", "boolean", "timestamp", "json", "any")
DEFAULTS: dict[str, tuple[Any, ...]] = {
    "string": ("x", ""),
    "integer": (0, 7),
    "number": (0.5, 1),
    "boolean": (True, False),
    "timestamp": ("2020-01-01T00:00:00Z",),
    "json": ({"a": 1}, []),
    "any": ("x", {"a": 1}),
}
VALUES = (
    *(None, None, True, False, 0, 22, -1, 2**63, 2**80, 1.0, 1.5, float("inf")),
    *(
        "",
        "x",
        "22",
        "-5",
        "1.5",
        "true",
        "False",
        "a,b",
        "{",
        '{"a": [1]}',
        "%7B%22a%22%3A1%7D",
        '"text"',
        "null",
        "7",
    ),
    *(
        "2026-01-31",
        "2026-01-31T12:00:00+02:00",
        "2026-13-01T00:00:00Z",
        "2026-01-31T12:00:00.5Z",
        "2026-W05-6T12:00:00Z",
    ),
)


def field(random: Random, name: str, depth: int) -> Field:
    """A random declaration."""
    kind = random.choice((*SCALARS, *SCALARS, "list", "map", "object", "object") if depth else SCALARS)
    secret = random.random() < 0.1
    if kind == "object":
        fields = tuple(field(random, key, depth - 1) for key in random.sample(("a", "b", "x y", "c"), 2))
        return Field(name, kind, fields=fields, secret=secret)
    live, template = random.choice(((True, True), (True, True), (True, True), (False, True), (True, False)))
    default = default_template = None
    items = None
    if kind in ("list", "map"):
        items = field(random, "", depth - 1) if random.random() < 0.9 else None
    elif random.random() < 0.4:
        default, default_template = random.choice(DEFAULTS[kind]), random.choice((None, *DEFAULTS[kind]))
    return Field(name, kind, items, (), default, default_template, live, template, secret)


def value(random: Random, field: Field | None) -> Any:
    """Something where a field is declared: mostly what fits."""
    if field is None or random.random() < 0.08:
        return random.choice((*VALUES, [], {}, [{}], {"a": CANARY}, [CANARY]))
    if field.type == "object":
        document = {each.name: value(random, each) for each in field.fields if random.random() < 0.8}
        return {**document, "extra": [1]} if random.random() < 0.2 else document
    if field.type == "list":
        return [value(random, field.items) for _ in range(random.randrange(3))]
    if field.type == "map":
        return {
            key: value(random, field.items) for key in random.sample(("a", "x.y", "b"), random.randrange(3))
        }
    if field.type in ("string", "any", "json") and random.random() < 0.3:
        return CANARY if field.type == "string" else {"a": CANARY}
    return random.choice((*DEFAULTS[field.type], *VALUES))


class Sample:
    """A random type, a document of it, and what is unread."""

    def __init__(self, seed: int) -> None:
        random = Random(seed)
        root = Field("", "object", fields=tuple(field(random, key, 3) for key in "ABC"))
        self.type = Type("T", "aws", "global", root.fields)
        self.document: dict[str, Any] = found if isinstance(found := value(random, root), dict) else {}
        self.template = random.random() < 0.3
        self.unread: dict[str, Cause] = {}
        while random.random() < 0.4:
            declared = [each.name for each in root.fields]
            self.unread[random.choice([*declared, *branches(self.document), "A.b", "B.a", "C[0]"])] = DENIED

    def complete(
        self, document: dict[str, Any], unread: dict[str, Cause]
    ) -> tuple[dict[str, Any], dict[str, Cause]]:
        return complete(self.type, document, unread, template=self.template, seal=SEAL)

    def __str__(self) -> str:
        return f"{self.type}\n{self.document}\n{self.unread}\n{source(self.type, template=self.template)}"


def is_completed(seed: int) -> None:
    sample = Sample(seed)
    once = sample.complete(sample.document, sample.unread)
    assert sample.complete(*once) == once, f"not idempotent: {sample}"
    assert sample.unread.keys() <= once[1].keys()
    for path in once[1]:
        assert absent(once[0], path), f"{path} is filled: {once[0]}\n{sample}"
    assert CANARY not in repr({key: once[1][key].message for key in once[1]})
    assert not leaks(sample.type.fields, once[0], secret=False), f"{once[0]}\n{sample}"


def absent(document: Any, path: str) -> bool:
    """Nothing stands at the path, but null in place of an element of a list."""
    found = document
    for step in steps(path):
        below = (
            found if isinstance(found, dict) else dict(enumerate(found)) if isinstance(found, list) else {}
        )
        found = below.get(step)
    return found is None or path == ""


def leaks(fields: tuple[Field, ...], document: Any, *, secret: bool) -> bool:
    """A secret field holds what is not sealed."""
    return any(
        leaking(each, document.get(each.name), secret=secret or each.secret)
        for each in fields
        if isinstance(document, dict)
    )


def leaking(field: Field, found: Any, *, secret: bool) -> bool:
    if field.type == "object":
        return leaks(field.fields, found, secret=secret)
    if field.type in ("list", "map") and field.items and isinstance(found, dict | list):
        items = found.values() if isinstance(found, dict) else found
        return any(leaking(field.items, item, secret=secret or field.items.secret) for item in items)
    return secret and CANARY in repr(found)


def generated_is_reference(seed: int) -> None:
    sample = Sample(seed)
    filling = Filling({}, template=sample.template, seal=SEAL)
    expected = filling.document(sample.type.fields, sample.document), filling.unread
    assert sample.complete(sample.document, {}) == expected, str(sample)


def of(*fields: Field) -> Type:
    return Type("T", "aws", "global", fields)


def taken(kind: str, value: Any) -> Any:
    """What a value becomes; the reason when it does not."""
    made, unread = complete(of(Field("A", kind)), {"A": value}, seal=SEAL)
    return unread["A"].reason if "A" in unread else made["A"]


@pytest.mark.parametrize(
    ("kind", "value", "becomes"),
    [
        ("boolean", "true", True),
        ("boolean", "FALSE", False),
        ("boolean", 1, Reason.BAD_VALUE),
        ("integer", "22", 22),
        ("integer", 22.0, 22),
        ("integer", True, Reason.BAD_VALUE),
        ("integer", "22a", Reason.BAD_VALUE),
        ("integer", 2**63, Reason.BAD_VALUE),
        ("number", "1e3", 1000.0),
        ("number", "7", 7),
        ("string", 123456789012, "123456789012"),
        ("string", False, "false"),
        ("string", 1.1, Reason.BAD_VALUE),
        ("timestamp", "2026-01-31T12:00:00.5+02:00", "2026-01-31T10:00:00Z"),
        ("timestamp", "2026-01-31", "2026-01-31T00:00:00Z"),
        ("timestamp", "2026-02-30T00:00:00Z", Reason.BAD_VALUE),
        ("timestamp", 1769860800, Reason.BAD_VALUE),
        ("json", '{"Statement": []}', {"Statement": []}),
        ("json", "%7B%22Statement%22%3A%5B%5D%7D", {"Statement": []}),
        ("json", "", None),
        ("json", "no document", Reason.BAD_VALUE),
        ("list", {"a": 1}, [{"a": 1}]),
        ("list", None, []),
        ("map", None, {}),
        ("map", [], Reason.BAD_VALUE),
        ("object", None, {}),
    ],
)
def test_a_value_takes_its_declared_type_or_is_left_out(kind: str, value: Any, becomes: Any) -> None:
    found = taken(kind, value)
    assert (found, type(found)) == (becomes, type(becomes))


def test_one_element_in_place_of_a_list_is_a_list_of_one_but_listed_text_is_not() -> None:
    names = of(Field("A", "list", Field("", "string")))
    assert complete(names, {"A": "x"}, seal=SEAL)[0] == {"A": ["x"]}
    assert complete(names, {"A": "x,y"}, seal=SEAL)[1]["A"].reason is Reason.BAD_VALUE


def test_an_element_that_cannot_be_taken_keeps_its_place_and_is_unread() -> None:
    ports = of(Field("Ports", "list", Field("", "integer")))
    made, unread = complete(ports, {"Ports": [22, "http", "443"]}, seal=SEAL)
    assert made == {"Ports": [22, None, 443]}
    assert unread["Ports[1]"].reason is Reason.BAD_VALUE
    assert hole(opened(made, unread)) == unread["Ports[1]"]


def test_what_is_read_and_absent_becomes_what_the_type_file_says() -> None:
    block = Field("Block", "object", fields=(Field("Acls", "boolean", default=False, default_template=True),))
    only_live = Field("Vpc", "string", default="main", template=False)
    bucket = of(block, only_live, Field("Grants", "list"), Field("Name", "string"))
    expected: dict[str, Any] = {"Block": {"Acls": False}, "Vpc": "main", "Grants": [], "Name": None}
    assert complete(bucket, {}, seal=SEAL) == (expected, {})
    made, unread = complete(bucket, {}, template=True, seal=SEAL)
    assert made == {"Block": {"Acls": True}, "Grants": [], "Name": None}
    assert unread["Vpc"] == Cause(
        Reason.ABSENT, message="its default is documented for live resources only, not for templates"
    )


def test_undeclared_fields_and_keys_that_differ_in_case_are_kept() -> None:
    made, _ = complete(of(Field("Status", "string")), {"status": 1, "Status": "x", "Other": {}}, seal=SEAL)
    assert made == {"status": 1, "Status": "x", "Other": {}}


def test_what_is_unread_is_left_out_whatever_the_document_says() -> None:
    rules = Field("Rules", "list", Field("", "object", fields=(Field("Port", "integer", default=0),)))
    unread = {
        "Name": DENIED,
        "Rules[1]": DENIED,
        "Rules[0].Port": DENIED,
        "Policy.Statement[0].Principal": DENIED,
    }
    document = {
        "Name": "x",
        "Rules": [{"Port": 1}, {"Port": 2}, {}],
        "Policy": {"Statement": [{"Principal": "*"}]},
    }
    made, found = complete(
        of(Field("Name", "string", default="y"), rules, Field("Policy", "json")), document, unread, seal=SEAL
    )
    assert made == {"Rules": [{}, None, {"Port": 0}], "Policy": {"Statement": [{}]}}
    assert found == unread


def test_secrets_are_replaced_by_what_may_be_known_of_them() -> None:
    secrets = of(Field("Env", "map", Field("", "string"), secret=True), Field("Data", "json", secret=True))
    made, _ = complete(secrets, {"Env": {"KEY": CANARY, "NONE": None}, "Data": [CANARY]}, seal=SEAL)
    assert made["Env"]["KEY"] == {"redacted": True, "length": len(CANARY), "hmac": SEAL(CANARY)["hmac"]}
    assert made["Env"]["NONE"] is None
    assert CANARY not in repr(made)
    assert sealer(b"another key")(CANARY)["hmac"] != SEAL(CANARY)["hmac"]


def test_the_input_is_not_changed() -> None:
    document = {"A": {"B": "true"}, "L": ["1"]}
    complete(
        of(Field("A", "object", fields=(Field("B", "boolean"),)), Field("L", "list", Field("", "integer"))),
        document,
        seal=SEAL,
    )
    assert document == {"A": {"B": "true"}, "L": ["1"]}


@examples(300)
@given(seeds)
def test_completion_is_idempotent_leaves_unread_out_and_seals_every_secret(seed: int) -> None:
    is_completed(seed)


@examples(300)
@given(seeds)
def test_generated_functions_complete_as_the_reference_does(seed: int) -> None:
    generated_is_reference(seed)


def test_null_in_a_map_whose_values_mean_nothing_when_they_are_absent_is_unread() -> None:
    generated_is_reference(14378411260)


@pytest.mark.slow
@examples(300, times=30)
@given(seeds)
def test_many_random_types_and_documents(seed: int) -> None:
    is_completed(seed)
    generated_is_reference(seed)
