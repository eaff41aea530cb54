"""The checker: what it lets through, what it refuses and where, and what it says that a condition reads."""

from __future__ import annotations

from collections.abc import Mapping
from time import process_time
from typing import Any

import pytest

from cloudward.errors import ConditionError
from cloudward.model import Parameter, Policy, Severity
from cloudward.rules.check import Checker, check
from cloudward.rules.inline import Definition, link
from cloudward.rules.parse import read, within
from cloudward.rules.rule import Rule, Use
from cloudward.rules.types import Field, Type


def fields(**declared: Any) -> tuple[Field, ...]:
    """`Name="string"` may be null, `"string!"` never is; a list or dict nests, `{"*": x}` is a map."""
    return tuple(_field(name, of) for name, of in declared.items())


def _field(name: str, of: Any) -> Field:
    if isinstance(of, Field):
        return Field(**{**{key: getattr(of, key) for key in of.__struct_fields__}, "name": name})
    if isinstance(of, list):
        return Field(name, "list", items=_field("", of[0]))
    if isinstance(of, dict) and "*" in of:
        return Field(name, "map", items=_field("", of["*"]))
    if isinstance(of, dict):
        return Field(name, "object", fields=fields(**of))
    kind = of.removesuffix("!")
    return Field(name, kind) if kind == of else Field(name, kind, live=False, template=False)


ELEMENT = {"Text": "string", "Sure": "string!", "Flag": "boolean!", "Number": "integer", "Ports": ["integer"]}
BUCKET = Type(
    "A::Bucket",
    "aws",
    "regional",
    fields(
        Name="string!",
        Text="string",
        Count="integer",
        Size="number!",
        Whole="integer!",
        Flag="boolean",
        Sure="boolean!",
        Made="timestamp",
        Born="timestamp!",
        Policy="json",
        Thing="any",
        Words=["string"],
        Grants=[ELEMENT],
        Tags={"*": "string"},
        Env=Field("", "map", items=Field("", "string"), secret=True),
        Data=Field("", "string", secret=True),
        State=Field("", "string", values=("on", "off")),
        Defaulted=Field("", "boolean", default=False, default_template=True),
        LiveOnly=Field("", "string", default="x", template=False),
        Config={"Inner": {"Text": "string", "Flag": "boolean!"}},
        Runtime={"Used": "timestamp", "Up": "boolean!"},
    ),
)
TRAIL = Type(
    "A::Trail",
    "aws",
    "regional",
    fields(BucketName="string", Logging="boolean!", Rules=[ELEMENT], Runtime={"Up": "boolean!"}),
)
POLICY = Type(
    "A::PasswordPolicy",
    "aws",
    "global",
    fields(Length="integer!", Reuse="integer"),
    view="account.PasswordPolicy",
)
BLOCK = Type("A::Block", "aws", "regional", fields(On="boolean!"), view="region.Block")
POD = Type(
    "v1/Pod",
    "kubernetes",
    "global",
    fields(spec={"host": "boolean!", "list": [ELEMENT]}, status={"phase": "string!"}),
    names={"pod": "spec"},
)
JOB = Type(
    "v1/Job",
    "kubernetes",
    "global",
    fields(spec={"template": {"spec": {"host": "boolean!", "list": [ELEMENT]}}}),
    names={"pod": "spec.template.spec"},
)
TYPES = {type.name: type for type in (BUCKET, TRAIL, POLICY, BLOCK, POD, JOB)}
PARAMS = {
    "days": Parameter("int", 45),
    "share": Parameter("number", 0.5),
    "on": Parameter("bool", True),
    "word": Parameter("string", "a"),
    "words": Parameter("list", ["a"]),
    "ports": Parameter("list", [22]),
}
FUNCTIONS = {
    "isSet(t)": 't != null && t != ""',
    "typo(g)": 'g.Txt == "a"',
    "mine()": "p.Sure || account.PasswordPolicy.Length > params.days",
}


