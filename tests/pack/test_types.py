"""Type files become types."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudward.rules.types import Field, Type
from tests.pack.content import BUCKET, load, problems

HEAD = "type: A::B\nscope: global\nfields:\n"
PLACE = "types/aws/a.yaml"


def made(folder: Path, text: str, **others: str) -> Type:
    return load(
        folder, {PLACE: text, **{f"types/aws/{name}.yaml": other for name, other in others.items()}}
    ).types["A::B"]


def field(folder: Path, options: str) -> Field:
    return made(folder, f"{HEAD}  X: {options}\n").fields[0]


def test_a_type_file_says_all_of_a_type(tmp_path: Path) -> None:
    bucket = load(tmp_path, {"types/aws/s3/bucket.yaml": BUCKET}).types["AWS::S3::Bucket"]
    assert (bucket.provider, bucket.scope, bucket.title, bucket.view) == ("aws", "global", "S3 bucket", "")
    assert [each.name for each in bucket.fields] == ["Name", "Status", "Block", "Grants", "Days"]
    name, status, block, grants, days = bucket.fields
    assert name == Field("Name", "string", source="https://docs.example/bucket", line=6)
    assert (status.default, status.default_template, status.values) == (
        "Suspended",
        "Suspended",
        ("Enabled", "Suspended"),
    )
    assert status.source == "https://docs.example/status"
    assert (block.type, block.fields[0].name) == ("object", "Acls")
    assert (block.fields[0].default, block.fields[0].default_template) == (False, True)
    assert grants.items is not None
    assert [(each.name, each.type) for each in grants.items.fields] == [
        ("Grantee", "object"),
        ("Permission", "string"),
    ]
    assert (days.live, days.template) == (False, False)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("string", Field("X", "string")),
        ("{type: boolean}", Field("X", "boolean")),
        ("{type: boolean, default: false}", Field("X", "boolean", default=False, default_template=False)),
        ("{type: integer, default: {live: 1}}", Field("X", "integer", default=1, template=False)),
        ("{type: integer, default: {live: null}}", Field("X", "integer", template=False)),
        ("{type: integer, default: {template: 1}}", Field("X", "integer", default_template=1, live=False)),
        ("{type: integer, default: {}}", Field("X", "integer", live=False, template=False)),
        ("{type: integer, default: null}", Field("X", "integer")),
        (
            "{type: json, default: {a: [1]}}",
            Field("X", "json", default={"a": [1]}, default_template={"a": [1]}),
        ),
        ("{type: timestamp, volatile: true}", Field("X", "timestamp", volatile=True)),
        ("{type: string, secret: true, doc: Why.}", Field("X", "string", secret=True, doc="Why.")),
        ("{type: list, items: string}", Field("X", "list", items=Field("", "string"))),
        ("{type: map, items: any}", Field("X", "map", items=Field("", "any"))),
        (
            "{type: list, items: {type: list, items: integer}}",
            Field("X", "list", items=Field("", "list", items=Field("", "integer"))),
        ),
        (
            "{type: list, items: {type: {type: string}}}",
            Field("X", "list", items=Field("", "object", fields=(Field("type", "string"),))),
        ),
        (
            "{type: list, items: {A.B: string}}",
            Field(
                "X",
                "list",
                items=Field("", "object", fields=(Field("A", "object", fields=(Field("B", "string"),)),)),
            ),
        ),
    ],
)
def test_every_form_of_a_field(tmp_path: Path, options: str, expected: Field) -> None:
    found = field(tmp_path, options)
    assert _bare(found) == expected


def _bare(field: Field) -> Field:
    below = {
        "fields": tuple(map(_bare, field.fields)),
        "items": field.items and _bare(field.items),
        "line": 0,
    }
    return Field(**{name: below.get(name, getattr(field, name)) for name in field.__struct_fields__})


def test_defaults_of_lists_are_plain(tmp_path: Path) -> None:
    assert type(field(tmp_path, "{type: list, items: string, default: [a]}").default) is list


def test_a_shape_is_taken_in_where_it_is_named(tmp_path: Path) -> None:
    text = (
        f"{HEAD}  spec: {{shape: pod}}\n  many: {{type: list, items: {{shape: pod}}}}\nnames: {{pod: spec}}\n"
    )
    shape = "shape: pod\nfields:\n  host: {type: boolean, default: false}\n  inner: {shape: small}\n"
    found = made(tmp_path, text, pod=shape, small="shape: small\nfields: {a: string}\n")
    spec, many = found.fields
    assert [each.name for each in spec.fields] == ["host", "inner"]
    assert many.items is not None
    assert many.items.fields == spec.fields
    assert found.names == {"pod": "spec"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("type: A::B\nscope: global\n", f"{PLACE}:1:1: fields: expected `key: value` lines, not nothing"),
        ("scope: global\nfields: {}\n", f"{PLACE}:1:1: type: it is missing"),
        (
            "type: A::B\nscope: globl\nfields: {}\n",
            f"{PLACE}:2:8: scope: 'globl' is not one of global, regional; did you mean 'global'?",
        ),
        (
            "type: A::B\nscope: global\nfeilds: {}\n",
            f"{PLACE}:3:1: a type file has no key 'feilds'; did you mean 'fields'?",
        ),
        (HEAD + "  X: {typ: string}\n", f"{PLACE}:4:7: a field has no key 'typ'; did you mean 'type'?"),
        (HEAD + "  X: {type: strin}\n", f"{PLACE}:4:13: type: 'strin' is not one of string, "),
        (HEAD + "  X: strin\n", f"{PLACE}:4:6: X: unknown type 'strin'; did you mean 'string'?"),
        (HEAD + "  X: {default: 1}\n", f"{PLACE}:4:6: type: it is missing"),
        (HEAD + "  X: 5\n", f"{PLACE}:4:6: X: expected `key: value` lines, not 5"),
        (HEAD + "  X: {type: integer, default: '5'}\n", ":4:31: default: the default '5' is not a integer"),
        (
            HEAD + "  X: {type: boolean, default: {live: 1}}\n",
            f"{PLACE}:4:38: live: the default 1 is not a boolean",
        ),
        (
            HEAD + "  X: {type: timestamp, default: today}\n",
            "default: the default 'today' is not a timestamp",
        ),
        (HEAD + "  X: {type: string, values: [a], default: b}\n", "default: 'b' is not one of `values`"),
        (HEAD + "  X: {type: list}\n", f"{PLACE}:4:6: items: expected a type's name, or a mapping of fields"),
        (
            HEAD + "  X: {type: list, items: [string]}\n",
            "items: expected a type's name, or a mapping of fields",
        ),
        (HEAD + "  X: {type: list, items: strin}\n", "items: unknown type 'strin'; did you mean 'string'?"),
        (HEAD + "  X: {type: string, items: string}\n", f"{PLACE}:4:28: items: a string has no items"),
        (HEAD + "  X: {type: string, secret: yes}\n", "secret: expected true or false, not 'yes'"),
        (
            HEAD + "  X: string\n  X.Y: string\n",
            f"{PLACE}:5:8: X.Y: X is declared as string, so it has no fields of its own",
        ),
        (
            HEAD + "  X.Y: string\n  X: string\n",
            f"{PLACE}:5:6: X: X is declared twice, or as a value and as an object",
        ),
        (HEAD + "  X..Y: string\n", f"{PLACE}:4:3: 'X..Y' is not a dotted name"),
        (HEAD + "  'a b': string\n", "'a b' is not a dotted name"),
        (HEAD + "  X: {shape: pot}\n", f"{PLACE}:4:14: shape: unknown shape 'pot'"),
        (HEAD + "  X: {shape: pot, doc: a}\n", "a field with a shape has no other keys"),
        (
            "type: A::B\nscope: global\nview: account.X.Y\nfields: {}\n",
            f"{PLACE}:3:7: view: a global type is account.Name",
        ),
        ("type: A::B\nscope: global\nview: region.X\nfields: {}\n", "view: a global type is account.Name"),
        (
            "type: A::B\nscope: regional\nview: account.X\nfields: {}\n",
            "view: a regional type is region.Name",
        ),
        ("type: A::B\nscope: global\nview: account.id\nfields: {}\n", "view: a global type is account.Name"),
        (
            "type: A::B\nscope: global\nnames: {pod: spec}\nfields: {}\n",
            f"{PLACE}:3:14: pod: there is no field 'spec'",
        ),
        (
            HEAD + "  X: " + "{type: list, items: " * 18 + "string" + "}" * 18 + "\n",
            "nested deeper than 16 levels",
        ),
    ],
)
def test_a_wrong_type_file_says_where_and_why(tmp_path: Path, text: str, message: str) -> None:
    (found,) = problems(tmp_path, {PLACE: text})
    assert message in found


def test_a_type_lies_in_the_folder_of_its_provider(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, {"types/amazon/a.yaml": HEAD + "  X: string\n"})
    assert (
        found == "types/amazon/a.yaml:1: a type file lies in types/<provider>/: aws, azure, gcp, kubernetes"
    )


def test_types_shapes_and_views_are_declared_once(tmp_path: Path) -> None:
    assert problems(
        tmp_path / "a", {PLACE: HEAD + "  X: string\n", "types/aws/b.yaml": HEAD + "  X: string\n"}
    ) == ["types/aws/b.yaml:1: type A::B is declared twice: also in types/aws/a.yaml"]
    shape = "shape: pod\nfields: {a: string}\n"
    assert problems(tmp_path / "b", {PLACE: shape, "types/aws/b.yaml": shape}) == [
        "types/aws/b.yaml:1:8: shape: declared twice: also in types/aws/a.yaml"
    ]
    view = "type: A::{}\nscope: global\nview: account.X\nfields: {{a: string}}\n"
    assert problems(tmp_path / "c", {PLACE: view.format("A"), "types/aws/b.yaml": view.format("B")}) == [
        "types/aws/b.yaml:1: view: A::A is account.X already"
    ]


def test_a_shape_cannot_hold_itself(tmp_path: Path) -> None:
    files = {
        PLACE: "shape: one\nfields: {a: {shape: two}}\n",
        "types/aws/b.yaml": "shape: two\nfields: {b: {type: list, items: {shape: one}}}\n",
    }
    (first, *_) = problems(tmp_path, files)
    assert first == "types/aws/b.yaml:2:41: shape: shape 'one' holds itself: one > two > one"


def shapes(count: int, fields: str) -> dict[str, str]:
    """Each takes in the next."""
    made = {
        f"types/aws/{n}.yaml": f"shape: s{n}\nfields: {fields.replace('NEXT', f's{n + 1}')}\n"
        for n in range(count)
    }
    return {**made, f"types/aws/{count}.yaml": f"shape: s{count}\nfields: {{a: string}}\n"}


def test_shapes_that_double_each_time_are_a_bomb(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, shapes(14, "{a: {shape: NEXT}, b: {shape: NEXT}}"))
    assert found.endswith("more than 5,000 fields with all shapes taken in")


def test_a_long_chain_of_shapes_is_refused(tmp_path: Path) -> None:
    (first, *_) = problems(tmp_path, shapes(400, "{a: {shape: NEXT}}"))
    assert first.endswith("shape: shapes within more than 16 others")
