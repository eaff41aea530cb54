from __future__ import annotations

from dataclasses import replace

import pytest

from cloudward.assess.explained import absence, declared
from cloudward.cli.evidence import place, short, told
from cloudward.cli.explanation import record, show
from cloudward.cli.lines import JOINED
from cloudward.model import Cause, Explanation, LastKnown, Leaf, Reason, Status
from cloudward.rules.types import Field, Type
from tests.respond.test_ocsf import ACCOUNT, BUCKET, DENIED, NOW, POLICY, UNHEALTHY

TYPE = Type(
    "AWS::S3::Bucket",
    "aws",
    "global",
    fields=(
        Field("LoggingConfiguration", "object", fields=(Field("Bucket", "string", source="https://page"),)),
        Field("Versioning", "boolean", default=False, default_template=True),
        Field("Grants", "list", items=Field("", "object", fields=(Field("URI", "string"),))),
        Field("Undocumented", "string"),
    ),
)
NOT_SET = Leaf("p.LoggingConfiguration.Bucket", None, "==", None, True)


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_an_unhealthy_resource_is_explained_and_can_be_mended(capsys: pytest.CaptureFixture[str]) -> None:
    leaves = (
        NOT_SET,
        Leaf("age(p.Created)", 120, ">", 90, True),
        Leaf("p.Grants", 3, "size", None, True),
        Leaf("meta.tags", ["env"], "keys", None, False),
        Leaf("p.Grants[0].Public", True, "==", True, True),
    )
    show(POLICY, BUCKET, ACCOUNT, UNHEALTHY, Explanation(Status.UNHEALTHY, POLICY.unhealthy, leaves), TYPE)
    assert (
        capsys.readouterr().out
        == """\
unhealthy  high  aws-s3-bucket-logged
Buckets should log access
AWS::S3::Bucket logs in acme-prod 111122223333 eu-west-1
arn:aws:s3:::logs
since 2026-01-28 12:00 UTC; may change by itself at 2026-02-09 12:00 UTC

Because
  p.LoggingConfiguration.Bucket is null
    what that means: https://page
  age(p.Created) is 120 (> 90: yes)
  p.Grants has 3 elements
  meta.tags has the keys env
  p.Grants[0].Public is true

The condition
  p.LoggingConfiguration == null

Why it matters
  Nobody can say later who read what.

On the command line
  aws s3api put-bucket-logging ...

In the portal
  Open the bucket.
"""
    )


def test_what_is_unknown_names_the_call_that_would_resolve_it(capsys: pytest.CaptureFixture[str]) -> None:
    leaf = Leaf(
        "p.LoggingConfiguration.Bucket", None, "==", None, None, Cause(Reason.DENIED, "s3:GetBucketLogging")
    )
    assessment = replace(DENIED, last_known=LastKnown(Status.HEALTHY, NOW), due=None)
    show(POLICY, BUCKET, ACCOUNT, assessment, Explanation(Status.UNKNOWN, POLICY.unhealthy, (leaf,)), TYPE)
    shown = capsys.readouterr().out
    assert "healthy when it was last known, 2026-01-31 12:00 UTC\n" in shown
    assert (
        "  p.LoggingConfiguration.Bucket is not known: denied s3:GetBucketLogging\n"
        "    to know it: allow s3:GetBucketLogging\n"
    ) in shown
    assert "put-bucket-logging" not in shown


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_remedy(reason: Reason) -> None:
    told = record(
        POLICY,
        BUCKET,
        replace(DENIED, cause=Cause(reason, "s3:X")),
        Explanation(Status.UNKNOWN, "", ()),
        None,
    )
    assert told["remedy"]


def test_many_leaves_are_cut_on_screen_and_whole_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    leaves = tuple(replace(NOT_SET, path=f"p.Rules[{number}].Port") for number in range(40))
    why = Explanation(Status.UNHEALTHY, "", leaves)
    show(POLICY, BUCKET, ACCOUNT, UNHEALTHY, why, None)
    assert "  and 28 more: --output json shows all\n" in capsys.readouterr().out
    assert len(record(POLICY, BUCKET, UNHEALTHY, why, None)["leaves"]) == 40


def test_what_absence_means_is_said_only_where_the_type_says_it() -> None:
    assert absence(NOT_SET, TYPE) == {"default": None, "source": "https://page"}
    assert absence(replace(NOT_SET, value="logs"), TYPE) is None
    assert absence(replace(NOT_SET, path="p.Undocumented"), TYPE) is None
    assert absence(replace(NOT_SET, path="account.LoggingConfiguration"), TYPE) is None


