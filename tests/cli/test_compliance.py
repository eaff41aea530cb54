"""Compliance as a person meets it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cloudward.store import Store
from tests.assess.standards import content
from tests.cli.conftest import Cloudward, Ran
from tests.cli.estate import DEV, PROD, fill


@pytest.fixture(scope="session")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Content of one's own, in one place: it is checked once, not for every test."""
    return content(tmp_path_factory.mktemp("mine"))


@pytest.fixture
def folder(home: Path) -> Path:
    fill(home / "store")
    return home / "store"


@pytest.fixture
def compliance(folder: Path, mine: Path, cloudward: Cloudward) -> Cloudward:
    def call(*words: object) -> Ran:
        own = () if words[0] in ("attestations", "withdraw") else ("--content", mine)
        return cloudward("compliance", *words, "--store", folder, *own)

    return call


def states(ran: Ran, scope: str = PROD.id) -> dict[str, str]:
    return {each["control"]: each["state"] for each in ran.json["items"] if each["scope"] == scope}


def item(ran: Ran, control: str, scope: str = PROD.id) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = (each for each in ran.json["items"] if (each["control"], each["scope"]) == (control, scope))
    return found


def attest(compliance: Cloudward, control: str, *more: object, expires: str = "") -> str:
    words = ["--statement", "We looked.", "--owner", "ann", "--by", "bob", "--state"]
    when = ("--expires", expires) if expires else _soon()
    state = () if "non_compliant" in more else ("compliant",)
    ran = compliance("attest", "small", control, *words, *state, *more, *when, "-o", "json")
    assert ran.code == 0, ran.err
    id: str = ran.json["items"][0]["id"]
    return id


def _soon() -> tuple[str, str]:
    return "--expires", f"{datetime.now(UTC) + timedelta(days=90):%Y-%m-%d}"


def test_the_list_says_how_much_is_automated_and_how_the_scopes_compare(compliance: Cloudward) -> None:
    ran = compliance("list", "-o", "json")
    (small,) = (each for each in ran.json["items"] if each["id"] == "small")
    counts = ("controls", "automated", "manual", "not_covered", "scopes")
    assert [small[key] for key in counts] == [6, 4, 1, 1, 2]
    assert [small[key] for key in ("passed", "failed", "not_determined", "not_applicable")] == [0, 3, 1, 0]
    assert small["providers"] == ["aws"]


def test_without_a_scan_the_list_says_what_standards_ask_for(mine: Path, cloudward: Cloudward) -> None:
    ran = cloudward("compliance", "list", "--store", "none", "--content", mine, "-o", "json")
    (small,) = (each for each in ran.json["items"] if each["id"] == "small")
    assert (small["controls"], small["scopes"], small["passed"]) == (6, 0, None)
    assert not Path("none").exists()


def test_each_control_has_a_state_in_each_scope(compliance: Cloudward) -> None:
    ran = compliance("show", "small", "-o", "json")
    assert states(ran) == {
        "1.1": "failed",
        "1.2": "not_determined",
        "1.3": "failed",
        "2.1": "not_determined",
        "2.2": "manual",
        "2.3": "not_covered",
    }
    assert states(ran, DEV.id)["2.1"] == "failed"


def test_a_waiver_takes_a_resource_out_and_is_told(compliance: Cloudward) -> None:
    found = item(compliance("show", "small", "-o", "json"), "1.2")
    assert [found[key] for key in ("healthy", "unhealthy", "unknown", "not_applicable", "exempt")] == [
        0,
        0,
        1,
        1,
        1,
    ]


def test_a_resource_counts_once_in_a_control_by_the_worst_that_is_found(compliance: Cloudward) -> None:
    found = item(compliance("show", "small", "-o", "json"), "1.3")
    assert [found[key] for key in ("healthy", "unhealthy", "unknown")] == [1, 1, 0]
    assert [each["policy"] for each in found["policies"]] == ["test-bucket-public", "test-bucket-logged"]


def test_a_type_that_was_not_read_is_named(compliance: Cloudward) -> None:
    found = item(compliance("show", "small", "-o", "json"), "2.1")
    (ssh,) = found["policies"]
    assert ssh["state"] == "not_determined"
    assert ssh["causes"] == [f"not_requested AWS::EC2::SecurityGroup in {PROD.id} was not read"]


def test_controls_can_be_chosen_by_state_and_scope(compliance: Cloudward) -> None:
    ran = compliance(
        "show", "small", "--state", "failed", "--state", "manual", "--scope", DEV.id, "-o", "json"
    )
    assert states(ran, DEV.id) == {"1.1": "failed", "1.3": "failed", "2.1": "failed", "2.2": "manual"}
    assert {each["scope"] for each in ran.json["items"]} == {DEV.id}


