"""Reports as files: what an auditor gets, and what a hostile name cannot do in it."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import warnings
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from cloudward.assess.course import Span
from cloudward.errors import UsageError
from cloudward.model import Attestation, Attested, Cause, Coverage, Outcome, Reason
from cloudward.pack import Pack, load
from cloudward.respond.exporters import MANIFEST, export, html, oscal
from cloudward.respond.exporters import csv as csv_
from cloudward.respond.exporters._tokens import tokens
from cloudward.respond.forms import forms
from cloudward.respond.report import Report, report
from cloudward.store import Store
from tests.assess.standards import content
from tests.cli.estate import DEV, HOSTILE, INVOICES, PROD, fill
from tests.store.build import ONE, scanned

NOW = datetime.now(UTC)
WORD = Attestation(
    "at-1",
    "small",
    "2.2",
    Attested.COMPLIANT,
    "<b>All</b> were there. *Really*",
    "ann <ann@acme.example>",
    "bob",
    NOW - timedelta(days=1),
    NOW + timedelta(days=90),
    evidence=("https://wiki.example/a?b=1&c=<script>",),
)


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return load(content(tmp_path_factory.mktemp("mine")))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("store")
    fill(folder)
    with Store.open(folder) as opened:
        opened.attest(WORD)
        yield opened


@pytest.fixture(scope="module")
def made(store: Store, pack: Pack) -> Report:
    return report(store, pack, pack.standards["small"], store.scopes(), NOW)


@pytest.fixture(scope="module")
def over(store: Store, pack: Pack) -> Report:
    span = Span(NOW - timedelta(days=3), NOW, NOW)
    return report(store, pack, pack.standards["small"], store.scopes(), NOW, span)


class Page(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def page(report: Report) -> tuple[Page, str]:
    source = "".join(html.write(report))
    return Page(source), source


def test_the_page_needs_nothing_else(made: Report) -> None:
    found, source = page(made)
    assert {tag for tag, _ in found.tags}.isdisjoint(
        {"script", "link", "img", "iframe", "object", "form", "base"}
    )
    assert not [
        name for _, attributes in found.tags for name in attributes if name.startswith("on") or name == "src"
    ]
    assert not re.search(r"@import|url\(|expression\(", source)
    assert found.open == []
    assert "default-src 'none'" in source


def test_links_lead_into_the_page_or_to_the_web(made: Report) -> None:
    found, _ = page(made)
    ids = {attributes.get("id") for _, attributes in found.tags}
    links = [attributes["href"] or "" for tag, attributes in found.tags if tag == "a"]
    assert {link for link in links if link[0] != "#"} == {"https://small.example/benchmark", WORD.evidence[0]}
    assert {link[1:] for link in links if link[0] == "#"} <= ids


def test_the_page_says_what_when_by_what_and_what_could_not_be_read(made: Report) -> None:
    text = page(made)[0].text
    for expected in (
        "Small Benchmark",
        "Version 1.2.0, Small Institute",
        f"acme-prod {PROD.id}",
        made.engine,
        made.content,
        made.standard.hash,
        "1 call was not answered (s3:GetBucketPolicy)",
        f"{made.made:%Y-%m-%d %H:%M} UTC",
    ):
        assert expected in text, expected


def test_each_control_shows_its_state_policies_resources_and_cause(made: Report) -> None:
    text = page(made)[0].text
    assert INVOICES.id in text
    assert "denied s3:GetBucketPolicy not allowed; healthy on 2026-01-30" in text
    assert "AWS::EC2::SecurityGroup in 111122223333 was not read" in text
    assert "Resources of test-bucket-public under 1.1, test-bucket-logged under 1.2." in text
    assert "Not covered: Doors are not in a cloud." in text
    assert "Attested as compliant: <b>All</b> were there. *Really*" in text
    assert "It is the log bucket." in text


def test_what_others_wrote_is_text_and_can_be_seen(made: Report) -> None:
    found, source = page(made)
    assert HOSTILE.name == "[red]x\x1b[2J=1+1"
    assert "\x1b" not in source
    assert "[red]x\\x1b[2J=1+1" in found.text
    assert "b" not in {tag for tag, attributes in found.tags if attributes.get("id") == "x"}
    assert "<b>All</b>" not in source


def test_over_a_time_the_page_tells_the_gaps(over: Report) -> None:
    text = page(over)[0].text
    assert "there is no snapshot before" in text
    assert "not determined" in text
    assert "Times without a snapshot" in text


def rows(report: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(csv_.write(report)))))


def test_the_table_has_a_row_for_each_resource_that_is_not_healthy(made: Report) -> None:
    found = [
        (row["control"], row["state"], row["resource"], row["status"], row["exemption"])
        for row in rows(made)
        if row["scope"] == PROD.id
    ]
    logs, invoices = "arn:aws:s3:::acme-logs", INVOICES.id
    assert found == [
        ("1.1", "failed", invoices, "unhealthy", ""),
        ("1.2", "not_determined", logs, "unhealthy", "ex-1"),
        ("1.2", "not_determined", invoices, "unknown", ""),
        ("1.3", "failed", invoices, "unhealthy", ""),
        ("1.3", "failed", logs, "unhealthy", "ex-1"),
        ("1.3", "failed", invoices, "unknown", ""),
        ("2.1", "not_determined", "", "", ""),
        ("2.2", "passed", "", "", ""),
        ("2.3", "not_covered", "", "", ""),
    ]


def test_no_cell_is_a_formula(made: Report) -> None:
    cells = [cell for row in rows(made) for cell in row.values()]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t")]


def parsed(report: Report) -> Any:
    """Read by models made from NIST's schema; what they do not know or miss is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from trestle.oscal import OSCAL_VERSION
        from trestle.oscal.assessment_results import AssessmentResults
    document = json.loads("".join(oscal.write(report)))["assessment-results"]
    assert document["metadata"]["oscal-version"] == OSCAL_VERSION == oscal.VERSION
    return AssessmentResults.parse_obj(document)


