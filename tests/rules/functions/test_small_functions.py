"""Names, versions, times, wildcards, principals, and the declaration itself."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloudward.rules.functions import Function, functions, shape
from cloudward.rules.functions.arns import arn_account, arn_partition, arn_region, arn_service, log_group_name
from cloudward.rules.functions.dates import age
from cloudward.rules.functions.nulls import either
from cloudward.rules.functions.patterns import matches, matches_action
from cloudward.rules.functions.principals import cross_account_principals, trusted_principals
from cloudward.rules.functions.versions import version_less

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_every_function_says_what_it_is_for() -> None:
    assert {"statements", "publicStatements", "when", "age", "either", "reaches"} <= set(functions())
    for name, declared in functions().items():
        assert isinstance(declared, Function)
        assert declared.doc, name
        assert declared.args, name


def test_a_shape_becomes_a_field() -> None:
    field = shape([{"Name": "string?", "Ports": ["integer"], "Tags": {"*": "string"}}])
    assert field.type == "list"
    assert field.items is not None
    name, ports, tags = field.items.fields
    assert (name.name, name.type, name.default) == ("Name", "string", None)
    assert ports.items is not None
    assert (ports.type, ports.items.type, ports.items.default) == ("list", "integer", 0)
    assert tags.type == "map"


@pytest.mark.parametrize(
    ("moment", "days"),
    [
        ("2026-01-01T00:00:00Z", 0),
        ("2025-12-31T00:00:01Z", 0),
        ("2025-12-31T00:00:00Z", 1),
        ("2025-10-03T00:00:00Z", 90),
        ("2026-01-01T00:00:01Z", -1),
        ("2026-01-03T00:00:00Z", -2),
        ("2025-12-31T02:00:00+02:00", 1),
    ],
)
def test_age_is_whole_days(moment: str, days: int) -> None:
    assert age(moment, now=NOW) == days


@pytest.mark.parametrize("days", [-400, -1, 0, 1, 45, 90])
def test_the_moment_of_an_age_is_exact(days: int) -> None:
    declared = functions()["age"]
    assert declared.timed
    assert declared.moment is not None
    written = "2025-06-01T13:14:15Z"
    moment = declared.moment(written, days)
    assert age(written, now=moment) == days
    assert age(written, now=moment - timedelta(seconds=1)) == days - 1


def test_an_age_that_never_comes_is_the_end_of_time() -> None:
    moment = functions()["age"].moment
    assert moment is not None
    assert moment("2025-06-01T13:14:15Z", 10**9).year == 9999


@pytest.mark.parametrize("text", ["", "yesterday", "N/A", "0001-01-01T00:00:00+14:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        age(text, now=NOW)


@pytest.mark.parametrize(
    ("first", "second", "result"),
    [("a", "b", "a"), (None, "b", "b"), (None, None, None), (False, True, False), (0, 1, 0)],
)
def test_either_gives_the_first_that_is_set(first: object, second: object, result: object) -> None:
    assert either(first, second) == result


@pytest.mark.parametrize(
    ("pattern", "action", "fits"),
    [
        ("*", "s3:PutObject", True),
        ("s3:*", "s3:PutObject", True),
        ("S3:put*", "s3:PutObject", True),
        ("s3:*Object", "s3:PutObject", True),
        ("s3:Put?bject", "s3:PutObject", True),
        ("s3:Put?", "s3:PutObject", False),
        ("s3:Put", "s3:PutObject", False),
        ("s3:PutObject", "s3:PutObjectAcl", False),
        ("*Object*", "s3:PutObjectAcl", True),
        ("s3:**", "s3:", True),
        ("", "s3:PutObject", False),
        ("s3:P*t*b*t", "s3:PutObject", True),
    ],
)
def test_actions_under_a_pattern(pattern: str, action: str, fits: bool) -> None:
    assert matches_action(pattern, action) is fits


@pytest.mark.parametrize(
    ("wide", "narrow", "covers"),
    [
        ("s3:*", "s3:Get*", True),
        ("s3:Get*", "s3:*", False),
        ("a?", "a*", False),
        ("a?", "a?", True),
        ("*a*", "*a", True),
    ],
)
def test_a_pattern_covers_another(wide: str, narrow: str, covers: bool) -> None:
    assert matches(wide, narrow) is covers


def test_patterns_are_never_slow() -> None:
    start = time.process_time()
    assert not matches("*a" * 1000 + "b", "a" * 2000)
    assert time.process_time() - start < 20
    with pytest.raises(ValueError, match="more than"):
        matches("*" * 5000, "a")


@pytest.mark.parametrize(
    ("arn", "parts"),
    [
        ("arn:aws:iam::111122223333:role/x", ("aws", "iam", "", "111122223333")),
        (
            "arn:aws-cn:logs:cn-north-1:111122223333:log-group:a:*",
            ("aws-cn", "logs", "cn-north-1", "111122223333"),
        ),
        ("arn:aws:s3:::bucket", ("aws", "s3", "", "")),
        ("arn:aws:iam::aws:policy/AdministratorAccess", ("aws", "iam", "", "aws")),
    ],
)
def test_parts_of_an_arn(arn: str, parts: tuple[str, ...]) -> None:
    assert (arn_partition(arn), arn_service(arn), arn_region(arn), arn_account(arn)) == parts


@pytest.mark.parametrize("text", ["", "bucket", "arn:aws:s3", "urn:aws:s3:::bucket"])
def test_what_is_no_arn_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no ARN"):
        arn_account(text)


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:logs:eu-west-1:111122223333:log-group:trail:*", "trail"),
        ("arn:aws:logs:eu-west-1:111122223333:log-group:trail", "trail"),
        (
            "arn:aws-us-gov:logs:us-gov-east-1:111122223333:log-group:/aws/trail/a.b_c#1:*",
            "/aws/trail/a.b_c#1",
        ),
        ("arn:aws:logs:eu-west-1:111122223333:log-group:trail:log-stream:x", "trail"),
    ],
)
def test_the_name_of_a_log_group(arn: str, name: str) -> None:
    assert log_group_name(arn) == name


@pytest.mark.parametrize(
    "arn", ["arn:aws:logs:eu-west-1:1:destination:x", "arn:aws:s3:::log-group:x", "trail"]
)
def test_what_is_no_log_group_is_refused(arn: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        log_group_name(arn)


@pytest.mark.parametrize(
    ("first", "second", "less"),
    [
        ("1.9", "1.10", True),
        ("1.10", "1.9", False),
        ("1.0", "1", False),
        ("1", "1.0.0", False),
        ("1.0", "1.0.1", True),
        ("v1.27", "1.28", True),
        ("1.28.0-rc1", "1.28.0", True),
        ("1.28.0-rc2", "1.28.0-rc10", True),
        ("1.28.0", "1.28.0-rc1", False),
        ("1.28.0+eks.1", "1.28.0", False),
        ("5.7.mysql_aurora.2.11.1", "5.7.mysql_aurora.2.11.2", True),
        ("8.0.35", "8.0.4", False),
    ],
)
def test_older_versions(first: str, second: str, less: bool) -> None:
    assert version_less(first, second) is less


@pytest.mark.parametrize("text", ["", "latest", "1..2", "1." * 200])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no version"):
        version_less(text, "1")


def trust(principal: Any, condition: Any = None) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return {"Statement": [{**statement, "Condition": condition or {}}]}


@pytest.mark.parametrize(
    ("document", "others"),
    [
        (trust({"AWS": "111122223333"}), []),
        (trust({"AWS": ["111122223333", "999999999999"]}), ["999999999999"]),
        (trust({"AWS": "arn:aws:iam::999999999999:root"}), ["arn:aws:iam::999999999999:root"]),
        (
            trust({"AWS": "arn:aws-cn:sts::999999999999:assumed-role/r/s"}),
            ["arn:aws-cn:sts::999999999999:assumed-role/r/s"],
        ),
        (trust({"Service": "ec2.amazonaws.com"}), []),
        (trust({"Federated": "arn:aws:iam::111122223333:oidc-provider/x.example"}), []),
        (
            trust({"Federated": "arn:aws:iam::999999999999:saml-provider/x"}),
            ["arn:aws:iam::999999999999:saml-provider/x"],
        ),
        (trust({"AWS": "AIDACKCEVSQ6C2EXAMPLE"}), []),
        (trust("*"), ["*"]),
        (trust("*", {"StringEquals": {"aws:PrincipalAccount": "111122223333"}}), []),
        ({"Statement": {"Effect": "Deny", "Principal": {"AWS": "999999999999"}, "Action": "*"}}, []),
        (None, []),
    ],
)
def test_principals_of_other_accounts(document: Any, others: list[str]) -> None:
    assert cross_account_principals(document, "111122223333") == others


def test_trusted_principals_are_named_once_in_their_order() -> None:
    both = (
        trust({"AWS": ["999999999999", "111122223333"]})["Statement"]
        + trust({"AWS": "999999999999"})["Statement"]
    )
    assert trusted_principals({"Statement": both}) == ["999999999999", "111122223333"]
