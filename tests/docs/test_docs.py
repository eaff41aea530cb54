"""The documentation is complete. That what it shows is true is asked by `make check`, of every page."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from posixpath import dirname, normpath

import boto3
import pytest
from docs.build import by_hand, pages
from docs.html import GUIDES, site
from docs.page import Page
from docs.reference import commands
from docs.reference.types import fields, pack, slug
from moto import mock_aws

from cloudward.cli.exits import Exit
from cloudward.rules.functions import functions
from docs import check

SIGMA = """
title: Somebody signs in
logsource: {product: aws, service: cloudtrail}
detection: {selection: {eventName: ConsoleLogin}, condition: selection}
"""


@pytest.fixture(scope="module")
def all_pages() -> dict[str, Page]:
    return {page.path: page for page in pages()}


def test_every_command_and_option_has_its_place(all_pages: dict[str, Page]) -> None:
    page = all_pages["reference/commands"].body
    for path, command in commands.tree():
        assert f"## {path}\n" in page
        section = page.partition(f"## {path}\n")[2].partition("\n## ")[0]
        for parameter in command.params:
            assert parameter.opts[0].lstrip("-").replace("_", "-") in section.lower().replace("_", "-") or (
                (parameter.metavar or "") in section
            ), (path, parameter.name)


def test_every_exit_code_is_told(all_pages: dict[str, Page]) -> None:
    told = re.findall(r"^\| (\d+) \|", all_pages["reference/exit-codes"].body, re.MULTILINE)
    assert sorted(map(int, told)) == sorted(Exit)


def test_every_policy_has_a_page_that_says_why_and_what_to_do(all_pages: dict[str, Page]) -> None:
    for policy in pack().policies.values():
        body = all_pages[f"reference/policies/{policy.id}"].body
        assert policy.why in body, policy.id
        assert policy.unhealthy.strip() in body, policy.id
        assert "## What to do" in body, policy.id


def test_every_standard_has_a_page_with_every_control_and_its_policies_say_so(
    all_pages: dict[str, Page],
) -> None:
    for standard in pack().standards.values():
        body = all_pages[f"reference/standards/{standard.id}"].body
        for control in standard.controls:
            (row,) = [line for line in body.splitlines() if line.startswith(f"| {control.id} | ")]
            assert control.uncovered in row
            assert control.manual in row
            for id in control.policies:
                assert f"[{id}](../policies/{id}.md)" in row
                asked = all_pages[f"reference/policies/{id}"].body.partition("## Standards")[2]
                assert f"(../standards/{standard.id}.md) |" in asked, (id, standard.id)


def test_every_type_has_a_page_with_every_field(all_pages: dict[str, Page]) -> None:
    for type in pack().types.values():
        body = all_pages[f"reference/types/{slug(type)}"].body
        for path, _ in fields(type.fields):
            assert f"`{path}`" in body, (type.name, path)


def test_types_do_not_share_a_page() -> None:
    names = [slug(type) for type in pack().types.values()]
    assert len(set(names)) == len(names)


def test_every_function_is_explained(all_pages: dict[str, Page]) -> None:
    body = all_pages["reference/functions"].body
    for function in functions().values():
        assert f"`{function.name}(" in body
        assert function.doc, function.name


@pytest.mark.parametrize(
    ("language", "text", "problem"),
    [
        ("console", "$ cloudward scna aws\n", "no such command 'scna'"),
        ("console", "$ cloudward scan aws --regoin x\n", "No such option"),
        (
            "console",
            "$ cloudward explain a aws-s3-bucket-versoning\n",
            "unknown policy 'aws-s3-bucket-versoning'",
        ),
        ("yaml", "title: x\n", "does not begin with its file's name"),
        ("yaml", "# my-rule.yaml\ntitle: x\n", "my-my-rule.yaml"),
        ("python", "for\n", "Python does not parse"),
        ("yaml", "# parameters.yaml\n'': {nosuch: {x: 1}}\n", "unknown policy 'nosuch'"),
        (
            "yaml",
            "# acme/x.yaml\nassignments: {a: {polcy: x, scope: y}}\n",
            "line 2: assignment a has no key",
        ),
    ],
)
def test_a_wrong_example_would_be_noticed(language: str, text: str, problem: str) -> None:
    found = "\n".join(check.wrong(language, text))
    assert problem.lower() in found.lower()


def test_an_example_that_comes_out_otherwise_would_be_noticed() -> None:
    guide = next(page for page in by_hand() if page.path == "guides/write-a-policy")
    text = next(text for language, text in check.blocks(guide.body) if language == "yaml")
    wrong = text.replace("'!(\"team\" in meta.tags)'", "'\"team\" in meta.tags'")
    assert wrong != text
    assert "says healthy" in "".join(check.wrong("yaml", wrong))


def test_a_dead_link_would_be_noticed() -> None:
    page = Page("guides/x", "X", "[a](../nosuch.md) [b](#nosuch) [c](https://example.com)\n")
    assert list(check.broken_links([page])) == [
        "guides/x: no page ../nosuch.md",
        "guides/x: no heading #nosuch",
    ]


def test_every_guide_stands_in_a_group(all_pages: dict[str, Page]) -> None:
    grouped = [f"guides/{name}" for names in GUIDES.values() for name in names]
    assert sorted(grouped) == sorted(path for path in all_pages if path.startswith("guides/"))


def test_the_site_has_no_dead_links(all_pages: dict[str, Page]) -> None:
    files = dict(site(all_pages.values()))
    for path, html in files.items():
        for link in re.findall(r'href="([^"#:]+)(?:#[^"]*)?"', html):
            assert normpath(f"{dirname(path) or '.'}/{link}") in files, (path, link)


def test_pages_cannot_carry_html(all_pages: dict[str, Page]) -> None:
    hostile = Page("guides/x", "<script>", "# <script>alert(1)</script>\n")
    html = dict(site([all_pages["tutorials/getting-started"], hostile]))["guides/x.html"]
    assert "<script>" not in html


def test_the_python_of_the_guide_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("sigma/rules").mkdir(parents=True)
    Path("sigma/rules/login.yml").write_text(SIGMA)
    Path("events.jsonl").write_text('{"eventName": "ConsoleLogin"}\n')
    guide = next(page for page in by_hand() if page.path == "guides/python")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    blocks = [text for language, text in check.blocks(guide.body) if language == "python"]
    assert blocks
    with mock_aws():
        where = {"LocationConstraint": "eu-west-1"}
        boto3.client("s3").create_bucket(Bucket="acme", CreateBucketConfiguration=where)
        for text in blocks:
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(compile(text, "guides/python", "exec"), {})
            assert out.getvalue()