def test_controls_as_csv_have_the_same_keys(compliance: Cloudward) -> None:
    rows = list(csv.DictReader(io.StringIO(compliance("show", "small", "-o", "csv").out)))
    assert len(rows) == 12
    assert rows[0]["control"] == "1.1"
    assert rows[0]["state"] == "failed"


def test_on_a_screen_a_control_is_shown_over_all_scopes(compliance: Cloudward) -> None:
    ran = compliance("show", "small")
    head, counts, *_ = ran.out.splitlines()
    assert head == "Small Benchmark 1.2.0"
    assert counts == "6 controls: 3 failed, 1 not determined, 1 manual, 1 not covered"
    assert "1.2      not determined          0        1  Buckets are logged" in ran.out
    assert ran.err == "Next: cloudward compliance show small --control 1.1\n"
    assert all(len(line) <= 80 for line in ran.out.splitlines())


def test_one_control_is_shown_with_what_decides(compliance: Cloudward) -> None:
    out = compliance("show", "small", "--control", "1.2", "--scope", PROD.id).out
    assert "Small Benchmark 1.2.0 - Buckets" in out
    assert "Somebody reads the logs." in out
    assert f"not determined  {PROD.id} acme-prod" in out
    assert "test-bucket-logged  not determined          0        1        0       1" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("show", "smal"), "unknown standard 'smal'; did you mean 'small'?"),
        (("show", "small", "--control", "1.11"), "unknown control '1.11'; did you mean '1.1'?"),
        (("show", "small", "--scope", "1"), "unknown scope '1'"),
        (("show", "small", "--until", "2026-01-01"), "--until needs --since"),
        (("show", "small", "--since", "2999-01-01"), "--since 2999-01-01 is not before the end of the time"),
        (("list", "--scope", "1"), "unknown scope '1'"),
        (("withdraw", "at-1"), "there is no attestation 'at-1'"),
        (("attestations", "hipa"), "unknown standard 'hipa'; did you mean 'hipaa'?"),
    ],
)
def test_names_are_checked_before_anything_starts(
    compliance: Cloudward, words: tuple[str, ...], message: str
) -> None:
    ran = compliance(*words)
    assert ran.code == 2
    assert ran.err.startswith(f"error: {message}")


def test_what_a_person_attests_counts_until_it_is_withdrawn(compliance: Cloudward, folder: Path) -> None:
    id = attest(compliance, "2.2", "--evidence", "https://wiki.example/training")
    found = item(compliance("show", "small", "-o", "json"), "2.2")
    assert found["state"] == "passed"
    assert found["attestation"]["statement"] == "We looked."
    assert found["attestation"]["evidence"] == ["https://wiki.example/training"]
    assert (found["attestation"]["owner"], found["attestation"]["created_by"]) == ("ann", "bob")
    assert compliance("withdraw", id, "--by", "eve").code == 0
    assert item(compliance("show", "small", "-o", "json"), "2.2")["state"] == "manual"
    assert compliance("attestations", "-o", "json").json["items"] == []
    (kept,) = compliance("attestations", "--all", "-o", "json").json["items"]
    assert (kept["id"], kept["withdrawn_by"]) == (id, "eve")
    assert "was withdrawn by eve already" in compliance("withdraw", id).err


def test_an_expired_word_is_manual_again(compliance: Cloudward, folder: Path) -> None:
    attest(compliance, "2.2")
    with Store.open(folder) as store, store.database.write() as connection:
        connection.exec_driver_sql("UPDATE attestations SET expires = created_at + 1")
    assert item(compliance("show", "small", "-o", "json"), "2.2")["state"] == "manual"


def test_a_word_may_be_for_one_scope(compliance: Cloudward) -> None:
    attest(compliance, "2.2", "--scope", DEV.id)
    ran = compliance("show", "small", "-o", "json")
    assert (states(ran)["2.2"], states(ran, DEV.id)["2.2"]) == ("manual", "passed")