def definitions(bodies: Mapping[str, str] = FUNCTIONS) -> dict[str, Definition]:
    made = {}
    for signature, body in bodies.items():
        name, _, rest = signature.removesuffix(")").partition("(")
        made[name] = Definition(
            name, tuple(filter(None, rest.split(", "))), read(body, "fn", within(body, 1)), body
        )
    return link(made, lambda function, at, message: ConditionError("fn", at, f"{function.name} {message}"))


def checked(unhealthy: str, applies: str | None = None, type: Type = BUCKET) -> Rule:
    policy = Policy("id", "T", Severity.LOW, (type.name,), unhealthy, applies, PARAMS, file="f.yaml")
    return check(policy, type, TYPES, definitions())


def refusal(unhealthy: str, applies: str | None = None, type: Type = BUCKET) -> str:
    with pytest.raises(ConditionError) as caught:
        checked(unhealthy, applies, type)
    return str(caught.value)


ALLOWED = """
true
p.Sure
p.Defaulted
!p.Sure && p.Defaulted || !p.Defaulted
p.Flag == true
p.Flag != true || p.Flag == false
p.Text == "a"
p.Text != p.Name
p.LiveOnly == "x"
p.Count == 1 || p.Size == 1 || p.Whole == 1.5
p.Text == null || p.Text == "a"
p.Policy == null || p.Made != null || p.Thing == null || p.Data != null
p.Words == [] || p.Words == ["a", "b"] || p.Grants != []
p.Text in ["a", "b"] && !(p.Count in [1, 2])
p.Whole > 3 && p.Size >= p.Whole && p.Name < "b" && p.Born <= "2026-01-31T12:00:00Z"
p.Count != null && p.Count > 3
p.Count == null || p.Count > 3
!(p.Count == null) && (p.Size < 1 || p.Count > 3)
!(p.Count == null || p.Count > 3)
p.Count == null ? p.Sure : p.Count > 3
p.Count == 3 && p.Count > 2
p.Text in ["a", "b"] && p.Text.startsWith("a")
p.Text != null && (p.Text.startsWith("a") || p.Text.endsWith("a") || p.Text.contains("a"))
p.Name.matches("^a+$")
p.Name.lowerAscii() == "a" && size(p.Name) > 3
p.Words.exists(w, w.startsWith("a")) && p.Words.all(w, w == "a")
p.Grants.exists(g, g.Flag && g.Text == "a" && g.Ports.exists(n, n > 3))
p.Grants.exists(g, g.Number != null && g.Number > p.Whole)
p.Grants.all(g, g.Number == null || g.Number > 3)
size(p.Words) > 1 && size(p.Words) >= params.days && size(p.Tags) > 0
"env" in p.Tags && p.Tags["env"] == "prod"
"env" in p.Tags && p.Tags.env.startsWith("prod")
!("env" in p.Tags) || p.Tags["env"] == "prod"
p.Tags.exists(key, key.startsWith("a") && p.Tags[key] == "b")
p.Words.exists(w, w in p.Tags && p.Tags[w] == "x")
p.Policy != null && p.Policy.Statement.exists(s, s.Effect == "Allow" && s.deep.deeper == 1)
p.Policy != null && "a" in p.Policy && p.Policy["a"] == 1
"K" in p.Env && p.Env["K"].redacted && p.Env["K"].length > 3 && p.Env["K"].hmac == "ab"
p.Data != null && p.Data.length > 3
p.State == "on" || p.State in ["on", "off"]
p.Config.Inner.Flag && p.Config.Inner.Text == "a"
params.words.filter(w, w.startsWith("a")).exists(w, w == p.Text)
params.ports.map(n, n + 1).exists(n, n == p.Count)
["a", "b"].map(w, w + p.Name).exists(w, w == p.Text)
statements(p.Policy).filter(s, s.Effect == "Allow").exists(s, "*" in s.Action && "x" in s.Condition)
statements(p.Policy).exists(s, s.when("Bool", "aws:SecureTransport") == ["false"])
publicStatements(p.Policy) != [] && size(publicStatements(p.Policy)) > 0
age(p.Born) > params.days
p.Made != null && age(p.Made) > params.days
age(either(p.Made, p.Born)) > 3
either(p.Text, "x") == "a"
p.Whole + 1 > p.Whole * 2 - 3 && p.Whole / 2 + p.Whole % 2 > 0 && p.Size * 2.0 > 1.0 && -p.Whole < 3
meta.region == null || meta.name == p.Name
"team" in meta.tags && meta.tags["team"] == "x"
account.id == p.Name && account.partition == "aws" && account.PasswordPolicy.Length > 3
region.Block.On
all("A::Trail").exists(t, t.Logging && t.BucketName == p.Name)
here("A::Trail") != [] && everywhere("A::Trail").all(t, t.Rules.exists(r, r.Flag))
related("A::Trail", "BucketName", p.Name).exists(t, t.Logging)
p.Text != null && related("A::Trail", "BucketName", p.Text) == []
isSet(p.Text) && p.Text.startsWith("a")
isSet(p.Name)
mine()
p.Grants.exists(p2, p2.Flag && p.Grants.exists(p2, p2.Flag))
params.on && params.share > 0.1 && params.word == p.Text && p.Text in params.words && p.Count in params.ports
"""


