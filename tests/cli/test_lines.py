from __future__ import annotations

import shlex

import pytest

from cloudward.cli.lines import command, hanging, wrapped
from cloudward.pack import load

LONG = "aws s3api put-public-access-block --bucket BUCKET --public-access-block-configuration " + ",".join(
    f"{name}=true" for name in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy")
)


def test_a_paragraph_is_wrapped_and_evidence_hangs() -> None:
    assert list(wrapped("one two three four", 10, 2)) == ["  one two", "  three", "  four"]
    assert list(hanging("one two three four", 10, 2)) == ["  one two", "    three", "    four"]
    assert list(wrapped("", 80, 2)) == ["  "]


def test_a_word_that_fits_on_no_line_is_broken_behind_a_separator() -> None:
    path = "p.spec.template.containers[0].securityContext.capabilities"
    told = list(hanging(path, 30))
    assert "".join(line.strip() for line in told) == path
    assert all(len(line) <= 30 for line in told)
    assert all(line[-1] in ".[](),/" for line in told[:-1])


@pytest.mark.parametrize(
    "address",
    [
        "https://docs.aws.amazon.com/a/rather/long/page.html#with-a-place",
        "arn:aws:iam::123456789012:policy/a/path/that/is/long",
        "/subscriptions/7d1f2c60-5b1e-4c55-9d0a-0f3c5e9b8a11/resourceGroups/shop",
    ],
)
def test_an_address_is_never_broken(address: str) -> None:
    assert f"    {address}" in list(hanging(f"see {address}", 30, 2))


def test_a_command_goes_on_behind_a_backslash_between_arguments() -> None:
    assert list(command(LONG, 60, 2)) == [
        "  aws s3api put-public-access-block --bucket BUCKET \\",
        (
            "    --public-access-block-configuration "
            "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true"
        ),
    ]


def test_what_is_said_before_a_command_is_no_part_of_it() -> None:
    assert list(command("With credentials of root: aws iam delete-access-key", 80)) == [
        "With credentials of root:",
        "aws iam delete-access-key",
    ]


def test_a_quoted_argument_stays_whole() -> None:
    text = """aws logs put --pattern '{ $.a = "b" && $.c NOT EXISTS }' --name "a name" --filter $(x)"""
    told = list(command(text, 30))
    assert any("'{ $.a = \"b\" && $.c NOT EXISTS }'" in line for line in told)
    assert _typed(told) == shlex.split(text)


@pytest.mark.parametrize("width", [40, 80, 4000])
def test_every_command_of_every_policy_is_typed_as_it_is_meant(width: int) -> None:
    """A shell that gets the lines sees the same words."""
    for policy in load().policies.values():
        for step in policy.fix.get("cli", "").splitlines():
            told = list(command(step, width, 2))
            begun = step.find(": aws ") + 2 if ": aws " in step else 0
            if step[begun:].startswith(("aws ", "az ", "kubectl ")):
                assert _typed(told[-_lines_of(told) :]) == shlex.split(step[begun:]), policy.id


def _lines_of(told: list[str]) -> int:
    """How many lines at the end the command takes."""
    taken = 1
    while taken < len(told) and told[-taken - 1].endswith("\\"):
        taken += 1
    return taken


def _typed(lines: list[str]) -> list[str]:
    return shlex.split("\n".join(lines).replace("\\\n", " "))
