"""Policy, function and control files become checked policies."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudward.model import Parameter, Severity
from tests.pack.content import BUCKET, POLICY, SMALL, load, problems, rules

ID = "aws-s3-bucket-versioning"
PLACE = f"policies/aws/s3/{ID}.yaml"
TYPES = {"types/aws/s3/bucket.yaml": BUCKET}


def changed(old: str, new: str) -> dict[str, str]:
    assert old in POLICY
    return {**TYPES, PLACE: POLICY.replace(old, new)}


def with_condition(condition: str) -> dict[str, str]:
    """The condition as the file's own lines say it, from line 3 on."""
    return changed('unhealthy: p.Status != "Enabled"\n', condition)


def test_a_policy_file_says_all_of_a_policy(tmp_path: Path) -> None:
    text = POLICY + (
        "tactics: [TA0010]\npreview: true\nnote: Mind.\n"
        "equivalents: {prowler: {check: {their: days}}, security_hub: [S3.1]}\n"
    )
    text = text.replace("p.Status", "params.days > 1 && p.Status") + (
        "params: {days: {type: int, default: 45, min: 1, max: 90, doc: Days.}}\napplies: p.Days > 1\n"
    )
    policy = load(tmp_path, {**TYPES, PLACE: text}).policies[ID]
    assert (policy.id, policy.title, policy.severity) == (ID, "Versioning should be on", Severity.LOW)
    assert policy.resource == ("AWS::S3::Bucket",)
    assert (policy.applies, policy.unhealthy) == ("p.Days > 1", 'params.days > 1 && p.Status != "Enabled"')
    assert policy.params == {"days": Parameter("int", 45, 1, 90, (), "Days.")}
    assert (policy.categories, policy.tactics, policy.preview, policy.note) == (
        ("data",),
        ("TA0010",),
        True,
        "Mind.",
    )
    assert policy.equivalents == {"prowler": {"check": {"their": "days"}}, "security_hub": {"S3.1": {}}}
    assert policy.fix == {"cli": "aws s3api put-bucket-versioning --bucket NAME"}
    assert policy.file.endswith(PLACE)


def test_the_rule_of_a_policy_is_ready_to_run(tmp_path: Path) -> None:
    (rule,) = rules(load(tmp_path, SMALL), "AWS::S3::Bucket")
    assert (rule.policy, rule.type, rule.reads, rule.unhealthy_text) == (
        ID,
        "AWS::S3::Bucket",
        ("Status",),
        'p.Status != "Enabled"',
    )


def test_rules_of_a_type_are_in_the_order_of_policies(tmp_path: Path) -> None:
    files = {**TYPES, **{f"policies/aws/{name}.yaml": POLICY for name in ("c", "a", "b")}}
    assert [rule.policy for rule in rules(load(tmp_path, files), "AWS::S3::Bucket")] == ["a", "b", "c"]


VARIANTS = """\
resource: AWS::S3::Bucket
unhealthy: params.days.exists(n, n == p.Days)
title: Days
severity: low
why: Family.
params: {days: {type: list, default: [1], doc: Which.}}
equivalents: {prowler: [family]}
variants:
  aws-days-two: {title: Two, params: {days: [2]}, severity: high, equivalents: {prowler: [two]}}
  aws-days-one: {}
"""


def test_variants_are_policies_of_one_condition(tmp_path: Path) -> None:
    content = load(tmp_path, {**TYPES, "policies/aws/aws-days.yaml": VARIANTS})
    assert list(content.policies) == ["aws-days-one", "aws-days-two"]
    one, two = content.policies.values()
    assert (one.title, one.severity, one.params["days"].default) == ("Days", Severity.LOW, [1])
    assert (two.title, two.severity, two.params["days"].default) == ("Two", Severity.HIGH, [2])
    assert (one.why, two.why, two.params["days"].doc) == ("Family.", "Family.", "Which.")
    assert (list(one.equivalents["prowler"]), list(two.equivalents["prowler"])) == (["family"], ["two"])
    assert len(rules(content, "AWS::S3::Bucket")) == 2