@pytest.mark.parametrize("condition", ALLOWED.strip().splitlines())
def test_this_is_let_through(condition: str) -> None:
    checked(condition)


REFUSED = [
    # names
    ("q.X", "f.yaml:1:1: unknown name 'q'"),
    ("parms.on", "f.yaml:1:1: unknown name 'parms'; did you mean 'params'?"),
    ("p.Nmae == null", "f.yaml:1:3: p (A::Bucket) has no field 'Nmae'; did you mean 'Name'?"),
    (
        "p.Config.Inner.Flog",
        "f.yaml:1:16: p.Config.Inner (A::Bucket) has no field 'Flog'; did you mean 'Flag'?",
    ),
    (
        "p.Grants.exists(g, g.Txt == 'a')",
        "f.yaml:1:22: g (A::Bucket) has no field 'Txt'; did you mean 'Text'?",
    ),
    ("params.dys == 1", "f.yaml:1:8: params has no field 'dys'; did you mean 'days'?"),
    ("meta.nam == 'a'", "f.yaml:1:6: meta has no field 'nam'; did you mean 'name'?"),
    (
        "account.PasswordPolice.Length == 1",
        "f.yaml:1:9: account has no field 'PasswordPolice'; did you mean 'PasswordPolicy'?",
    ),
    (
        "account.PasswordPolicy.Lenght == 1",
        "account.PasswordPolicy has no field 'Lenght'; did you mean 'Length'?",
    ),
    ("region.Blok.On", "f.yaml:1:8: region has no field 'Blok'; did you mean 'Block'?"),
    ("p.Words.exists(w, x == 'a')", "f.yaml:1:19: unknown name 'x'"),
    ("p.Words.exists(w, w == 'a') && w == 'a'", "f.yaml:1:32: unknown name 'w'"),
    ("frob(p.Name)", "f.yaml:1:1: unknown function 'frob'"),
    ("statement(p.Policy) == []", "f.yaml:1:1: unknown function 'statement'; did you mean 'statements'?"),
    ("p.Name.split('a') == []", "f.yaml:1:8: unknown function 'split'"),
    ('all("A::Trial") == []', "f.yaml:1:1: unknown resource type 'A::Trial'; did you mean 'A::Trail'?"),
    (
        'all("A::Trail").exists(t, t.Loging)',
        "f.yaml:1:29: t (A::Trail) has no field 'Loging'; did you mean 'Logging'?",
    ),
    (
        'related("A::Trail", "BuketName", p.Name) == []',
        "f.yaml:1:1: A::Trail has no field 'BuketName'; did you mean 'BucketName'?",
    ),
    # what can never be equal
    ('p.Count == "30"', 'f.yaml:1:9: p.Count is a whole number, "30" is a string: never equal'),
    ("p.Text != 1", "f.yaml:1:8: p.Text is a string, 1 is a whole number: never equal"),
    ("p.Sure == 1", "f.yaml:1:8: p.Sure is true or false, 1 is a whole number: never equal"),
    ("p.Text == p.Count", "never equal"),
    ("p.Words == 'a'", 'p.Words is a list of string, "a" is a string: never equal'),
    ("p.Words == [1]", "p.Words is a list of string, [1] is a list of integer: never equal"),
    ("p.Text in [1, 2]", "f.yaml:1:8: p.Text is a string, [1, 2] is a list of integer: never in it"),
    ("1 in p.Words", "never in it"),
    ("p.Text in params.ports", "never in it"),
    ('p.Born == "yesterday"', 'moments are written "2026-01-31T12:00:00Z"'),
    ('p.Born > "2026-01-31"', "they have no order; moments are written"),
    ("[1, 'a'] == []", 'f.yaml:1:5: "a" is a string, the first of the list a whole number'),
    ("p.Config == p.Config", "p.Config is an object: compare field by field"),
    ("p.Tags == p.Tags", "p.Tags is a map: compare field by field"),
    ("p.Thing == 1", "f.yaml:1:9: p.Thing is declared as any: compare it with null only"),
    ("p.Thing in [1]", "what is declared as any is only compared with null"),
    (
        "p.State == 'om'",
        "f.yaml:1:12: 'om' is none of the values that are declared: on, off",
    ),
    ("p.State in ['on', 'of']", "f.yaml:1:19: 'of' is none of the values that are declared"),
    ("p.Name == null", "f.yaml:1:8: p.Name is never null"),
    ("p.Defaulted != null", "f.yaml:1:13: p.Defaulted is never null"),
    ("p.Words == null", "f.yaml:1:9: p.Words is never null; an empty one is []"),
    ("p.Tags == null", "p.Tags is never null; ask for its size"),
    ("p.Config == null", "p.Config is never null; ask for one of its fields"),
    # truth
    (
        "p.Flag",
        "f.yaml:1:3: p.Flag may be null, which is neither true nor false; write p.Flag == true, or p.Flag",
    ),
    ("!p.Flag", "f.yaml:1:4: p.Flag may be null"),
    ("p.Sure && p.Flag", "f.yaml:1:13: p.Flag may be null"),
    ("p.Sure || p.Flag", "p.Flag may be null"),
    ("p.Flag ? true : false", "p.Flag may be null"),
    ("p.Words.exists(w, p.Flag)", "p.Flag may be null"),
    ("p.Text", "f.yaml:1:3: p.Text is a string, not true or false"),
    ("p.Words", "p.Words is a list of string, not true or false"),
    ("1", "f.yaml:1:1: 1 is a whole number, not true or false"),
    ("null", "null is null, not true or false"),
    ("p.Thing", "p.Thing is declared as any, not true or false"),
    ("!p.Count", "p.Count is a whole number, not true or false"),
    (
        "p.Policy != null && p.Policy.Public",
        "nobody declared what p.Policy.Public is; write p.Policy.Public == true",
    ),
    ("p.Sure ? p.Text : p.Name", "is a string, not true or false"),
    ("p.Grants.exists(g, g.Text)", "f.yaml:1:22: g.Text is a string, not true or false"),
    # null where null is an error
    ("p.Count > 3", "f.yaml:1:3: p.Count may be null; write p.Count != null && ... before it"),
    ("3 < p.Count", "p.Count may be null"),
    ("p.Count > 3 && p.Count != null", "p.Count may be null"),
    ("p.Count != null || p.Count > 3", "p.Count may be null"),
    ("p.Count == null && p.Count > 3", "p.Count may be null"),
    ("(p.Count != null || p.Sure) && p.Count > 3", "p.Count may be null"),
    ("p.Grants.exists(g, g.Number != null) && p.Grants.exists(g, g.Number > 3)", "g.Number may be null"),
    (
        "p.Grants.exists(g, g.Number != null && p.Grants.exists(g, g.Number > 3))",
        "f.yaml:1:61: g.Number may be null",
    ),
    ("p.Text.startsWith('a')", "p.Text may be null"),
    ("p.Name.startsWith(p.Text)", "p.Text may be null"),
    ("p.Count + 1 > 3", "p.Count may be null"),
    ("-p.Count < 3", "p.Count may be null"),
    ("age(p.Made) > 3", "f.yaml:1:7: p.Made may be null"),
    ("age(either(p.Born, p.Made)) > 3", "either(p.Born, p.Made) may be null"),
    ("p.Policy.Statement.exists(s, s.Effect == 'Allow')", "p.Policy may be null"),
    ("p.Data.length > 3", "p.Data may be null"),
    ("p.Text in p.Tags", "p.Text may be null"),
    ("meta.region.startsWith('eu')", "meta.region may be null"),
    # kinds
    ("p.Words > 3", "> compares numbers, texts or moments, and p.Words is a list of string"),
    ("p.Sure < true", "< compares numbers, texts or moments"),
    ("p.Name < 3", "p.Name is a string, 3 is a whole number: they have no order"),
    ("p.Whole.startsWith('a')", "startsWith is for texts, and p.Whole is a whole number"),
    ("p.Words.contains('a')", "contains is for texts, and p.Words is a list of string"),
    ("'a' in p.Name", "p.Name is a string, not a list or map; use contains"),
    ("size(p.Whole) > 3", "size is for lists, maps and texts, and p.Whole is a whole number"),
    ("p.Name.exists(c, true)", "f.yaml:1:8: exists is for lists, and p.Name is a string"),
    ("p.Thing.exists(c, true)", "exists is for lists, and p.Thing is declared as any"),
    ("p.Thing.a == 1", "p.Thing is declared as any, so it has no field 'a'"),
    ("p.Name.a == 1", "p.Name is a string, so it has no field 'a'"),
    ("p.Grants.Text == 'a'", "f.yaml:1:10: p.Grants is a list of object; use exists or all"),
    ("p.Words[0] == 'a'", "f.yaml:1:8: p.Words is a list of string; use exists or all, [] is for maps"),
    ("p['Name'] == 'a' && p['Nmae'] == 'a'", "p (A::Bucket) has no field 'Nmae'"),
    ("p.Name + 1 == 'a'", "+ of a string and a whole number: 1 is of another kind"),
    ("p.Whole + p.Size > 1.0", "p.Size is of another kind"),
    ("p.Size % 2.0 == 1.0", "% takes integer, and p.Size is a number"),
    ("p.Words + p.Words == []", "+ takes integer or number or string, and p.Words is a list of string"),
    ("p.Sure ? 1 : 'a'", "would be a whole number or a string"),
    ("either(p.Made, p.Whole) == null", "would be a timestamp or a whole number"),
    # functions
    ("age() > 3", "age(timestamp) is called with 0 arguments"),
    ("age(p.Whole) > 3", "age takes a timestamp here, and p.Whole is a whole number"),
    ("age('2026') > 3", "age takes a timestamp here"),
    ("statements(p.Name) == []", "statements takes a json here, and p.Name is a string"),
    ("statements(p.Thing) == []", "p.Thing is declared as any"),
    ("p.Grants.exists(g, g.when('a', 'b') == [])", "when takes an object here, and g is an object"),
    ("size(p.Words, 1) > 3", "size(list, map or text) is called with 2 arguments"),
    ("p.Name.startsWith('a', 'b')", "text.startsWith(text) is called with 3 arguments"),
    ("isSet(p.Text, 1)", "f.yaml:1:1: isSet(t) is called with 2 arguments"),
    ("p.Sure && typo(p.Config)", "f.yaml:1:11: in typo(p.Config): p.Config (A::Bucket) has no field 'Txt'"),
    # lists that lose what they do not know
    (
        "p.Words.filter(w, w == 'a') == []",
        "f.yaml:1:9: one unread element would make all of filter unknown; p.Words is read from documents",
    ),
    ("p.Grants.map(g, g.Flag).exists(f, f)", "one unread element would make all of map unknown"),
    ('all("A::Trail").filter(t, t.Logging) == []', "one unread element would make all of filter unknown"),
    ("[p.Text, 'a'].filter(w, w == 'a') == []", "one unread element would make all of filter unknown"),
    ("size(p.Words) > 0", "f.yaml:1:15: unknown as soon as one element is; write p.Words != []"),
    ("size(p.Words) == 0", "write p.Words == []"),
    ("0 < size(p.Words)", "write p.Words != []"),
    ("size(p.Words) >= 1", "write p.Words != []"),
    ("size(p.Words) < 1", "write p.Words == []"),
    ('size(all("A::Trail")) == 0', 'write all("A::Trail") == []'),
    # keys that may be missing
    ('p.Tags["env"] == "prod"', 'f.yaml:1:7: the key may be missing; write "env" in p.Tags && ... before it'),
    ("p.Tags.env == 'prod'", 'the key may be missing; write "env" in p.Tags && ... before it'),
    ('"env" in p.Tags || p.Tags["env"] == "prod"', "the key may be missing"),
    ('"other" in p.Tags && p.Tags["env"] == "prod"', "the key may be missing"),
    ('"env" in meta.tags && p.Tags["env"] == "prod"', "the key may be missing"),
    ('p.Tags[1] == "prod"', "a key is text, and 1 is a whole number"),
    ('p.Policy != null && p.Policy["a"] == 1', "the key may be missing"),
    # patterns
    ('p.Name.matches("(")', "f.yaml:1:16: RE2 does not take this pattern: missing ): ("),
    ('p.Name.matches("(?=a)")', "RE2 does not take this pattern"),
    ('p.Name.matches("((a{1000}){1000}){1000}")', "RE2 does not take this pattern"),
    ("p.Name.matches(p.Name)", "the pattern of matches is written out as text"),
    ("p.Name.matches(params.word)", "the pattern of matches is written out as text"),
    (f'p.Name.matches("{"a" * 1001}")', "a pattern has at most 1,000 characters"),
    # relations
    ('related("A::Trail", "Logging", "a") == []', 'Logging is true or false, and "a" is a string'),
    ('related("A::Trail", "Rules", "a") == []', "Rules is a list of object; related compares one value"),
    ('related("A::Trail", "BucketName", p.Text) == []', "p.Text may be null"),
    # cost
    (
        "p.Grants.exists(a, p.Grants.exists(b, a.Ports.exists(n, n == b.Number)))",
        "f.yaml:1:1: goes 3 lists deep; at most 2, not counting related",
    ),
    (
        'all("A::Trail").exists(a, all("A::Trail").exists(b, all("A::Trail").exists(c, c.Logging)))',
        "goes 3 lists deep",
    ),
]