def test_code_has_its_own_defaults() -> None:
    documented = Type("T", "aws", "global", fields=TYPE.fields, source="https://type")
    leaf = Leaf("p.Versioning", True, "==", False, False)
    assert absence(leaf, documented, template=True) == {"default": True, "source": "https://type"}
    assert absence(leaf, documented) is None


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("p.Grants[2].URI", "URI"),
        ("p.LoggingConfiguration.Bucket", "Bucket"),
        ("p.Nosuch", None),
        ("p.Grants[logs].URI", None),
        ("age(p.Versioning)", None),
    ],
)
def test_a_path_finds_its_field(path: str, found: str | None) -> None:
    field = declared(path, TYPE)
    assert (field and field.name) == found


def test_a_long_value_keeps_its_ends() -> None:
    text = short({"Statement": ["x" * 1000], "end": 1})
    assert len(text) < 260
    assert text.startswith('{"Statement"')
    assert text.replace(JOINED, " ").endswith('"end": 1}')


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"Port": 22, "CidrIpv6": None, "Groups": [], "Tags": {}}, '{"Port": 22}'),
        ([{"Effect": "Allow", "Condition": {"Bool": None}}], '[{"Effect": "Allow"}]'),
        ({"Public": False, "Name": "", "Count": 0}, '{"Public": false, "Name": "", "Count": 0}'),
        ([None, 1], "[null, 1]"),
        ({"a": None}, "{}"),
        (None, "null"),
    ],
)
def test_what_is_empty_in_a_value_is_not_shown(value: object, text: str) -> None:
    assert short(value).replace(JOINED, " ") == text


def lines(*leaves: Leaf) -> list[str]:
    return [line.replace(JOINED, " ") for found in told(leaves) for line in found]


def test_each_value_is_told_once_with_all_that_was_asked_of_it() -> None:
    rule = {"FromPort": 22, "CidrIp": "0.0.0.0/0"}
    assert lines(
        Leaf("p.Rules[0]", rule, "isInternet", None, True),
        Leaf("p.Open", True, "==", True, True),
        Leaf("p.Rules[0]", rule, "reaches", ["tcp", 22], True),
        Leaf("p.Rules[1]", rule, "isInternet", None, False),
    ) == [
        'p.Rules[0] is {"FromPort": 22, "CidrIp": "0.0.0.0/0"} (isInternet: yes; reaches ["tcp", 22]: yes)',
        "p.Open is true",
        'p.Rules[1] is {"FromPort": 22, "CidrIp": "0.0.0.0/0"} (isInternet: no)',
    ]


@pytest.mark.parametrize(
    ("leaf", "said"),
    [
        (Leaf("p.A", "x", "==", "x", True), 'p.A is "x"'),
        (Leaf("p.A", "x", "==", "y", False), 'p.A is "x" (== "y": no)'),
        (Leaf("p.A", "x", "!=", "y", True), 'p.A is "x" (!= "y": yes)'),
        (Leaf("p.A", "x", "!=", None, True), 'p.A is "x"'),
        (Leaf("p.A", False, "!=", True, True), "p.A is false"),
        (Leaf("p.A", None, "==", "windows", False), 'p.A is null (== "windows": no)'),
        (Leaf("p.A", [1], "!=", [], True), "p.A is [1]"),
        (Leaf("p.A", 0, "!=", False, True), "p.A is 0"),
        (Leaf("p.A", 0, "==", 1, False), "p.A is 0 (== 1: no)"),
        (Leaf("p.A", 1, "==", 0, False), "p.A is 1 (== 0: no)"),
    ],
)
def test_what_the_value_shows_is_not_asked(leaf: Leaf, said: str) -> None:
    assert lines(leaf) == [said]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("p.Rules[2].FromPort", "p.Rules[2].FromPort"),
        ('here("AWS::X::Y")[a].B', "AWS::X::Y[a].B"),
        ('related("AWS::X::Y", "Id", p.Id)', 'related("AWS::X::Y", "Id", p.Id)'),
        (
            'related("A::B", "N", f(related("C::D", "M", true)[x (1)].Arn))[y].Z[0]',
            "A::B[y].Z[0]",
        ),
        ('related("A::B", "N", f(all("C::D")[x].Arn))', 'related("A::B", "N", f(C::D[x].Arn))'),
        ('arnRegion(all("C::D")["a)b"].Arn)', 'arnRegion(C::D["a)b"].Arn)'),
        ('related("A::B", "N", ")")[y]', "A::B[y]"),
        ('related("A::B"', 'related("A::B")'),
    ],
)
def test_a_found_resource_is_told_by_its_type_and_name(path: str, shown: str) -> None:
    assert place(path) == shown


def test_a_cause_is_told_in_words() -> None:
    cause = Cause(Reason.NOT_SCANNED, "kms:ListKeys", "the region was left out")
    assert lines(Leaf("p.A", None, "==", None, None, cause)) == [
        "p.A is not known: not scanned kms:ListKeys, the region was left out",
        "to know it: scan it too",
    ]