def test_a_policy_has_a_rule_for_each_of_its_types(tmp_path: Path) -> None:
    other = BUCKET.replace("AWS::S3::Bucket", "AWS::S3::Other")
    files = {
        **changed("resource: AWS::S3::Bucket", "resource: [AWS::S3::Bucket, AWS::S3::Other]"),
        "types/aws/other.yaml": other,
    }
    content = load(tmp_path, files)
    assert {type: [rule.type for rule in rules(content, type)] for type in content.rules} == {
        "AWS::S3::Bucket": ["AWS::S3::Bucket"],
        "AWS::S3::Other": ["AWS::S3::Other"],
    }


def policy_hash(folder: Path, files: dict[str, str]) -> str:
    return load(folder, files).policies[ID].hash


def test_the_hash_follows_what_may_change_a_verdict_and_nothing_else(tmp_path: Path) -> None:
    function = {"functions/a.yaml": 'off(b): b.Status != "Enabled"\n'}
    first = policy_hash(tmp_path / "1", SMALL)
    same = [
        changed("Because.", "For another reason."),
        changed("severity: low", "severity: high"),
        with_condition('unhealthy: >-\n    p.Status   !=\n    "Enabled"\n'),
        {**with_condition("unhealthy: off(p)\n"), **function},
    ]
    other = [
        with_condition('unhealthy: p.Status == "Suspended"\n'),
        with_condition('unhealthy: p.Status != "Enabled"\napplies: p.Days > 1\n'),
        {**with_condition("unhealthy: off(p)\n"), "functions/a.yaml": 'off(b): b.Status == "Suspended"\n'},
    ]
    assert {policy_hash(tmp_path / f"s{n}", files) for n, files in enumerate(same)} == {first}
    assert first not in {policy_hash(tmp_path / f"o{n}", files) for n, files in enumerate(other)}