@pytest.mark.parametrize(("condition", "message"), REFUSED, ids=[condition[:60] for condition, _ in REFUSED])
def test_this_is_refused_and_says_where_and_why(condition: str, message: str) -> None:
    assert message in refusal(condition)


def test_related_is_not_counted_among_lists_in_lists() -> None:
    checked(
        'all("A::Trail").exists(t, related("A::Trail", "BucketName", "a").exists(u, u.Rules.exists(r,'
        ' related("A::Trail", "BucketName", "b").exists(v, r.Flag && v.Logging))))'
    )


def test_a_chain_of_relations_has_its_bound_too() -> None:
    condition = "true"
    for number in range(9):
        condition = f'related("A::Trail", "BucketName", "a").exists(t{number}, {condition})'
    assert "would take some" in refusal(condition)


def test_what_applies_says_holds_in_unhealthy() -> None:
    checked("p.Count > 3", applies="p.Sure && p.Count != null")
    checked('p.Tags["env"] == "x"', applies='"env" in p.Tags')
    checked("p.Text.startsWith('a')", applies="isSet(p.Text)")
    assert "p.Count may be null" in refusal("p.Count > 3", applies="p.Sure || p.Count != null")


def test_a_value_that_is_asked_twice_is_no_mistake() -> None:
    checked("p.Count != null && p.Count > 3", applies="p.Count != null")


