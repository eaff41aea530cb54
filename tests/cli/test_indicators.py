"""Indicators, from the command line: added, listed, found in events, taken out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cloudward
from tests.cli.test_baseline import trail
from tests.connect.indicators.server import taxii

LISTED = "aws-call-from-listed-address"


def test_a_listed_address_is_an_alert_until_it_is_taken_out(cloudward: Cloudward, home: Path) -> None:
    logs = trail(home / "1.json", range(1, 2), "203.0.113.9")
    feed = home / "feed.csv"
    feed.write_text("ip,confidence\n203.0.113.0/24,70\nrubbish,1\n")
    ran = cloudward("indicators", "add", feed, "--expires", "2027-01-31", "--label", "C2")
    assert ran.code == 3
    assert ran.err.splitlines()[0] == "feed: 1 indicator read, 1 in all."
    assert "'rubbish' is no address" in ran.err

    (found,) = [
        each for each in cloudward("detect", logs, "-o", "json").json["items"] if each["detection"] == LISTED
    ]
    assert found["reasons"] == [
        "203.0.113.0/24 is listed by feed as c2: confidence 70 of 100, until 2027-01-31"
    ]
    shown = cloudward("alerts", "show", found["id"]).out
    assert "What fits" in shown
    assert "confidence 70 of 100" in shown

    table = cloudward("indicators", "list").out
    assert "203.0.113.0/24" in table
    assert "2027-01-31" in table
    assert "1 indicator taken out" in cloudward("indicators", "remove", "203.0.113.0/24").err
    assert cloudward("indicators", "list", "-o", "json").json["items"] == []
    fresh = cloudward("detect", logs, "--store", home / "other", "-o", "json").json["items"]
    assert [each for each in fresh if each["detection"] == LISTED] == []


def test_what_a_source_says_no_more_is_replaced(cloudward: Cloudward, home: Path) -> None:
    feed = home / "feed.txt"
    feed.write_text("203.0.113.1\n203.0.113.2\n")
    assert cloudward("indicators", "add", feed).code == 0
    feed.write_text("203.0.113.2\n203.0.113.3\n")
    assert "2 indicators read, 3 in all." in cloudward("indicators", "add", feed).err
    assert (
        "2 indicators read, 2 in all, 1 taken out." in cloudward("indicators", "add", feed, "--replace").err
    )


def test_a_server_of_taxii_is_read_page_by_page(
    cloudward: Cloudward, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = [
        {
            "type": "indicator",
            "id": f"i-{n}",
            "pattern_type": "stix",
            "pattern": f"[ipv4-addr:value = '203.0.113.{n}']",
        }
        for n in range(5)
    ]
    with taxii(objects) as url:
        assert "CLOUDWARD_TAXII_PASSWORD" in cloudward("indicators", "add", url, "--user", "ana").err
        monkeypatch.setenv("CLOUDWARD_TAXII_PASSWORD", "secret")
        ran = cloudward("indicators", "add", url, "--user", "ana", "--source", "partner")
        assert (ran.code, ran.err.strip()) == (0, "partner: 5 indicators read, 5 in all.")
        refused = cloudward("indicators", "add", url)
        assert refused.code == 2 or "answers with 401" in refused.err
        assert "answers with 404" in cloudward("indicators", "add", url + "x/", "--user", "ana").err
    with taxii(objects, endless=True) as url:
        assert "there is more, and not where" in cloudward("indicators", "add", url, "--user", "ana").err


def test_what_is_asked_wrongly_is_told_before_anything_starts(cloudward: Cloudward, home: Path) -> None:
    (home / "feed.txt").write_text("203.0.113.1\n")
    for words, said in (
        (("add", home / "no.txt"), "no such file"),
        (("add", home / "feed.txt", "--expires", "soon"), "'soon' is no time"),
        (("list", "--kind", "adress"), "address"),
        (("remove",), "which indicators?"),
    ):
        ran = cloudward("indicators", *words)
        assert (ran.code, said in ran.err) == (2, True), ran


def test_the_list_says_what_each_needs_until_it_is_there(cloudward: Cloudward, home: Path) -> None:
    def listed() -> dict[str, list[str]]:
        items = cloudward("detections", "list", "-o", "json").json["items"]
        return {each["id"]: each["needs"] for each in items}

    assert listed()["azure-storage-from-tor"] == ["indicators"]
    (home / "exits.txt").write_text("203.0.113.1\n")
    cloudward("indicators", "add", home / "exits.txt", "--label", "tor")
    assert listed()["azure-storage-from-tor"] == []
    assert "Needs\n  an address database" in cloudward("detections", "show", "okta-impossible-travel").out