def test_the_hash_follows_the_defaults_of_parameters(tmp_path: Path) -> None:
    text = POLICY.replace("p.Status", "params.days > 1 && p.Status")
    hashes = {
        policy_hash(
            tmp_path / str(days),
            {**TYPES, PLACE: f"{text}params: {{days: {{type: int, default: {days}}}}}\n"},
        )
        for days in (1, 2)
    }
    assert len(hashes) == 2


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            changed("severity: low", "severty: low"),
            f"{PLACE}:4:1: a policy has no key 'severty'; did you mean 'severity'?",
        ),
        (
            changed("severity: low", "severity: lo"),
            f"{PLACE}:4:11: severity: 'lo' is not one of low, medium, high; did you mean 'low'?",
        ),
        (changed("title: Versioning should be on\n", ""), f"{PLACE}:1:1: title: it is missing"),
        (
            changed("resource: AWS::S3::Bucket", "resource: AWS::S3::Buket"),
            ":2:11: resource: unknown resource type 'AWS::S3::Buket'; did you mean 'AWS::S3::Bucket'?",
        ),
        (
            changed("resource: AWS::S3::Bucket", "resource: []"),
            "resource: expected a resource type, or a list of different ones",
        ),
        (
            changed("resource: AWS::S3::Bucket", "resource: [AWS::S3::Bucket, AWS::S3::Bucket]"),
            "a list of different ones",
        ),
        (with_condition(""), f"{PLACE}:1:1: unhealthy: it is missing"),
        (with_condition("unhealthy: true\n"), f"{PLACE}:3:12: unhealthy: expected text, not True"),
        (with_condition("unhealthy: ''\n"), f"{PLACE}:3:12: unhealthy: expected text, not ''"),
        (
            with_condition('unhealthy: p.Staus != "Enabled"\n'),
            f"{PLACE}:3:14: p (AWS::S3::Bucket) has no field 'Staus'; did you mean 'Status'?",
        ),
        (
            with_condition("unhealthy: 'p.Name == ''a'' && p.Days == ''a'''\n"),
            f"{PLACE}:3:39: p.Days is a whole number",
        ),
        (
            with_condition("unhealthy: >-\n  p.Days > 1\n\n  && !p.Name\n"),
            f"{PLACE}:6:9: p.Name is a string, not true or false",
        ),
        (
            with_condition("unhealthy: |\n  p.Days > 1\n    && p.Days >\n"),
            f"{PLACE}:5:16: the condition ends too early",
        ),
        (with_condition("unhealthy: p.Days > 1\napplies: p.Days >> 1\n"), f"{PLACE}:4:18: unexpected '>'"),
        (
            changed("categories: [data]", "categories: data"),
            f"{PLACE}:5:13: categories: expected a list of texts",
        ),
        (
            changed("why: Because.", "tactics: [T1530]"),
            f"{PLACE}:6:10: tactics: 'T1530' is no id of a MITRE ATT&CK tactic, like TA0010",
        ),
        (
            changed("fix: {cli: aws s3api put-bucket-versioning --bucket NAME}", "fix: Do it."),
            f"{PLACE}:7:6: fix: expected `key: value` lines, not 'Do it.'",
        ),
        (
            changed("why: Because.", "params: {days: {type: int, default: 1}}"),
            f"{PLACE}:6:10: no condition reads the parameter 'days'",
        ),
        (
            changed("why: Because.", "params: {days: {type: integer, default: 1}}"),
            "type: 'integer' is not one of int, number, bool, string, list; did you mean 'int'?",
        ),
        (changed("why: Because.", "params: {days: {type: int}}"), f"{PLACE}:6:16: default: it is missing"),
        (
            changed("why: Because.", "params: {days: {type: int, default: 1, mn: 1}}"),
            "a parameter has no key 'mn'; did you mean 'min'?",
        ),
        (
            changed("why: Because.", "params: {days: {type: int, default: '1'}}"),
            "default: '1' is not a whole number",
        ),
        (
            changed("why: Because.", "params: {days: {type: int, default: true}}"),
            "default: True is not a whole number",
        ),
        (
            changed("why: Because.", "params: {days: {type: int, default: 0, min: 1}}"),
            "default: 0 is less than 1",
        ),
        (
            changed("why: Because.", "params: {days: {type: number, default: 9.5, max: 9}}"),
            "default: 9.5 is more than 9",
        ),
        (
            changed("why: Because.", "params: {days: {type: string, default: a, values: [b, c]}}"),
            "default: 'a' is none of b, c",
        ),
        (
            changed("why: Because.", "params: {days: {type: list, default: [1, a]}}"),
            "default: [1, 'a'] is not a list of numbers",
        ),
        (changed("why: Because.", "params: {days: {type: list, default: a}}"), "default: 'a' is not a list"),
        (
            {**TYPES, "policies/aws/Bad_Name.yaml": POLICY},
            "policies/aws/Bad_Name.yaml:1: 'Bad_Name' is no id: lower case, digits and single hyphens",
        ),
        (
            {**TYPES, "policies/a.yaml": VARIANTS.replace("days: [2]", "dys: [2]")},
            "policies/a.yaml:9:39: the policy has no key 'dys'; did you mean 'days'?",
        ),
        (
            {**TYPES, "policies/a.yaml": VARIANTS.replace("days: [2]", "days: [a]")},
            "days: ['a'] is not a list of numbers",
        ),
        (
            {**TYPES, "policies/a.yaml": VARIANTS.replace("severity: high", "resource: X")},
            "a variant has no key 'resource'",
        ),
        ({**TYPES, "policies/a.yaml": VARIANTS.replace("aws-days-one", "Aws")}, "'Aws' is no id"),
    ],
)
def test_a_wrong_policy_file_says_where_and_why(tmp_path: Path, files: dict[str, str], message: str) -> None:
    (found,) = problems(tmp_path, files)
    assert message in found


def test_all_that_is_wrong_is_said_at_once_and_nothing_twice(tmp_path: Path) -> None:
    broken = {f"policies/p{n}.yaml": POLICY.replace("p.Status", f"p.Status{n}") for n in range(5)}
    variants = VARIANTS.replace("p.Days", "p.Dys")
    found = problems(tmp_path, {**TYPES, **broken, "policies/v.yaml": variants})
    assert [each.split(":")[0] for each in found] == [
        *(f"policies/p{n}.yaml" for n in range(5)),
        "policies/v.yaml",
    ]


def test_a_policy_is_declared_once(tmp_path: Path) -> None:
    assert problems(tmp_path, {**SMALL, f"policies/other/{ID}.yaml": POLICY}) == [
        f"policies/other/{ID}.yaml:1: policy {ID} is declared twice: also in {tmp_path}/{PLACE}".replace(
            f"{tmp_path}/", ""
        )
    ]


FUNCTION = "functions/aws.yaml"