def test_a_function_may_ask_what_is_certain_for_some_of_its_callers() -> None:
    checked("isSet(p.Text) || isSet(p.Name)")


def test_mistakes_in_applies_are_refused_as_well() -> None:
    assert refusal("true", applies="p.Flag").startswith("f.yaml:1:3: p.Flag may be null")


def test_places_come_from_the_file() -> None:
    policy = Policy("id", "T", Severity.LOW, ("A::Bucket",), "p.Sure || p.Flag", "p.Nmae == 1", file="f.yaml")
    places = {"applies": lambda at: (7, 10 + at), "unhealthy": lambda at: (20, at)}
    with pytest.raises(ConditionError) as caught:
        check(policy, BUCKET, TYPES, {}, places)
    assert (caught.value.file, caught.value.line, caught.value.column) == ("f.yaml", 7, 12)


@pytest.mark.parametrize(
    ("condition", "reads"),
    [
        ("p.Sure", ("Sure",)),
        ("p.Config.Inner.Flag", ("Config.Inner.Flag",)),
        ("p.Words == []", ("Words",)),
        ("p.Words.exists(w, w == 'a')", ("Words",)),
        ("p.Grants == []", ("Grants",)),
        ("p.Grants.exists(g, g.Flag)", ("Grants[].Flag",)),
        ("p.Grants.exists(g, true)", ("Grants",)),
        (
            "p.Grants != [] && p.Grants.exists(g, g.Flag && g.Ports.exists(n, n == 1))",
            ("Grants[].Flag", "Grants[].Ports"),
        ),
        ("statements(p.Policy) == []", ("Policy",)),
        ("p.Policy != null && p.Policy.a.b == 1", ("Policy",)),
        ('"a" in p.Tags && p.Tags["a"] == "b"', ("Tags",)),
        ("p.Data != null && p.Data.length > 3", ("Data",)),
        ('"a" in p.Env && p.Env["a"].length > 3', ("Env",)),
        (
            "p.Grants.exists(g, isInternet(g))",
            ("Grants[].Flag", "Grants[].Number", "Grants[].Ports", "Grants[].Sure", "Grants[].Text"),
        ),
        ("isSet(p.Text)", ("Text",)),
        ("p.Sure ? p.Flag == true : p.Text == 'a'", ("Flag", "Sure", "Text")),
        ("params.on && meta.name == 'a'", ()),
    ],
)
def test_reads_name_the_declared_paths(condition: str, reads: tuple[str, ...]) -> None:
    assert checked(condition).reads == reads