def test_assessment_results_are_what_the_schema_asks_for(made: Report, over: Report) -> None:
    assert [result.title for result in parsed(made).results] == [
        "Small Benchmark in acme-prod",
        "Small Benchmark in acme-dev",
    ]
    assert parsed(over).results[0].end > parsed(over).results[0].start


def test_a_document_that_the_schema_does_not_allow_would_be_noticed(made: Report) -> None:
    document = oscal.document(made)["assessment-results"]
    document["results"][0]["findings"][0]["target"]["target-id"] = "1.1"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from trestle.oscal.assessment_results import AssessmentResults
    with pytest.raises(ValueError, match="target"):
        AssessmentResults.parse_obj(document)


def states(report: Report) -> dict[str, tuple[str, str]]:
    result = oscal.document(report)["assessment-results"]["results"][0]
    targets = [finding["target"] for finding in result["findings"]]
    return {
        target["target-id"]: (target["status"]["state"], target["status"]["reason"]) for target in targets
    }


def test_only_what_passed_is_satisfied_and_what_nobody_answered_was_not_reviewed(made: Report) -> None:
    assert states(made) == {
        "control-1.1": ("not-satisfied", "fail"),
        "control-1.2": ("not-satisfied", "other"),
        "control-1.3": ("not-satisfied", "fail"),
        "control-2.1": ("not-satisfied", "other"),
        "control-2.2": ("satisfied", "pass"),
    }
    result = oscal.document(made)["assessment-results"]["results"][0]
    (selection,) = result["reviewed-controls"]["control-selections"]
    assert selection["exclude-controls"] == [{"control-id": "control-2.3"}]
    assert len(selection["include-controls"]) == 5


def test_every_reference_of_a_result_leads_to_something(made: Report) -> None:
    for result in oscal.document(made)["assessment-results"]["results"]:
        known = {each["uuid"] for each in result["observations"]}
        items = {each["uuid"] for each in result.get("local-definitions", {}).get("inventory-items", ())}
        for finding in result["findings"]:
            assert {each["observation-uuid"] for each in finding["related-observations"]} <= known
        subjects = {
            subject["subject-uuid"] for each in result["observations"] for subject in each.get("subjects", ())
        }
        assert subjects == items


def test_ids_of_controls_become_tokens_as_nist_writes_them() -> None:
    assert tokens(["AC-2(1)", "AC-2", "1.4", "164.312(a)(1)", "CC6.1", "A.5.1", "IAM.4", "1 4", "1_4"]) == {
        "AC-2(1)": "ac-2.1",
        "AC-2": "ac-2",
        "1.4": "control-1.4",
        "164.312(a)(1)": "control-164.312.a.1",
        "CC6.1": "cc6.1",
        "A.5.1": "a.5.1",
        "IAM.4": "iam.4",
        "1 4": "control-1_4",
        "1_4": "control-1_4_2",
    }


def test_the_forms_are_the_modules() -> None:
    assert forms() == ["csv", "html", "oscal"]


def test_hashes_stand_beside_the_files_and_other_files_keep_theirs(made: Report, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "audit"
    names = [path.name for path in export(made, ["html", "html", "oscal"], folder)]
    assert names == ["small.html", "small.oscal.json", MANIFEST]
    export(made, ["csv"], folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        MANIFEST,
        "small.csv",
        "small.html",
        "small.oscal.json",
    ]
    check = ["sha256sum", "--check", "--strict", MANIFEST]
    assert subprocess.run(check, cwd=folder, check=False, capture_output=True).returncode == 0
    with (folder / "small.html").open("a") as file:
        file.write("<p>changed</p>")
    export(made, ["csv"], folder)
    done = subprocess.run(check, cwd=folder, check=False, capture_output=True, text=True)
    assert (done.returncode, "small.html: FAILED" in done.stdout) == (1, True)


def test_a_folder_that_cannot_be_written_is_said(made: Report, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be written"):
        export(made, ["csv"], tmp_path / "file" / "audit")


def test_a_report_that_breaks_leaves_the_old_file_as_it_was(made: Report, tmp_path: Path) -> None:
    export(made, ["html"], tmp_path)
    before = (tmp_path / "small.html").read_bytes()
    broken = replace(made, resources={})
    with pytest.raises(KeyError):
        export(broken, ["html"], tmp_path)
    assert (tmp_path / "small.html").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [MANIFEST, "small.html"]


def test_the_other_account_is_in_the_report_too(made: Report) -> None:
    assert DEV.id in page(made)[0].text


def test_a_region_that_was_left_out_is_told_as_one(tmp_path: Path, pack: Pack) -> None:
    cause = Cause(Reason.NOT_SCANNED, message="the region was left out")
    left_out = Coverage(ONE, "eu-west-3", "", "", Outcome.NOT_REQUESTED, False, 0, NOW, cause)
    extra = replace(left_out, type="AWS::S3::Bucket", call="s3:GetBucketCORS")
    with Store.open(tmp_path) as store:
        scanned(store, left_out, extra)
        found, _ = page(report(store, pack, pack.standards["small"], store.scopes(), NOW))
    assert "1 call was not answered (every regional call)" in found.text
    assert f"{ONE} eu-west-3" in found.text
    assert "GetBucketCORS" not in found.text