def test_functions_are_written_out_in_policies(tmp_path: Path) -> None:
    files = {
        **with_condition("unhealthy: off(p)\n"),
        FUNCTION: "off(b):\n  doc: It is off.\n  body: >-\n    !is(b.Status, 'Enabled')\nis(a, b): a == b\n",
    }
    content = load(tmp_path, files)
    assert content.functions["off"].doc == "It is off."
    assert content.functions["off"].params == ("b",)
    assert (content.functions["is"].file.removeprefix(f"{tmp_path}/"), content.functions["is"].line) == (
        FUNCTION,
        5,
    )
    assert rules(content, "AWS::S3::Bucket")[0].reads == ("Status",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("off: p.X\n", f"{FUNCTION}:1:1: 'off' is no signature like isOpen(rule)"),
        ("off(a b): a\n", "is no signature like isOpen(rule)"),
        ("off(a):\n  bdy: a\n", f"{FUNCTION}:2:3: a function has no key 'bdy'; did you mean 'body'?"),
        ("off(a): [a]\n", f"{FUNCTION}:1:9: off(a): expected text, not a list"),
        ("off(a, a): a\n", f"{FUNCTION}:1:1: parameter a is taken"),
        ("off(p): p\n", "parameter p is taken"),
        ("size(a): a\n", "size has a meaning already"),
        ("statements(a): a\n", "statements has a meaning already"),
        ("all(a): a\n", "all has a meaning already"),
        ("off(a): >-\n  a.X &&\n   b.X\n", f"{FUNCTION}:3:4: unknown name 'b'"),
        ("off(rule): rul.X\n", f"{FUNCTION}:1:12: unknown name 'rul'; did you mean 'rule'?"),
        ("off(a): a &&\n", f"{FUNCTION}:1:13: the condition ends too early"),
        ("off(a): of(a)\n", f"{FUNCTION}:1:9: unknown function 'of'; did you mean 'off'?"),
        ("off(a): off(a)\n", f"{FUNCTION}:1:9: off calls itself: off > off"),
        ("off(a): on(a, a)\non(b): b\n", f"{FUNCTION}:1:9: on(b) is called with 2 arguments"),
        ("off(a): has(a.b)\n", f"{FUNCTION}:1:9: has() is not used"),
    ],
)
def test_a_wrong_function_file_says_where_and_why(tmp_path: Path, text: str, message: str) -> None:
    (found,) = problems(tmp_path, {FUNCTION: text})
    assert message in found


def test_a_function_is_declared_once(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, {FUNCTION: "off(a): a\n", "functions/b.yaml": "\noff(b): b\n"})
    assert (
        found
        == f"functions/b.yaml:2: function off is declared twice: also in {tmp_path}/{FUNCTION}:1".replace(
            f"{tmp_path}/", ""
        )
    )


CONTROL = f"title: Protect\nmax: 4\npolicies: [{ID}]\n"


def test_a_control_file_says_all_of_a_control(tmp_path: Path) -> None:
    (control,) = load(tmp_path, {**SMALL, "controls/protect.yaml": CONTROL}).controls
    assert (control.id, control.title, control.max, control.policies) == ("protect", "Protect", 4.0, (ID,))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"controls/a.yaml": CONTROL.replace(ID, f"{ID}s")},
            f"controls/a.yaml:3:11: policies: unknown policy '{ID}s'; did you mean '{ID}'?",
        ),
        (
            {"controls/a.yaml": CONTROL.replace("max: 4", "max: four")},
            "controls/a.yaml:2:6: max: expected a number, not 'four'",
        ),
        (
            {"controls/a.yaml": CONTROL.replace("max", "maxi")},
            "a control has no key 'maxi'; did you mean 'max'?",
        ),
        (
            {"controls/a.yaml": CONTROL, "controls/b.yaml": CONTROL},
            f"controls/b.yaml:3:11: policies: {ID} counts in a already",
        ),
        ({"controls/a.yaml": CONTROL, "controls/x/a.yaml": CONTROL}, "control a is declared twice"),
    ],
)
def test_a_wrong_control_file_says_where_and_why(tmp_path: Path, files: dict[str, str], message: str) -> None:
    (found,) = problems(tmp_path, {**SMALL, **files})
    assert message in found