def test_what_applies_reads_counts() -> None:
    assert checked("p.Sure", applies="p.Text == 'a'").reads == ("Sure", "Text")


def test_uses_name_what_is_asked_of_others() -> None:
    rule = checked(
        'all("A::Trail").exists(t, t.Logging && t.Rules.exists(r, r.Flag))'
        ' || all("A::Trail").exists(t, t.BucketName == account.id)'
        ' || related("A::Trail", "BucketName", p.Name) == []'
        " || account.PasswordPolicy.Length > 3 || region.Block.On"
        ' || everywhere("A::Bucket") != []'
    )
    assert rule.reads == ("Name",)
    assert rule.uses == (
        Use("account", "A::PasswordPolicy", "", ("Length",)),
        Use("all", "A::Trail", "", ("BucketName", "Logging", "Rules[].Flag")),
        Use("everywhere", "A::Bucket"),
        Use("region", "A::Block", "", ("On",)),
        Use("related", "A::Trail", "BucketName"),
    )


def test_views_are_those_of_the_own_provider() -> None:
    assert "account has no field 'PasswordPolicy'" in refusal("account.PasswordPolicy.Length > 3", type=POD)


def test_the_passing_of_time_is_noted() -> None:
    assert checked("age(p.Born) > 3").timed
    assert checked("p.Sure", applies="p.Made != null && age(p.Made) > 3").timed
    assert not checked("p.Made == null || p.Sure").timed