def test_a_persons_no_is_a_failure(compliance: Cloudward) -> None:
    attest(compliance, "2.2", "non_compliant")
    assert states(compliance("show", "small", "-o", "json"))["2.2"] == "failed"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("1.1",), "policies answer 1.1 alone: test-bucket-public"),
        (("2.9",), "small has no control '2.9'"),
        (
            ("2.2", "--evidence", "javascript:alert(1)"),
            "evidence: 'javascript:alert(1)' is no http or https address",
        ),
        (("2.2", "--scope", "1"), "unknown scope '1'"),
        (("2.2", "--owner", " "), "an attestation needs an owner"),
    ],
)
def test_a_word_that_does_not_fit_is_not_taken(
    compliance: Cloudward, words: tuple[str, ...], message: str
) -> None:
    said = ("--state", "compliant", "--statement", "We looked.", "--owner", "ann", *_soon())
    ran = compliance("attest", "small", words[0], *said, *words[1:])
    assert ran.code == 2
    assert ran.err.startswith(f"error: {message}")
    assert compliance("attestations", "-o", "json").json["items"] == []


def test_the_list_marks_where_a_standard_is_assigned(
    compliance: Cloudward, cloudward: Cloudward, folder: Path, mine: Path
) -> None:
    assert all(each["assigned"] == [] for each in compliance("list", "-o", "json").json["items"])
    words = ["--store", folder, "--content", mine]
    made = cloudward("assign", "add", "small", "--scope", PROD.id, *words, "-o", "json")
    [assignment] = made.json["items"]
    found = {each["id"]: each["assigned"] for each in compliance("list", "-o", "json").json["items"]}
    told = {"id": assignment["id"], "effect": "audit", "scope": PROD.id, "exclude": []}
    assert {id for id, assigned in found.items() if assigned} == {"small"}
    assert found["small"] == [told]
    assert f"small is audited in {PROD.id}.\n" in compliance("list").err


def test_a_report_is_written_with_the_hashes_of_its_files(compliance: Cloudward, home: Path) -> None:
    forms = ("--format", "html", "--format", "csv", "--format", "oscal")
    ran = compliance("export", "small", *forms, "--directory", home / "audit", "-o", "json")
    names = ["small.html", "small.csv", "small.oscal.json", "SHA256SUMS"]
    assert [Path(each["file"]).name for each in ran.json["items"]] == names
    assert all((home / "audit" / name).stat().st_size > 100 for name in names)


def test_a_report_may_be_of_one_scope_and_over_a_time(compliance: Cloudward, home: Path) -> None:
    first = f"{datetime.now(UTC) - timedelta(days=5):%Y-%m-%d}"
    words = ("--scope", DEV.id, "--since", first)
    assert compliance("export", "small", *words, "--directory", home / "audit").code == 0
    text = (home / "audit" / "small.html").read_text()
    assert DEV.id in text
    assert PROD.id not in text
    assert "there is no snapshot before" in text


def test_over_a_time_what_no_snapshot_shows_is_not_determined(compliance: Cloudward) -> None:
    first = f"{datetime.now(UTC) - timedelta(days=5):%Y-%m-%d}"
    found = item(compliance("show", "small", "--since", first, "-o", "json"), "1.2")
    assert found["state"] == "not_determined"
    assert [each["state"] for each in found["periods"]] == ["not_determined", "not_determined"]
    assert found["periods"][0]["cause"].startswith("there is no snapshot before")
    assert found["periods"][1]["cause"] == "test-bucket-logged: 1 unknown"
    out = compliance("show", "small", "--since", first).out
    assert "6 controls: 3 failed, 1 not determined, 1 manual, 1 not covered" in out
    assert f"{PROD.id}: 1 snapshot" in out
    assert (
        "there is no snapshot before" in compliance("show", "small", "--since", first, "--control", "1.2").out
    )
    assert all(len(line) <= 80 for line in out.splitlines())


def test_a_form_that_there_is_not_is_refused_before_anything_is_written(
    compliance: Cloudward, home: Path
) -> None:
    ran = compliance("export", "small", "--format", "htm", "--directory", home / "audit")
    assert (ran.code, ran.err.splitlines()[0]) == (2, "error: unknown form 'htm'; did you mean 'html'?")
    assert not (home / "audit").exists()


def test_a_policy_that_an_assignment_turns_off_leaves_its_control_open(
    compliance: Cloudward, folder: Path, mine: Path, cloudward: Cloudward
) -> None:
    with Store.open(folder) as store, store.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM assessments")
        connection.exec_driver_sql("DELETE FROM counts")
    off = ("assign", "add", "test-bucket-public", "--effect", "disabled", "--reason", "Not ours.")
    own = ("--content", mine, "--store", folder)
    turned = cloudward(*off, *own)
    assert turned.code == 0, turned.err
    found = item(compliance("show", "small", "-o", "json"), "1.1")
    assert found["state"] == "not_determined"
    assert found["policies"][0]["causes"] == ["not_requested an assignment turns the policy off here"]