FUNCTION = Type("A::Function", "aws", "regional", fields(Runtime="string"))


@pytest.mark.parametrize(
    ("condition", "type", "live_only"),
    [
        ("p.Runtime.Up", BUCKET, True),
        ("p.Runtime == 'python3.12'", FUNCTION, False),
        ("p.Sure", BUCKET, False),
        ('all("A::Trail").exists(t, t.Runtime.Up)', BUCKET, True),
        ('all("A::Trail").exists(t, t.Logging)', BUCKET, False),
        ("p.status.phase == 'a'", POD, True),
        ("p.spec.host", POD, False),
    ],
)
def test_observed_state_is_not_for_code(condition: str, type: Type, live_only: bool) -> None:
    assert checked(condition, type=type).live_only is live_only


def test_names_of_a_type_stand_for_its_paths() -> None:
    assert checked("pod.host && pod.list.exists(c, c.Flag)", type=POD).reads == (
        "spec.host",
        "spec.list[].Flag",
    )
    assert checked("pod.host", type=JOB).reads == ("spec.template.spec.host",)
    assert "p.spec (v1/Pod) has no field 'hots'; did you mean 'host'?" in refusal("pod.hots", type=POD)
    assert "unknown name 'pood'; did you mean 'pod'?" in refusal("pood.host", type=POD)
    assert refusal("true && pod.hots", type=POD).startswith("f.yaml:1:13: ")


def test_a_bound_variable_may_be_called_like_a_name_of_the_type() -> None:
    assert checked("p.spec.list.exists(pod, pod.Flag)", type=POD).reads == ("spec.list[].Flag",)


def test_a_text_is_parsed_once_for_all_types() -> None:
    policy = Policy("id", "T", Severity.LOW, ("v1/Pod", "v1/Job"), "pod.host", file="f.yaml")
    checker = Checker(TYPES, {})
    rules = [checker.rule(policy, TYPES[name]) for name in policy.resource]
    assert [rule.reads for rule in rules] == [("spec.host",), ("spec.template.spec.host",)]
    assert len(checker._parsed) == 1


def test_an_empty_list_parameter_holds_texts() -> None:
    policy = Policy(
        "id",
        "T",
        Severity.LOW,
        ("A::Bucket",),
        "p.Count in params.none",
        None,
        {"none": Parameter("list", [])},
    )
    with pytest.raises(ConditionError, match="never in it"):
        check(policy, BUCKET, TYPES)


@pytest.mark.parametrize(
    "condition",
    [
        " || ".join(f"p.Grants.exists(g{n}, g{n}.Flag && p.Words.exists(w, w == 'a'))" for n in range(100)),
        " && ".join(f"(p.Count == {n} || p.Text == '{n}')" for n in range(250)),
        "!(" * 12 + "p.Sure" + ")" * 12,
        "p.Sure ? p.Sure : " * 25 + "p.Sure",
        'p.Name.matches("(a*)*(b*)*(c|d|e|f)*$")',
        'p.Name.matches("(x+x+)+y")',
    ],
    ids=["wide", "guards", "deep", "choices", "stars", "backtracking"],
)
def test_large_conditions_are_checked_at_once(condition: str) -> None:
    start = process_time()
    checked(condition)
    assert process_time() - start < 20
